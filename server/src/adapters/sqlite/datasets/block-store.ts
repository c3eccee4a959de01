/**
 * The trades of a dataset's tickers, in blocks that follow each other in time. What comes after all that
 * is stored becomes a block of its own and is joined with small ones before it, so that each trade is
 * copied a few times at most; what comes late is put into the block of its time. It leaves it to its caller
 * to begin and to end the transaction.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import { bytesOf, integer } from "./rows.ts";
import {
  blockTradesMax,
  readBlock,
  segmentCount,
  segmentOf,
  type TickerTrades,
} from "./trade-bytes.ts";

/** A block without its trades. */
export interface BlockPlace {
  readonly id: number;
  /** Event times of its first and of its last trade. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Orders blocks that begin at the same time. */
  readonly part: number;
  readonly count: number;
}

/** Trades of a ticker in order of time, in bytes. */
export interface Segment {
  readonly fromUs: number;
  readonly toUs: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** A block is joined with the one before it while that is not more than so many times as large. */
const joinRatio = 2;

/** At most so many blocks at a ticker's end are joined at once. */
const joinedBlocksMax = 12;

/** A block of more segments than this is written as one. */
const segmentsMax = 8;

/** So many trades between two blocks become blocks of their own; fewer go into the earlier one. */
const ownBlockTrades = 512;

const placeColumns = "id, from_us, to_us, part, count";

/** A block's place in a row of {@link placeColumns}. */
function placeOf(row: Record<string, unknown>): BlockPlace {
  return {
    id: integer(row["id"]),
    fromUs: integer(row["from_us"]),
    toUs: integer(row["to_us"]),
    part: integer(row["part"]),
    count: integer(row["count"]),
  };
}

/** Reads blocks. */
export class BlockReads {
  readonly #body: StatementSync;
  readonly #from: StatementSync;
  readonly #until: StatementSync;

  constructor(database: DatabaseSync) {
    this.#body = database.prepare("SELECT body FROM trade_block WHERE id = ?");
    // Blocks do not overlap: the one before a time is the first that may reach it.
    this.#from = database.prepare(`SELECT ${placeColumns} FROM trade_block
      WHERE ticker = :ticker AND from_us <= :toUs AND (from_us, part) > (:afterUs, :afterPart)
        AND from_us >= coalesce((SELECT max(from_us) FROM trade_block
          WHERE ticker = :ticker AND from_us < :fromUs), :fromUs)
      ORDER BY from_us, part LIMIT :limit`);
    this.#until = database.prepare(`SELECT ${placeColumns} FROM trade_block
      WHERE ticker = :ticker AND from_us <= :toUs AND (from_us, part) < (:beforeUs, :beforePart)
      ORDER BY from_us DESC, part DESC LIMIT :limit`);
  }

  /** Appends the trades of a block to a list. */
  read(id: number, ticker: string, into: StoredTrade[]): void {
    readBlock(this.bodyOf(id), ticker, into);
  }

  bodyOf(id: number): Uint8Array {
    return bytesOf(this.#body.get(id)?.["body"]);
  }

  /** Blocks that have trades of event times from one to another one, both included, oldest first. */
  *oldestFirst(ticker: number, fromUs: number, toUs: number): Generator<BlockPlace, void> {
    let after = { afterUs: Number.MIN_SAFE_INTEGER, afterPart: 0 };
    for (;;) {
      const rows = this.#from.all({ ticker, fromUs, toUs, ...after, limit: placesAtOnce });
      for (const row of rows) {
        const place = placeOf(row);
        after = { afterUs: place.fromUs, afterPart: place.part };
        if (place.toUs >= fromUs) yield place;
      }
      if (rows.length < placesAtOnce) return;
    }
  }

  /** The same, newest first. */
  *newestFirst(
    ticker: number,
    fromUs: number,
    toUs: number,
    atOnce: number = placesAtOnce,
  ): Generator<BlockPlace, void> {
    let before = { beforeUs: Number.MAX_SAFE_INTEGER, beforePart: 0 };
    for (;;) {
      const rows = this.#until.all({ ticker, toUs, ...before, limit: atOnce });
      for (const row of rows) {
        const place = placeOf(row);
        before = { beforeUs: place.fromUs, beforePart: place.part };
        if (place.toUs < fromUs) return;
        yield place;
      }
      if (rows.length < atOnce) return;
    }
  }
}

/** Rows of places that are read at once. */
const placesAtOnce = 256;

/** Writes blocks. */
export class BlockWriter {
  readonly reads: BlockReads;
  readonly #insert: StatementSync;
  readonly #grow: StatementSync;
  readonly #delete: StatementSync;
  readonly #shift: StatementSync;
  readonly #last: StatementSync;
  readonly #first: StatementSync;

  constructor(database: DatabaseSync) {
    this.reads = new BlockReads(database);
    this.#insert = database.prepare(`INSERT INTO trade_block
      (ticker, from_us, part, to_us, count, body) VALUES (?, ?, ?, ?, ?, ?)`);
    this.#grow = database.prepare(
      "UPDATE trade_block SET to_us = ?, count = ?, body = ? WHERE id = ?",
    );
    this.#delete = database.prepare("DELETE FROM trade_block WHERE id = ?");
    this.#shift = database.prepare(
      "UPDATE trade_block SET part = part + 1 WHERE ticker = ? AND from_us = ? AND part >= ?",
    );
    this.#last = database.prepare(`SELECT ${placeColumns} FROM trade_block WHERE ticker = ?
      ORDER BY from_us DESC, part DESC LIMIT ${joinedBlocksMax}`);
    this.#first = database.prepare(`SELECT ${placeColumns} FROM trade_block WHERE ticker = ?
      ORDER BY from_us, part LIMIT 1`);
  }

  /** Adds trades that came after all that is stored, of whatever event times. */
  add(ticker: number, segment: Segment): void {
    const { newest, joined } = this.#joinedWith(ticker, segment);
    if (newest === undefined || segment.fromUs >= newest.toUs) {
      this.#append(ticker, segment, newest, joined);
      return;
    }
    const trades: StoredTrade[] = [];
    readBlock(segment.bytes, "", trades);
    this.#putInto(ticker, trades);
  }

  /** Removes a block, or puts what is left of its trades in its place. */
  keep(ticker: number, place: BlockPlace, trades: TickerTrades): void {
    if (trades.length === 0) this.#delete.run(place.id);
    else this.#replace(ticker, place, trades);
  }

  /** A ticker's newest block, and the blocks before a segment that are joined with it, oldest first. */
  #joinedWith(ticker: number, segment: Segment) {
    let newest: BlockPlace | undefined;
    let { count } = segment;
    const joined: BlockPlace[] = [];
    for (const row of this.#last.iterate(ticker)) {
      const place = placeOf(row);
      newest ??= place;
      if (place.count > joinRatio * count || place.count + count > blockTradesMax) break;
      count += place.count;
      joined.unshift(place);
    }
    return { newest, joined };
  }

  #append(
    ticker: number,
    segment: Segment,
    newest: BlockPlace | undefined,
    joined: readonly BlockPlace[],
  ): void {
    const { fromUs, toUs, bytes } = segment;
    const [first] = joined;
    if (first === undefined) {
      const part = newest?.fromUs === fromUs ? newest.part + 1 : 0;
      this.#insert.run(ticker, fromUs, part, toUs, segment.count, bytes);
      return;
    }
    const bodies = [...joined.map(({ id }) => this.reads.bodyOf(id)), bytes];
    for (const { id } of joined.slice(1)) this.#delete.run(id);
    const count = joined.reduce((sum, place) => sum + place.count, segment.count);
    this.#grow.run(toUs, count, joinedBody(bodies), first.id);
  }

  /** Puts trades in order of time into the blocks that they belong to, the latest first. */
  #putInto(ticker: number, trades: TickerTrades): void {
    let rest = trades;
    while (rest.length > 0) {
      const lastUs = rest.at(-1)!.eventTimeUs;
      const [before] = this.reads.newestFirst(ticker, Number.MIN_SAFE_INTEGER, lastUs, 1);
      const place = before ?? placeOf(this.#first.get(ticker)!);
      const from = before === undefined ? 0 : firstNotBefore(rest, place.fromUs);
      this.#putIntoBlock(ticker, place, rest.slice(from));
      rest = rest.slice(0, from);
    }
  }

  #putIntoBlock(ticker: number, place: BlockPlace, trades: TickerTrades): void {
    const isAfter = trades[0]!.eventTimeUs > place.toUs;
    const isBefore = trades.at(-1)!.eventTimeUs < place.fromUs;
    if ((isAfter || isBefore) && trades.length >= ownBlockTrades) {
      this.#insertBlocks(ticker, trades, undefined);
      return;
    }
    const stored: StoredTrade[] = [];
    this.reads.read(place.id, "", stored);
    this.#replace(ticker, place, inOrder(stored, trades));
  }

  #replace(ticker: number, place: BlockPlace, trades: TickerTrades): void {
    this.#delete.run(place.id);
    this.#insertBlocks(ticker, trades, place);
  }

  /** Blocks of trades that no block overlaps; the first one may take the place of a former one. */
  #insertBlocks(ticker: number, trades: TickerTrades, former: BlockPlace | undefined): void {
    const blocks = Math.ceil(trades.length / blockTradesMax);
    const size = Math.ceil(trades.length / blocks);
    let [lastUs, part] = [former?.fromUs, (former?.part ?? 0) - 1];
    for (let at = 0; at < trades.length; at += size) {
      const some = trades.slice(at, at + size);
      const fromUs = some[0]!.eventTimeUs;
      part = fromUs === lastUs ? part + 1 : 0;
      lastUs = fromUs;
      this.#shift.run(ticker, fromUs, part);
      const toUs = some.at(-1)!.eventTimeUs;
      this.#insert.run(ticker, fromUs, part, toUs, some.length, segmentOf(some));
    }
  }
}

/** Index of the first trade that is not before a time. */
function firstNotBefore(trades: TickerTrades, timeUs: number): number {
  let [low, high] = [0, trades.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (trades[middle]!.eventTimeUs < timeUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Two lists in order of time as one; of equal times the first list's come first. */
function inOrder(first: TickerTrades, second: TickerTrades): TickerTrades {
  const all = [...first, ...second];
  return all.sort((left, right) => left.eventTimeUs - right.eventTimeUs);
}

function joinedBody(bodies: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(bodies);
  if (segmentCount(body) <= segmentsMax) return body;
  const trades: StoredTrade[] = [];
  readBlock(body, "", trades);
  return segmentOf(trades);
}
