/**
 * The engine: the exchange with its log, snapshots and sequencer, recovered at the start and stopped
 * in order. What leaves it has been durable before.
 */
import type { Exchange } from "../core/exchange.ts";
import { type ExchangeParameters, standardParameters } from "../core/parameters.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommandLog } from "../ports/command-log.ts";
import type { History } from "../ports/history.ts";
import type { Log } from "../ports/log.ts";
import type { Released } from "../ports/released.ts";
import type { SnapshotMaker } from "../ports/snapshot-maker.ts";
import type { SnapshotStore } from "../ports/snapshot-store.ts";
import { StartError } from "../ports/start-error.ts";
import { afterThisTurn } from "../ports/timers.ts";
import { recover } from "../sequencer/recovery.ts";
import { Sequencer } from "../sequencer/sequencer.ts";
import { Snapshotter } from "../sequencer/snapshotter.ts";
import { createDoor, type Door } from "./door.ts";
import { beginLog } from "./genesis.ts";
import { HistoryScrub } from "./history-scrub.ts";
import { Recorder } from "./recorder.ts";
import { ReleaseLine } from "./release-line.ts";
import { Scrub } from "./scrub.ts";

/** How often the whole state is examined anew, in milliseconds, while that takes little time. */
const auditIntervalMs = 10_000;

/** The exchange stands still while it is examined: at most this share of the time. */
const auditShareMax = 0.001;

/** Where an exchange keeps what it must not forget. A `StartError` says what the operator has to do. */
export interface EngineStores<OpenedLog extends CommandLog = CommandLog> {
  openLog(): Promise<OpenedLog>;
  openSnapshots(): Promise<SnapshotStore>;
  /** What makes snapshots while the exchange trades on this log. */
  snapshotMaker(log: OpenedLog): SnapshotMaker;
  /** The history of this log; an empty one where it has to be made again from the log. */
  openHistory(log: CommandLog): Promise<History>;
}

/** The start that an engine is a part of. */
export interface EngineStart {
  /** Says that a step begins. Throws when it must not begin. */
  begin(step: "log" | "snapshots" | "history" | "recovery"): Promise<void>;
  /** Throws when the start is not wanted any more. */
  goOn(): void;
}

/** Parts of an engine. */
export interface EngineOptions {
  readonly stores: EngineStores;
  readonly clock: Clock;
  readonly log: Log;
  /** Commands between two state snapshots. */
  readonly snapshotEvery: number;
  /** How far the clock may be behind the log's last command, in milliseconds; any time when left out. */
  readonly clockBehindMaxMs?: number | undefined;
  /** What a new log begins with; the limits and fees of this release when left out. */
  readonly parameters?: ExchangeParameters;
  /** The start that this is part of. */
  readonly start?: EngineStart | undefined;
}

/** An exchange that takes commands. */
export class Engine {
  readonly sequencer: Sequencer;
  readonly exchange: Exchange;
  /** Where whatever comes from outside is let in. */
  readonly door: Door;
  /** Orders, trades and balances of the past. */
  readonly history: History;
  readonly #recorder: Recorder;
  readonly #options: EngineOptions;
  readonly #commandLog: CommandLog;
  readonly snapshotter: Snapshotter;
  readonly #listeners: ((released: readonly Released[]) => void)[] = [];
  readonly #tellers: ((slice: readonly Released[]) => void)[] = [];
  readonly #line = new ReleaseLine({
    schedule: afterThisTurn,
    tell: (slice) => {
      for (const tell of this.#tellers) tell(slice);
    },
  });
  /** Reads the log through in the background. */
  readonly scrub: Scrub;
  readonly historyScrub: HistoryScrub;
  #cancelAudit: () => void = () => {};
  #auditFailure: string | undefined;

  private constructor(options: EngineOptions, parts: RecoveredParts) {
    const { exchange, commandLog, snapshots, history, recorder, fromSequence } = parts;
    this.history = history;
    this.#recorder = recorder;
    this.#options = options;
    this.#commandLog = commandLog;
    this.exchange = exchange;
    this.snapshotter = new Snapshotter(
      {
        exchange,
        maker: options.stores.snapshotMaker(commandLog),
        store: snapshots,
        epoch: commandLog.epoch,
        every: options.snapshotEvery,
        report: options.log,
        damaged: (reason) => this.scrub.foundDamage({ reason }),
      },
      fromSequence,
    );
    this.sequencer = new Sequencer({
      exchange,
      log: commandLog,
      clock: options.clock,
      schedule: afterThisTurn,
      release: (released) => this.#release(released),
      hasRoom: () => recorder.hasRoom && this.#line.hasRoom,
      stalled: (reason) =>
        reason === undefined
          ? options.log.warn("the disk is back: what waited is durable, and the exchange goes on")
          : options.log.error("the exchange waits for its disk and tries again every second", {
              reason,
            }),
      stopped: (reason) => options.log.error("the exchange takes no more commands", { reason }),
    });
    const { clock, log: report } = options;
    this.scrub = new Scrub({ log: commandLog, clock, report });
    this.historyScrub = new HistoryScrub({ history, clock, report });
    this.door = createDoor(this);
    this.#scheduleAudit();
  }

  /** Opens the files, recovers the state; a `StartError` says what the operator has to do. */
  static async open(options: EngineOptions): Promise<Engine> {
    const { log, start, stores } = options;
    await using opened = new AsyncDisposableStack();
    await start?.begin("log");
    const commandLog = await stores.openLog();
    opened.defer(() => commandLog.close());
    // Before anything else is opened, so that nothing is changed beside a log that is damaged.
    if (commandLog.damage !== undefined) throw damagedLog(commandLog.damage.message);
    await start?.begin("snapshots");
    const snapshots = await stores.openSnapshots();
    await start?.begin("history");
    const history = await stores.openHistory(commandLog);
    opened.defer(() => history.close());

    const recorder = new Recorder(history, log, options.clock);
    await start?.begin("recovery");
    const startedMs = options.clock.monotonicMs();
    const recovered = await recover({
      log: commandLog,
      snapshots,
      report: log,
      eventsNeededFrom: history.lastSequence,
      replayed: (released) => {
        start?.goOn();
        return recorder.replayed(released);
      },
    });
    if (recovered.kind === "damaged") {
      throw damagedLog(recovered.message);
    }
    const { exchange, fromSequence, replayedCount } = recovered;
    refuseClockFarBehind(exchange.timeUs, options);
    exchange.checkInvariants();
    log.info("exchange recovered", {
      sequence: exchange.sequence,
      fromSnapshot: fromSequence,
      replayed: replayedCount,
      tookMs: Math.round(options.clock.monotonicMs() - startedMs),
    });
    opened.move();
    const parts = { exchange, commandLog, snapshots, history, recorder, fromSequence };
    const engine = new Engine(options, parts);
    if (exchange.sequence === 0) await engine.#begin(options.parameters ?? standardParameters);
    return engine;
  }

  async #begin(parameters: ExchangeParameters): Promise<void> {
    const fault = await beginLog(this.sequencer, parameters);
    if (fault === undefined) return;
    await this.stop();
    throw new StartError(`the exchange's log cannot be begun: ${fault}`);
  }

  /** Calls `listener` with everything that becomes durable from now on, in order, before it is answered. */
  onRelease(listener: (released: readonly Released[]) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Calls `tell` with the same, in the same order, but in slices that let others in: after an answer
   * perhaps, and with the events of a large command cut over several of them.
   */
  onSlice(tell: (slice: readonly Released[]) => void): void {
    this.#tellers.push(tell);
  }

  /** Events that are durable and wait to be told to the streams. */
  get untoldEvents(): number {
    return this.#line.untoldEvents;
  }

  /** Why the exchange does not work; undefined while it does. */
  get fault(): string | undefined {
    return this.#auditFailure ?? this.sequencer.stopReason ?? this.sequencer.stallReason;
  }

  /** Whether it does not work because its disk cannot be written at present. */
  get isStalled(): boolean {
    return this.#auditFailure === undefined && this.sequencer.stopReason === undefined;
  }

  /** Why the history is not written; undefined while it is. */
  get historyFault(): string | undefined {
    return this.#recorder.fault;
  }

  /** Resolves when the history holds all that was released by now, or with why it never will. */
  historyCaughtUp(): Promise<string | undefined> {
    return this.#recorder.caughtUp(this.sequencer.durableSequence);
  }

  /** Makes all that was taken durable, takes a last snapshot, closes the files. */
  async stop(): Promise<void> {
    this.#cancelAudit();
    this.scrub.stop();
    this.historyScrub.stop();
    const failed = this.fault !== undefined;
    await this.sequencer.close();
    this.#line.finish();
    await (failed ? this.snapshotter.stop() : this.snapshotter.finish());
    await this.#recorder.finish();
    await this.#commandLog.close();
  }

  #release(released: readonly Released[]): void {
    this.#recorder.take(released);
    for (const listener of this.#listeners) listener(released);
    this.#line.take(released);
    this.snapshotter.note(this.sequencer.durableSequence);
  }

  #scheduleAudit(lastTookMs = 0): void {
    const { clock } = this.#options;
    const afterMs = Math.max(auditIntervalMs, Math.ceil(lastTookMs / auditShareMax));
    this.#cancelAudit = clock.after(afterMs, () => {
      const startedMs = clock.monotonicMs();
      this.#auditFailure = this.sequencer.audit();
      if (this.#auditFailure === undefined) this.#scheduleAudit(clock.monotonicMs() - startedMs);
    });
  }
}

/** Log time would crawl for as long as the clock takes to come where the log is. */
function refuseClockFarBehind(
  logUs: number,
  { clock, clockBehindMaxMs = Number.POSITIVE_INFINITY }: EngineOptions,
): void {
  const behindMs = Math.floor((logUs - clock.nowUs()) / 1_000);
  if (behindMs <= clockBehindMaxMs) return;
  throw new StartError(
    `this machine's clock is ${Math.ceil(behindMs / 1_000)} s behind the exchange's log, whose last command ` +
      `is of ${new Date(logUs / 1_000).toISOString()}: set the clock, or, where it is right and was wrong ` +
      `before, allow it with exchange.clockBehindMaxMs: ${Math.ceil(behindMs / 60_000 + 10) * 60_000} ` +
      "(time then passes at half speed until the clock is where the log is)",
  );
}

interface RecoveredParts {
  readonly exchange: Exchange;
  readonly commandLog: CommandLog;
  readonly snapshots: SnapshotStore;
  readonly history: History;
  readonly recorder: Recorder;
  readonly fromSequence: number;
}

function damagedLog(message: string): StartError {
  return new StartError(`the exchange's log is damaged: ${message}`);
}
