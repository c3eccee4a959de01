/** The minutes of one hour in bytes: for each its number, a length, and the bar. */
import type { StoredBar } from "../../../marketdata/bars/bar.ts";
import { secondsInterval } from "../../../marketdata/bars/interval.ts";
import { rollUp } from "../../../marketdata/bars/roll.ts";
import { readBar, writeBar } from "./bar-bytes.ts";
import { ByteReader, ByteWriter, DamagedBytes } from "./bytes.ts";
import { hourUs, minuteUs } from "./rows.ts";

/** A bar in bytes of its own, without its start. */
export interface BarBytes {
  readonly startUs: number;
  readonly bytes: Uint8Array;
}

const minutesMax = 60;
const hour = secondsInterval(3_600);
const scratch = new ByteWriter(4_096);

/** The minutes of a body, oldest first. */
export function minutesIn(body: Uint8Array): Map<number, Uint8Array> {
  const reader = new ByteReader(body);
  const minutes = new Map<number, Uint8Array>();
  let last = -1;
  while (!reader.isAtEnd) {
    const minute = reader.byte();
    if (minute <= last || minute >= minutesMax) {
      throw new DamagedBytes("an hour holds what is never written");
    }
    minutes.set(minute, reader.bytes(reader.uint()));
    last = minute;
  }
  return minutes;
}

/** The body of an hour with these minutes, in any order. */
export function bodyOf(minutes: ReadonlyMap<number, Uint8Array>): Uint8Array {
  scratch.clear();
  for (let minute = 0; minute < minutesMax; minute += 1) {
    const bar = minutes.get(minute);
    if (bar === undefined) continue;
    scratch.byte(minute);
    scratch.uint(bar.length);
    scratch.bytes(bar);
  }
  return scratch.taken();
}

/** The bars of a body, oldest first. */
export function barsIn(body: Uint8Array, hourStartUs: number): StoredBar[] {
  const bars: StoredBar[] = [];
  for (const [minute, bytes] of minutesIn(body)) {
    bars.push(barOf(bytes, hourStartUs + minute * minuteUs));
  }
  return bars;
}

/** The bar in bytes of its own. */
export function barOf(bytes: Uint8Array, startUs: number): StoredBar {
  const reader = new ByteReader(bytes);
  const bar = readBar(reader, startUs);
  reader.end();
  return bar;
}

/** A bar as bytes of its own. */
export function bytesOfBar(bar: StoredBar): Uint8Array {
  scratch.clear();
  writeBar(scratch, bar);
  return scratch.taken();
}

/** The bar of a whole hour, from its minutes; there is one at least. */
export function wholeHour(body: Uint8Array, slot: number): Uint8Array {
  const [bar] = rollUp(barsIn(body, slot * hourUs), hour);
  if (bar === undefined) throw new DamagedBytes("an hour without minutes");
  return bytesOfBar(bar);
}
