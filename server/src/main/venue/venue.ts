/**
 * The venue: the exchange with its log, snapshots and sequencer, recovered at the start and stopped
 * in order. What leaves it has been durable before.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openSnapshotStore } from "../../adapters/files/snapshot-store.ts";
import { type CommandLogOptions, openCommandLog } from "../../adapters/sqlite/command-log.ts";
import { markFileOf } from "../../adapters/sqlite/command-log-mark.ts";
import { type OpenedHistory, openHistory } from "../../adapters/sqlite/history.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CommandLog } from "../../ports/command-log.ts";
import type { History } from "../../ports/history.ts";
import type { Log } from "../../ports/log.ts";
import type { Released } from "../../ports/released.ts";
import type { SnapshotStore } from "../../ports/snapshot-store.ts";
import { recover } from "../../sequencer/recovery.ts";
import { Sequencer } from "../../sequencer/sequencer.ts";
import { Snapshotter } from "../../sequencer/snapshotter.ts";
import type { Start } from "../start.ts";
import { StartError } from "../start-error.ts";
import { createDoor, type Door } from "./door.ts";
import { HistoryScrub } from "./history-scrub.ts";
import { LocalFeed } from "./local-feed.ts";
import { Recorder } from "./recorder.ts";
import { ReleaseLine } from "./release-line.ts";
import { Scrub } from "./scrub.ts";
import { venueTraces } from "./venue-traces.ts";

/** Code of the publisher of our own trades. */
export const localPublisher = "openbourse";

/** How often the whole state is examined anew, in milliseconds, while that takes little time. */
const auditIntervalMs = 10_000;

/** The exchange stands still while it is examined: at most this share of the time. */
const auditShareMax = 0.001;

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
  /** How far the clock may be behind the log's last command, in milliseconds; any time when left out. */
  readonly clockBehindMaxMs?: number | undefined;
  /** The start that this is part of. */
  readonly start?: Start | undefined;
}

/** The files of a venue. */
export interface VenueFiles {
  readonly log: string;
  readonly snapshots: string;
  readonly history: string;
}

/** Where the venue's files are. */
export function venueFiles(folder: string): VenueFiles {
  return {
    log: join(folder, "commands.db"),
    snapshots: join(folder, "snapshots"),
    history: join(folder, "history.db"),
  };
}

/** An exchange that takes commands. */
export class Venue {
  readonly sequencer: Sequencer;
  readonly exchange: Exchange;
  /** Where whatever comes from outside is let in. */
  readonly door: Door;
  readonly feed: LocalFeed;
  /** Orders, trades and balances of the past. */
  readonly history: History;
  readonly #recorder: Recorder;
  readonly #options: VenueOptions;
  readonly #commandLog: CommandLog;
  readonly #snapshotter: Snapshotter;
  readonly #listeners: ((released: readonly Released[]) => void)[] = [];
  readonly #tellers: ((slice: readonly Released[]) => void)[] = [];
  readonly #line = new ReleaseLine({
    schedule: (task) => setImmediate(task),
    tell: (slice) => {
      for (const tell of this.#tellers) tell(slice);
    },
  });
  /** Reads the log through in the background. */
  readonly scrub: Scrub;
  readonly historyScrub: HistoryScrub;
  #cancelAudit: () => void = () => {};
  #auditFailure: string | undefined;

  private constructor(options: VenueOptions, parts: RecoveredParts) {
    const { exchange, commandLog, snapshots, history, recorder, fromSequence } = parts;
    this.history = history;
    this.#recorder = recorder;
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
  static async open(options: VenueOptions): Promise<Venue> {
    const { log, start } = options;
    const files = venueFiles(options.folder);
    await using opened = new AsyncDisposableStack();
    await start?.begin("log");
    const hasMark = existsSync(markFileOf(files.log));
    const commandLog = await openLog(files, { fileBytesMax: options.logBytesMax });
    if (!hasMark && commandLog.lastSequence > 0) {
      log.warn("the log had no mark beside it: whether its end was lost cannot be told", {
        file: markFileOf(files.log),
        lastCommand: commandLog.lastSequence,
        remedy: "compare the last command with what was known before; a new mark is made",
      });
    }
    opened.defer(() => commandLog.close());
    // Before anything else is opened, so that nothing is changed beside a log that is damaged.
    if (commandLog.damage !== undefined) throw damagedLog(commandLog.damage.message);
    await start?.begin("snapshots");
    const snapshots = await openSnapshots(files.snapshots);
    await start?.begin("history");
    const history = await openOrRemakeHistory(commandLog, files.history);
    if (history.lastSequence === 0 && commandLog.lastSequence > 0) {
      log.warn("history is made anew from the log", { file: files.history });
    }
    opened.defer(() => history.close());

    const recorder = new Recorder(history, log, options.clock);
    await start?.begin("recovery");
    const startedMs = options.clock.monotonicMs();
    const recovered = await recover({
      log: commandLog,
      snapshots,
      exchange: {},
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
    return new Venue(options, { exchange, commandLog, snapshots, history, recorder, fromSequence });
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
    if (!failed) await this.#snapshotter.finish();
    await this.#recorder.finish();
    await this.#commandLog.close();
  }

  #release(released: readonly Released[]): void {
    this.feed.take(released);
    this.#recorder.take(released);
    for (const listener of this.#listeners) listener(released);
    this.#line.take(released);
    this.#snapshotter.note(this.sequencer.durableSequence);
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
  { clock, clockBehindMaxMs = Number.POSITIVE_INFINITY }: VenueOptions,
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

/** Opens the log of a venue; nobody else may have it open. */
export async function openLog(
  files: VenueFiles,
  options: Pick<CommandLogOptions, "fileBytesMax" | "mayBegin"> = {},
): Promise<CommandLog> {
  const traces = venueTraces(files);
  const opened = await openCommandLog({ file: files.log, traces, ...options });
  if (opened.kind === "refused") throw new StartError(opened.message);
  return opened.log;
}

/** Opens the state snapshots of a venue. */
export async function openSnapshots(folder: string): Promise<SnapshotStore> {
  const opened = await openSnapshotStore({ folder });
  if (opened.kind === "failure") throw new StartError(opened.message);
  return opened.store;
}

/** Opens the history of a log; with `discard` an empty one. */
export async function openHistoryOf(
  log: CommandLog,
  file: string,
  discard = false,
): Promise<History> {
  return historyFor(log, file, await openHistory({ file, epoch: log.epoch, discard }));
}

async function historyFor(log: CommandLog, file: string, opened: OpenedHistory): Promise<History> {
  if (opened.kind === "refused") throw new StartError(opened.message);
  if (opened.history.lastSequence <= log.lastSequence) return opened.history;
  await opened.history.close();
  throw knowsMore(file);
}

/**
 * Opens the history of a log. One that an older openbourse wrote is begun anew, to be fed from the log,
 * once the log is known to have everything that was in it.
 */
async function openOrRemakeHistory(log: CommandLog, file: string): Promise<History> {
  const opened = await openHistory({ file, epoch: log.epoch });
  if (opened.kind === "opened" || opened.outdatedAt === undefined) {
    return historyFor(log, file, opened);
  }
  if (opened.outdatedAt > log.lastSequence) throw knowsMore(file);
  for await (const entry of log.read(1)) {
    if (entry.kind !== "damage") continue;
    throw new StartError(
      `${file} is of an older openbourse and has to be made anew from the log, but ${entry.message}`,
    );
  }
  return openHistoryOf(log, file, true);
}

function knowsMore(file: string): StartError {
  return new StartError(
    `${file} knows more than the log: put back the log that it belongs to, as it was or from a backup; to go on without the lost commands, move ${file} away`,
  );
}
