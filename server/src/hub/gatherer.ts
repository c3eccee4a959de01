/**
 * Lays frames one behind the other, so that a connection is written once for all of them. The memory
 * is used again for the next connection unless a socket has kept it.
 */
import type { Frame, Transport, Written } from "../ports/transport.ts";

/** Bytes that are written at once. A larger frame is written alone. */
export const slabBytes = 262_144;

/** Collects the frames of one connection at a time. */
export class Gatherer {
  #slab = new Uint8Array(slabBytes);
  #length = 0;

  /** Whether so many bytes fit beside what was collected. */
  hasRoom(bytes: number): boolean {
    return this.#length + bytes <= slabBytes;
  }

  /** Adds a frame; there has to be room for it. */
  add(frame: Uint8Array): void {
    this.#slab.set(frame, this.#length);
    this.#length += frame.length;
  }

  /** Writes what was collected. */
  write(transport: Transport): Written {
    if (this.#length === 0) return "sent";
    const written = transport.write(this.#slab.subarray(0, this.#length));
    // The socket goes on reading from what it kept.
    if (written !== "sent") this.#slab = new Uint8Array(slabBytes);
    this.#length = 0;
    return written;
  }
}

/** All frames in one piece of memory of their own, which nobody changes any more. */
export function joined(frames: readonly Frame[], compresses: boolean): Uint8Array {
  const parts = frames.map((frame) => (compresses ? frame.compressed : frame.plain));
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
