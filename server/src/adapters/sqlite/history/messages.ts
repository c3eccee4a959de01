/** What the history and its worker threads, the one that writes and the one that reads, say to each other. */
import type { Bar } from "../../../marketdata/bars/bar.ts";
import type {
  AccountQuery,
  AvailableQuery,
  BalanceQuery,
  BalanceRecord,
  BarQuery,
  ExaminedPart,
  FillRecord,
  HistoryDigest,
  MarketTotals,
  OrderEventRecord,
  OrderFillQuery,
  OrderQuery,
  OrderRecord,
  ToldRecords,
  TradeBarQuery,
  TradeBars,
  TradeQuery,
  TradeRecord,
  UserFillQuery,
} from "../../../ports/history.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import type { StoreFault } from "../file/store-error.ts";
import type { HistoryRows } from "./rows.ts";

/** From the history to its worker. */
export type ToWorker =
  | { readonly kind: "store"; readonly rows: HistoryRows }
  /** Somebody waits for what was posted so far. */
  | { readonly kind: "commit" }
  /** Answered with one `digest`, in the order of the questions. */
  | { readonly kind: "digest" }
  | { readonly kind: "close" };

/** What the worker says first. */
export type WorkerStart =
  | { readonly kind: "opened"; readonly lastSequence: number }
  | {
      readonly kind: "refused";
      readonly fault: StoreFault;
      readonly message: string;
      /** How far a history of an older version goes; undefined for every other trouble. */
      readonly outdatedAt: number | undefined;
    };

/** What the worker says once the file is open. */
export type FromWorker =
  /** Everything up to this sequence is stored. */
  | { readonly kind: "stored"; readonly lastSequence: number }
  /** Nothing is stored at present, and it is tried again. */
  | { readonly kind: "stalled"; readonly failure: StorageFailure }
  /** The stall is over. */
  | { readonly kind: "resumed" }
  /** What was not reported as stored never will be. */
  | { readonly kind: "failed"; readonly failure: StorageFailure }
  | { readonly kind: "digest"; readonly digest: HistoryDigest | StorageFailure };

/** Everything that can be read, with what it is asked with and the rows that it answers with. */
export interface HistoryRead {
  closedOrders: { query: OrderQuery; row: OrderRecord };
  orderFills: { query: OrderFillQuery; row: FillRecord };
  userFills: { query: UserFillQuery; row: FillRecord };
  orderEvents: { query: AccountQuery; row: OrderEventRecord };
  toldFills: { query: AccountQuery; row: ToldRecords<FillRecord> };
  trades: { query: TradeQuery; row: TradeRecord };
  tradeBars: { query: TradeBarQuery; row: TradeBars };
  bars: { query: BarQuery; row: Bar };
  totals: { query: { readonly market: string }; row: MarketTotals };
  balanceChanges: { query: BalanceQuery; row: BalanceRecord };
  toldBalances: { query: AvailableQuery; row: ToldRecords<BalanceRecord> };
  examine: { query: undefined; row: ExaminedPart };
}

/** Name of something that can be read. */
export type ReadKind = keyof HistoryRead;

/** A query on its way to the thread that reads; it is asked the next one when it has answered. */
export type ReadRequest = {
  [Kind in ReadKind]: { readonly kind: Kind; readonly query: HistoryRead[Kind]["query"] };
}[ReadKind];

/** To the thread that reads. */
export type ToReader = ReadRequest | "close";

/** The answer to a query. The first one comes unasked, without rows, and says how opening went. */
export type FromReader =
  | { readonly kind: "rows"; readonly rows: readonly unknown[] }
  | { readonly kind: "failed"; readonly fault: StoreFault; readonly message: string };
