/** What the commands on the key store share: opening it, answering, refusing. */
import { openKeyStore } from "../../adapters/sqlite/key-store.ts";
import type { KeyStore } from "../../ports/key-store.ts";
import type { ConfigInput } from "../config/load.ts";
import { existingDataFolder, existingFile } from "../data-folder.ts";
import { configOrExitCode } from "./config.ts";

/**
 * Opens the key store of the configured data folder for one task; returns the exit code. The folder
 * has to be there, and the store too unless the task may begin it.
 */
export function withKeyStore(
  input: ConfigInput,
  task: (store: KeyStore) => number,
  { mayBegin = false }: { readonly mayBegin?: boolean } = {},
): number {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const { keysFile } = existingDataFolder(config.data);
  const store = openKeyStore(mayBegin ? keysFile : existingFile(keysFile));
  try {
    return task(store);
  } finally {
    store.close();
  }
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
