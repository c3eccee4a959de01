/**
 * The newest messages of one stream, for clients that come back. The updates themselves are kept, which
 * exist anyway, and no text: that is written for those who missed it.
 */
import { isAfter, type Position, type Sequenced } from "../marketdata/position.ts";
import type { Update } from "../marketdata/topic.ts";

/** Most messages of one stream that are kept. */
export const ringMessagesMax = 65_536;

interface Kept {
  readonly message: Sequenced<Update>;
  /** Of a state: the key of which only the newest is kept. */
  readonly key: string | undefined;
  readonly atMs: number;
  readonly bytes: number;
}

/** Messages of one stream, oldest first. */
export class Ring {
  /** From `#first` on; undefined where a newer state has taken the place of an older one. */
  #kept: (Kept | undefined)[] = [];
  #first = 0;
  #replaced = 0;
  /** How many messages were in the list before its present first entry. */
  #offset = 0;
  /** Where the newest state of each key is, counted from the first message of all. */
  readonly #places = new Map<string, number>();
  #bytes = 0;
  #lostUpTo: Position;

  /** Everything up to `lostUpTo` is not here. */
  constructor(lostUpTo: Position) {
    this.#lostUpTo = lostUpTo;
  }

  /** Memory that the messages take, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest message was kept; undefined while there is none. */
  get oldestMs(): number | undefined {
    return this.#kept[this.#first]?.atMs;
  }

  /** Keeps the next message; with a key, instead of the older one of that key. */
  push(message: Sequenced<Update>, key: string | undefined, atMs: number): void {
    if (key !== undefined) {
      this.#replace(key);
      this.#places.set(key, this.#offset + this.#kept.length);
    }
    const bytes = approximateBytes(message.update);
    this.#kept.push({ message, key, atMs, bytes });
    this.#bytes += bytes;
    this.#skipReplaced();
    if (this.#kept.length - this.#first - this.#replaced > ringMessagesMax) this.#dropOldest();
    this.#compact();
  }

  /** Whether everything after a position is here. */
  reaches(position: Position): boolean {
    return !isAfter(this.#lostUpTo, position);
  }

  /**
   * The first messages after a position, at most so many; undefined where some are lost. States follow
   * each other without those that newer ones have replaced.
   */
  after(position: Position, limit: number): readonly Sequenced<Update>[] | undefined {
    if (!this.reaches(position)) return undefined;
    let from = this.#kept.length;
    for (let at = from - 1; at >= this.#first; at -= 1) {
      const kept = this.#kept[at];
      if (kept === undefined) continue;
      if (!isAfter(kept.message.position, position)) break;
      from = at;
    }
    const messages: Sequenced<Update>[] = [];
    let previous = position;
    for (; from < this.#kept.length && messages.length < limit; from += 1) {
      const kept = this.#kept[from];
      if (kept === undefined) continue;
      // What stood between these was replaced by one that is here, and so nothing is missing between them.
      messages.push(kept.key === undefined ? kept.message : { ...kept.message, previous });
      previous = kept.message.position;
    }
    return messages;
  }

  /** Forgets what was kept before a time. */
  dropBefore(timeMs: number): void {
    for (;;) {
      const { oldestMs } = this;
      if (oldestMs === undefined || oldestMs >= timeMs) break;
      this.#dropOldest();
    }
    this.#compact();
  }

  #replace(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    const at = place - this.#offset;
    this.#bytes -= this.#kept[at]!.bytes;
    this.#kept[at] = undefined;
    this.#replaced += 1;
  }

  #dropOldest(): void {
    const { message, key, bytes } = this.#kept[this.#first]!;
    this.#lostUpTo = message.position;
    this.#bytes -= bytes;
    if (key !== undefined) this.#places.delete(key);
    this.#kept[this.#first] = undefined;
    this.#first += 1;
    this.#skipReplaced();
  }

  #skipReplaced(): void {
    while (this.#first < this.#kept.length && this.#kept[this.#first] === undefined) {
      this.#first += 1;
      this.#replaced -= 1;
    }
  }

  /** Lets go of the empty entries once they are more than the others. */
  #compact(): void {
    const empty = this.#first + this.#replaced;
    if (empty < 64 || empty * 2 < this.#kept.length) return;
    this.#offset += this.#kept.length;
    this.#kept = this.#kept.filter((kept) => kept !== undefined);
    this.#offset -= this.#kept.length;
    this.#first = 0;
    this.#replaced = 0;
    for (const [at, kept] of this.#kept.entries()) {
      if (kept?.key !== undefined) this.#places.set(kept.key, this.#offset + at);
    }
  }
}

const updateBytes = 320;
const tradeBytes = 160;
const levelBytes = 48;

/** About how much memory an update takes. */
function approximateBytes(update: Update): number {
  if ("trades" in update) return updateBytes + tradeBytes * update.trades.length;
  if ("asks" in update) return updateBytes + levelBytes * (update.asks.length + update.bids.length);
  return updateBytes;
}
