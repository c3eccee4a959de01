/**
 * Trades of one ticker as columns of bytes: times, ids, prices, quantities, sides and venues. A block is
 * made of segments one after another, each with its length in front, so that joining blocks is joining
 * their bytes. Every trade comes back as it was, be its id a number or a text and its price of any size.
 */
import type { AggressorSide } from "../../../marketdata/trade.ts";
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import { ByteReader, ByteWriter, DamagedBytes, isCount } from "./bytes.ts";
import { readDecimals, writeDecimals } from "./decimal-column.ts";

/** Most trades of one block. */
export const blockTradesMax = 4_096;

/** How ids are written. */
const idForm = { none: 0, counts: 1, writtenOut: 2 } as const;
const idKind = { none: 0, count: 1, text: 2, number: 3 } as const;

const sides: readonly AggressorSide[] = ["unknown", "buy", "sell"];

/** What times may be whole numbers of, in microseconds. */
const timeUnits = [1_000_000, 1_000, 1] as const;

/** Trades of a ticker, in order of time. */
export type TickerTrades = readonly Omit<StoredTrade, "ticker">[];

const scratch = new ByteWriter(65_536);

/** One segment, its length in front, of 1 to {@link blockTradesMax} trades in order of event time. */
export function segmentOf(trades: TickerTrades): Uint8Array<ArrayBuffer> {
  scratch.clear();
  scratch.uint(trades.length);
  writeTimes(scratch, trades);
  writeIds(scratch, trades);
  writeDecimals(scratch, {
    values: trades.map(({ price }) => price),
    scales: trades.map(({ priceScale }) => priceScale),
  });
  writeDecimals(scratch, {
    values: trades.map(({ quantity }) => quantity),
    scales: trades.map(({ quantityScale }) => quantityScale),
  });
  writeSides(scratch, trades);
  writeVenues(scratch, trades);
  const content = scratch.taken();
  scratch.clear();
  scratch.uint(content.length);
  scratch.bytes(content);
  return scratch.taken();
}

function writeTimes(to: ByteWriter, trades: TickerTrades): void {
  const unit = timeUnits.find((each) =>
    trades.every(({ eventTimeUs }) => eventTimeUs % each === 0),
  )!;
  to.uint(unit);
  let last = 0;
  for (const { eventTimeUs } of trades) {
    const time = eventTimeUs / unit;
    to.int(time - last);
    last = time;
  }
}

function writeIds(to: ByteWriter, trades: TickerTrades): void {
  if (trades.every(({ id }) => id === undefined)) {
    to.byte(idForm.none);
  } else if (trades.every(({ id }) => isCount(id))) {
    to.byte(idForm.counts);
    let last = 0;
    for (const { id } of trades) {
      to.int((id as number) - last);
      last = id as number;
    }
  } else {
    to.byte(idForm.writtenOut);
    for (const { id } of trades) writeId(to, id);
  }
}

function writeId(to: ByteWriter, id: number | string | undefined): void {
  if (id === undefined) {
    to.byte(idKind.none);
  } else if (typeof id === "string") {
    to.byte(idKind.text);
    to.text(id);
  } else if (isCount(id)) {
    to.byte(idKind.count);
    to.uint(id);
  } else {
    to.byte(idKind.number);
    to.text(String(id));
  }
}

function writeSides(to: ByteWriter, trades: TickerTrades): void {
  for (let at = 0; at < trades.length; at += 4) {
    let packed = 0;
    for (let next = 0; next < 4 && at + next < trades.length; next += 1) {
      packed |= sides.indexOf(trades[at + next]!.aggressor) << (2 * next);
    }
    to.byte(packed);
  }
}

function writeVenues(to: ByteWriter, trades: TickerTrades): void {
  const numbers = new Map<string, number>();
  for (const { venue } of trades) if (!numbers.has(venue)) numbers.set(venue, numbers.size);
  to.uint(numbers.size);
  for (const venue of numbers.keys()) to.text(venue);
  if (numbers.size > 1) for (const { venue } of trades) to.uint(numbers.get(venue)!);
}

/** How many segments a block has. */
export function segmentCount(block: Uint8Array): number {
  const reader = new ByteReader(block);
  let count = 0;
  for (; !reader.isAtEnd; count += 1) reader.bytes(reader.uint());
  return count;
}

/** Appends the trades of a block to a list. Raises {@link DamagedBytes} where it holds what is never written. */
export function readBlock(block: Uint8Array, ticker: string, into: StoredTrade[]): void {
  const reader = new ByteReader(block);
  while (!reader.isAtEnd) {
    const length = reader.uint();
    const from = reader.at;
    reader.bytes(length);
    readSegment(new ByteReader(block, from, from + length), ticker, into);
  }
}

function readSegment(from: ByteReader, ticker: string, into: StoredTrade[]): void {
  const count = from.count(from.uint());
  if (count > blockTradesMax) throw new DamagedBytes("a block has too many trades");
  const times = readTimes(from, count);
  const ids = readIds(from, count);
  const prices = readDecimals(from, count);
  const quantities = readDecimals(from, count);
  const packed = from.bytes(Math.ceil(count / 4));
  const venues = readVenues(from, count);
  from.end();
  for (let index = 0; index < count; index += 1) {
    const aggressor = sides[(packed[index >> 2]! >> (2 * (index & 3))) & 3];
    const venue = venues(index);
    if (aggressor === undefined || venue === undefined) {
      throw new DamagedBytes("a trade holds what is never written");
    }
    into.push({
      ticker,
      venue,
      id: ids?.[index],
      price: prices.values[index]!,
      priceScale: prices.scales[index]!,
      quantity: quantities.values[index]!,
      quantityScale: quantities.scales[index]!,
      eventTimeUs: times[index]!,
      aggressor,
    });
  }
}

function readTimes(from: ByteReader, count: number): readonly number[] {
  const unit = from.uint();
  const times: number[] = [];
  let time = 0;
  for (let index = 0; index < count; index += 1) {
    time += from.int();
    times.push(time * unit);
  }
  return times;
}

function readIds(
  from: ByteReader,
  count: number,
): readonly (number | string | undefined)[] | undefined {
  const how = from.byte();
  if (how === idForm.none) return undefined;
  const ids: (number | string | undefined)[] = [];
  let last = 0;
  for (let index = 0; index < count; index += 1) {
    if (how === idForm.counts) {
      last += from.int();
      ids.push(last);
    } else {
      ids.push(readId(from));
    }
  }
  return ids;
}

function readId(from: ByteReader): number | string | undefined {
  switch (from.byte()) {
    case idKind.none:
      return undefined;
    case idKind.count:
      return from.uint();
    case idKind.text:
      return from.text();
    case idKind.number:
      return Number(from.text());
    default:
      throw new DamagedBytes("an id holds what is never written");
  }
}

function readVenues(from: ByteReader, count: number): (index: number) => string | undefined {
  const size = from.count(from.uint());
  const names: string[] = [];
  for (let index = 0; index < size; index += 1) names.push(from.text());
  if (size === 1) return () => names[0];
  const numbers: number[] = [];
  for (let index = 0; index < count; index += 1) numbers.push(from.uint());
  return (index) => names[numbers[index]!];
}
