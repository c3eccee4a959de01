/**
 * Signed requests that any gateway has taken: who puts a signature first has the request, and for everybody
 * else it is a repeated one. What is remembered may be lost with the broker's memory. A record of its own shows
 * that: where it is gone or another one, nothing is taken that may have been taken before.
 */
import type { Secrets } from "../ports/secrets.ts";
import { isUnreachable, type SharedBucket } from "../ports/shared-bucket.ts";
import type { TakenRequest, TakenRequests, TakeOutcome } from "../ports/taken-requests.ts";

/** Key of the record that is there as long as nothing was lost. */
const memoryKey = "memory";

/** Random bytes that tell one memory from another. */
const identityBytes = 16;

const signaturePattern = /^[0-9a-f]{64}$/;

/** What is remembered with a signature: nothing but that it was there. */
const taken = new Uint8Array();

/** What it works with. */
export interface SharedTakenRequestsOptions {
  /** Its records have to last for twice the widest window, at least. */
  readonly bucket: SharedBucket;
  readonly secrets: Secrets;
  readonly wallMs: () => number;
}

/** The requests that all gateways have taken. */
export class SharedTakenRequests implements TakenRequests {
  readonly #options: SharedTakenRequestsOptions;
  /** The memory that this process has seen last; undefined before it has seen any. */
  #memory: string | undefined;
  /** When what was remembered until then was lost; undefined when it never was. */
  #lostMs: number | undefined;
  /** Whether nothing can have been lost since the last look. */
  #isSure = false;
  #looking: Promise<boolean> | undefined;

  constructor(options: SharedTakenRequestsOptions) {
    this.#options = options;
  }

  async take({ signature, stampMs, windowMs }: TakenRequest): Promise<TakeOutcome> {
    if (!signaturePattern.test(signature)) return { kind: "taken" };
    if (!this.#isSure && !(await this.look())) return { kind: "unavailable" };
    const floorMs = this.#lostMs === undefined ? undefined : this.#lostMs + windowMs;
    if (floorMs !== undefined && stampMs <= floorMs) return { kind: "unknown", floorMs };
    const put = await this.#options.bucket.put(signature, taken, 0);
    if (put === "changed") return { kind: "taken" };
    return typeof put === "number" ? { kind: "new" } : { kind: "unavailable" };
  }

  /** The connection was lost: what is remembered may be gone when it is back. */
  doubt(): void {
    this.#isSure = false;
  }

  /** Looks whether the memory is the one that it was, and keeps it; meant to be called each second. */
  look(): Promise<boolean> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<boolean> {
    const { bucket, secrets } = this.#options;
    const found = await bucket.get(memoryKey);
    if (isUnreachable(found)) return this.#sure(false);
    const identity = found
      ? new TextDecoder().decode(found.value)
      : secrets.randomHex(identityBytes);
    const value = new TextEncoder().encode(identity);
    const put = await bucket.put(memoryKey, value, found?.revision ?? 0);
    // Another process keeps it at the same moment; where there was none it has made one.
    if (put === "changed") return found === undefined ? this.#look() : this.#saw(identity);
    if (isUnreachable(put)) return this.#sure(false);
    if (found === undefined) this.#lostMs = this.#options.wallMs();
    return this.#saw(identity);
  }

  #saw(identity: string): boolean {
    const isOther = this.#memory !== undefined && this.#memory !== identity;
    // Another process has seen before this one that it was lost.
    if (isOther) this.#lostMs = this.#options.wallMs();
    this.#memory = identity;
    return this.#sure(true);
  }

  #sure(isSure: boolean): boolean {
    this.#isSure = isSure;
    return isSure;
  }
}
