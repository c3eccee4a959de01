/** The state that all commands work on: who takes part, which markets there are, which orders are open. */
import { assert } from "../assert.ts";
import { type Book, notionalOf, type SelfTradePrevention } from "../book/book.ts";
import type { IdIndex } from "../book/id-index.ts";
import { noSlot, type OrderPool, type OrderSlot } from "../book/order-pool.ts";
import type { EventSink } from "../events.ts";
import type { CurrencyIndex, Ledger, Wallet } from "../ledger/ledger.ts";
import type { FeeRates, FeeSchedule } from "../market/fees.ts";
import type { MarketRules, Side } from "../market/rules.ts";
import { Turnover } from "../market/turnover.ts";
import type { Atoms } from "../num/money.ts";
import type { ExchangeLimits } from "../parameters.ts";
import { RecentMap } from "../recent-map.ts";
import type { StopIndex } from "./stop-index.ts";

/** A participant. */
export interface User {
  readonly index: number;
  readonly name: string;
  readonly wallet: Wallet;
  readonly turnover: Turnover;
  /** The user's own rates; undefined where those of the market or the schedule apply. */
  fees: FeeRates | undefined;
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
  rules: MarketRules;
  /** The market's own rates; undefined where the schedule applies. */
  fees: FeeRates | undefined;
  readonly book: Book;
  readonly stops: StopIndex;
  readonly base: CurrencyIndex;
  readonly quote: CurrencyIndex;
  /** Base atoms of one lot, and quote atoms of one lot at one tick. */
  readonly lotAtoms: bigint;
  readonly notionalAtoms: bigint;
  /** Smallest and largest price × quantity of an order in ticks × lots; above the safe range rounded. */
  notionalMin: number;
  notionalMax: number;
  /**
   * Whether all orders that there is room for and a new one, at one price, can outgrow a safe integer.
   * It only spares looking where they cannot; once true it stays so, since large orders may stand.
   */
  levelsCanOverflow: boolean;
  halted: boolean;
  /** Price of the latest trade in ticks; 0 before the first one. */
  lastPrice: number;
}

/** Everything a command may read and change. */
export interface TradingState {
  limits: ExchangeLimits;
  fees: FeeSchedule;
  /**
   * Whether a command has said what limits, fees or changed rules are; while none has, those of old
   * logs apply, and the digest and snapshots of the state are those of old logs.
   */
  isExplicit: boolean;
  /** Users with their own fees. */
  readonly usersWithFees: Set<User>;
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
  return state.users.length < state.limits.usersMax ? addUser(state, name) : undefined;
}

/** Makes a new user, whether or not there are fewer than the most that there may be. */
export function addUser(state: TradingState, name: string): User {
  const user: User = {
    index: state.users.length,
    name,
    wallet: { owner: name, balances: [], counted: 0 },
    turnover: new Turnover(),
    fees: undefined,
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

/**
 * Makes room for as many open orders as there may be: for the first market, and when the limit rises. The
 * exchange stands still meanwhile. Room that is there is never given back.
 */
export function reserveOrders({ pool, slots, limits }: TradingState, atLeast = 0): void {
  const capacity = Math.max(limits.openOrdersMax, atLeast);
  if (pool.capacity >= capacity) return;
  pool.reserve(capacity);
  slots.rebuild();
}

/** Gives a user their own rates, or none. */
export function setUserFees(state: TradingState, user: User, rates: FeeRates | undefined): void {
  user.fees = rates;
  if (rates === undefined) state.usersWithFees.delete(user);
  else state.usersWithFees.add(user);
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
