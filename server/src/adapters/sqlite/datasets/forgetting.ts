/**
 * Forgets what of a dataset began before a time, a part in each transaction: first that anything was known of it,
 * then ticker by ticker its minutes and blocks of trades. It leaves it to its caller to begin and to
 * end the transactions.
 */
import type { DatabaseSync } from "node:sqlite";
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import type { BlockPlace } from "./block-store.ts";
import type { FileParts } from "./file-parts.ts";
import { integer, minuteUs } from "./rows.ts";

/** Blocks of trades that one transaction removes, and as much of minutes as so many blocks. */
const blocksAtOnce = 256;
const minutesPerBlock = 1_000;

/** Forgets in one file. */
export class Forgetting {
  readonly #database: DatabaseSync;
  readonly #parts: FileParts;

  constructor(database: DatabaseSync, parts: FileParts) {
    this.#database = database;
    this.#parts = parts;
  }

  /** Forgets a part of what is before a time; says whether nothing more is. */
  forget(beforeUs: number): boolean {
    this.#parts.spans.forget(beforeUs);
    // Trades go with their minute.
    const tradesBeforeUs = Math.ceil(beforeUs / minuteUs) * minuteUs;
    let left = blocksAtOnce;
    for (const { ticker, oldestUs } of this.#tickers()) {
      const minutes = this.#parts.bars.forget(ticker, beforeUs);
      let trades = 0;
      left -= minutes / minutesPerBlock;
      if (oldestUs !== undefined && oldestUs < tradesBeforeUs) {
        const removed = this.#forgetTrades(ticker, tradesBeforeUs, Math.max(1, Math.floor(left)));
        trades = removed.trades;
        left -= removed.blocks;
      }
      this.#parts.tickers.count(ticker, { minutes: -minutes, trades: -trades });
      if (left <= 0) return false;
    }
    return true;
  }

  /** Every ticker with the event time of its oldest trade. */
  #tickers() {
    const rows = this.#database
      .prepare(
        `SELECT id, (SELECT min(from_us) FROM trade_block WHERE ticker = ticker.id) AS oldest
         FROM ticker`,
      )
      .all();
    return rows.map(({ id, oldest }) => ({
      ticker: integer(id),
      oldestUs: oldest === null ? undefined : integer(oldest),
    }));
  }

  #forgetTrades(ticker: number, beforeUs: number, blocksMax: number) {
    const { blocks } = this.#parts;
    const places: BlockPlace[] = [];
    for (const place of blocks.reads.oldestFirst(ticker, Number.MIN_SAFE_INTEGER, beforeUs - 1)) {
      places.push(place);
      if (places.length === blocksMax) break;
    }
    let trades = 0;
    for (const place of places) {
      const kept: StoredTrade[] = [];
      if (place.toUs >= beforeUs) blocks.reads.read(place.id, "", kept);
      const left = kept.filter(({ eventTimeUs }) => eventTimeUs >= beforeUs);
      blocks.keep(ticker, place, left);
      trades += place.count - left.length;
    }
    return { trades, blocks: places.length };
  }
}
