/**
 * What the exchange's streams carry. Each update is a plain value that holds all that is needed to write
 * it down: it could be cloned, stored or sent elsewhere. Numbers stay ticks, lots and atoms until a
 * dialect writes them.
 */
import type { BalanceChanged, CloseReason, OrderView } from "../core/events.ts";
import type { MarketRules, Side } from "../core/market/rules.ts";
import type { Decimal } from "../core/num/decimal.ts";
import type { Atoms } from "../core/num/money.ts";
import type { Bar } from "./bars/bar.ts";
import type { TickerFigures } from "./ticker.ts";

/** A market and its steps, which say what its ticks and lots are worth. Neither ever changes. */
export interface MarketUnits {
  /** Code of the market, `BASE_QUOTE`. */
  readonly market: string;
  /** Quote per base of one tick. */
  readonly tickSize: Decimal;
  /** Base of one lot. */
  readonly lotSize: Decimal;
}

/** The units of a market by its rules. */
export function unitsOf({ code, tickSize, lotSize }: MarketRules): MarketUnits {
  return { market: code, tickSize, lotSize };
}

/** What all updates about a market have. */
interface OfMarket extends MarketUnits {
  /** Microseconds since 1970 (UTC), as all times here: when what it tells became true. */
  readonly timeUs: number;
}

/** The price of the newest trade. */
export interface LastPriceUpdate extends OfMarket {
  /** Ticks. */
  readonly price: number;
}

/** The rolling 24-hour figures; `timeUs` is when they were read. */
export interface TickerUpdate extends OfMarket {
  /** Ticks: the price of the newest trade, however long ago that was. */
  readonly price: number;
  /** Undefined where the last 24 hours had no trade. */
  readonly figures: TickerFigures | undefined;
}

/** The public half of one match. */
export interface PublicTrade {
  /** Sequence of the command and ordinal of the match in it: with the time, they make the public id. */
  readonly sequence: number;
  readonly ordinal: number;
  readonly timeUs: number;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  /** Price × quantity in quote atoms. */
  readonly value: Atoms;
  /** Side of the taker. */
  readonly aggressor: Side;
}

/** Trades that became durable together, oldest first; at least one. */
export interface TradesUpdate extends OfMarket {
  readonly trades: readonly PublicTrade[];
}

/** What rests at a grouped price. */
export interface DepthLevel {
  /** Ticks; a multiple of 10^depthScale. */
  readonly price: number;
  /** Lots of all orders of the group; 0 when none is left. A bigint where a sum outgrew safe integers. */
  readonly quantity: number | bigint;
}

/** The whole grouped book, or the groups of it that changed. Best prices first. */
export interface DepthUpdate extends OfMarket {
  readonly depthScale: number;
  /** True for the whole book, false for changed groups only. */
  readonly full: boolean;
  /** Prices rounded up to the scale, ascending. */
  readonly asks: readonly DepthLevel[];
  /** Prices rounded down to the scale, descending. */
  readonly bids: readonly DepthLevel[];
  /**
   * What has changed since the changes before these, where `asks` and `bids` also have what is as it was then,
   * for those who have read the book in between.
   */
  readonly sinceLast?: BothSides;
  /**
   * Of changes where somebody is told checksums: the best levels when these are made, at most
   * {@link checkedLevels} of each side.
   */
  readonly best?: BothSides;
}

/** Some levels of a grouped book, best prices first. */
export interface BothSides {
  readonly asks: readonly DepthLevel[];
  readonly bids: readonly DepthLevel[];
}

/** Whether there is no level on either side. */
export function isEmpty({ asks, bids }: BothSides): boolean {
  return asks.length + bids.length === 0;
}

/** How many levels of each side a checksum of a book is over. */
export const checkedLevels = 10;

/** Nothing before its position is still to be told. */
export interface PositionUpdate {
  /** Market time then, in microseconds since 1970. */
  readonly timeUs: number;
}

/** The running candle of an interval, or one that has just ended. */
export interface CandleUpdate extends OfMarket {
  readonly intervalS: number;
  readonly candle: Bar;
}

/** An order as it stands after an event of its life. */
export type OrderUpdate = OfMarket & { readonly order: OrderView } & (
    | { readonly phase: "created" | "updated" }
    | { readonly phase: "finished"; readonly reason: CloseReason }
  );

/** One owner's half of a match. */
export interface FillUpdate extends OfMarket {
  /** The owner's order and when it was created: together they make the id of all its fills. */
  readonly order: number;
  readonly orderCreatedUs: number;
  /** With {@link OfMarket.timeUs} they make the transaction id. */
  readonly sequence: number;
  readonly ordinal: number;
  readonly role: "maker" | "taker";
  readonly side: Side;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  /** Price × quantity in quote atoms. */
  readonly value: Atoms;
  /** Atoms of {@link feeCurrency}. Negative for a rebate. */
  readonly fee: bigint;
  /** Code of the received asset: base for a buy, quote for a sell. */
  readonly feeCurrency: string;
}

/** A movement of what somebody has available. */
export interface BalanceUpdate {
  readonly timeUs: number;
  readonly change: BalanceChanged;
}
