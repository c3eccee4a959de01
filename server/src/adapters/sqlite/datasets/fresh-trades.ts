/**
 * Which trades of an import are not stored yet. Those of a venue and id are stored once; of those without
 * an id, equal ones are stored as often as the import has them. Only blocks are read that have
 * trades of the same times.
 */
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import type { BlockReads } from "./block-store.ts";

/** Event times from one to another one, both included. */
export interface TimeRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Trades of a ticker within ranges that are apart and in order of time; the answer is so as well. */
export function* tradesWithin(
  reads: BlockReads,
  ticker: number,
  ranges: readonly TimeRange[],
): Generator<StoredTrade, void> {
  const [first, last] = [ranges[0], ranges.at(-1)];
  if (first === undefined || last === undefined) return;
  let at = 0;
  for (const { id, fromUs, toUs } of reads.oldestFirst(ticker, first.fromUs, last.toUs)) {
    at = firstReaching(ranges, at, fromUs);
    if (at === ranges.length) return;
    if (ranges[at]!.fromUs > toUs) continue;
    const trades: StoredTrade[] = [];
    reads.read(id, "", trades);
    yield* within(trades, ranges, at);
  }
}

function* within(
  trades: readonly StoredTrade[],
  ranges: readonly TimeRange[],
  from: number,
): Generator<StoredTrade, void> {
  let at = from;
  for (const trade of trades) {
    at = firstReaching(ranges, at, trade.eventTimeUs);
    if (at === ranges.length) return;
    if (ranges[at]!.fromUs <= trade.eventTimeUs) yield trade;
  }
}

/** Index of the first range, from one on, that does not end before a time. */
function firstReaching(ranges: readonly TimeRange[], from: number, timeUs: number): number {
  let at = from;
  while (at < ranges.length && ranges[at]!.toUs < timeUs) at += 1;
  return at;
}

/** The trades of a ticker, in order of time, that are not stored. */
export function freshTrades(
  reads: BlockReads,
  ticker: number,
  trades: readonly StoredTrade[],
): readonly StoredTrade[] {
  const times = distinctTimes(trades);
  const stored = Map.groupBy(tradesWithin(reads, ticker, times), (trade) => trade.eventTimeUs);
  const fresh: StoredTrade[] = [];
  for (let at = 0; at < trades.length; ) {
    const { eventTimeUs } = trades[at]!;
    let end = at + 1;
    while (end < trades.length && trades[end]!.eventTimeUs === eventTimeUs) end += 1;
    const there = stored.get(eventTimeUs) ?? [];
    const own = trades.slice(at, end);
    if (there.length === 0 && own.length === 1) fresh.push(...own);
    else for (const trade of withoutKnown(own, there)) fresh.push(trade);
    at = end;
  }
  return fresh;
}

function distinctTimes(trades: readonly StoredTrade[]): readonly TimeRange[] {
  const times: TimeRange[] = [];
  let last: number | undefined;
  for (const { eventTimeUs } of trades) {
    if (eventTimeUs !== last) times.push({ fromUs: eventTimeUs, toUs: eventTimeUs });
    last = eventTimeUs;
  }
  return times;
}

/** Trades of one time without those that are there. */
function* withoutKnown(
  trades: readonly StoredTrade[],
  there: readonly StoredTrade[],
): Generator<StoredTrade, void> {
  const left = new Map<string, number>();
  for (const trade of there) {
    const print = printOf(trade);
    left.set(print, (left.get(print) ?? 0) + 1);
  }
  for (const trade of trades) {
    const print = printOf(trade);
    const count = left.get(print) ?? 0;
    left.set(print, trade.id === undefined ? count - 1 : 1);
    if (count <= 0) yield trade;
  }
}

/** Equal for what is the same trade, as far as can be told; all are of one ticker and time. */
function printOf({ venue, id, price, quantity, aggressor, ...scales }: StoredTrade): string {
  const { priceScale, quantityScale } = scales;
  const numbers = [withoutZeros(price, priceScale), withoutZeros(quantity, quantityScale)];
  return JSON.stringify([venue, id === undefined ? null : id, ...numbers, aggressor]);
}

/** The same text for the same number, whatever its scale. */
function withoutZeros(value: number | bigint, scale: number): string {
  let [short, places] = [BigInt(value), scale];
  while (places > 0 && short % 10n === 0n) {
    short /= 10n;
    places -= 1;
  }
  return `${short}e-${places}`;
}
