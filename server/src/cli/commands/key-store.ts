/** What the commands on the key store share: opening it, answering, refusing. */
import { openKeyStore } from "../../adapters/sqlite/stores/key-store.ts";
import { existingDataFolder, existingFile } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { KeyStore } from "../../ports/key-store.ts";
import { configOrExitCode } from "./config.ts";
import { exitCodeOf, type Outcome } from "./tell-server.ts";

/**
 * Opens the key store of the configured data folder for one task; resolves with the exit code. The
 * folder has to be there, and the store too unless the task may begin it.
 */
export async function withKeyStore(
  input: ConfigInput,
  task: (store: KeyStore) => Outcome,
  { mayBegin = false }: { readonly mayBegin?: boolean } = {},
): Promise<number> {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const folder = existingDataFolder(config.data);
  const { keysFile } = folder;
  const store = openKeyStore(mayBegin ? keysFile : existingFile(keysFile));
  let outcome: Outcome;
  try {
    outcome = task(store);
  } finally {
    store.close();
  }
  return await exitCodeOf(outcome, folder);
}

/** Writes one line of the answer. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Says why nothing was done; the exit code of a wrong command line. */
export function refuse(reason: string): number {
  process.stderr.write(`openbourse: ${reason}\n`);
  return 2;
}
