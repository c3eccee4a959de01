/** Entity tags of what is made of rows: equal for equal rows, without writing them. */
import type { StoredBar } from "../../marketdata/bars/bar.ts";
import type { StoredTrade } from "../../ports/dataset-reader.ts";

/** Changes whenever the same rows are written otherwise. */
const format = 1;

const word = 2 ** 32;

/**
 * Mixes whole numbers into 64 bits, a word of 32 bits at a time: each step turns two halves by odd factors, so
 * no word is lost. It tells apart what has changed by itself, not what somebody wants to look the same.
 */
class Digest {
  #left = 0x2545_f491;
  #right = 0x4f6c_dd1d;

  add(value: number | bigint | undefined): void {
    if (value === undefined) {
      this.#mix(0x5bd1_e995);
      return;
    }
    if (typeof value === "bigint") this.#addWide(value);
    else {
      this.#mix(value >>> 0);
      this.#mix(Math.floor(value / word) | 0);
    }
  }

  toHex(): string {
    return [this.#left, this.#right]
      .map((half) => (half >>> 0).toString(16).padStart(8, "0"))
      .join("");
  }

  #addWide(value: bigint): void {
    for (let rest = value; rest !== 0n && rest !== -1n; rest >>= 32n) {
      this.#mix(Number(BigInt.asUintN(32, rest)));
    }
    this.#mix(value < 0n ? 1 : 0);
  }

  #mix(bits: number): void {
    this.#left = Math.imul(turned(this.#left ^ bits, 13), 0x9e37_79b1);
    this.#right = Math.imul(turned(this.#right ^ bits ^ this.#left, 17), 0x85eb_ca6b);
  }
}

/** The tag of a list of bars: whatever revises one of them changes it. */
export function barsTag(bars: readonly StoredBar[]): string {
  const digest = new Digest();
  for (const bar of bars) {
    digest.add(bar.startUs);
    for (const value of [bar.priceScale, bar.open, bar.high, bar.low, bar.close]) digest.add(value);
    for (const value of [bar.volumeScale, bar.volume, bar.quoteVolume]) digest.add(value);
    for (const value of [bar.takerBuyVolume, bar.takerBuyQuoteVolume]) digest.add(value);
    digest.add(bar.tradeCount);
  }
  return tag(digest, bars.length);
}

/** The tag of a list of trades. */
export function tradesTag(trades: readonly StoredTrade[]): string {
  const digest = new Digest();
  for (const { eventTimeUs, price, priceScale, quantity, quantityScale } of trades) {
    for (const value of [eventTimeUs, priceScale, price, quantityScale, quantity]) {
      digest.add(value);
    }
  }
  return tag(digest, trades.length);
}

/** The tag of rows of doubles, in which some may be missing. */
export function doublesTag(rows: readonly (readonly (number | undefined)[])[]): string {
  const digest = new Digest();
  const double = new Float64Array(1);
  const words = new Uint32Array(double.buffer);
  for (const row of rows) {
    for (const value of row) {
      digest.add(value === undefined ? 0 : 1);
      double[0] = value ?? 0;
      for (const bits of words) digest.add(bits);
    }
  }
  return tag(digest, rows.length);
}

/** Whether `If-None-Match` names a tag (RFC 9110 13.1.2). */
export function isNamed(tag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const named = ifNoneMatch.split(",").map((text) => text.trim().replace(/^W\//, ""));
  return named.includes(tag) || named.includes("*");
}

function tag(digest: Digest, rows: number): string {
  return `"${format}-${rows}-${digest.toHex()}"`;
}

function turned(bits: number, by: number): number {
  return (bits << by) | (bits >>> (32 - by));
}
