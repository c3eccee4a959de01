/**
 * Lays frames one behind the other, so that a connection is written once for all of them. The memory
 * is used again for the next connection unless a socket has kept it.
 */
import type { Allocate, Frame, Transport, Written } from "../ports/transport.ts";

/** Bytes that are written at once. A larger frame is written alone. */
export const slabBytes = 262_144;

/** The form of a frame that a client takes. Only what is asked for is made. */
export function formOf(frame: Frame, compresses: boolean): Uint8Array {
  return compresses ? frame.compressed : frame.plain;
}

/** What is laid into memory. */
interface Framed {
  readonly frame: Frame;
}

/** Collects the frames of one connection at a time. */
export class Gatherer {
  readonly #allocate: Allocate;
  #slab: Uint8Array;
  #length = 0;

  constructor(allocate: Allocate) {
    this.#allocate = allocate;
    this.#slab = allocate(slabBytes);
  }

  /** Bytes that were collected. */
  get length(): number {
    return this.#length;
  }

  /** Whether so many bytes fit beside what was collected. */
  hasRoom(bytes: number): boolean {
    return this.#length + bytes <= slabBytes;
  }

  /** Adds a frame; there has to be room for it. */
  add(frame: Uint8Array): void {
    this.#slab.set(frame, this.#length);
    this.#length += frame.length;
  }

  /** Adds frames of a list from a place on while there is room; returns the place of the next one. */
  addFrom(due: readonly Framed[], from: number, compresses: boolean): number {
    const slab = this.#slab;
    let length = this.#length;
    let place = from;
    for (; place < due.length; place += 1) {
      const bytes = formOf(due[place]!.frame, compresses);
      if (length + bytes.length > slabBytes) break;
      slab.set(bytes, length);
      length += bytes.length;
    }
    this.#length = length;
    return place;
  }

  /** Writes what was collected. */
  write(transport: Transport): Written {
    if (this.#length === 0) return "sent";
    const written = transport.write(this.view());
    this.clear(written !== "sent");
    return written;
  }

  /** What was collected, to be written to several before it is cleared. */
  view(): Uint8Array {
    return this.#slab.subarray(0, this.#length);
  }

  /** Starts with nothing, in other memory where a socket goes on reading from what it kept. */
  clear(isKept: boolean): void {
    if (isKept) this.#slab = this.#allocate(slabBytes);
    this.#length = 0;
  }
}
