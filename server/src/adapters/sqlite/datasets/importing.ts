/**
 * Stores what comes from files: trades that are not stored yet, with the bars of their minutes folded
 * again from all stored trades, and bars of others' making where trades do not know better. It leaves it
 * to its caller to begin and to end the transaction.
 */
import { BarFold } from "../../../marketdata/bars/fold.ts";
import { intervalStart, minuteInterval } from "../../../marketdata/bars/interval.ts";
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import type { ImportOutcome } from "../../../ports/dataset-store.ts";
import { readRank } from "./bar-bytes.ts";
import type { MinuteChanges } from "./bar-writer.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { FileParts } from "./file-parts.ts";
import { freshTrades, type TimeRange, tradesWithin } from "./fresh-trades.ts";
import { bytesOfBar } from "./hour-body.ts";
import type { PackedBars, PackedTrades } from "./packing.ts";
import { minuteUs } from "./rows.ts";
import { blockTradesMax, readBlock, segmentOf } from "./trade-bytes.ts";

/** One import into one file. */
export class DatasetImport {
  readonly #parts: FileParts;
  #trades = { stored: 0, known: 0 };
  #bars = { stored: 0, known: 0 };

  constructor(parts: FileParts) {
    this.#parts = parts;
  }

  /** Adds trades; those of a ticker are looked at together. */
  addTrades(packed: Iterable<PackedTrades>): void {
    for (const [ticker, segments] of Map.groupBy(packed, (each) => each.ticker)) {
      const trades: StoredTrade[] = [];
      for (const { segment } of segments) readBlock(segment.bytes, "", trades);
      trades.sort((left, right) => left.eventTimeUs - right.eventTimeUs);
      this.#addTradesOf(this.#parts.tickers.idOf(ticker), trades);
    }
  }

  /** Adds bars of others' making. */
  addBars(packed: Iterable<PackedBars>): void {
    for (const { ticker, bars } of packed) {
      const id = this.#parts.tickers.idOf(ticker);
      const known = this.#knownByTrades(id, bars);
      const needed = bars.filter(({ startUs }) => !known.has(startUs));
      const changes = needed.map(({ startUs, bytes }) => ({ startUs, change: revised(bytes) }));
      const { changed, added } = this.#parts.bars.change(id, changes);
      this.#parts.tickers.count(id, { trades: 0, minutes: added });
      this.#bars.stored += changed;
      this.#bars.known += bars.length - changed;
    }
  }

  outcome(): ImportOutcome {
    return {
      kind: "imported",
      tradesStored: this.#trades.stored,
      tradesKnown: this.#trades.known,
      barsStored: this.#bars.stored,
      barsKnown: this.#bars.known,
    };
  }

  #addTradesOf(ticker: number, trades: readonly StoredTrade[]): void {
    const { blocks, tickers } = this.#parts;
    const fresh = freshTrades(blocks.reads, ticker, trades);
    this.#trades.stored += fresh.length;
    this.#trades.known += trades.length - fresh.length;
    for (let at = 0; at < fresh.length; at += blockTradesMax) {
      const some = fresh.slice(at, at + blockTradesMax);
      const [fromUs, toUs] = [some[0]!.eventTimeUs, some.at(-1)!.eventTimeUs];
      blocks.add(ticker, { fromUs, toUs, count: some.length, bytes: segmentOf(some) });
    }
    tickers.count(ticker, { trades: fresh.length, minutes: 0 });
    this.#refold(ticker, minutesOf(fresh));
  }

  /** Makes the bars of minutes again from all stored trades. */
  #refold(ticker: number, minutes: readonly TimeRange[]): void {
    const { blocks, bars, tickers } = this.#parts;
    const changes: MinuteChanges[] = [];
    let fold: BarFold | undefined;
    for (const trade of tradesWithin(blocks.reads, ticker, minutes)) {
      const startUs = intervalStart(minuteInterval, trade.eventTimeUs);
      if (fold?.startUs !== startUs) {
        if (fold !== undefined) changes.push(refolded(fold));
        const { priceScale, quantityScale } = trade;
        fold = new BarFold({ startUs, priceScale, quantityScale });
      }
      fold.addDecimal(trade);
    }
    if (fold !== undefined) changes.push(refolded(fold));
    const { added } = bars.change(ticker, changes);
    tickers.count(ticker, { trades: 0, minutes: added });
  }

  /** Starts of those minutes that have trades, and are known to have all of them. */
  #knownByTrades(ticker: number, bars: PackedBars["bars"]): ReadonlySet<number> {
    const { blocks, spans } = this.#parts;
    const starts = bars.map(({ startUs }) => startUs).toSorted((left, right) => left - right);
    const [first, last] = [starts[0], starts.at(-1)];
    if (first === undefined || last === undefined) return new Set();
    const unknown = spans.unknown(ticker, { fromUs: first, toUs: last + minuteUs });
    let at = 0;
    const ranges: TimeRange[] = [];
    for (const fromUs of new Set(starts)) {
      while (at < unknown.length && unknown[at]!.toUs <= fromUs) at += 1;
      const isKnown = at === unknown.length || unknown[at]!.fromUs >= fromUs + minuteUs;
      if (isKnown) ranges.push({ fromUs, toUs: fromUs + minuteUs - 1 });
    }
    const known = new Set<number>();
    for (const { eventTimeUs } of tradesWithin(blocks.reads, ticker, ranges)) {
      known.add(intervalStart(minuteInterval, eventTimeUs));
    }
    return known;
  }
}

/** The minutes of trades in order of time. */
function minutesOf(trades: readonly StoredTrade[]): readonly TimeRange[] {
  const minutes: TimeRange[] = [];
  let last: number | undefined;
  for (const { eventTimeUs } of trades) {
    const fromUs = intervalStart(minuteInterval, eventTimeUs);
    if (fromUs !== last) minutes.push({ fromUs, toUs: fromUs + minuteUs - 1 });
    last = fromUs;
  }
  return minutes;
}

function refolded(fold: BarFold): MinuteChanges {
  const revisionAfter = (stored: Uint8Array | undefined) =>
    stored === undefined ? 0 : readRank(new ByteReader(stored)).revision + 1;
  return {
    startUs: fold.startUs,
    change: (stored) => bytesOfBar(fold.toBar(revisionAfter(stored))),
  };
}

/** A bar in the place of another one is a revision of it, unless it says the same. */
function revised(bytes: Uint8Array): (stored: Uint8Array | undefined) => Uint8Array | undefined {
  return (stored) => {
    if (stored === undefined) return bytes;
    const { revision } = readRank(new ByteReader(stored));
    const figures = figuresOf(bytes);
    if (Buffer.compare(figuresOf(stored), figures) === 0) return undefined;
    const to = new ByteWriter(bytes.length + 8);
    to.uint(revision + 1);
    to.bytes(figures);
    return to.taken();
  };
}

/** The bytes of a bar without its revision. */
function figuresOf(bytes: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes);
  reader.uint();
  return bytes.subarray(reader.at);
}
