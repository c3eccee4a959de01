/**
 * Reads what is stored of a dataset, page by page: trades or bars of one ticker after another, oldest first.
 */
import type { StoredBar } from "../marketdata/bars/bar.ts";
import type { BarInterval } from "../marketdata/bars/interval.ts";
import type { Span } from "../marketdata/bars/span.ts";
import { type DatasetReader, type StoredTrade, storedRowsMax } from "../ports/dataset-reader.ts";
import { isUnanswered } from "../ports/history.ts";

/** Which rows. */
export interface RowOrder extends Span {
  readonly dataset: string;
  readonly tickers: readonly string[];
  /** Undefined for trades. */
  readonly interval: BarInterval | undefined;
}

/** Some rows of one ticker. */
export type RowPage =
  | { readonly kind: "trades"; readonly ticker: string; readonly trades: readonly StoredTrade[] }
  | { readonly kind: "bars"; readonly ticker: string; readonly bars: readonly StoredBar[] }
  | { readonly kind: "failed"; readonly reason: string };

/** All rows; the last page is a failure where they cannot be read. */
export async function* storedRows(
  reader: DatasetReader,
  order: RowOrder,
): AsyncGenerator<RowPage, void> {
  for (const ticker of order.tickers) {
    const { interval } = order;
    const pages =
      interval === undefined
        ? tradePages(reader, order, ticker)
        : barPages(reader, { ...order, interval }, ticker);
    for await (const page of pages) {
      yield page;
      if (page.kind === "failed") return;
    }
  }
}

const oldestFirst = { order: "oldest-first", limit: storedRowsMax } as const;

async function* tradePages(
  reader: DatasetReader,
  { dataset, toUs, ...order }: RowOrder,
  ticker: string,
): AsyncGenerator<RowPage, void> {
  let { fromUs } = order;
  // Trades of the moment where a page ended are skipped by their number.
  let offset = 0;
  for (;;) {
    const trades = await reader.trades({ dataset, ticker, fromUs, toUs, offset, ...oldestFirst });
    if (isUnanswered(trades)) return yield failed(trades);
    if (trades.length > 0) yield { kind: "trades", ticker, trades };
    const lastUs = trades.at(-1)?.eventTimeUs;
    if (lastUs === undefined || trades.length < storedRowsMax) return;
    const ofLast = trades.filter(({ eventTimeUs }) => eventTimeUs === lastUs).length;
    offset = lastUs === fromUs ? offset + ofLast : ofLast;
    fromUs = lastUs;
  }
}

async function* barPages(
  reader: DatasetReader,
  { dataset, toUs, interval, ...order }: RowOrder & { readonly interval: BarInterval },
  ticker: string,
): AsyncGenerator<RowPage, void> {
  let { fromUs } = order;
  for (;;) {
    const page = await reader.bars({ dataset, ticker, interval, fromUs, toUs, ...oldestFirst });
    if (isUnanswered(page)) return yield failed(page);
    const { bars } = page;
    if (bars.length > 0) yield { kind: "bars", ticker, bars };
    const last = bars.at(-1);
    if (last === undefined || bars.length < storedRowsMax) return;
    fromUs = last.startUs + 1;
  }
}

function failed(answer: { readonly kind: string; readonly message?: string }): RowPage {
  return { kind: "failed", reason: answer.message ?? "too much is being asked of the store" };
}
