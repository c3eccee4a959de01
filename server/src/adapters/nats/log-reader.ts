/**
 * Reads a command log from the stream of its messages, and believes none of them: number, epoch, term, sequence and
 * chain of each have to follow from the one before it. What a writer had under way when it was taken over from may
 * stand close behind the takeover; it is void, and every reader passes over it.
 */
import type { LogDamage, LogEntry, LogFault } from "../../ports/command-log.ts";
import type { LogEnd } from "../../ports/shared-log.ts";
import { chainStart } from "../chain/batch-chain.ts";
import type { MessageStream } from "./command-stream.ts";
import { chainAfter, decodeMessage, isOfNewerRelease, type LogMessage, nextOf } from "./message.ts";
import type { StreamMessage } from "./stream-message.ts";

/** A writer has at most so many messages under way, counted from the first one that is not answered. */
export const underWayMax = 8;

/**
 * So many messages behind a takeover may be void: the first one that the writer before has no answer for had its place
 * before the takeover, or lost it to that.
 */
export const voidMax: number = underWayMax - 1;

/** A place in the stream. */
export interface LogPlace {
  /** The log behind the last message that counts. */
  readonly end: LogEnd;
  /** Number of the last message, one that is void included. */
  readonly passed: number;
  /** Messages up to this number may be void; 0 where none may. */
  readonly voidUntil: number;
}

/** A message that follows from those before it, and the place behind it. */
export interface CheckedMessage {
  /** Undefined where it is void. */
  readonly message: LogMessage | undefined;
  readonly place: LogPlace;
}

/** How often a place is looked for in a stream that is shortened meanwhile. */
const triesMax = 5;

/** How far before the place that was found one is looked for that no takeover is close before. */
const stepsMax = 64;

/** Reads one stream. */
export class LogReader {
  readonly #stream: MessageStream;

  constructor(stream: MessageStream) {
    this.#stream = stream;
  }

  /** The place before the first message. */
  get start(): LogPlace {
    const end = { at: 0, lastSequence: 0, chain: chainStart(this.#stream.epoch), term: 0 };
    return { end, passed: 0, voidUntil: 0 };
  }

  /** Where the log ends, as its last messages tell it. Rejects where the last one is none of this log. */
  async end(): Promise<LogPlace> {
    return await this.#behind(await this.#stream.last());
  }

  /** The first place that is known: behind the first message of a stream that was shortened. Rejects where that is none of this log. */
  async begin(): Promise<LogEnd> {
    const first = await this.#stream.first();
    return (first === 1 ? this.start : await this.#behind(first)).end;
  }

  /**
   * The place behind the batch that ends with a sequence; where none ends there, the place before the one that holds
   * the sequence, or before a message that is none of this log, or the end where the log ends before. Undefined where
   * the stream was shortened to behind it. Looks at messages up to the number `last`.
   */
  async placeAt(sequence: number, last: number): Promise<LogPlace | undefined> {
    let first = await this.#stream.first();
    for (let tries = 0; tries < triesMax; tries += 1) {
      const place = await this.#placeFrom(first, sequence, last).catch((error: Error) => error);
      if (place !== undefined && !(place instanceof Error)) return place;
      const before = first;
      first = await this.#stream.first();
      if (first !== before) continue;
      if (place === undefined) return undefined;
      throw place;
    }
    return undefined;
  }

  async #placeFrom(first: number, sequence: number, last: number): Promise<LogPlace | undefined> {
    const isWhole = first === 1;
    if (last === 0 || (isWhole && sequence === 0)) return this.start;
    const at = await this.#firstAt(sequence, first, last);
    const place = await this.#found(at);
    if (place !== undefined && place.end.lastSequence <= sequence) return place;
    return at === first && !isWhole ? undefined : await this.#behind(at - 1);
  }

  /**
   * Number of the last message behind the first one that ends with a sequence or before it, was stamped at a time or
   * before it, and has no takeover so close before it that it, or something behind it, may be void: whoever begins with
   * it need not know of any before. Undefined where there is none.
   */
  async lastUntil(sequence: number, untilUs: number): Promise<number | undefined> {
    const first = await this.#stream.first();
    const isUntil = async (at: number) => {
      let message = await this.#message(at);
      // A takeover has no time: what comes before it has.
      for (let near = at - 1; message?.takeover !== undefined && near >= first; near -= 1) {
        message = await this.#message(near);
      }
      if (message === undefined) return false;
      return nextOf(message) <= sequence + 1 && message.batch.timeUs <= untilUs;
    };
    let low = first;
    let high = await this.#stream.last();
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (await isUntil(middle)) low = middle;
      else high = middle - 1;
    }
    for (let tries = 0; tries < stepsMax && low > first; tries += 1) {
      const place = await this.#found(low);
      if (place?.voidUntil === 0 && (await isUntil(low))) return low;
      low -= 1;
    }
    return undefined;
  }

  /** What is stored up to the message `last`, from the batch that holds a sequence on, ticks and takeovers left out. */
  async *read(fromSequence: number, last: number): AsyncGenerator<LogEntry, void, undefined> {
    let place = await this.placeAt(fromSequence - 1, last);
    if (place === undefined) return yield this.damage("shortened", fromSequence);
    if (place.end.lastSequence < fromSequence - 1 && place.passed === last) return;
    for await (const found of this.#stream.messages(place.passed + 1, last)) {
      const checked = this.check(found, place);
      if ("kind" in checked) return yield await this.#orShortened(checked, place);
      place = checked.place;
      if (checked.message === undefined) continue;
      const { takeover, batch } = checked.message;
      if (takeover === undefined && batch.count > 0) yield { kind: "batch", ...batch };
    }
    if (place.passed === last) return;
    yield await this.#orShortened(this.damage("lost-end", place.end.lastSequence + 1), place);
  }

  /** Whether a message is the one that follows a place, or is void there. */
  check({ at, bytes }: StreamMessage, before: LogPlace): CheckedMessage | LogDamage {
    const { lastSequence, chain, term } = before.end;
    if (at !== before.passed + 1) return this.damage("missing", lastSequence + 1);
    const message = decodeMessage(bytes);
    if (message?.epoch !== this.#stream.epoch) {
      const isNewer = isOfNewerRelease(bytes, this.#stream.epoch);
      return this.damage(isNewer ? "newer" : "corrupt", lastSequence + 1);
    }
    const isTakeover = message.takeover !== undefined;
    if (!isTakeover && message.term < term && at <= before.voidUntil) {
      return { message: undefined, place: { ...before, passed: at } };
    }
    const isNext =
      message.batch.firstSequence === lastSequence + 1 &&
      message.term === (isTakeover ? term + 1 : term) &&
      message.chain === chainAfter(chain, message.batch);
    if (!isNext) return this.damage("corrupt", lastSequence + 1);
    const voidUntil = isTakeover ? at + voidMax : before.voidUntil;
    return { message, place: { end: endBehind(at, message), passed: at, voidUntil } };
  }

  /** What is wrong, for the operator. */
  damage(fault: LogFault, sequence: number): LogDamage {
    if (fault === "shortened") return { kind: "damage", fault, sequence, message: this.#shortened };
    if (fault === "newer") {
      const message = `command ${sequence} of log ${this.#stream.epoch} is in a layout that this release does not know: a newer openbourse wrote it`;
      return { kind: "damage", fault, sequence, message };
    }
    const message = `the broker's stream of log ${this.#stream.epoch} is damaged at command ${sequence} (${fault}): fill it again from the log of a machine that has it`;
    return { kind: "damage", fault, sequence, message };
  }

  get #shortened(): string {
    return `the cluster's log ${this.#stream.epoch} was shortened, and what comes next is not in the broker's stream any more: start this node again, and it takes that from elsewhere`;
  }

  /** What is missing may have been left out on purpose meanwhile. */
  async #orShortened(damage: LogDamage, { passed }: LogPlace): Promise<LogDamage> {
    const isShortened = (await this.#stream.first()) > passed + 1;
    return isShortened ? this.damage("shortened", damage.sequence) : damage;
  }

  /** Number of the first message with which a sequence is reached, or of an earlier one that is none of this log. */
  async #firstAt(sequence: number, first: number, last: number): Promise<number> {
    let low = first;
    let high = last;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const place = await this.#found(middle);
      if (place === undefined || place.end.lastSequence >= sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  async #behind(at: number): Promise<LogPlace> {
    const place = at === 0 ? this.start : await this.#found(at);
    if (place !== undefined) return place;
    const found = await this.#stream.message(at);
    if (found !== undefined && isOfNewerRelease(found.bytes, this.#stream.epoch)) {
      throw new Error(
        `message ${at} is in a layout that this release does not know: a newer openbourse wrote it, and this node needs its release`,
      );
    }
    throw new Error(`message ${at} is none of log ${this.#stream.epoch}`);
  }

  /** The place behind a message, as it and those close before it tell; undefined where it is none of this log. */
  async #found(at: number): Promise<LogPlace | undefined> {
    const first = Math.max(1, at - voidMax);
    const numbers = Array.from({ length: at - first + 1 }, (_, index) => first + index);
    const messages = await Promise.all(numbers.map((number) => this.#message(number)));
    if (messages.at(-1) === undefined) return undefined;
    const terms = messages.map((message) => (message?.takeover === undefined ? 0 : message.term));
    // Where none of them is a takeover, none can be void.
    const term = Math.max(...terms);
    const index = messages.findLastIndex(
      (message) => message !== undefined && message.term >= term,
    );
    const end = endBehind(first + index, messages[index]!);
    return { end, passed: at, voidUntil: term === 0 ? 0 : first + terms.indexOf(term) + voidMax };
  }

  /** A message of this log; undefined of any other, and where there is none. */
  async #message(at: number): Promise<LogMessage | undefined> {
    const found = await this.#stream.message(at);
    const message = found && decodeMessage(found.bytes);
    return message?.epoch === this.#stream.epoch ? message : undefined;
  }
}

function endBehind(at: number, message: LogMessage): LogEnd {
  return { at, lastSequence: nextOf(message) - 1, chain: message.chain, term: message.term };
}
