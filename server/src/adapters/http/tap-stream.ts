/**
 * What passes somewhere, on its way to whoever records it: a line of JSON for each thing, with the number of the
 * bytes that follow it. What the recorder does not take in time is dropped, counted and told as a gap.
 */
import { Readable } from "node:stream";
import type { Tap, TapHead, TapSink } from "../../ports/tap.ts";

/** Most bytes that wait for a recorder. */
export const tapWaitingBytesMax = 16_777_216;

/** With no more than this waiting, things are taken again after some were dropped: gaps are few and whole. */
const takenAgainBytes = tapWaitingBytesMax / 2;

interface Dropped {
  readonly fromUs: number;
  toUs: number;
  count: number;
  bytes: number;
}

/** The stream of one recorder. */
export class TapStream extends Readable implements TapSink {
  readonly #leave: () => void;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #dropped: Dropped | undefined;

  /** Shows a tap from now on. */
  constructor(tap: Tap) {
    super();
    this.#leave = tap.open(this);
  }

  passed(head: TapHead, bytes?: Uint8Array): void {
    if (this.destroyed || this.readableEnded) return;
    const size = bytes?.length ?? 0;
    const waiting = this.readableLength + this.#gatheredBytes;
    const max = this.#dropped === undefined ? tapWaitingBytesMax : takenAgainBytes;
    if (waiting + size > max) this.#drop(head.us, size);
    else {
      this.#tellDropped();
      this.#gather(size === 0 ? head : { ...head, bytes: size }, bytes);
    }
  }

  /** Ends it behind everything that was taken. */
  finish(): void {
    if (this.destroyed) return;
    this.#leave();
    this.#tellDropped();
    this.#send();
    this.push(null);
  }

  override _read(): void {
    // What passes does not wait for anybody.
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#leave();
    this.#gathered = [];
    done(error);
  }

  #drop(us: number, bytes: number): void {
    this.#dropped ??= { fromUs: us, toUs: us, count: 0, bytes: 0 };
    this.#dropped.toUs = us;
    this.#dropped.count += 1;
    this.#dropped.bytes += bytes;
  }

  #tellDropped(): void {
    if (this.#dropped === undefined) return;
    const { fromUs, toUs, count, bytes } = this.#dropped;
    this.#dropped = undefined;
    this.#gather({ t: "gap", us: toUs, fromUs, dropped: count, droppedBytes: bytes });
  }

  #gather(head: TapHead, bytes?: Uint8Array): void {
    const line = Buffer.from(`${JSON.stringify(head)}\n`);
    if (this.#gathered.length === 0) queueMicrotask(() => this.#send());
    this.#gathered.push(line);
    this.#gatheredBytes += line.length;
    if (bytes === undefined) return;
    // The memory may be used again for something else.
    this.#gathered.push(Uint8Array.from(bytes));
    this.#gatheredBytes += bytes.length;
  }

  #send(): void {
    if (this.#gathered.length === 0 || this.destroyed) return;
    const piece = Buffer.concat(this.#gathered, this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.push(piece);
  }
}
