/**
 * The venue: the exchange with its log, snapshots and sequencer, recovered at the start and stopped
 * in order. What leaves it has been durable before.
 */
import { join } from "node:path";
import { openSnapshotStore } from "../../adapters/files/snapshot-store.ts";
import { openCommandLog } from "../../adapters/sqlite/command-log.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CommandLog } from "../../ports/command-log.ts";
import type { Log } from "../../ports/log.ts";
import type { Released } from "../../ports/released.ts";
import type { SnapshotStore } from "../../ports/snapshot-store.ts";
import { recover } from "../../sequencer/recovery.ts";
import { Sequencer } from "../../sequencer/sequencer.ts";
import { Snapshotter } from "../../sequencer/snapshotter.ts";
import { StartError } from "../start-error.ts";
import { LocalFeed } from "./local-feed.ts";

/** Code of the publisher of our own trades. */
export const localPublisher = "openbourse";

/** How often the whole state is examined anew, in milliseconds. */
const auditIntervalMs = 10_000;

/** What a venue is made of. */
export interface VenueOptions {
  /** Folder of the exchange's files. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Commands between two state snapshots. */
  readonly snapshotEvery: number;
  /** Size of the log, in bytes, at which it takes no more commands. */
  readonly logBytesMax?: number | undefined;
}

/** Where the venue's files are. */
export function venueFiles(folder: string): { readonly log: string; readonly snapshots: string } {
  return { log: join(folder, "commands.db"), snapshots: join(folder, "snapshots") };
}

/** An exchange that takes commands. */
export class Venue {
  readonly sequencer: Sequencer;
  readonly exchange: Exchange;
  readonly feed: LocalFeed;
  readonly #options: VenueOptions;
  readonly #commandLog: CommandLog;
  readonly #snapshotter: Snapshotter;
  readonly #listeners: ((released: readonly Released[]) => void)[] = [];
  #cancelAudit: () => void = () => {};
  #auditFailure: string | undefined;

  private constructor(options: VenueOptions, parts: RecoveredParts) {
    const { exchange, commandLog, snapshots, fromSequence } = parts;
    this.#options = options;
    this.#commandLog = commandLog;
    this.exchange = exchange;
    this.feed = new LocalFeed(
      localPublisher,
      exchange.markets().map(({ rules }) => rules),
    );
    this.#snapshotter = new Snapshotter(
      {
        exchange,
        store: snapshots,
        epoch: commandLog.epoch,
        every: options.snapshotEvery,
        report: options.log,
      },
      fromSequence,
    );
    this.sequencer = new Sequencer({
      exchange,
      log: commandLog,
      clock: options.clock,
      schedule: (task) => setImmediate(task),
      release: (released) => this.#release(released),
      stopped: (reason) => options.log.error("the exchange takes no more commands", { reason }),
    });
    this.#scheduleAudit();
  }

  /** Opens the files, recovers the state; a `StartError` says what the operator has to do. */
  static async open(options: VenueOptions): Promise<Venue> {
    const files = venueFiles(options.folder);
    const opened = await openCommandLog({ file: files.log, fileBytesMax: options.logBytesMax });
    if (opened.kind === "refused") throw new StartError(opened.message);
    const openedStore = await openSnapshotStore({ folder: files.snapshots });
    if (openedStore.kind === "failure") {
      await opened.log.close();
      throw new StartError(openedStore.message);
    }
    const snapshots = openedStore.store;
    const commandLog = opened.log;
    const startedMs = options.clock.monotonicMs();
    const recovered = await recover({
      log: commandLog,
      snapshots,
      exchange: {},
      report: options.log,
    });
    if (recovered.kind === "damaged") {
      await commandLog.close();
      throw new StartError(`the exchange's log is damaged: ${recovered.message}`);
    }
    const { exchange, fromSequence, replayedCount } = recovered;
    exchange.checkInvariants();
    options.log.info("exchange recovered", {
      sequence: exchange.sequence,
      fromSnapshot: fromSequence,
      replayed: replayedCount,
      tookMs: Math.round(options.clock.monotonicMs() - startedMs),
    });
    return new Venue(options, { exchange, commandLog, snapshots, fromSequence });
  }

  /** Calls `listener` with everything that becomes durable from now on, in order. */
  onRelease(listener: (released: readonly Released[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Why the exchange does not work; undefined while it does. */
  get fault(): string | undefined {
    return this.#auditFailure ?? this.sequencer.stopReason;
  }

  /** Makes all that was taken durable, takes a last snapshot, closes the files. */
  async stop(): Promise<void> {
    this.#cancelAudit();
    const failed = this.fault !== undefined;
    await this.sequencer.close();
    if (!failed) await this.#snapshotter.finish();
    await this.#commandLog.close();
  }

  #release(released: readonly Released[]): void {
    this.feed.take(released);
    for (const listener of this.#listeners) listener(released);
    this.#snapshotter.note(this.sequencer.durableSequence);
  }

  #scheduleAudit(): void {
    this.#cancelAudit = this.#options.clock.after(auditIntervalMs, () => {
      try {
        this.exchange.checkInvariants();
        this.#scheduleAudit();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#auditFailure = `an audit of the exchange failed: ${reason}`;
        this.sequencer.halt(this.#auditFailure);
      }
    });
  }
}

interface RecoveredParts {
  readonly exchange: Exchange;
  readonly commandLog: CommandLog;
  readonly snapshots: SnapshotStore;
  readonly fromSequence: number;
}
