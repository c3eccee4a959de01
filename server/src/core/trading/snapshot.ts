/**
 * The state of the exchange as plain data that survives JSON, and back. It is canonical: equal states
 * give equal snapshots, whichever book holds the orders and however the state came about.
 */
import { assert } from "../assert.ts";
import type { SelfTradePrevention } from "../book/book.ts";
import type { OrderSlot } from "../book/order-pool.ts";
import type { FeeStep } from "../market/fees.ts";
import { checkRules, type MarketRules, type Side } from "../market/rules.ts";
import type { TurnoverSnapshot } from "../market/turnover.ts";
import { type Atoms, atoms } from "../num/money.ts";
import { checkParameters, type ExchangeLimits, type ExchangeParameters } from "../parameters.ts";
import { enlistMarket } from "./administration.ts";
import { enlistOrder } from "./orders.ts";
import {
  addUser,
  type Market,
  reserveOrders,
  setUserFees,
  type TradingState,
  type User,
} from "./state.ts";
import { hashInParts, ReadList, ReadRecord } from "./state-hash.ts";

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

/** Rates of the market or user at a position of its list. */
export type RatesSnapshot = readonly [index: number, makerPpm: number, takerPpm: number];

/** Limits and fees. */
export interface ParametersSnapshot {
  readonly limits: ExchangeLimits;
  readonly referenceCurrency: string;
  readonly feeSteps: readonly (readonly [from: string, makerPpm: number, takerPpm: number])[];
  readonly marketFees: readonly RatesSnapshot[];
  readonly userFees: readonly RatesSnapshot[];
}

/**
 * The whole exchange. Version 1 is that of a log in which no command has set limits, fees or rules: those
 * of old logs apply, and snapshot and digest are what they always were. Version 2 says what applies.
 */
export interface ExchangeSnapshot {
  readonly version: 1 | 2;
  readonly parameters?: ParametersSnapshot;
  readonly sequence: number;
  readonly timeUs: number;
  readonly currencies: readonly CurrencySnapshot[];
  readonly markets: readonly MarketSnapshot[];
  readonly users: readonly UserSnapshot[];
}

/** Writes the state down. */
export function snapshotOf(state: TradingState): ExchangeSnapshot {
  return {
    ...exchangeHead(state),
    markets: state.markets.map((market) => {
      const slots = [...market.book.slots("buy"), ...market.book.slots("sell")];
      return { ...marketHead(market), orders: slots.map((slot) => orderSnapshot(state, slot)) };
    }),
    users: state.users.map((user) => userSnapshot(state, user)),
  };
}

/** The digest of {@link snapshotOf}, made in parts while nothing changes the state. */
export function* stateHashInParts(state: TradingState): Generator<void, string> {
  const { markets, users } = state;
  return yield* hashInParts(
    new ReadRecord({
      ...exchangeHead(state),
      markets: new ReadList(markets.length, function* () {
        for (const market of markets) {
          const orders = new ReadList(
            () => countOrders(market),
            () => orderSnapshots(state, market),
          );
          yield new ReadRecord({ ...marketHead(market), orders });
        }
      }),
      users: new ReadList(users.length, function* () {
        for (const user of users) yield userSnapshot(state, user);
      }),
    }),
  );
}

/** Orders that are counted before others have their turn. */
const countedOrdersMax = 50_000;

function* countOrders({ book }: Market): Generator<void, number> {
  let count = 0;
  for (const side of sides) {
    for (const _ of book.eachSlot(side)) {
      count += 1;
      if (count % countedOrdersMax === 0) yield;
    }
  }
  return count;
}

function* orderSnapshots(state: TradingState, { book }: Market): Generator<OrderSnapshot> {
  for (const side of sides) {
    for (const slot of book.eachSlot(side)) yield orderSnapshot(state, slot);
  }
}

const sides = ["buy", "sell"] as const;

function exchangeHead(state: TradingState): Omit<ExchangeSnapshot, "markets" | "users"> {
  return {
    ...(state.isExplicit
      ? { version: 2 as const, parameters: parametersSnapshot(state) }
      : { version: 1 as const }),
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
  };
}

/** Each list and record in one order, however the state came about. */
function parametersSnapshot(state: TradingState): ParametersSnapshot {
  const { limits, fees, markets, usersWithFees } = state;
  const users = [...usersWithFees].sort((left, right) => left.index - right.index);
  return {
    limits: {
      openOrdersMax: limits.openOrdersMax,
      openOrdersPerUserMax: limits.openOrdersPerUserMax,
      usersMax: limits.usersMax,
      marketsMax: limits.marketsMax,
      closedClientIdsPerUserMax: limits.closedClientIdsPerUserMax,
      transferKeysPerUserMax: limits.transferKeysPerUserMax,
    },
    referenceCurrency: fees.referenceCurrency,
    feeSteps: fees.steps.map(({ fromTurnover, makerPpm, takerPpm }) => {
      return [fromTurnover.toString(), makerPpm, takerPpm] as const;
    }),
    marketFees: markets.flatMap(ratesSnapshot),
    userFees: users.flatMap(ratesSnapshot),
  };
}

function ratesSnapshot({ index, fees }: Market | User): readonly RatesSnapshot[] {
  return fees === undefined ? [] : [[index, fees.makerPpm, fees.takerPpm]];
}

function marketHead({ rules, halted, lastPrice }: Market): Omit<MarketSnapshot, "orders"> {
  return {
    // Named one by one, since the digest is over values in their order.
    rules: {
      code: rules.code,
      base: rules.base,
      quote: rules.quote,
      tickSize: { coefficient: rules.tickSize.coefficient, scale: rules.tickSize.scale },
      lotSize: { coefficient: rules.lotSize.coefficient, scale: rules.lotSize.scale },
      baseMin: rules.baseMin,
      baseMax: rules.baseMax,
      quoteMin: rules.quoteMin.toString(),
      quoteMax: rules.quoteMax.toString(),
      marketOrderBandPpm: rules.marketOrderBandPpm,
    },
    halted,
    lastPrice,
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

/** Fills the state of a new exchange. Callers have to know that the snapshot is undamaged. */
export function restoreState(state: TradingState, snapshot: ExchangeSnapshot): void {
  assert(state.sequence === 0 && state.markets.length === 0, "only a new exchange is restored");
  const { version, parameters } = snapshot;
  assert(version === 1 || version === 2, "the version of the snapshot is known");
  assert((version === 2) === (parameters !== undefined), "version 2 alone says what applies");
  if (parameters !== undefined) restoreParameters(state, parameters);
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
  restoreFees(state, parameters);
  const orders = snapshot.markets.flatMap((market, index) =>
    market.orders.map((order) => ({ order, index })),
  );
  // An order's id grows with its arrival, so this is the order of every queue and list.
  orders.sort((left, right) => left.order.id - right.order.id);
  // More may be open than the limit, when that was lowered.
  reserveOrders(state, orders.length);
  for (const { order, index } of orders) restoreOrder(state, order, index);
}

function restoreParameters(state: TradingState, snapshot: ParametersSnapshot): void {
  const { limits, referenceCurrency, feeSteps } = snapshot;
  const steps = feeSteps.map(([from, makerPpm, takerPpm]): FeeStep => {
    return { fromTurnover: amountOf(from), makerPpm, takerPpm };
  });
  const parameters: ExchangeParameters = { limits, fees: { referenceCurrency, steps } };
  assert(checkParameters(parameters) === undefined, "the parameters of a snapshot are good");
  state.limits = limits;
  state.fees = parameters.fees;
  state.isExplicit = true;
}

function restoreFees(state: TradingState, snapshot: ParametersSnapshot | undefined): void {
  for (const [index, makerPpm, takerPpm] of snapshot?.marketFees ?? []) {
    const market = state.markets[index];
    assert(market !== undefined, "fees are of a market of the snapshot");
    market.fees = { makerPpm, takerPpm };
  }
  for (const [index, makerPpm, takerPpm] of snapshot?.userFees ?? []) {
    const user = state.users[index];
    assert(user !== undefined, "fees are of a user of the snapshot");
    setUserFees(state, user, { makerPpm, takerPpm });
  }
}

function restoreUser(state: TradingState, snapshot: UserSnapshot): void {
  const user = addUser(state, snapshot.name);
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
  // It was taken when larger ones were, and so may others have been.
  if (order.quantity > market.rules.baseMax) market.levelsCanOverflow = true;
  if (order.stopPrice !== 0) market.stops.add(slot);
}

function amountOf(digits: string): Atoms {
  return atoms(BigInt(digits));
}
