/** Pages of rows as a history answers with them, cut from lists of all. */

import { type SteppedTrade, takeBars } from "../marketdata/bars/of-trades.ts";
import {
  type AccountQuery,
  type Answer,
  assertPage,
  foldedBarsMax,
  foldedTradesMax,
  type Place,
  type ToldRecords,
  type TradeBarQuery,
  type TradeBars,
  type TradeQuery,
} from "../ports/history.ts";

/** Whether one place comes before another one. */
export function isBefore(left: Place, right: Place): boolean {
  if (left.sequence !== right.sequence) return left.sequence < right.sequence;
  return left.ordinal < right.ordinal;
}

/** A page of what one user was told, from all of it. */
export function told<Told extends Place>(
  all: readonly Told[],
  query: Pick<AccountQuery, "after" | "limit">,
): Answer<ToldRecords<Told>> {
  assertPage(query);
  const { after, limit } = query;
  let sequence = 0;
  let ordinal = 0;
  const records = all.map((record) => {
    ordinal = record.sequence === sequence ? ordinal + 1 : 0;
    sequence = record.sequence;
    return { sequence, ordinal, told: record };
  });
  const later = records.filter((record) => after === undefined || isBefore(after, record));
  return Promise.resolve([{ records: later.slice(0, limit), lookedTo: undefined }]);
}

/** A page of rows that are oldest first; the newest ones first unless the query says otherwise. */
export function page<Row extends Place>(
  rows: readonly Row[],
  query: Pick<TradeQuery, "before" | "limit" | "offset" | "order">,
  limitMax?: number,
): readonly Row[] {
  assertPage(query, limitMax);
  const { before, limit, offset = 0, order } = query;
  const earlier = rows.filter((row) => before === undefined || isBefore(row, before));
  if (order !== "oldest-first") earlier.reverse();
  return earlier.slice(offset, offset + limit);
}

/** Bars of trades that are oldest first. */
export function foldedPage<Trade extends SteppedTrade & Place>(
  trades: readonly Trade[],
  query: TradeBarQuery,
): TradeBars {
  const { steps, interval, order, limit } = query;
  const isOldestFirst = order === "oldest-first";
  const fold = { steps, interval, isOldestFirst, barsMax: foldedBarsMax };
  const { bars, count, last, isCut } = takeBars(page(trades, query, foldedTradesMax), fold);
  const { sequence = 0, ordinal = 0 } = last ?? {};
  return { bars, last: isCut || count === limit ? { sequence, ordinal } : undefined };
}
