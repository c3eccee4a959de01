/**
 * Counts of the running minute over all gateways: each takes some of what is left at a time, and counts that
 * down by itself. All together never count more than may be; where little is left they ask each time. While
 * nobody can be asked, each gateway counts for itself alone.
 */
import type { Awaitable } from "../ports/awaitable.ts";
import type { Quota } from "../ports/quota.ts";
import type { Secrets } from "../ports/secrets.ts";
import { isUnreachable, type SharedBucket } from "../ports/shared-bucket.ts";

const minuteMs = 60_000;

/** Which part of what is left one gateway takes at a time. */
const partOfRest = 8;

/** Attempts to take where others take at the same time. */
const attemptsMax = 20;

/** Digits of the hash of a caller's name. */
const nameDigits = 40;

/** A caller's minute. */
interface Count {
  /** How many were let in here. */
  own: number;
  /** How many more may be without asking. */
  left: number;
  /** Most that all may have, when it was known last that they have all; undefined while they have not. */
  usedUpOf: number | undefined;
  /** What is being taken; others wait for it. */
  taking: Promise<"taken" | "used-up" | "unreachable"> | undefined;
}

/** A quota that is shared. */
export class SharedQuota implements Quota {
  readonly #bucket: SharedBucket;
  readonly #secrets: Secrets;
  readonly #name: string;
  /** By caller, of this minute. */
  readonly #counts = new Map<string, Count>();
  #minute = 0;

  constructor(name: string, bucket: SharedBucket, secrets: Secrets) {
    this.#name = name;
    this.#bucket = bucket;
    this.#secrets = secrets;
  }

  take(caller: string, max: number | undefined, nowMs: number): Awaitable<boolean> {
    this.refresh(nowMs);
    const count = this.#countOf(caller);
    if (max === undefined || max === Number.POSITIVE_INFINITY) return taken(count);
    if (count.left > 0) {
      count.left -= 1;
      return taken(count);
    }
    if (count.usedUpOf !== undefined && max <= count.usedUpOf) return false;
    return this.#ask(caller, max);
  }

  async count(caller: string, nowMs: number): Promise<number> {
    this.refresh(nowMs);
    const own = this.#counts.get(caller);
    const found = await this.#bucket.get(this.#keyOf(caller));
    if (isUnreachable(found)) return own?.own ?? 0;
    const all = found ? numberOf(found.value) : 0;
    return Math.max(own?.own ?? 0, all - (own?.left ?? 0));
  }

  refresh(nowMs: number): void {
    const minute = Math.floor(nowMs / minuteMs);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#counts.clear();
  }

  async #ask(caller: string, max: number): Promise<boolean> {
    const count = this.#countOf(caller);
    // Others who wait may have all of what was taken.
    while (count.left === 0) {
      count.taking ??= this.#take(caller, max, count).finally(() => {
        count.taking = undefined;
      });
      const outcome = await count.taking;
      if (outcome === "unreachable") return count.own < max && taken(count);
      if (outcome === "used-up") return false;
    }
    count.left -= 1;
    return taken(count);
  }

  /** Takes a part of what is left of a caller's minute. */
  async #take(
    caller: string,
    max: number,
    count: Count,
  ): Promise<"taken" | "used-up" | "unreachable"> {
    const key = this.#keyOf(caller);
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const found = await this.#bucket.get(key);
      if (isUnreachable(found)) return "unreachable";
      const all = found ? numberOf(found.value) : 0;
      if (all >= max) {
        count.usedUpOf = max;
        return "used-up";
      }
      const part = Math.ceil((max - all) / partOfRest);
      const value = new TextEncoder().encode(String(all + part));
      const put = await this.#bucket.put(key, value, found?.revision ?? 0);
      if (isUnreachable(put)) return "unreachable";
      if (put === "changed") continue;
      count.left += part;
      return "taken";
    }
    return "unreachable";
  }

  #countOf(caller: string): Count {
    const known = this.#counts.get(caller);
    if (known !== undefined) return known;
    const count = { own: 0, left: 0, usedUpOf: undefined, taking: undefined };
    this.#counts.set(caller, count);
    return count;
  }

  #keyOf(caller: string): string {
    const hash = this.#secrets.sha256Hex(`${this.#name}\n${caller}`).slice(0, nameDigits);
    return `${hash}-${this.#minute}`;
  }
}

function taken(count: Count): true {
  count.own += 1;
  return true;
}

function numberOf(value: Uint8Array): number {
  const number = Number(new TextDecoder().decode(value));
  return Number.isSafeInteger(number) ? number : 0;
}
