/** The state that all commands work on: who takes part, which markets there are, which orders are open. */
import { assert } from "../assert.ts";
import { type Book, notionalOf, type SelfTradePrevention } from "../book/book.ts";
import type { IdIndex } from "../book/id-index.ts";
import { noSlot, type OrderPool, type OrderSlot } from "../book/order-pool.ts";
import type { EventSink } from "../events.ts";
import type { CurrencyIndex, Ledger, Wallet } from "../ledger/ledger.ts";
import type { FeeSchedule } from "../market/fees.ts";
import type { MarketRules, Side } from "../market/rules.ts";
import { Turnover } from "../market/turnover.ts";
import type { Atoms } from "../num/money.ts";
import { RecentMap } from "../recent-map.ts";
import type { StopIndex } from "./stop-index.ts";

/** Bounds of an exchange. */
export interface ExchangeLimits {
  readonly openOrdersMax: number;
  readonly openOrdersPerUserMax: number;
  readonly usersMax: number;
  readonly marketsMax: number;
  /** Client ids of closed orders that are remembered per user; the exchange forgets older ones. */
  readonly closedClientIdsPerUserMax: number;
  /**
   * Transfer keys that are remembered per user. A transfer under an older one would be a new transfer:
   * whoever submits transfers asks for older ones first.
   */
  readonly transferKeysPerUserMax: number;
}

/** The bounds that apply when nothing else is configured. */
export const standardLimits: ExchangeLimits = {
  openOrdersMax: 1_048_576,
  openOrdersPerUserMax: 10_000,
  usersMax: 1_000_000,
  marketsMax: 1_000,
  closedClientIdsPerUserMax: 1_000,
  transferKeysPerUserMax: 1_000,
};

/** A participant. */
export interface User {
  readonly index: number;
  readonly name: string;
  readonly wallet: Wallet;
  readonly turnover: Turnover;
  selfTrade: SelfTradePrevention;
  /** Open orders, oldest first, as a linked list through the pool. */
  firstOrder: OrderSlot;
  lastOrder: OrderSlot;
  openOrders: number;
  readonly openClientIds: Map<string, OrderSlot>;
  /** Sequence of the command that closed the order of an id. */
  readonly closedClientIds: RecentMap<number>;
  readonly transferKeys: RecentMap<RememberedTransfer>;
}

/** A transfer that was carried out. */
export interface RememberedTransfer {
  /** What was transferred, as text. */
  readonly content: string;
  /** Of its command. */
  readonly sequence: number;
}

/** A market with its book. */
export interface Market {
  readonly index: number;
  readonly rules: MarketRules;
  readonly book: Book;
  readonly stops: StopIndex;
  readonly base: CurrencyIndex;
  readonly quote: CurrencyIndex;
  /** Base atoms of one lot, and quote atoms of one lot at one tick. */
  readonly lotAtoms: bigint;
  readonly notionalAtoms: bigint;
  /** Smallest and largest price × quantity of an order in ticks × lots; above the safe range rounded. */
  readonly notionalMin: number;
  readonly notionalMax: number;
  /** Whether all orders of a full exchange and a new one, at one price, can outgrow a safe integer. */
  readonly levelsCanOverflow: boolean;
  halted: boolean;
  /** Price of the latest trade in ticks; 0 before the first one. */
  lastPrice: number;
}

/** Everything a command may read and change. */
export interface TradingState {
  readonly limits: ExchangeLimits;
  readonly fees: FeeSchedule;
  readonly sink: EventSink;
  readonly ledger: Ledger;
  readonly pool: OrderPool;
  /** Slots of the open orders by id. */
  readonly slots: IdIndex;
  readonly users: User[];
  readonly usersByName: Map<string, User>;
  readonly markets: Market[];
  readonly marketsByCode: Map<string, Market>;
  readonly createBook: (pool: OrderPool) => Book;
  /** Of the command that is being applied. */
  sequence: number;
  timeUs: number;
}

/** The user of a name, new or known; undefined when there is no room for another one. */
export function ensureUser(state: TradingState, name: string): User | undefined {
  const known = state.usersByName.get(name);
  if (known !== undefined) return known;
  if (state.users.length >= state.limits.usersMax) return undefined;
  const user: User = {
    index: state.users.length,
    name,
    wallet: { owner: name, balances: [] },
    turnover: new Turnover(state.fees),
    selfTrade: "cancel-newest",
    firstOrder: noSlot,
    lastOrder: noSlot,
    openOrders: 0,
    openClientIds: new Map(),
    closedClientIds: new RecentMap(state.limits.closedClientIdsPerUserMax),
    transferKeys: new RecentMap(state.limits.transferKeysPerUserMax),
  };
  state.users.push(user);
  state.usersByName.set(name, user);
  return user;
}

/** The owner of an open order. */
export function ownerOf({ users, pool }: TradingState, slot: OrderSlot): User {
  const user = users[pool.user[slot]!];
  assert(user !== undefined, "an open order has an owner");
  return user;
}

/** The market of an open order. */
export function marketOf({ markets, pool }: TradingState, slot: OrderSlot): Market {
  const market = markets[pool.market[slot]!];
  assert(market !== undefined, "an open order has a market");
  return market;
}

/** The currency in which an order of a side pays. */
export function payCurrency(market: Market, side: Side): CurrencyIndex {
  return side === "buy" ? market.quote : market.base;
}

/** What an order at its limit has to hold for a number of lots. */
export function holdFor({ pool }: TradingState, market: Market, slot: OrderSlot): Atoms {
  return costOf(market, {
    side: pool.side(slot),
    price: pool.price[slot]!,
    quantity: pool.remaining[slot]!,
  });
}

/** A number of lots at a price. */
export interface Cost {
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

/** What an order pays at most for lots at a price: quote for a buy, base for a sell. Exact. */
export function costOf(market: Market, { side, price, quantity }: Cost): Atoms {
  if (side === "sell") return (BigInt(quantity) * market.lotAtoms) as Atoms;
  return (notionalOf(price, quantity) * market.notionalAtoms) as Atoms;
}

/** The market of a code, when it takes orders. */
export function openMarket(
  { marketsByCode }: TradingState,
  code: string,
): Market | "unknown-market" | "market-halted" {
  const market = marketsByCode.get(code);
  if (market === undefined) return "unknown-market";
  return market.halted ? "market-halted" : market;
}
