/** What else in an exchange's folder knows of its log, looked at without changing anything. */
import { traceSnapshots } from "../../adapters/files/snapshot-store.ts";
import { bytesOf } from "../../adapters/sqlite/file/inspection.ts";
import { StoreError } from "../../adapters/sqlite/file/store-error.ts";
import { placeOfHistory } from "../../adapters/sqlite/history/file.ts";
import type { LogTrace } from "../../adapters/sqlite/log/traces.ts";
import type { EngineFiles } from "./engine-files.ts";

/** Snapshots and history of an exchange, as far as they say anything about its log. */
export function engineTraces(files: EngineFiles): readonly LogTrace[] {
  return [...historyTraces(files.history), ...traceSnapshots(files.snapshots)];
}

function historyTraces(file: string): readonly LogTrace[] {
  if (bytesOf(file) === 0) return bytesOf(`${file}-wal`) === 0 ? [] : [{ file: `${file}-wal` }];
  const place = placeOf(file);
  if (place === undefined) return [{ file }];
  const { epoch, lastSequence: sequence } = place;
  return sequence === 0 ? [] : [{ file, of: { epoch, sequence } }];
}

/** A history that cannot be read still says that there was a log; opening it says what is wrong. */
function placeOf(file: string) {
  try {
    return placeOfHistory(file);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return undefined;
  }
}
