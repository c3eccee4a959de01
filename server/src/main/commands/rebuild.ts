/** `rebuild`: makes the history anew from the log, with the server stopped. */
import { recover } from "../../sequencer/recovery.ts";
import type { ConfigInput } from "../config/load.ts";
import { existingExchange } from "../data-folder.ts";
import { noSnapshots } from "../venue/no-snapshots.ts";
import { Recorder } from "../venue/recorder.ts";
import { openHistoryOf, openLog, venueFiles } from "../venue/venue.ts";
import { configOrExitCode } from "./config.ts";
import { print } from "./key-store.ts";
import { logOf } from "./serve.ts";

/** Deletes the history and writes it again from the first command on; resolves with the exit code. */
export async function rebuild(input: ConfigInput, json: boolean): Promise<number> {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const files = venueFiles(existingExchange(config.data).venue);
  const log = await openLog(files.log);
  const history = await openHistoryOf(log, files.history, true);
  const report = logOf(config);
  const recorder = new Recorder(history, report);
  const recovered = await recover({
    log,
    snapshots: noSnapshots,
    exchange: {},
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
    process.stderr.write(`openbourse: the history could not be rebuilt: ${fault}\n`);
    return 1;
  }
  print(
    json
      ? JSON.stringify({ commands: stored })
      : `the history is rebuilt from ${String(stored)} commands`,
  );
  return 0;
}
