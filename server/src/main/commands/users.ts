/** `users create|list|disable|md5`: they work on the data folder, whether a server runs on it or not. */
import { labelLengthMax } from "../../access/label.ts";
import {
  createUser,
  disableUser,
  listUsers,
  setMd5,
  type UserRefusal,
  type UserRegistry,
  usersMax,
} from "../../access/users.ts";
import { openUserStore } from "../../adapters/sqlite/user-store.ts";
import type { UserStore } from "../../ports/user-store.ts";
import type { ConfigInput } from "../config/load.ts";
import { type DataFolder, existingDataFolder, existingFile } from "../data-folder.ts";
import { openUserRegistry } from "../user-registry.ts";
import { configOrExitCode } from "./config.ts";
import { print, refuse } from "./key-store.ts";

const refusals: Readonly<Record<UserRefusal, string>> = {
  "invalid-label": `a label has at most ${labelLengthMax} printable characters`,
  "too-many-users": `this data folder holds ${usersMax} users, which is as many as it can`,
};

/** Makes a user and prints his key, this once. */
export function createUserCommand(
  input: ConfigInput,
  options: { readonly label: string; readonly md5: boolean; readonly json?: true },
): number {
  const open = (folder: DataFolder) => openUserRegistry(folder, input.environment);
  return withStore(input, open, (registry) => {
    const { label, md5: takesMd5 } = options;
    const made = createUser(registry, { label, nowMs: Date.now(), takesMd5 });
    if (typeof made === "string") return refuse(refusals[made]);
    const { userId, apiKey } = made;
    if (options.json === true) {
      print(JSON.stringify({ userId, apiKey, label }));
      return 0;
    }
    print(`user id: ${userId}`);
    print(`API key: ${apiKey}`);
    print("The key is shown this once, by nothing else and never again: keep it now.");
    return 0;
  });
}

/** Lists users, newest first. */
export function listUsersCommand(input: ConfigInput, json: boolean): number {
  return withStore(input, openUsers, ({ store }) => {
    const users = listUsers(store);
    if (json) {
      print(JSON.stringify(users));
      return 0;
    }
    for (const user of users) {
      const state = user.disabledAtMs === undefined ? "good" : "disabled";
      const created = new Date(user.createdAtMs).toISOString();
      const note = user.takesMd5 ? user.label : `${user.label} (HMAC only)`.trimStart();
      print([user.id, state.padEnd(8), created, note].join("  ").trimEnd());
    }
    return 0;
  });
}

/** Disables one user. */
export function disableUserCommand(
  input: ConfigInput,
  options: { readonly id: string; readonly json?: true | undefined },
): number {
  const { id } = options;
  return withStore(input, openUsers, ({ store }) => {
    const disabled = disableUser(store, { id, nowMs: Date.now() });
    if (disabled === "unknown-user") return refuse(`there is no user ${id}: see users list`);
    if (disabled === "already-disabled") return refuse(`user ${id} was disabled before`);
    print(options.json === true ? JSON.stringify(disabled) : `user ${id} is disabled`);
    return 0;
  });
}

/** Says whether requests signed with MD5 are taken from one user. */
export function userMd5Command(
  input: ConfigInput,
  options: { readonly id: string; readonly isTaken: boolean; readonly json?: true | undefined },
): number {
  const { id, isTaken } = options;
  return withStore(input, openUsers, ({ store }) => {
    const changed = setMd5(store, { id, isTaken });
    if (changed === "unknown-user") return refuse(`there is no user ${id}: see users list`);
    const state = isTaken
      ? `requests of user ${id} are taken signed with MD5 or HMAC-SHA-256`
      : `requests of user ${id} are taken signed with HMAC-SHA-256 only`;
    if (changed === "unchanged") return refuse(`${state}, and were before`);
    print(options.json === true ? JSON.stringify(changed) : state);
    return 0;
  });
}

function openUsers(folder: DataFolder): { readonly store: UserStore } {
  return { store: openUserStore(existingFile(folder.usersFile)) };
}

/** Opens the users of the configured data folder for one task; returns the exit code. */
function withStore<Opened extends Pick<UserRegistry, "store">>(
  input: ConfigInput,
  open: (folder: DataFolder) => Opened,
  task: (opened: Opened) => number,
): number {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const opened = open(existingDataFolder(config.data));
  try {
    return task(opened);
  } finally {
    opened.store.close();
  }
}
