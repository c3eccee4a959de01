/** The data folder: what is kept where, and who may read it. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MissingError } from "../ports/start-error.ts";
import { socketPath } from "./socket-path.ts";

/** Paths inside a data folder. */
export interface DataFolder {
  readonly path: string;
  /** Workspaces and key hashes. */
  readonly keysFile: string;
  /** Text of the demo key, readable by the owner only: the server shows it at each start. */
  readonly demoKeyFile: string;
  /** Which parts of a demo the folder was begun with, and which were switched off; see `demo.ts`. */
  readonly demoFile: string;
  /** Users of the exchange, their API keys sealed. */
  readonly usersFile: string;
  /** The key that users' API keys are sealed with, unless the environment has it. */
  readonly masterKeyFile: string;
  /** What was let in, as far as the next start has to know it. */
  readonly admissionsFile: string;
  /** Where operators reach a running server; there while it runs. */
  readonly adminSocket: string;
  /** Where servers of version 0.1.0 wrote how they are reached. */
  readonly olderAdminFile: string;
  /** The exchange: log, snapshots, history. */
  readonly engineFolder: string;
  /** The past of datasets. */
  readonly datasetsFolder: string;
}

/**
 * Makes the folder when it is new, readable by the owner only: for what begins a data folder, and
 * nothing else. Throws what the file system throws.
 */
export function openDataFolder(path: string): DataFolder {
  const folder = dataFolder(path);
  mkdirSync(folder.engineFolder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Where things are in a data folder, whether it exists or not. */
export function dataFolder(path: string): DataFolder {
  return {
    path,
    keysFile: join(path, "keys.db"),
    demoKeyFile: join(path, "demo-key"),
    demoFile: join(path, "demo.json"),
    usersFile: join(path, "users.db"),
    masterKeyFile: join(path, "master-key"),
    admissionsFile: join(path, "admissions.db"),
    adminSocket: socketPath(path),
    olderAdminFile: join(path, "admin.json"),
    engineFolder: join(path, "exchange"),
    datasetsFolder: join(path, "datasets"),
  };
}

/** What a command says that finds nothing where `--data` leads. */
const remedy =
  "name the right one with --data, or begin one with `openbourse serve` or `openbourse init`";

/**
 * A data folder that has been begun. A `MissingError` when there is none, so that a mistyped name is
 * not taken for an empty one; nothing is made.
 */
export function existingDataFolder(path: string): DataFolder {
  const folder = dataFolder(path);
  if (isBegun(folder)) return folder;
  throw new MissingError(`there is no data folder ${path}: ${remedy}`);
}

/** Whether anything of a data folder is there. */
export function isBegun({ keysFile, usersFile, engineFolder }: DataFolder): boolean {
  return [keysFile, usersFile, engineFolder].some((part) => existsSync(part));
}

/** A data folder with an exchange in it; a `MissingError` when there is none. Nothing is made. */
export function existingExchange(path: string): DataFolder {
  const folder = existingDataFolder(path);
  if (holdsExchange(folder)) return folder;
  throw new MissingError(`there is no exchange in ${path}: ${remedy}`);
}

/** Whether there is an exchange, or what is left of one. */
export function holdsExchange({ engineFolder }: DataFolder): boolean {
  return existsSync(engineFolder) && readdirSync(engineFolder).length > 0;
}

/** A file of a data folder that is there; a `MissingError` when it is not. */
export function existingFile(file: string): string {
  if (existsSync(file)) return file;
  throw new MissingError(`${file} is missing: nothing was put there, or another --data is meant`);
}

/** The demo key's text, or undefined when there is none. */
export function readDemoKey(folder: DataFolder): string | undefined {
  try {
    return readFileSync(folder.demoKeyFile, "utf8").trim();
  } catch {
    return undefined;
  }
}
