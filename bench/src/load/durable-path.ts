/**
 * The way of a command through the sequencer of the server to a log on a real disk and back, driven
 * by a flow of orders. Nothing listens to what is released but whoever drives.
 */
import { systemClock } from "../../../server/src/adapters/clock/system-clock.ts";
import { Exchange } from "../../../server/src/core/exchange.ts";
import type { CommandLog } from "../../../server/src/ports/command-log.ts";
import type { Submission } from "../../../server/src/ports/released.ts";
import { Sequencer } from "../../../server/src/sequencer/sequencer.ts";
import { commandAt, setupCommands } from "./order-commands.ts";
import type { OrderFlow } from "./order-flow.ts";

/** Most commands submitted in one turn of the event loop. */
const turnCommandsMax = 1_024;

/** Operations of a flow, from the first to before the last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A sequencer over a new log, with its markets open and its books filled. */
export class DurablePath {
  readonly exchange: Exchange = new Exchange();
  readonly #sequencer: Sequencer;
  readonly #flow: OrderFlow;
  readonly #nowMs: () => number;
  #setupCount = 0;

  private constructor(log: CommandLog, flow: OrderFlow, nowMs: () => number) {
    this.#flow = flow;
    this.#nowMs = nowMs;
    this.#sequencer = new Sequencer({
      exchange: this.exchange,
      log,
      clock: systemClock(),
      schedule: (task) => setImmediate(task),
      release: () => {},
    });
  }

  /** Fills the books over an empty log. Times are told by `nowMs`. */
  static async open(
    log: CommandLog,
    flow: OrderFlow,
    nowMs: () => number = () => performance.now(),
  ): Promise<DurablePath> {
    const path = new DurablePath(log, flow, nowMs);
    const setup = setupCommands(flow.options);
    path.#setupCount = setup.length;
    for (const submission of await Promise.all(
      setup.map((command) => path.#sequencer.submitted(command)),
    )) {
      assertDone(submission);
    }
    await path.saturate({ from: 0, to: flow.fillLength }, turnCommandsMax);
    return path;
  }

  /** Keeps so many commands under way until all are released; answers how many there were. */
  saturate({ from, to }: Range, inFlightMax: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let next = from;
      let released = 0;
      let isScheduled = false;
      const schedule = () => {
        if (isScheduled || next === to) return;
        isScheduled = true;
        setImmediate(turn);
      };
      const done = (submission: Submission) => {
        released += 1;
        if (!isDone(submission)) reject(failureOf(submission));
        else if (released === to - from) resolve(released);
        else schedule();
      };
      const turn = () => {
        isScheduled = false;
        const room = Math.min(inFlightMax - this.#sequencer.pending, turnCommandsMax);
        const end = Math.min(next + room, to);
        for (; next < end; next += 1) this.#submit(next, done);
        if (this.#sequencer.pending < inFlightMax) schedule();
      };
      turn();
    });
  }

  /**
   * Submits at a steady rate, commands a second. The times that commands took from the moment they
   * were due, whenever they were submitted, to their release, in milliseconds.
   */
  pace({ from, to }: Range, rate: number): Promise<Float64Array> {
    return new Promise((resolve, reject) => {
      const gapMs = 1_000 / rate;
      const startMs = this.#nowMs();
      const latencies = new Float64Array(to - from);
      let next = from;
      let released = 0;
      // Commands are released in the order in which they were submitted.
      const done = (submission: Submission) => {
        if (!isDone(submission)) reject(failureOf(submission));
        latencies[released] = this.#nowMs() - startMs - released * gapMs;
        released += 1;
        if (released === latencies.length) resolve(latencies);
      };
      const turn = () => {
        const due = Math.floor((this.#nowMs() - startMs) / gapMs) + 1;
        const end = Math.min(from + due, to);
        for (; next < end; next += 1) this.#submit(next, done);
        if (next < to) setTimeout(turn, 1);
      };
      turn();
    });
  }

  #submit(at: number, done: (submission: Submission) => void): void {
    this.#sequencer.submit(commandAt(this.#flow, at, this.#setupCount), done);
  }
}

function isDone(submission: Submission): boolean {
  return submission.kind === "released" && submission.released.events[0]?.kind !== "refused";
}

function assertDone(submission: Submission): void {
  if (!isDone(submission)) throw failureOf(submission);
}

function failureOf(submission: Submission): Error {
  const sequence = submission.kind === "released" ? submission.released.sequence : undefined;
  return new Error(`a command of the flow was not done: ${submission.kind} ${sequence ?? ""}`);
}
