/**
 * Reads the trades of a dataset that will not change any more, in the order of their times, as far as they are
 * there: all tickers together, a bounded number at a time.
 */
import type { DatasetReader, StoredTrade } from "../ports/dataset-reader.ts";
import { storedRowsMax } from "../ports/dataset-reader.ts";
import { isUnanswered, type Unanswered } from "../ports/history.ts";

/** About how many trades of all tickers are in memory at once. */
const heldTradesMax = 50_000;

/** Fewest trades of one ticker that are asked for at once. */
const pageMin = 200;

/** From when, and before when: all trades of the time between have been stored. */
export interface FinalSpan {
  readonly dataset: string;
  readonly fromUs: number;
  readonly toUs: number;
}

/** Trades of a time that ends before `toUs`: whole, whatever is asked for next. */
export interface FinalTrades {
  readonly trades: readonly StoredTrade[];
  readonly toUs: number;
}

/** Why nothing more can be read. */
export class ReadError extends Error {}

/** All trades of a span, part by part; each part ends between two moments. Raises a `ReadError`. */
export async function* finalTrades(
  reader: DatasetReader,
  { dataset, fromUs, toUs }: FinalSpan,
): AsyncGenerator<FinalTrades, void> {
  const tickers = await reader.tickers(dataset);
  if (isUnanswered(tickers)) throw unread(tickers);
  const limit = Math.max(pageMin, Math.floor(heldTradesMax / Math.max(1, tickers.length)));
  const page = { limit: Math.min(limit, storedRowsMax) };
  for (let from = fromUs; from < toUs; ) {
    let end = toUs;
    const found: StoredTrade[] = [];
    for (const { ticker } of tickers) {
      const part = await partOf(reader, { dataset, ticker, fromUs: from, toUs: end, ...page });
      found.push(...part.trades);
      end = part.toUs;
    }
    const trades = found.filter(({ eventTimeUs }) => eventTimeUs < end);
    trades.sort((left, right) => left.eventTimeUs - right.eventTimeUs);
    yield { trades, toUs: end };
    from = end;
  }
}

interface Part extends FinalSpan {
  readonly ticker: string;
  readonly limit: number;
}

/** Trades of one ticker as far as a page reaches, without those of a moment that it may have cut. */
async function partOf(
  reader: DatasetReader,
  { dataset, ticker, fromUs, toUs, limit }: Part,
): Promise<FinalTrades> {
  const trades: StoredTrade[] = [];
  for (;;) {
    const page = await reader.trades({
      ...{ dataset, ticker, fromUs, toUs, limit, offset: trades.length },
      order: "oldest-first",
    });
    if (isUnanswered(page)) throw unread(page);
    trades.push(...page);
    const lastUs = trades.at(-1)?.eventTimeUs;
    if (lastUs === undefined || page.length < limit) return { trades, toUs };
    // All trades of the first moment are needed to get past it.
    if (lastUs > fromUs) return { trades, toUs: lastUs };
  }
}

function unread(answer: Unanswered): ReadError {
  const isFailure = answer.kind === "failure";
  return new ReadError(isFailure ? answer.message : "too much is being asked of the store");
}
