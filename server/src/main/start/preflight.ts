/**
 * Looks at everything in a data folder before anything in it is made or changed, so that a start that
 * is refused leaves the folder as it was.
 */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { keyStoreSchema, userStoreSchema } from "../../adapters/sqlite/file/schema.ts";
import { foreignHistory } from "../../adapters/sqlite/history/error.ts";
import { placeOfHistory } from "../../adapters/sqlite/history/file.ts";
import { epochOfLog, openDamaged } from "../../adapters/sqlite/log/file.ts";
import { refuseUnusable } from "../../adapters/sqlite/stores/shared-database.ts";
import type { DataFolder } from "../../config/data-folder.ts";
import { socketPathFault } from "../../config/socket-path.ts";
import { StartError } from "../../ports/start-error.ts";
import { type EngineFiles, engineFiles } from "../stores/engine-files.ts";
import { engineTraces } from "../stores/engine-traces.ts";

/** Refuses a folder whose keys, or exchange, cannot be gone on with. Changes nothing. */
export function refuseUnusableFolder(
  folder: DataFolder,
  { withExchange }: { readonly withExchange: boolean },
): void {
  const fault = folderFault(folder.path) ?? socketPathFault(folder.adminSocket);
  if (fault !== undefined) throw new StartError(fault);
  refuseUnusable(folder.keysFile, keyStoreSchema);
  if (withExchange) refuseUnusableExchange(folder);
}

/**
 * Refuses an exchange whose log is missing, damaged, or shorter than others know, or whose history or
 * users are not its own. Changes nothing.
 */
export function refuseUnusableExchange({ usersFile, engineFolder }: DataFolder): void {
  refuseUnusable(usersFile, userStoreSchema);
  const files = engineFiles(engineFolder);
  refuseUnusableLog(files);
  refuseForeignHistory(files);
}

/** Refuses a log that is missing, damaged, or shorter than others know. Changes nothing. */
export function refuseUnusableLog(files: EngineFiles): void {
  const damaged = openDamaged({ file: files.log, traces: engineTraces(files) });
  if (damaged === undefined) return;
  const { damage } = damaged;
  damaged.close();
  throw new StartError(`the exchange's log is damaged: ${damage?.message}`);
}

/** Refuses a history that is of another program, or of another log. Changes nothing. */
export function refuseForeignHistory({ log, history }: EngineFiles): void {
  const place = placeOfHistory(history);
  const epoch = place && epochOfLog(log);
  if (epoch !== undefined && place?.epoch !== epoch) throw foreignHistory(history);
}

/** Why a data folder could not be made or written. */
export function folderFault(path: string): string | undefined {
  const whole = resolve(path);
  const remedy = "choose another one with --data, or make it writable";
  let nearest = whole;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  if (!statSync(nearest).isDirectory()) {
    return `data folder ${path} cannot be made: ${nearest} is no folder; ${remedy}`;
  }
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    const what = nearest === whole ? "cannot be written" : `cannot be made in ${nearest}`;
    return `data folder ${path} ${what}; ${remedy}`;
  }
}
