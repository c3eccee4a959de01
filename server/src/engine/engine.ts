/**
 * The engine: the exchange with its log, snapshots and sequencer, recovered at the start and stopped
 * in order. What leaves it has been durable before.
 */
import { assert } from "../core/assert.ts";
import type { Command } from "../core/commands.ts";
import type { Exchange } from "../core/exchange.ts";
import { type ExchangeParameters, standardParameters } from "../core/parameters.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommandLog } from "../ports/command-log.ts";
import type { History } from "../ports/history.ts";
import type { Log } from "../ports/log.ts";
import type { DurableReading, Submission } from "../ports/released.ts";
import type { SnapshotMaker } from "../ports/snapshot-maker.ts";
import type { SnapshotStore } from "../ports/snapshot-store.ts";
import { StartError } from "../ports/start-error.ts";
import { afterThisTurn } from "../ports/timers.ts";
import type { Admission } from "../ports/trading-desk.ts";
import { recover } from "../sequencer/recovery.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import { Snapshotter } from "../sequencer/snapshotter.ts";
import type { Door } from "./door.ts";
import { HistoryScrub } from "./history-scrub.ts";
import { type Pipeline, pipelineOf, type Stages } from "./pipeline.ts";
import { Recorder } from "./recorder.ts";
import type { Role, RoleParts } from "./role.ts";
import { Scrub } from "./scrub.ts";
import { SoleWriter } from "./sole-writer.ts";

/** Interval between two examinations of the whole state, in milliseconds. */
const auditIntervalMs = 10_000;

/**
 * An examination goes on in pieces of about this many orders, users or levels, of less than a
 * millisecond each, with so many milliseconds between them. A user is examined with all their orders
 * at once, so a piece is that much longer where they have more than this.
 */
const auditPiece = 512;
const auditPieceIntervalMs = 25;

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
  /** Makes its role among those who share its log; it alone writes its log when left out. */
  readonly role?: ((parts: RoleParts) => Role) | undefined;
}

/** What there is once an engine takes commands. */
interface Service {
  readonly role: Role;
  readonly pipeline: Pipeline;
}

/** An exchange that has been recovered, and that takes commands once it is told who is to see what comes of them. */
export class Engine {
  readonly exchange: Exchange;
  /** Orders, trades and balances of the past. */
  readonly history: History;
  /** Reads the log through in the background. */
  readonly scrub: Scrub;
  readonly historyScrub: HistoryScrub;
  readonly #recorder: Recorder;
  readonly #options: EngineOptions;
  readonly #commandLog: CommandLog;
  readonly snapshotter: Snapshotter;
  /** Identity of its log. */
  readonly epoch: string;
  #service: Service | undefined;
  #cancelAudit: () => void = () => {};
  #auditFailure: string | undefined;

  private constructor(options: EngineOptions, parts: RecoveredParts) {
    const { exchange, commandLog, snapshots, maker, history, recorder, fromSequence } = parts;
    const { clock, log: report } = options;
    this.history = history;
    this.#recorder = recorder;
    this.#options = options;
    this.#commandLog = commandLog;
    this.exchange = exchange;
    const { epoch } = commandLog;
    this.epoch = epoch;
    this.snapshotter = new Snapshotter(
      {
        ...{ exchange, store: snapshots, epoch, every: options.snapshotEvery, report },
        maker,
        damaged: (reason) => this.scrub.foundDamage({ reason }),
      },
      fromSequence,
    );
    this.scrub = new Scrub({ log: commandLog, clock, report });
    this.historyScrub = new HistoryScrub({ history, clock, report });
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
    const maker = stores.snapshotMaker(commandLog);
    opened.defer(() => maker.stop());
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
      throw recovered.isNewer === true
        ? newerLog(recovered.message)
        : damagedLog(recovered.message);
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
    const parts = { exchange, commandLog, snapshots, maker, history, recorder, fromSequence };
    return new Engine(options, parts);
  }

  /**
   * Takes commands from now on, and hands what comes of them to these stages. What takes place before
   * they are all there would be missing in some of them, so nothing can be submitted earlier. An
   * exchange that nobody watches has none. Resolves when a new log has been begun; a `StartError` says
   * why it cannot be.
   */
  async start(stages: Stages | "none"): Promise<void> {
    assert(this.#service === undefined, "an engine is started once");
    const { exchange, history } = this;
    const { clock, log: report, parameters = standardParameters } = this.#options;
    const { role: roleOf = (parts: RoleParts) => new SoleWriter(parts) } = this.#options;
    const snapshots = { take: () => this.snapshotter.note(this.durableSequence) };
    const pipeline = pipelineOf({ history: this.#recorder, snapshots }, stages, afterThisTurn);
    const role = roleOf({
      ...{ exchange, history, clock, report, parameters },
      log: this.#commandLog,
      release: (released) => pipeline.release(released),
      tick: (tick) => pipeline.tick(tick),
      hasRoom: () => pipeline.hasRoom,
      historyCaughtUp: () => this.historyCaughtUp(),
    });
    this.#service = { role, pipeline };
    this.#scheduleAudit();
    await role.start();
  }

  /** When the first command of the log was given; undefined while there is none, or nobody tells it. */
  async begunUs(): Promise<number | undefined> {
    const toldUs = await this.#commandLog.begunUs?.();
    if (toldUs !== undefined) return toldUs;
    for await (const entry of this.#commandLog.read(1)) {
      return entry.kind === "batch" ? entry.timeUs : undefined;
    }
    return undefined;
  }

  /** Submits a command from outside; resolves when its result is durable, or with why it was not let in. */
  submit(command: Command): Promise<Submission | Admission> {
    return this.#started.role.submit(command);
  }

  /** Reads the state at once, and resolves with it when everything in it is durable. */
  read<Result>(read: (exchange: Exchange) => Result): Promise<DurableReading<Result>> {
    return this.#started.role.read(read);
  }

  /** Sequence of the last command whose result may be seen. */
  get durableSequence(): number {
    return this.#started.role.durableSequence;
  }

  /** Commands that are applied and not yet durable. */
  get pending(): number {
    return this.#started.role.pending;
  }

  /** Commands that were refused before they came to the log. */
  get refused(): number {
    return this.#started.role.refused;
  }

  /** Orders the commands and makes them durable. Only of an exchange that alone writes its log. */
  get sequencer(): Sequencer {
    return this.#soleWriter.sequencer;
  }

  /** Where whatever comes from outside is let in. Only of an exchange that alone writes its log. */
  get door(): Door {
    return this.#soleWriter.door;
  }

  /** Events that are durable and wait to be told to the streams. */
  get untoldEvents(): number {
    return this.#started.pipeline.untoldEvents;
  }

  /** Why the exchange does not work; undefined while it does. */
  get fault(): string | undefined {
    const { stopReason, stallReason } = this.#service?.role ?? {};
    return this.#auditFailure ?? stopReason ?? stallReason;
  }

  /** Whether it does not work because its disk cannot be written at present. */
  get isStalled(): boolean {
    return this.#auditFailure === undefined && this.#started.role.stopReason === undefined;
  }

  /** Why the history is not written; undefined while it is. */
  get historyFault(): string | undefined {
    return this.#recorder.fault;
  }

  /** Resolves when the history holds all that was released by now, or with why it never will. */
  historyCaughtUp(): Promise<string | undefined> {
    const { durableSequence } = this.#service?.role ?? {};
    return this.#recorder.caughtUp(durableSequence ?? this.exchange.sequence);
  }

  /** Makes all that was taken durable, takes a last snapshot, closes the files. */
  async stop(): Promise<void> {
    this.#cancelAudit();
    this.scrub.stop();
    this.historyScrub.stop();
    const failed = this.fault !== undefined;
    await this.#service?.role.close();
    this.#service?.pipeline.finish();
    await (failed ? this.snapshotter.stop() : this.snapshotter.finish());
    await this.#recorder.finish();
    await this.#commandLog.close();
  }

  get #started(): Service {
    assert(this.#service !== undefined, "nothing is asked of an engine that has not been started");
    return this.#service;
  }

  get #soleWriter(): SoleWriter {
    const { role } = this.#started;
    assert(role instanceof SoleWriter, "this exchange shares its log with others");
    return role;
  }

  #scheduleAudit(afterMs = auditIntervalMs): void {
    this.#cancelAudit = this.#options.clock.after(afterMs, () => {
      const found = this.#started.role.audit(auditPiece);
      if (typeof found === "string") this.#auditFailure = found;
      else this.#scheduleAudit(found ? auditIntervalMs : auditPieceIntervalMs);
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
  readonly maker: SnapshotMaker;
  readonly history: History;
  readonly recorder: Recorder;
  readonly fromSequence: number;
}

function newerLog(message: string): StartError {
  return new StartError(
    `this release is older than the one that has written the exchange's log: ${message}; nothing is damaged: start the newer release`,
  );
}

function damagedLog(message: string): StartError {
  return new StartError(`the exchange's log is damaged: ${message}`);
}
