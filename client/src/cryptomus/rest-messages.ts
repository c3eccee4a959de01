/** What the Cryptomus REST interface is asked and answers, in this package's words; amounts are exact decimal texts. */
import type { Direction, OrderEnd } from "./messages.ts";

/** A market and its rules. */
export interface Market {
  readonly market: string;
  readonly base: string;
  readonly quote: string;
  readonly quantityMin: string;
  readonly quantityMax: string;
  /** Of price × quantity. */
  readonly valueMin: string;
  readonly valueMax: string;
  readonly quantityDecimals: number;
  readonly priceDecimals: number;
}

/** A step to which depth is grouped. */
export interface DepthScale {
  readonly index: number;
  readonly step: string;
}

/** 24-hour figures of the list of all markets. */
export interface TickerRow {
  readonly market: string;
  readonly lastPrice: string;
  readonly volume: string;
  readonly quoteVolume: string;
}

/** A public trade of REST. */
export interface TradeRow {
  readonly id: string;
  readonly timeMs: number;
  readonly price: string;
  readonly quantity: string;
  readonly value: string;
  readonly direction: Direction;
}

/** What a currency's wallet has. */
export interface Balance {
  readonly currency: string;
  readonly available: string;
  readonly held: string;
}

/** A step of the fees. */
export interface TariffStep {
  readonly step: string;
  readonly fromTurnover: string;
  readonly makerPercent: string;
  readonly takerPercent: string;
}

/** The user's fees. */
export interface Tariffs {
  readonly current: TariffStep;
  readonly steps: readonly TariffStep[];
  readonly monthlyTurnover: string;
}

/** An order to place. */
export type NewOrder = {
  readonly market: string;
  /** 1 to 64 characters that no order of the user ever had; made up when left out. */
  readonly clientOrderId?: string;
} & OrderTerms;

/** What an order asks for. */
export type OrderTerms = { readonly direction: Direction } & (
  | {
      readonly type: "limit";
      readonly price: string;
      readonly quantity: string;
      /** Market price that cancels the order. */
      readonly stopLossPrice?: string;
    }
  /** By base quantity or by quote amount. */
  | { readonly type: "market"; readonly quantity: string; readonly value?: never }
  | { readonly type: "market"; readonly value: string; readonly quantity?: never }
);

/** An order that was taken. */
export interface OrderIds {
  readonly id: string;
  readonly clientOrderId: string;
}

/** Which orders to list. */
export interface OrderFilter {
  readonly market?: string;
  readonly direction?: Direction;
  readonly orderId?: string;
  readonly clientOrderId?: string;
  /** 1 to 100; 50 when left out. */
  readonly limit?: number;
  /** 0 to 10,000. */
  readonly offset?: number;
}

/** What open and closed orders have in common. */
export interface OrderRow {
  readonly id: string;
  readonly market: string;
  readonly direction: Direction;
  /** Left out of market orders. */
  readonly price?: string;
  readonly quantity: string;
  readonly filledQuantity: string;
  readonly filledValue: string;
  readonly createdMs: number;
  readonly clientOrderId?: string;
  readonly stopLossPrice?: string;
}

/** A fill of a closed order. */
export interface FillRow {
  readonly id: string;
  readonly role: "maker" | "taker";
  readonly price: string;
  readonly quantity: string;
  readonly value: string;
  readonly fee: string;
  readonly feeCurrency: string;
  readonly timeMs: number;
}

/** An order that has ended. */
export interface ClosedOrder extends OrderRow {
  readonly type: "limit" | "market";
  readonly end: OrderEnd;
  readonly finishedMs: number;
  readonly fills: readonly FillRow[];
}
