/** `users create|list|disable|enable|md5`: they work on the data folder, whether a server runs on it or not. */
import { labelLengthMax } from "../../access/label.ts";
import {
  createUser,
  demoLabels,
  disableUser,
  enableUser,
  listUsers,
  setWay,
  type UserRefusal,
  type UserRegistry,
  type UserSummary,
  usersMax,
} from "../../access/users.ts";
import { StoreError } from "../../adapters/sqlite/file/store-error.ts";
import { openUserStore } from "../../adapters/sqlite/stores/user-store.ts";
import {
  type DataFolder,
  dataFolder,
  existingDataFolder,
  existingFile,
  holdsExchange,
} from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { md5Way } from "../../dialects/cryptomus/md5-signing.ts";
import { openUserRegistry } from "../../main/stores/user-registry.ts";
import { StartError } from "../../ports/start-error.ts";
import type { UserStore } from "../../ports/user-store.ts";
import { administer } from "../admin-client.ts";
import { configOrExitCode } from "./config.ts";
import { print, refuse } from "./key-store.ts";
import { exitCodeOf, type Outcome } from "./tell-server.ts";

const refusals: Readonly<Record<UserRefusal, string>> = {
  "invalid-label": `a label has at most ${labelLengthMax} printable characters`,
  "too-many-users": `this data folder holds ${usersMax} users, which is as many as it can`,
};

/** Makes a user and prints their key, this once. */
export async function createUserCommand(
  input: ConfigInput,
  options: { readonly label: string; readonly md5: boolean; readonly json?: true },
): Promise<number> {
  const { label, md5 } = options;
  if (demoLabels.includes(label)) {
    return refuse(`the label ${label} is that of a demo user: take another one`);
  }
  const open = (folder: DataFolder) => openUserRegistry(folder, input.environment);
  return await withStore(input, open, (registry) => {
    const refusedWays = md5 ? [] : [md5Way];
    const made = createUser(registry, { label, nowMs: Date.now(), refusedWays });
    if (typeof made === "string") return refuse(refusals[made]);
    const { userId, apiKey } = made;
    if (options.json === true) {
      print(JSON.stringify({ userId, apiKey, label }));
    } else {
      print(`user id: ${userId}`);
      print(`API key: ${apiKey}`);
      print("The key is shown this once, by nothing else and never again: keep it now.");
    }
    return { action: "create-user", fields: { user: userId, label } };
  });
}

/** Lists users, newest first. */
export function listUsersCommand(input: ConfigInput, json: boolean): Promise<number> {
  return withStore(input, openUsers, ({ store }) => {
    const users = listUsers(store);
    if (json) {
      print(JSON.stringify(users.map(shown)));
      return 0;
    }
    for (const user of users) {
      const state = user.disabledAtMs === undefined ? "good" : "disabled";
      const created = new Date(user.createdAtMs).toISOString();
      const note = shown(user).takesMd5 ? user.label : `${user.label} (HMAC only)`.trimStart();
      print([user.id, state.padEnd(8), created, note].join("  ").trimEnd());
    }
    return 0;
  });
}

/** A user that a command names. */
export interface UserOptions {
  readonly id: string;
  readonly json?: true | undefined;
}

/**
 * Disables one user and cancels their orders. They are refused first, whatever becomes of the orders:
 * somebody has to be locked out also while the exchange does not work.
 */
export async function disableUserCommand(
  input: ConfigInput,
  { id, json }: UserOptions,
): Promise<number> {
  let summary: UserSummary | undefined;
  const code = await withStore(input, openUsers, ({ store }) => {
    const disabled = disableUser(store, { id, nowMs: Date.now() });
    if (disabled === "unknown-user") return refuse(`there is no user ${id}: see users list`);
    if (disabled === "already-disabled") return refuse(`user ${id} was disabled before`);
    summary = disabled;
    return { action: "disable-user", fields: { user: id } };
  });
  const config = configOrExitCode(input);
  if (summary === undefined || config === 2) return code;
  const cancelled = await cancelTheirs(config, id);
  const isDone = typeof cancelled === "number";
  if (json === true) {
    const orders = isDone ? { cancelledOrders: cancelled } : { ordersFault: cancelled };
    print(JSON.stringify({ ...shown(summary), ...orders }));
  } else {
    print(`user ${id} is disabled${isDone ? `; open orders cancelled: ${cancelled}` : ""}`);
  }
  if (isDone) return code;
  process.stderr.write(
    `openbourse: the open orders of ${id} are still there, and are cancelled when the server starts next: ${cancelled}\n`,
  );
  return 1;
}

/** How many orders were cancelled, or why they were not. */
async function cancelTheirs(config: Config, user: string): Promise<number | string> {
  // Without an exchange there are no orders.
  if (!holdsExchange(dataFolder(config.data))) return 0;
  try {
    const answer = await administer(config, "cancel-orders", { user });
    return answer.kind === "done" ? answer.result.cancelled : answer.message;
  } catch (error) {
    if (error instanceof StartError || error instanceof StoreError) return error.message;
    throw error;
  }
}

/** Enables a disabled user again. */
export function enableUserCommand(input: ConfigInput, { id, json }: UserOptions): Promise<number> {
  return withStore(input, openUsers, ({ store }) => {
    const enabled = enableUser(store, id);
    if (enabled === "unknown-user") return refuse(`there is no user ${id}: see users list`);
    if (enabled === "not-disabled") return refuse(`user ${id} is not disabled`);
    print(json === true ? JSON.stringify(shown(enabled)) : `user ${id} is enabled again`);
    return { action: "enable-user", fields: { user: id } };
  });
}

/** Says whether requests signed with MD5 are taken from one user. */
export function userMd5Command(
  input: ConfigInput,
  options: { readonly id: string; readonly isTaken: boolean; readonly json?: true | undefined },
): Promise<number> {
  const { id, isTaken } = options;
  return withStore(input, openUsers, ({ store }) => {
    const changed = setWay(store, { id, way: md5Way, isTaken });
    if (changed === "unknown-user") return refuse(`there is no user ${id}: see users list`);
    const state = isTaken
      ? `requests of user ${id} are taken signed with MD5 or HMAC-SHA-256`
      : `requests of user ${id} are taken signed with HMAC-SHA-256 only`;
    if (changed === "unchanged") return refuse(`${state}, and were before`);
    print(options.json === true ? JSON.stringify(shown(changed)) : state);
    return { action: "set-md5", fields: { user: id, md5: isTaken ? "on" : "off" } };
  });
}

/** A user as these commands show them: there is one way of signing that may be refused of single users. */
function shown({ refusedWays, ...user }: UserSummary) {
  return { ...user, takesMd5: !refusedWays.includes(md5Way) };
}

function openUsers(folder: DataFolder): { readonly store: UserStore } {
  return { store: openUserStore(existingFile(folder.usersFile)) };
}

/** Opens the users of the configured data folder for one task; resolves with the exit code. */
async function withStore<Opened extends Pick<UserRegistry, "store">>(
  input: ConfigInput,
  open: (folder: DataFolder) => Opened,
  task: (opened: Opened) => Outcome,
): Promise<number> {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const folder = existingDataFolder(config.data);
  const opened = open(folder);
  let outcome: Outcome;
  try {
    outcome = task(opened);
  } finally {
    opened.store.close();
  }
  return await exitCodeOf(outcome, folder);
}
