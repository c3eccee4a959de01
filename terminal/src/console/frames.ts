/**
 * Frames of a connection in the order in which they were sent and came, the newest of them within bounds. What had to go is
 * counted, so that nobody takes a part for the whole.
 */

/** A message, or what happened to the connection. */
export interface Frame {
  /** Counted from 1. */
  readonly number: number;
  readonly kind: "in" | "out" | "note";
  readonly text: string;
  /** Bytes of the text in UTF-8. */
  readonly bytes: number;
  /** When, in milliseconds since 1970. */
  readonly atMs: number;
}

/** Most frames that are kept, and most bytes of them together. The newest one is kept however large it is. */
export const framesMax = 2_000;
export const bytesMax = 4 * 1_024 * 1_024;

const encoder = new TextEncoder();

/** See the head of the file. */
export class FrameLog {
  #frames: Frame[] = [];
  #bytes = 0;
  #count = 0;
  #dropped = 0;
  /** Frames before this place in the list have gone; they are cut off now and then. */
  #start = 0;

  /** How many were dropped because of the bounds. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many there were altogether. */
  get count(): number {
    return this.#count;
  }

  add(kind: Frame["kind"], text: string, atMs: number): void {
    this.#count += 1;
    const bytes = encoder.encode(text).length;
    this.#frames.push({ number: this.#count, kind, text, bytes, atMs });
    this.#bytes += bytes;
    this.#makeRoom();
  }

  /** The newest ones that fit, the newest first. */
  newest(limit: number, fits: (frame: Frame) => boolean): readonly Frame[] {
    const found: Frame[] = [];
    for (let at = this.#frames.length - 1; at >= this.#start && found.length < limit; at -= 1) {
      const frame = this.#frames[at];
      if (frame !== undefined && fits(frame)) found.push(frame);
    }
    return found;
  }

  /** Forgets all frames, and that any were dropped. Counting goes on. */
  clear(): void {
    this.#frames = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#dropped = 0;
  }

  #makeRoom(): void {
    while (this.#isTooMuch()) {
      this.#bytes -= this.#frames[this.#start]?.bytes ?? 0;
      this.#start += 1;
      this.#dropped += 1;
    }
    if (this.#start < framesMax) return;
    this.#frames = this.#frames.slice(this.#start);
    this.#start = 0;
  }

  #isTooMuch(): boolean {
    const kept = this.#frames.length - this.#start;
    return kept > 1 && (kept > framesMax || this.#bytes > bytesMax);
  }
}

/** A filter of frames: all of the words, each of them as it is written, whatever the case. */
export function filterOf(
  words: string,
  kinds: ReadonlySet<Frame["kind"]>,
): (frame: Frame) => boolean {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ kind, text }) => {
    if (!kinds.has(kind)) return false;
    if (wanted.length === 0) return true;
    const lower = text.toLowerCase();
    return wanted.every((word) => lower.includes(word));
  };
}
