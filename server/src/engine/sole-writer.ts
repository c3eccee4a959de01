/** The role of an exchange on a machine of its own: it alone writes its log. */
import type { Command } from "../core/commands.ts";
import type { Exchange } from "../core/exchange.ts";
import type { DurableReading, Submission } from "../ports/released.ts";
import { StartError } from "../ports/start-error.ts";
import { afterThisTurn } from "../ports/timers.ts";
import type { Admission } from "../ports/trading-desk.ts";
import { Sequencer } from "../sequencer/sequencer.ts";
import { createDoor, type Door } from "./door.ts";
import { beginLog } from "./genesis.ts";
import type { Role, RoleParts } from "./role.ts";

/** Writes the log that nobody else has. */
export class SoleWriter implements Role {
  readonly #parts: RoleParts;
  /** Orders the commands and makes them durable. */
  readonly sequencer: Sequencer;
  /** Where whatever comes from outside is let in. */
  readonly door: Door;

  constructor(parts: RoleParts) {
    const { exchange, log, history, clock, report } = parts;
    this.#parts = parts;
    const sequencer = new Sequencer({
      ...{ exchange, log, clock },
      schedule: afterThisTurn,
      release: (released) => parts.release(released),
      tick: (tick) => parts.tick(tick),
      hasRoom: () => parts.hasRoom(),
      stalled: (reason) =>
        reason === undefined
          ? report.warn("the disk is back: what waited is durable, and the exchange goes on")
          : report.error("the exchange waits for its disk and tries again every second", {
              reason,
            }),
      stopped: (reason) => report.error("the exchange takes no more commands", { reason }),
    });
    const historyCaughtUp = () => parts.historyCaughtUp();
    this.sequencer = sequencer;
    this.door = createDoor({ exchange, sequencer, history, historyCaughtUp });
  }

  get durableSequence(): number {
    return this.sequencer.durableSequence;
  }

  get pending(): number {
    return this.sequencer.pending;
  }

  get refused(): number {
    return this.door.refused;
  }

  get stopReason(): string | undefined {
    return this.sequencer.stopReason;
  }

  get stallReason(): string | undefined {
    return this.sequencer.stallReason;
  }

  /** Begins a log that is new. */
  async start(): Promise<void> {
    if (this.#parts.exchange.sequence > 0) return;
    const fault = await beginLog(this.sequencer, this.#parts.parameters);
    if (fault !== undefined) throw new StartError(`the exchange's log cannot be begun: ${fault}`);
  }

  submit(command: Command): Promise<Submission | Admission> {
    return this.door.submit(command);
  }

  read<Result>(read: (exchange: Exchange) => Result): Promise<DurableReading<Result>> {
    return this.sequencer.read(read);
  }

  audit(count: number): boolean | string {
    return this.sequencer.audit(count);
  }

  close(): Promise<void> {
    return this.sequencer.close();
  }
}
