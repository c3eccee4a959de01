/**
 * What an exchange has traded as a dataset, read from its files and not through a server: for commands, which
 * may wait for a disk. A server that runs meanwhile goes on writing.
 */
import { StoreError } from "../adapters/sqlite/file/store-error.ts";
import type { ReadRequest } from "../adapters/sqlite/history/messages.ts";
import { openHistoryReader } from "../adapters/sqlite/history/reader.ts";
import type { MarketRules } from "../core/market/rules.ts";
import { LocalDataset } from "../engine/local-dataset.ts";
import { localPublisher, tickerOf } from "../feeds/local/feed.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import type { DatasetReader } from "../ports/dataset-reader.ts";
import type { MarketTotals, TradeBars, TradeRecord, Unanswered } from "../ports/history.ts";
import { engineFiles } from "./stores/engine-files.ts";

/** A reader, until it is closed. */
export interface ExchangePast extends DatasetReader {
  close(): void;
}

/** Opens the past of the exchange in a folder. Raises a `StoreError` when its history cannot be read. */
export function openExchangePast(
  engineFolder: string,
  markets: readonly MarketRules[],
): ExchangePast {
  const history = openHistoryReader(engineFiles(engineFolder).history);
  // Each kind of question is answered with rows of its kind.
  async function read<Row>(request: ReadRequest): Promise<readonly Row[] | Unanswered> {
    try {
      return history.read(request) as readonly Row[];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { kind: "failure", fault: "failed", message: error.message };
    }
  }
  const byTicker = new Map(markets.map((rules) => [tickerOf(rules), rules]));
  const past = new LocalDataset({
    history: {
      bars: (query) => read<Bar>({ kind: "bars", query }),
      trades: (query) => read<TradeRecord>({ kind: "trades", query }),
      tradeBars: (query) => read<TradeBars>({ kind: "tradeBars", query }),
      totals: (market) => read<MarketTotals>({ kind: "totals", query: { market } }),
    },
    venue: localPublisher,
    markets: () => byTicker,
    caughtUp: () => Promise.resolve(undefined),
    known: () => Promise.resolve(undefined),
  });
  return {
    bars: (query) => past.bars(query),
    trades: (query) => past.trades(query),
    coverage: (query) => past.coverage(query),
    tickers: () => past.tickers(),
    close: () => history.close(),
  };
}
