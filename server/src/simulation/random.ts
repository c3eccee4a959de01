/**
 * Seeded randomness: the sfc32 generator and the few distributions that the model draws from. The
 * same seed and stream name give the same numbers on every machine; it is not for secrets.
 */
import { negativeLog } from "./portable-math.ts";

const wordRange = 4_294_967_296;
const warmUpRounds = 15;

// A sum of eight uniform 16-bit numbers has this mean, and this standard deviation: √(8 (2³² − 1) / 12).
const normalMean = 262_140;
const normalDeviation = 53_509.919_921_45;

/** One independent stream of random numbers (sfc32: Chris Doty-Humphrey, PractRand; public domain). */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** The stream is chosen by its name, so new streams never disturb the others of the same seed. */
  constructor(seed: number, stream: string) {
    this.#a = seed | 0;
    this.#b = hashText(stream);
    this.#c = Math.floor(seed / wordRange) | 0;
    for (let round = 0; round < warmUpRounds; round += 1) this.word();
  }

  /** An integer in 0 … 2³² − 1, all equally likely. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer in 0 … `count` − 1; the bias of at most `count / 2 ** 32` does not matter here. */
  below(count: number): number {
    return Math.floor((this.word() / wordRange) * count);
  }

  /** A number in `least` … `most`, all about equally likely. */
  between(least: number, most: number): number {
    return least + (most - least) * (this.word() / wordRange);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.word() < probability * wordRange;
  }

  /** Mean 0, standard deviation 1, bell-shaped, never beyond ± 4.9. */
  normal(): number {
    let sum = 0;
    for (let pair = 0; pair < 4; pair += 1) {
      const word = this.word();
      sum += (word & 0xffff) + (word >>> 16);
    }
    return (sum - normalMean) / normalDeviation;
  }

  /** Exponentially distributed with mean 1; never 0, never beyond 22.2. */
  exponential(): number {
    return negativeLog((this.word() | 1) >>> 0);
  }
}

/** FNV-1a over the UTF-16 units of a text. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}
