/**
 * Takes the orders of disabled users out of the book, whichever process disabled them: when the server
 * starts, and when it notices that somebody was disabled. Requests that were let in just before may
 * still place orders, so it looks again a few times.
 */

import { cancelOrdersOf } from "../admin/orders.ts";
import type { AdminTarget } from "../admin/target.ts";
import type { Log } from "../ports/log.ts";
import type { UserStore } from "../ports/user-store.ts";

/** How often the orders of somebody who was disabled are looked for, a second apart. */
const looks = 15;

/** What it works with. */
export interface DisabledUsersOptions {
  readonly store: Pick<UserStore, "disabledIds" | "version">;
  readonly target: Pick<AdminTarget, "submit" | "openOrders">;
  readonly log: Log;
}

/** Watches over the orders of disabled users. */
export class DisabledUsers {
  readonly #options: DisabledUsersOptions;
  #seenVersion: number | undefined;
  #disabled: ReadonlySet<string> = new Set();
  /** Who is still watched, and how many more times. */
  readonly #looksLeft = new Map<string, number>();
  #isAtWork = false;

  constructor(options: DisabledUsersOptions) {
    this.#options = options;
  }

  /** Looks for newly disabled users and for orders of theirs; resolves when those are cancelled. */
  async refresh(): Promise<void> {
    this.#noticeChanges();
    if (this.#isAtWork || this.#looksLeft.size === 0) return;
    this.#isAtWork = true;
    try {
      for (const [user, left] of this.#looksLeft) {
        await this.#cancelOrders(user);
        if (left > 1) this.#looksLeft.set(user, left - 1);
        else this.#looksLeft.delete(user);
      }
    } finally {
      this.#isAtWork = false;
    }
  }

  #noticeChanges(): void {
    const { store } = this.#options;
    const version = store.version();
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    const disabled = new Set(store.disabledIds());
    for (const id of disabled) if (!this.#disabled.has(id)) this.#looksLeft.set(id, looks);
    for (const id of this.#looksLeft.keys()) if (!disabled.has(id)) this.#looksLeft.delete(id);
    this.#disabled = disabled;
  }

  async #cancelOrders(user: string): Promise<void> {
    const { target, log } = this.#options;
    const cancelled = await cancelOrdersOf(target, { user });
    if (typeof cancelled !== "number") {
      log.warn("orders of a disabled user stay in the book", { user, reason: cancelled.message });
    } else if (cancelled > 0) {
      log.info("orders of a disabled user were cancelled", { user, orders: cancelled });
    }
  }
}
