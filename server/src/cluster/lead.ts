/** What a node does that leads: it orders commands, makes them durable for all, and answers who asks for some. */
import { createDoor, type Door } from "../engine/door.ts";
import { beginLog } from "../engine/genesis.ts";
import type { RoleParts } from "../engine/role.ts";
import type { CommandLog } from "../ports/command-log.ts";
import type { Released, Tick } from "../ports/released.ts";
import type { Answering, RequestLine } from "../ports/request-line.ts";
import { afterThisTurn } from "../ports/timers.ts";
import { type FollowedPlace, Sequencer } from "../sequencer/sequencer.ts";
import { doorForAll } from "./door-for-all.ts";
import { answerOrder } from "./order-answers.ts";
import { termSubject } from "./order-messages.ts";
import type { OwnCopy } from "./own-copy.ts";

/** The group of those who answer commands: there is one leader. */
const group = "leader";

/** Said before anything is taken: whoever asks need not wait to learn what became of it. */
const takesNothing = "the cluster's log takes no commands at present; this was not carried out";

/** What a node leads with. */
export interface LeadParts {
  readonly parts: RoleParts;
  readonly writer: CommandLog;
  readonly copy: OwnCopy | undefined;
  /** How far the node has followed. */
  readonly after: FollowedPlace;
  readonly line: RequestLine;
  /** What commands of other nodes are asked at. */
  readonly subject: string;
  /** Where it is asked to let another node lead. */
  readonly restSubject: string;
  /** Why no command of a kind is let in: a node does not know it. */
  unknownTo(kind: string): string | undefined;
  rest(): Promise<void>;
  tick(tick: Tick): void;
  /** Told once when the writer has stopped by itself. */
  ended(): void;
}

/** One time in which a node leads. */
export class Lead {
  readonly term: number;
  readonly sequencer: Sequencer;
  readonly door: Door;
  /** Commands of the last batch. */
  lastBatchCount: number;
  readonly #given: LeadParts;
  readonly #log: CommandLog;
  #answering: Promise<readonly Answering[]> | undefined;
  #resting: Answering | undefined;

  constructor(given: LeadParts) {
    const { parts, writer, copy, after } = given;
    const { exchange, clock, report, history } = parts;
    this.#given = given;
    this.term = writer.term;
    this.lastBatchCount = after.batchCount;
    this.#log = copy?.behind(writer) ?? writer;
    this.sequencer = new Sequencer({
      ...{ exchange, clock, after, log: this.#log },
      schedule: afterThisTurn,
      release: (released) => this.#release(released),
      tick: (tick) => given.tick(tick),
      hasRoom: () => parts.hasRoom(),
      stalled: (reason) =>
        reason === undefined
          ? report.warn("the cluster's log takes commands again")
          : report.error("the cluster's log takes no commands at present", { reason }),
      // After the writer has told whoever waits.
      stopped: () => afterThisTurn(() => given.ended()),
    });
    const { sequencer } = this;
    const historyCaughtUp = () => parts.historyCaughtUp();
    const door = createDoor({ exchange, sequencer, history, historyCaughtUp });
    this.door = doorForAll(door, (kind) => {
      const isStalled = sequencer.stallReason !== undefined;
      return isStalled ? takesNothing : given.unknownTo(kind);
    });
  }

  /** Begins a log that is new, then answers; resolves with why the log could not be begun. */
  async start(): Promise<string | undefined> {
    const { parts, line, subject, restSubject } = this.#given;
    if (parts.exchange.sequence === 0) {
      const fault = await beginLog(this.sequencer, parts.parameters);
      if (fault !== undefined) return fault;
    }
    const answer = (question: Uint8Array) => answerOrder(this, question);
    const subjects = [termSubject(subject, this.term), subject];
    this.#answering = Promise.all(subjects.map((one) => line.answer(one, answer, { group })));
    await this.#answering;
    const rest = async () => {
      await this.#given.rest();
      return new Uint8Array();
    };
    this.#resting = await line.answer(restSubject, rest, { group });
    return undefined;
  }

  /** Lets no more questions in. */
  async stopAnswering(): Promise<void> {
    // The question that makes it rest may be the one that is under way.
    void this.#resting?.stop();
    await Promise.all(((await this.#answering) ?? []).map((answering) => answering.stop()));
  }

  /** Makes durable what was taken, and lets the log go. */
  async close(): Promise<void> {
    const answered = this.stopAnswering();
    await this.sequencer.close();
    await answered;
    await this.#log.close();
  }

  #release(released: readonly Released[]): void {
    // A batch has one time.
    const lastUs = released.at(-1)?.timeUs;
    this.lastBatchCount = released.filter(({ timeUs }) => timeUs === lastUs).length;
    this.#given.parts.release(released);
  }
}
