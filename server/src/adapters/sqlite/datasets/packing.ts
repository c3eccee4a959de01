/**
 * Puts the trades and bars of a batch into bytes, and takes them out again. The thread that puts a batch
 * does this in slices, with its other work in between.
 */
import { setImmediate } from "node:timers/promises";
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import type { TickerBar } from "../../../ports/dataset-store.ts";
import { writeBar } from "./bar-bytes.ts";
import type { Segment } from "./block-store.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { PackedRows } from "./messages.ts";
import { minuteUs } from "./rows.ts";
import { segmentOf } from "./trade-bytes.ts";

/** Trades or bars that are put into bytes, or taken out of them, at once: about a millisecond's work. */
export const sliceRows = 1_024;

/** Rows that are sorted by ticker at once. */
const groupedRows = 8_192;

/** Waits for a turn of the event loop whenever enough was done. */
class Slices {
  #done = 0;

  async did(rows: number): Promise<void> {
    this.#done += rows;
    if (this.#done < sliceRows) return;
    this.#done = 0;
    await setImmediate();
  }
}

/** The rows of a batch in bytes. */
export async function packRows(
  trades: readonly StoredTrade[],
  bars: readonly TickerBar[],
): Promise<PackedRows> {
  return { trades: await packTrades(trades), bars: await packBars(bars) };
}

async function packTrades(trades: readonly StoredTrade[]): Promise<Uint8Array<ArrayBuffer>> {
  const slices = new Slices();
  const to = new ByteWriter(trades.length * 12 + 64);
  for (const [ticker, own] of await byTicker(trades)) {
    for (let at = 0; at < own.length; at += sliceRows) {
      const some = inOrder(own.slice(at, at + sliceRows));
      to.text(ticker);
      to.uint(some.length);
      to.int(some[0]!.eventTimeUs);
      to.int(some.at(-1)!.eventTimeUs);
      to.bytes(segmentOf(some));
      await slices.did(some.length);
    }
  }
  return to.taken();
}

async function byTicker<Row extends { readonly ticker: string }>(
  rows: readonly Row[],
): Promise<ReadonlyMap<string, Row[]>> {
  const groups = new Map<string, Row[]>();
  for (let at = 0; at < rows.length; at += groupedRows) {
    if (at > 0) await setImmediate();
    for (const row of rows.slice(at, at + groupedRows)) {
      const group = groups.get(row.ticker);
      if (group === undefined) groups.set(row.ticker, [row]);
      else group.push(row);
    }
  }
  return groups;
}

/** Trades by event time, then as they came. */
function inOrder(trades: readonly StoredTrade[]): readonly StoredTrade[] {
  let lastUs = Number.NEGATIVE_INFINITY;
  for (const { eventTimeUs } of trades) {
    if (eventTimeUs < lastUs) {
      return trades.toSorted((left, right) => left.eventTimeUs - right.eventTimeUs);
    }
    lastUs = eventTimeUs;
  }
  return trades;
}

async function packBars(bars: readonly TickerBar[]): Promise<Uint8Array<ArrayBuffer>> {
  const slices = new Slices();
  const to = new ByteWriter(bars.length * 48 + 64);
  const one = new ByteWriter(256);
  for (const [ticker, own] of await byTicker(bars)) {
    to.text(ticker);
    to.uint(own.length);
    for (const { bar } of own) {
      one.clear();
      writeBar(one, bar);
      to.int(bar.startUs / minuteUs);
      to.uint(one.length);
      to.bytes(one.taken());
      await slices.did(1);
    }
  }
  return to.taken();
}

/** Trades of one ticker, as they were packed. */
export interface PackedTrades {
  readonly ticker: string;
  readonly segment: Segment;
}

/** Trades that were packed, those of each ticker as they came. */
export function* unpackTrades(bytes: Uint8Array): Generator<PackedTrades, void> {
  const from = new ByteReader(bytes);
  while (!from.isAtEnd) {
    const ticker = from.text();
    const count = from.uint();
    const [fromUs, toUs] = [from.int(), from.int()];
    const startsAt = from.at;
    from.bytes(from.uint());
    yield { ticker, segment: { fromUs, toUs, count, bytes: bytes.subarray(startsAt, from.at) } };
  }
}

/** Bars of one ticker, as they were packed. */
export interface PackedBars {
  readonly ticker: string;
  readonly bars: readonly { readonly startUs: number; readonly bytes: Uint8Array }[];
}

/** Bars that were packed, those of each ticker as they came. */
export function* unpackBars(bytes: Uint8Array): Generator<PackedBars, void> {
  const from = new ByteReader(bytes);
  while (!from.isAtEnd) {
    const ticker = from.text();
    const bars = Array.from({ length: from.uint() }, () => {
      const startUs = from.int() * minuteUs;
      return { startUs, bytes: from.bytes(from.uint()) };
    });
    yield { ticker, bars };
  }
}
