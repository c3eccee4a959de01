/** What a server says about a data folder that works and is not as it should be, with what to do about it. */
import { statSync } from "node:fs";
import type { Exchange } from "../../core/exchange.ts";
import type { Log } from "../../ports/log.ts";
import type { UserStore } from "../../ports/user-store.ts";

/** The permissions of everybody but the owner. */
const othersMask = 0o077;

/** How a user's id is made; simulated participants and test users have other names. */
const userId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Newest users of the exchange that are looked for among those with keys. */
const lookedForMax = 10_000;

/** Says that others on this machine may get at the folder. */
export function warnOfOpenFolder(folder: string, log: Log): void {
  const mode = statSync(folder).mode & 0o777;
  if (process.platform === "win32" || (mode & othersMask) === 0) return;
  log.warn("others on this machine may read the data folder, or more", {
    folder,
    mode: mode.toString(8),
    remedy: `make it yours alone: chmod 700 ${folder}`,
  });
}

/** Says that the exchange holds money of users whose keys are not there, as after a lost `users.db`. */
export function warnOfLostUsers(
  exchange: Pick<Exchange, "userNames" | "balances">,
  store: UserStore,
  { usersFile, log }: { readonly usersFile: string; readonly log: Log },
): void {
  const lost = exchange
    .userNames()
    .slice(-lookedForMax)
    .filter((name) => userId.test(name) && store.user(name) === undefined)
    .filter((name) => exchange.balances(name).some(({ available, held }) => available + held > 0n));
  if (lost.length === 0) return;
  log.warn("the exchange holds money of users who have no API key here", {
    users: lost.length,
    first: lost[0],
    file: usersFile,
    remedy:
      "put users.db and its master key back; where they are lost, move the money to new users: withdraw --any-user, deposit",
  });
}

/** Says once what has become of the stores of keys and users, and returns it. */
export function lookForStores(
  log: Log,
  known: string | undefined,
  found: string | undefined,
): string | undefined {
  if (found !== undefined && known === undefined) {
    log.error("keys or users are not on disk any more: what is changed now is lost", {
      reason: found,
    });
  }
  return found;
}
