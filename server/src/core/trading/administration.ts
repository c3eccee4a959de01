/** Commands that are not orders: transfers, markets, and a user's settings. */

import { selfTradePreventions } from "../book/book.ts";
import type { OrderPool } from "../book/order-pool.ts";
import type {
  AddMarket,
  HaltMarket,
  ResumeMarket,
  SetSelfTradePrevention,
  Transfer,
} from "../commands.ts";
import { currenciesMax } from "../ledger/ledger.ts";
import { checkRules, lotAtoms, type MarketRules, notionalAtoms } from "../market/rules.ts";
import { atomsMax } from "../num/money.ts";
import type { RejectReason } from "../reject.ts";
import { isName } from "./checks.ts";
import { ensureUser, type Market, reserveOrders, type TradingState } from "./state.ts";
import { StopIndex } from "./stop-index.ts";

/** Adds a market, and its currencies when they are new. */
export function addMarket(state: TradingState, { rules }: AddMarket): RejectReason | undefined {
  const refusal = checkRules(rules);
  if (refusal !== undefined) return refusal;
  if (state.marketsByCode.has(rules.code)) return "market-exists";
  const hasRoom =
    state.markets.length < state.limits.marketsMax &&
    state.ledger.currencies.length + 2 <= currenciesMax;
  if (!hasRoom) return "too-many-markets";
  enlistMarket(state, rules);
  state.sink.emit({ kind: "market-added", rules });
  return undefined;
}

/** Makes the market of good rules. */
export function enlistMarket(state: TradingState, rules: MarketRules): Market {
  reserveOrders(state);
  const market: Market = {
    index: state.markets.length,
    rules,
    fees: undefined,
    book: state.createBook(state.pool),
    stops: new StopIndex(state.pool),
    base: state.ledger.ensureCurrency(rules.base),
    quote: state.ledger.ensureCurrency(rules.quote),
    lotAtoms: lotAtoms(rules),
    notionalAtoms: notionalAtoms(rules),
    notionalMin: 0,
    notionalMax: 0,
    levelsCanOverflow: false,
    halted: false,
    lastPrice: 0,
  };
  applyRules(state, market, rules);
  state.markets.push(market);
  state.marketsByCode.set(rules.code, market);
  return market;
}

/** Judges orders by rules from now on; names and steps are those that the market has. */
export function applyRules({ pool }: TradingState, market: Market, rules: MarketRules): void {
  const perNotional = market.notionalAtoms;
  market.rules = rules;
  market.notionalMin = Number((rules.quoteMin + perNotional - 1n) / perNotional);
  market.notionalMax = Number(rules.quoteMax / perNotional);
  noteOverflow(pool, market);
}

/** Notes whether levels of a market can outgrow a safe integer, by its rules and the room for orders. */
export function noteOverflow({ capacity }: OrderPool, market: Market): void {
  market.levelsCanOverflow ||= market.rules.baseMax * (capacity + 1) > Number.MAX_SAFE_INTEGER;
}

/** Halts or resumes a market; doing it again is told again. */
export function setMarketState(
  { marketsByCode, sink }: TradingState,
  { kind, market: code }: HaltMarket | ResumeMarket,
): RejectReason | undefined {
  const market = marketsByCode.get(code);
  if (market === undefined) return "unknown-market";
  market.halted = kind === "halt-market";
  sink.emit({ kind: "market-state-changed", market: code, halted: market.halted });
  return undefined;
}

/** Sets how a user's own orders treat each other. */
export function setSelfTradePrevention(
  state: TradingState,
  { user: name, mode }: SetSelfTradePrevention,
): RejectReason | undefined {
  if (!isName(name) || !selfTradePreventions.includes(mode)) return "malformed-command";
  const user = ensureUser(state, name);
  if (user === undefined) return "too-many-users";
  user.selfTrade = mode;
  state.sink.emit({ kind: "self-trade-prevention-set", user: name, mode });
  return undefined;
}

/** Brings money in or takes it out, once for each key. */
export function transfer(state: TradingState, command: Transfer): RejectReason | undefined {
  const { kind: direction, user: name, amount, key } = command;
  if (!isName(name) || !isName(key)) return "malformed-command";
  const currency = state.ledger.currency(command.currency);
  if (currency === undefined) return "unknown-currency";
  if (amount <= 0n || amount > atomsMax) return "amount-out-of-range";

  const content = `${direction} ${amount} ${command.currency}`;
  const earlier = state.usersByName.get(name)?.transferKeys.get(key)?.content;
  if (earlier !== undefined && earlier !== content) return "transfer-key-reused";
  const repeated = earlier !== undefined;
  if (!repeated) {
    const refusal = move(state, command, currency);
    if (refusal !== undefined) return refusal;
    state.usersByName.get(name)?.transferKeys.set(key, { content, sequence: state.sequence });
  }
  const told = { direction, user: name, currency: command.currency, amount, key, repeated };
  state.sink.emit({ kind: "transferred", ...told });
  return undefined;
}

function move(
  state: TradingState,
  { kind, user: name, amount }: Transfer,
  currency: number,
): RejectReason | undefined {
  const { ledger } = state;
  if (kind === "withdraw") {
    const user = state.usersByName.get(name);
    if (user === undefined || ledger.available(user.wallet, currency) < amount) {
      return "insufficient-funds";
    }
    ledger.withdraw(user.wallet, currency, amount);
    return undefined;
  }
  // With all money of a currency below the maximum, no sum inside can exceed it.
  if (ledger.inHouse(currency) + amount > atomsMax) return "amount-out-of-range";
  const user = ensureUser(state, name);
  if (user === undefined) return "too-many-users";
  ledger.deposit(user.wallet, currency, amount);
  return undefined;
}
