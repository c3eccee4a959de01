/**
 * The users of a data folder, together with the master key that their API keys are sealed under. It
 * refuses to go on with a key that opens none of them, before anything is sealed under it.
 */
import { existsSync } from "node:fs";
import { apiKeyOf, type UserRegistry } from "../../access/users.ts";
import {
  loadMasterKey,
  type MasterKeyResult,
  parseMasterKey,
} from "../../adapters/crypto/master-key.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { createVault } from "../../adapters/crypto/vault.ts";
import { openUserStore } from "../../adapters/sqlite/stores/user-store.ts";
import type { DataFolder } from "../../config/data-folder.ts";
import { masterKeyVariable } from "../../config/source.ts";
import { StartError } from "../../ports/start-error.ts";
import type { UserRecord, UserStore } from "../../ports/user-store.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Opens the users; the caller closes the store. The master key comes from the environment, else from
 * its file, which is made for a folder without users. A `StartError` says what is wrong with it.
 */
export function openUserRegistry(folder: DataFolder, environment: Environment): UserRegistry {
  const store = openUserStore(folder.usersFile);
  try {
    const vault = createVault(masterKey(folder, environment, store));
    const registry = { store, vault, secrets: systemSecrets() };
    refuseWrongKey(folder, registry);
    return registry;
  } catch (error) {
    store.close();
    throw error;
  }
}

function masterKey(folder: DataFolder, environment: Environment, store: UserStore): string {
  const key = findMasterKey(folder, environment, store);
  if (key.kind === "fault") throw new StartError(key.message);
  return key.hex;
}

function findMasterKey(
  { masterKeyFile, usersFile }: DataFolder,
  environment: Environment,
  store: UserStore,
): MasterKeyResult {
  const given = environment[masterKeyVariable];
  if (given !== undefined) return parseMasterKey(given, masterKeyVariable);
  if (!existsSync(masterKeyFile) && store.count() > 0) {
    throw new StartError(
      `the master key of ${usersFile} is missing: put it back into ${masterKeyFile} or ${masterKeyVariable}`,
    );
  }
  return loadMasterKey(masterKeyFile);
}

/** How the users of a cluster tell whether this node has its master key. */
export function sharedKeyCheck({ masterKeyFile }: DataFolder, { vault }: UserRegistry) {
  return {
    opens: (user: UserRecord) => apiKeyOf(user, vault) !== undefined,
    fault: `the master key of this node opens the keys of none of the cluster's users: put the cluster's into ${masterKeyFile} (a copy of the file master-key of an engine's data folder) or into ${masterKeyVariable}; users that were made on this data folder alone have to be made again`,
  };
}

/** Newest users whose keys are tried with the master key. */
const triedMax = 100;

/** Refuses, with a `StartError`, a master key that opens the keys of none of the newest users. */
export function refuseWrongKey(
  { masterKeyFile, usersFile }: DataFolder,
  registry: UserRegistry,
): void {
  const records = registry.store.users({ limit: triedMax });
  if (records.length === 0) return;
  if (records.some((record) => apiKeyOf(record, registry.vault) !== undefined)) return;
  throw new StartError(
    `the master key is another one than ${usersFile} was written with: put the right one into ${masterKeyVariable} or ${masterKeyFile}`,
  );
}
