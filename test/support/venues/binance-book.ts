/**
 * The book of BTC/USDT as Binance streamed it, with the snapshot that was recorded beside it: what ccxt asks for
 * to know the best prices. What they were, another stream of the same recording says.
 */
import { recordedBinance } from "./binance.ts";
import type { Venue, VenueFrame } from "./player.ts";
import { recordedLines } from "./recorded.ts";

/** The stream of the changes of its book. */
export const bookTopic = "btcusdt@depth@100ms";

/** Where the book as a whole is asked for. */
export const bookPath = "/api/v3/depth";

type Level = readonly [price: string, quantity: string];

interface Snapshot {
  readonly lastUpdateId: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

interface Change {
  /** Number of its last update. */
  readonly u: number;
  readonly b: readonly Level[];
  readonly a: readonly Level[];
}

/** A venue that tells its book and no trade, and what it should be known by. */
export interface BookVenue extends Venue {
  /** The best prices that were recorded as those after all that was told. */
  touch(): readonly [bid: number, ask: number];
}

/** So many milliseconds of it, from the snapshot on. */
export function recordedBinanceBook(folder: string, lengthMs: number): BookVenue {
  const lines = recordedLines(folder, "binance-spot-btcusdt-20240808.tslog.gz");
  const msOf = (line: string) => Number(line.slice(0, 13));
  const from = lines.findIndex((line) => line.includes(' {"lastUpdateId"'));
  const endMs = msOf(lines[from] ?? "") + lengthMs;
  const streamed = <Data>(stream: string) =>
    lines
      .filter((line) => line.includes(`"${stream}"`) && msOf(line) < endMs)
      .map((line) => (JSON.parse(line.slice(line.indexOf(" "))) as { data: Data }).data);
  const first = lines[from] ?? "";
  const book = new Book(JSON.parse(first.slice(first.indexOf(" "))) as Snapshot);
  const touches = streamed<{ u: number; b: string; a: string }>("btcusdt@bookTicker");
  const changes = streamed<Change>(bookTopic).filter(({ u }) => u > book.lastUpdateId);
  const venue = recordedBinance(folder, lengthMs);
  return {
    ...venue,
    frames: changes.map((change): VenueFrame => {
      const text = () => {
        book.change(change);
        return JSON.stringify(change);
      };
      return { afterMs: 0, topic: bookTopic, trades: [], text };
    }),
    rest: (url, traded) => (url.pathname === bookPath ? book.text() : venue.rest(url, traded)),
    touch() {
      const touch = touches.findLast(({ u }) => u <= book.lastUpdateId);
      return [Number(touch?.b), Number(touch?.a)];
    },
  };
}

/** All levels after what was told. */
class Book {
  lastUpdateId: number;
  readonly #bids: Map<string, string>;
  readonly #asks: Map<string, string>;

  constructor({ lastUpdateId, bids, asks }: Snapshot) {
    this.lastUpdateId = lastUpdateId;
    this.#bids = new Map(bids);
    this.#asks = new Map(asks);
  }

  change({ u, b, a }: Change): void {
    this.lastUpdateId = u;
    for (const [levels, changes] of [[this.#bids, b] as const, [this.#asks, a] as const]) {
      for (const [price, quantity] of changes) {
        if (Number(quantity) === 0) levels.delete(price);
        else levels.set(price, quantity);
      }
    }
  }

  text(): string {
    const { lastUpdateId } = this;
    return JSON.stringify({ lastUpdateId, bids: [...this.#bids], asks: [...this.#asks] });
  }
}
