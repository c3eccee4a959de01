/** `rebuild`: rebuilds the history from the log, with the server stopped. */

import { StoreError } from "../../adapters/sqlite/file/store-error.ts";
import { removeHistory, replaceHistory } from "../../adapters/sqlite/history/file.ts";
import { existingExchange } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import { noSnapshots } from "../../engine/no-snapshots.ts";
import { Recorder } from "../../engine/recorder.ts";
import { refuseForeignHistory, refuseUnusableLog } from "../../main/start/preflight.ts";
import { type EngineFiles, engineFiles } from "../../main/stores/engine-files.ts";
import { openHistoryOf, openLog } from "../../main/stores/engine-stores.ts";
import { recover } from "../../sequencer/recovery.ts";
import { tuneCollector } from "../collector.ts";
import { configOrExitCode } from "./config.ts";
import { print } from "./key-store.ts";
import { logOf } from "./serve.ts";

/**
 * Writes the history again from the first command on, beside the old one, which it then replaces;
 * resolves with the exit code.
 */
export async function rebuild(input: ConfigInput, json: boolean): Promise<number> {
  tuneCollector();
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const files = engineFiles(existingExchange(config.data).engineFolder);
  refuseUnusableLog(files);
  refuseForeign(files);
  const log = await openLog(files, { mayBegin: false });
  const history = await openHistoryOf(log, draftOf(files.history), true);
  const report = logOf(config);
  const recorder = new Recorder(history, report);
  const recovered = await recover({
    log,
    snapshots: noSnapshots,
    report,
    replayed: (released) => recorder.replayed(released),
  });
  const stored = await history.flushed();
  await recorder.finish();
  await log.close();
  const fault =
    recovered.kind === "damaged"
      ? recovered.message
      : typeof stored === "number"
        ? undefined
        : stored.message;
  if (fault !== undefined) {
    removeHistory(draftOf(files.history));
    return failed(fault);
  }
  replaceHistory(files.history);
  print(
    json
      ? JSON.stringify({ commands: stored })
      : `the history is rebuilt from ${String(stored)} commands`,
  );
  return 0;
}

/** The new history until it is whole. */
function draftOf(history: string): string {
  return `${history}.new`;
}

/** One that cannot be read is what a rebuild is for; one of another log is kept. */
function refuseForeign(files: EngineFiles): void {
  try {
    refuseForeignHistory(files);
  } catch (error) {
    if (!(error instanceof StoreError && error.fault === "not-a-database")) throw error;
  }
}

function failed(fault: string): number {
  process.stderr.write(`openbourse: the history could not be rebuilt: ${fault}\n`);
  return 1;
}
