/**
 * What a dialect may ask of the exchange on behalf of a user. Every answer is durable when it is
 * given, and contains everything that a stream has told before.
 */
import type { Command } from "../core/commands.ts";
import type { OrderView } from "../core/events.ts";
import type { BalanceView, Tariff } from "../core/exchange.ts";
import type { RejectReason } from "../core/reject.ts";
import type { OpenOrderQuery } from "../core/trading/orders.ts";
import type {
  FillRecord,
  HistoryBusy,
  OrderFillQuery,
  OrderQuery,
  OrderRecord,
} from "./history.ts";
import type { Submission } from "./released.ts";

/** The exchange or its history does not work at present; the reason is for the log, not for clients. */
export interface Unavailable {
  readonly kind: "unavailable";
  readonly reason: string;
  /** Nothing was done, for certain, and it can be asked for again soon: nodes of a cluster are finding each other. */
  readonly passes?: true;
}

/** What becomes of a command that is not let in to the exchange, so that nothing of it is logged. */
export type Admission = { readonly kind: "refused"; readonly reason: RejectReason } | Unavailable;

/** Rows of the past, or why there are none. */
export type PastAnswer<Row> = readonly Row[] | Unavailable | HistoryBusy;

/** The counter at which users are served. */
export interface TradingDesk {
  /**
   * Submits a command; resolves when its result is durable. A client id of any earlier order of the
   * user is refused, also one that the exchange itself has forgotten.
   */
  submit(command: Command): Promise<Submission | Admission>;
  /** A page of a user's open orders, newest first. */
  openOrders(user: string, query: OpenOrderQuery): Promise<readonly OrderView[] | Unavailable>;
  /** An open order of a user by its id; undefined when it is not open or not theirs. */
  openOrder(user: string, id: number): Promise<OrderView | Unavailable | undefined>;
  /** What a user has of each currency that they ever had. */
  balances(user: string): Promise<readonly BalanceView[] | Unavailable>;
  /** What a user pays, in a market where one is named, and the schedule where neither they nor it have own fees. */
  tariff(user: string, market?: string): Promise<Tariff | Unavailable>;
  /** Closed orders of a user, the last one that ended first. */
  closedOrders(query: OrderQuery): Promise<PastAnswer<OrderRecord>>;
  /** Fills of one order that is known to be closed, oldest first. */
  fillsOfClosed(query: OrderFillQuery): Promise<PastAnswer<FillRecord>>;
}
