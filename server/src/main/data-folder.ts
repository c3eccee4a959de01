/** The data folder: what is kept where, and who may read it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Paths inside a data folder. */
export interface DataFolder {
  readonly path: string;
  /** Workspaces and key hashes. */
  readonly keysFile: string;
  /** Text of the demo key, readable by the owner only: the server shows it at each start. */
  readonly demoKeyFile: string;
  /** Users of the exchange, their API keys sealed. */
  readonly usersFile: string;
  /** The key that users' API keys are sealed with, unless the environment has it. */
  readonly masterKeyFile: string;
  /** Where the administration of a running server is reached; there while it runs. */
  readonly adminFile: string;
  /** The exchange: log, snapshots, history. */
  readonly venue: string;
}

/** Makes the folder when it is new, readable by the owner only. Throws what the file system throws. */
export function openDataFolder(path: string): DataFolder {
  const folder = dataFolder(path);
  mkdirSync(folder.venue, { recursive: true, mode: 0o700 });
  return folder;
}

/** Where things are in a data folder, whether it exists or not. */
export function dataFolder(path: string): DataFolder {
  return {
    path,
    keysFile: join(path, "keys.db"),
    demoKeyFile: join(path, "demo-key"),
    usersFile: join(path, "users.db"),
    masterKeyFile: join(path, "master-key"),
    adminFile: join(path, "admin.json"),
    venue: join(path, "exchange"),
  };
}

/** The demo key's text, or undefined when there is none. */
export function readDemoKey(folder: DataFolder): string | undefined {
  try {
    return readFileSync(folder.demoKeyFile, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Remembers the demo key's text. */
export function writeDemoKey(folder: DataFolder, key: string): void {
  writeFileSync(folder.demoKeyFile, `${key}\n`, { mode: 0o600 });
}
