/** How often strangers of one address may ask: a bucket of tokens for each, filled at a steady rate. */

/** Most addresses that are remembered; beyond it the one that was made first is forgotten. */
export const addressesMax = 50_000;

/** What an address may do. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** The buckets of all addresses. Times are monotonic. */
export class AddressRates {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Addresses that are remembered now. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token; false when there is none. */
  take(address: string, nowMs: number): boolean {
    const bucket = this.#bucket(address, nowMs);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Gives a token back, for a request that turned out to be no stranger's. */
  giveBack(address: string): void {
    const bucket = this.#buckets.get(address);
    if (bucket !== undefined) bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + 1);
  }

  /** Forgets addresses whose buckets are full again. */
  sweep(nowMs: number): void {
    const { perSecond, burst } = this.#rate;
    for (const [address, { tokens, atMs }] of this.#buckets) {
      if (tokens + ((nowMs - atMs) / 1_000) * perSecond >= burst) this.#buckets.delete(address);
    }
  }

  #bucket(address: string, nowMs: number): Bucket {
    const { perSecond, burst } = this.#rate;
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      if (this.#buckets.size >= addressesMax) {
        for (const first of this.#buckets.keys()) {
          this.#buckets.delete(first);
          break;
        }
      }
      bucket = { tokens: burst, atMs: nowMs };
      this.#buckets.set(address, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * perSecond);
    bucket.atMs = nowMs;
    return bucket;
  }
}
