/** Reads the trades of a dataset's file, and bars below a minute, which are made of them. */
import type { DatabaseSync } from "node:sqlite";
import { BarFold } from "../../../marketdata/bars/fold.ts";
import { type BarInterval, intervalStart } from "../../../marketdata/bars/interval.ts";
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import type { BarRange, Skip } from "./bar-reads.ts";
import { BlockReads } from "./block-store.ts";
import { type BarBytes, bytesOfBar } from "./hour-body.ts";

/** The reads of one file. */
export class TradeReads {
  readonly #blocks: BlockReads;

  constructor(database: DatabaseSync) {
    this.#blocks = new BlockReads(database);
  }

  /**
   * Trades of event times from one to before another one, without the first `skip`, one block after
   * another. Blocks are skipped by their counts; the list of one may be empty.
   */
  *trades(range: BarRange, skip: Skip): Generator<readonly StoredTrade[], void> {
    const { ticker, fromUs, toUs, isNewestFirst } = range;
    if (fromUs >= toUs) return;
    const places = isNewestFirst
      ? this.#blocks.newestFirst(ticker, fromUs, toUs - 1)
      : this.#blocks.oldestFirst(ticker, fromUs, toUs - 1);
    for (const place of places) {
      const isWhole = place.fromUs >= fromUs && place.toUs < toUs;
      if (isWhole && place.count <= skip.left) {
        skip.left -= place.count;
        yield [];
        continue;
      }
      const all: StoredTrade[] = [];
      this.#blocks.read(place.id, "", all);
      const own = isWhole
        ? all
        : all.filter(({ eventTimeUs }) => eventTimeUs >= fromUs && eventTimeUs < toUs);
      if (isNewestFirst) own.reverse();
      const skipped = Math.min(skip.left, own.length);
      skip.left -= skipped;
      yield skipped === 0 ? own : own.slice(skipped);
    }
  }

  /** Bars made of trades, without the first `skip`; undefined after every block, for whoever waits. */
  *bars(range: BarRange, interval: BarInterval, skip: Skip): Generator<BarBytes | undefined, void> {
    let group: StoredTrade[] = [];
    let startUs: number | undefined;
    for (const trades of this.trades(range, { left: 0 })) {
      for (const trade of trades) {
        const start = intervalStart(interval, trade.eventTimeUs);
        if (start !== startUs && group.length > 0) {
          if (skip.left > 0) skip.left -= 1;
          else yield barFrom(group, startUs!, range.isNewestFirst);
          group = [];
        }
        startUs = start;
        group.push(trade);
      }
      yield undefined;
    }
    if (group.length > 0 && skip.left === 0) {
      yield barFrom(group, startUs!, range.isNewestFirst);
    }
  }
}

function barFrom(
  trades: readonly StoredTrade[],
  startUs: number,
  isNewestFirst: boolean,
): BarBytes {
  const fold = new BarFold({ startUs, priceScale: 0, quantityScale: 0 });
  for (const trade of isNewestFirst ? trades.toReversed() : trades) fold.addDecimal(trade);
  return { startUs, bytes: bytesOfBar(fold.toBar()) };
}
