/**
 * The state of the exchange as plain data that survives JSON, and back. It is canonical: equal states
 * give equal snapshots, whichever book holds the orders and however the state came about.
 */
import { assert } from "../assert.ts";
import type { SelfTradePrevention } from "../book/book.ts";
import type { OrderSlot } from "../book/order-pool.ts";
import { checkRules, type MarketRules, type Side } from "../market/rules.ts";
import type { TurnoverSnapshot } from "../market/turnover.ts";
import { type Atoms, atoms } from "../num/money.ts";
import { enlistMarket } from "./administration.ts";
import { enlistOrder } from "./orders.ts";
import { ensureUser, type Market, type TradingState, type User } from "./state.ts";

/** Version of the format. */
export const snapshotVersion = 1;

/** Money is written as digits, since JSON has no bigint. */
export interface CurrencySnapshot {
  readonly code: string;
  readonly deposited: string;
  readonly withdrawn: string;
  readonly inWallets: string;
  readonly fees: string;
}

/** Market rules with their amounts written as digits. */
export type RulesSnapshot = Omit<MarketRules, "quoteMin" | "quoteMax"> & {
  readonly quoteMin: string;
  readonly quoteMax: string;
};

/** One resting order. */
export interface OrderSnapshot {
  readonly id: number;
  /** Position in the list of users. */
  readonly user: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
  readonly remaining: number;
  readonly filled: number;
  readonly filledValue: string;
  readonly stopPrice: number;
  readonly clientId: string | null;
  readonly createdUs: number;
}

/** One market and its book: bids, then asks, each in the order in which they would be matched. */
export interface MarketSnapshot {
  readonly rules: RulesSnapshot;
  readonly halted: boolean;
  readonly lastPrice: number;
  readonly orders: readonly OrderSnapshot[];
}

/** One user. Balances that are empty are left out. */
export interface UserSnapshot {
  readonly name: string;
  readonly selfTrade: SelfTradePrevention;
  readonly balances: readonly (readonly [currency: number, available: string, held: string])[];
  readonly turnover: TurnoverSnapshot;
  readonly closedClientIds: readonly string[];
  readonly transferKeys: readonly (readonly [key: string, content: string])[];
}

/** The whole exchange. */
export interface ExchangeSnapshot {
  readonly version: typeof snapshotVersion;
  readonly sequence: number;
  readonly timeUs: number;
  readonly currencies: readonly CurrencySnapshot[];
  readonly markets: readonly MarketSnapshot[];
  readonly users: readonly UserSnapshot[];
}

/** Writes the state down. */
export function snapshotOf(state: TradingState): ExchangeSnapshot {
  return {
    version: snapshotVersion,
    sequence: state.sequence,
    timeUs: state.timeUs,
    currencies: state.ledger.currencies.map((code, index) => {
      const { deposited, withdrawn, inWallets, fees } = state.ledger.totals(index);
      return {
        code,
        deposited: deposited.toString(),
        withdrawn: withdrawn.toString(),
        inWallets: inWallets.toString(),
        fees: fees.toString(),
      };
    }),
    markets: state.markets.map((market) => marketSnapshot(state, market)),
    users: state.users.map((user) => userSnapshot(state, user)),
  };
}

function marketSnapshot(state: TradingState, market: Market): MarketSnapshot {
  const { rules, halted, lastPrice, book } = market;
  const slots = [...book.slots("buy"), ...book.slots("sell")];
  return {
    rules: {
      ...rules,
      quoteMin: rules.quoteMin.toString(),
      quoteMax: rules.quoteMax.toString(),
    },
    halted,
    lastPrice,
    orders: slots.map((slot) => orderSnapshot(state, slot)),
  };
}

function orderSnapshot({ pool }: TradingState, slot: OrderSlot): OrderSnapshot {
  return {
    id: pool.id[slot]!,
    user: pool.user[slot]!,
    side: pool.side(slot),
    price: pool.price[slot]!,
    quantity: pool.quantity[slot]!,
    remaining: pool.remaining[slot]!,
    filled: pool.filled[slot]!,
    filledValue: pool.filledValue[slot]!.toString(),
    stopPrice: pool.stopPrice[slot]!,
    clientId: pool.clientId[slot] ?? null,
    createdUs: pool.createdUs[slot]!,
  };
}

function userSnapshot({ timeUs }: TradingState, user: User): UserSnapshot {
  const balances = [...user.wallet.balances.entries()].flatMap(([currency, balance]) => {
    if (balance === undefined || balance.available + balance.held === 0n) return [];
    return [[currency, balance.available.toString(), balance.held.toString()] as const];
  });
  return {
    name: user.name,
    selfTrade: user.selfTrade,
    balances,
    turnover: user.turnover.snapshot(timeUs),
    closedClientIds: user.closedClientIds.entries().map(([clientId]) => clientId),
    transferKeys: user.transferKeys.entries().map(([key, { content }]) => [key, content]),
  };
}

/** Fills the state of a new exchange. Whoever keeps snapshots has to know that they are undamaged. */
export function restoreState(state: TradingState, snapshot: ExchangeSnapshot): void {
  assert(state.sequence === 0 && state.markets.length === 0, "only a new exchange is restored");
  assert(snapshot.version === snapshotVersion, "the version of the snapshot is known");
  state.sequence = snapshot.sequence;
  state.timeUs = snapshot.timeUs;
  for (const currency of snapshot.currencies) {
    state.ledger.restoreTotals(state.ledger.ensureCurrency(currency.code), {
      deposited: BigInt(currency.deposited),
      withdrawn: BigInt(currency.withdrawn),
      inWallets: BigInt(currency.inWallets),
      fees: amountOf(currency.fees),
    });
  }
  for (const user of snapshot.users) restoreUser(state, user);
  for (const market of snapshot.markets) restoreMarket(state, market);
  const orders = snapshot.markets.flatMap((market, index) =>
    market.orders.map((order) => ({ order, index })),
  );
  // An order's id grows with its arrival, so this is the order of every queue and list.
  orders.sort((left, right) => left.order.id - right.order.id);
  for (const { order, index } of orders) restoreOrder(state, order, index);
}

function restoreUser(state: TradingState, snapshot: UserSnapshot): void {
  const user = ensureUser(state, snapshot.name);
  assert(user !== undefined, "the users of a snapshot fit");
  user.selfTrade = snapshot.selfTrade;
  for (const [currency, available, held] of snapshot.balances) {
    const balance = { available: amountOf(available), held: amountOf(held) };
    state.ledger.restoreBalance(user.wallet, currency, balance);
  }
  user.turnover.restore(snapshot.turnover, state.timeUs);
  const { sequence } = state;
  user.closedClientIds.restore(
    snapshot.closedClientIds.map((clientId) => [clientId, sequence]),
    sequence,
  );
  user.transferKeys.restore(
    snapshot.transferKeys.map(([key, content]) => [key, { content, sequence }]),
    { content: "", sequence },
  );
}

function restoreMarket(state: TradingState, snapshot: MarketSnapshot): void {
  const rules = {
    ...snapshot.rules,
    quoteMin: amountOf(snapshot.rules.quoteMin),
    quoteMax: amountOf(snapshot.rules.quoteMax),
  };
  assert(checkRules(rules) === undefined, "the rules of a snapshot are good");
  const market = enlistMarket(state, rules);
  market.halted = snapshot.halted;
  market.lastPrice = snapshot.lastPrice;
}

function restoreOrder(state: TradingState, order: OrderSnapshot, marketIndex: number): void {
  const { pool, markets } = state;
  const market = markets[marketIndex];
  assert(market !== undefined, "the market of a snapshot's order exists");
  const { clientId, ...columns } = order;
  const slot = pool.open({
    ...columns,
    clientId: clientId ?? undefined,
    market: marketIndex,
    value: 0n,
  });
  pool.remaining[slot] = order.remaining;
  pool.filled[slot] = order.filled;
  pool.filledValue[slot] = amountOf(order.filledValue);
  enlistOrder(state, slot);
  market.book.add(slot);
  if (order.stopPrice !== 0) market.stops.add(slot);
}

function amountOf(digits: string): Atoms {
  return atoms(BigInt(digits));
}
