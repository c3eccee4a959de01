/** Questions from node to node and their answers; bytes whose meaning is somebody else's. */

/**
 * Why there is no answer:
 * - `nobody`: nobody answers this subject, known at once; nobody has got the question;
 * - `unreachable`: there is no connection at present; the question was not sent;
 * - `busy`: too many questions are under way, here or at who answers; it was not looked at;
 * - `late`: no answer came in time. Whether the question was answered is not known.
 */
export interface Unanswered {
  readonly kind: "unanswered";
  readonly why: "nobody" | "unreachable" | "busy" | "late";
}

/** Answers until it is stopped. */
export interface Answering {
  /** Takes no more questions, and resolves when those under way are answered. */
  stop(): Promise<void>;
}

/** Who answers of several. */
export interface AnswerOptions {
  /** Of several that answer in one group each question reaches one; without a group it reaches all, and the first answer counts. */
  readonly group?: string;
}

/** A line to the other nodes. */
export interface RequestLine {
  /** Largest question and largest answer, in bytes; a larger one is a bug of the caller. */
  readonly questionBytesMax: number;
  /** Asks whoever answers `subject`: words of letters, digits, `-` and `_` with dots between them. Never rejects. */
  ask(subject: string, question: Uint8Array, timeoutMs: number): Promise<Uint8Array | Unanswered>;
  /**
   * Answers questions, also after the broker was away. At most {@link answersUnderWayMax} are under way
   * for each call of this; one more is answered `busy`. A handler that fails is a bug. Resolves when
   * questions reach it.
   */
  answer(
    subject: string,
    handler: (question: Uint8Array) => Promise<Uint8Array>,
    options?: AnswerOptions,
  ): Promise<Answering>;
}

/** Most questions of one line that wait for their answers; one more is `busy`. */
export const questionsUnderWayMax = 4_096;

/** Most questions of one subject that are being answered at the same time; one more is `busy`. */
export const answersUnderWayMax = 8_192;
