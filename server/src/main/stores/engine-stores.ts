/** The stores of an exchange: its log, snapshots and history as SQLite files and plain ones in one folder. */
import { existsSync } from "node:fs";
import { openSnapshotStore } from "../../adapters/files/snapshot-store.ts";
import { type OpenedHistory, openHistory } from "../../adapters/sqlite/history/history.ts";
import {
  type CommandLogOptions,
  openCommandLog,
  type SqliteCommandLog,
} from "../../adapters/sqlite/log/log.ts";
import { markFileOf } from "../../adapters/sqlite/log/mark.ts";
import type { EngineStores } from "../../engine/engine.ts";
import type { CommandLog } from "../../ports/command-log.ts";
import type { History } from "../../ports/history.ts";
import type { Log } from "../../ports/log.ts";
import type { SnapshotStore } from "../../ports/snapshot-store.ts";
import { StartError } from "../../ports/start-error.ts";
import { type EngineFiles, engineFiles } from "./engine-files.ts";
import { engineTraces } from "./engine-traces.ts";
import { SnapshotProcessMaker } from "./snapshot-process-maker.ts";

/** How an engine's stores are opened. */
export interface EngineStoresOptions {
  readonly log: Log;
  /** Size of the log, in bytes, at which it takes no more commands. */
  readonly logBytesMax?: number | undefined;
  /** Whether snapshots are prepared for at once, and not only when the first one is due. Default: false. */
  readonly isPrepared?: boolean;
  /** Identity of a log that others have as well; see `CommandLogOptions`. */
  readonly epoch?: string | undefined;
}

/** The stores of the exchange in `folder`. */
export function engineStores(
  folder: string,
  { log, logBytesMax, isPrepared = false, epoch }: EngineStoresOptions,
): EngineStores<SqliteCommandLog> {
  const files = engineFiles(folder);
  return {
    async openLog() {
      const hasMark = existsSync(markFileOf(files.log));
      const commandLog = await openLog(files, { fileBytesMax: logBytesMax, epoch });
      if (!hasMark && commandLog.lastSequence > 0) {
        log.warn("the log had no mark beside it: whether its end was lost cannot be told", {
          file: markFileOf(files.log),
          lastCommand: commandLog.lastSequence,
          remedy: "compare the last command with what was known before; a new mark is made",
        });
      }
      return commandLog;
    },
    openSnapshots: () => openSnapshots(files.snapshots),
    snapshotMaker(commandLog) {
      const maker = new SnapshotProcessMaker({ files, log: commandLog, report: log });
      if (isPrepared) maker.prepare();
      return maker;
    },
    async openHistory(commandLog) {
      const history = await openOrRemakeHistory(commandLog, files.history);
      if (history.lastSequence === 0 && commandLog.lastSequence > 0) {
        log.warn("history is rebuilt from the log", { file: files.history });
      }
      return history;
    },
  };
}

/** Opens the log of an exchange; nobody else may have it open. */
export async function openLog(
  files: EngineFiles,
  options: Pick<CommandLogOptions, "epoch" | "fileBytesMax" | "mayBegin"> = {},
): Promise<SqliteCommandLog> {
  const traces = engineTraces(files);
  const opened = await openCommandLog({ file: files.log, traces, ...options });
  if (opened.kind === "refused") throw new StartError(opened.message);
  return opened.log;
}

/** Opens the state snapshots of an exchange. */
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
 * Opens the history of a log. One that an older openbourse wrote is started over, to be fed from the log,
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
      `${file} is of an older openbourse and has to be rebuilt from the log, but ${entry.message}`,
    );
  }
  return openHistoryOf(log, file, true);
}

function knowsMore(file: string): StartError {
  return new StartError(
    `${file} knows more than the log: put back the log that it belongs to, as it was or from a backup; to go on without the lost commands, move ${file} away`,
  );
}
