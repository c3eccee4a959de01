/** Commands that change what the exchange is run with: genesis, limits, fees, and rules of markets. */
import { assert } from "../assert.ts";
import type { FeeChoice, Genesis, SetFees, SetLimits, SetMarketRules } from "../commands.ts";
import { areFeeRates, areFeeSteps, type FeeRates } from "../market/fees.ts";
import { checkRules, type MarketRules } from "../market/rules.ts";
import type { Decimal } from "../num/decimal.ts";
import { checkLimits, checkParameters, type ExchangeLimits, rulesVersion } from "../parameters.ts";
import type { RejectReason } from "../reject.ts";
import { applyRules, noteOverflow } from "./administration.ts";
import { isName } from "./checks.ts";
import { ensureUser, reserveOrders, setUserFees, type TradingState } from "./state.ts";

/** Begins the log. */
export function begin(state: TradingState, genesis: Genesis): RejectReason | undefined {
  // Whoever reads a log refuses one that begins with other rules than they know.
  assert(genesis.rulesVersion === rulesVersion, "the version of the rules is known");
  if (state.sequence !== 1) return "genesis-not-first";
  const { limits, fees } = genesis;
  const refusal = checkParameters({ limits, fees });
  if (refusal !== undefined) return refusal;
  state.limits = limits;
  state.fees = fees;
  state.isExplicit = true;
  state.sink.emit({ kind: "exchange-begun", limits, fees });
  return undefined;
}

/** Changes limits. What is there beyond a lower one stays. */
export function setLimits(state: TradingState, { changes }: SetLimits): RejectReason | undefined {
  const before = state.limits;
  const limits: ExchangeLimits = {
    ...before,
    openOrdersMax: changes.openOrdersMax ?? before.openOrdersMax,
    openOrdersPerUserMax: changes.openOrdersPerUserMax ?? before.openOrdersPerUserMax,
    usersMax: changes.usersMax ?? before.usersMax,
    marketsMax: changes.marketsMax ?? before.marketsMax,
  };
  const refusal = checkLimits(limits);
  if (refusal !== undefined) return refusal;
  state.limits = limits;
  state.isExplicit = true;
  if (state.markets.length > 0) reserveOrders(state);
  for (const market of state.markets) noteOverflow(state.pool, market);
  state.sink.emit({ kind: "limits-set", before, limits });
  return undefined;
}

/** Sets fees, from the next trade on. */
export function setFees(state: TradingState, { fees }: SetFees): RejectReason | undefined {
  const good = fees.of === "default" ? areFeeSteps(fees.steps) : areRatesOrNone(fees.rates);
  if (!good) return "bad-fees";
  const before = exchangeFees(state, fees);
  if (typeof before === "string") return before;
  state.isExplicit = true;
  state.sink.emit({ kind: "fees-set", before, fees });
  return undefined;
}

function areRatesOrNone(rates: FeeRates | undefined): boolean {
  return rates === undefined || areFeeRates(rates);
}

/** Puts fees in the place of others, and gives those back. */
function exchangeFees(state: TradingState, fees: FeeChoice): FeeChoice | RejectReason {
  switch (fees.of) {
    case "default": {
      const { steps } = state.fees;
      state.fees = { ...state.fees, steps: fees.steps };
      return { of: "default", steps };
    }
    case "market": {
      const market = state.marketsByCode.get(fees.market);
      if (market === undefined) return "unknown-market";
      const { fees: rates } = market;
      market.fees = fees.rates;
      return { of: "market", market: fees.market, rates };
    }
    case "user": {
      if (!isName(fees.user)) return "malformed-command";
      // Taking nothing away from somebody unknown would make a user of a mistyped name.
      const takesAway = fees.rates === undefined;
      const user = takesAway ? state.usersByName.get(fees.user) : ensureUser(state, fees.user);
      if (user === undefined) return takesAway ? "unknown-user" : "too-many-users";
      const { fees: rates } = user;
      setUserFees(state, user, fees.rates);
      return { of: "user", user: fees.user, rates };
    }
  }
}

/**
 * Changes the rules of a market while it trades. Orders that stand keep the terms on which they were
 * taken. Tick and lot stay: prices and quantities of orders, of the last trade and of everything that is
 * stored are counted in them.
 */
export function setMarketRules(
  state: TradingState,
  { market: code, changes }: SetMarketRules,
): RejectReason | undefined {
  const market = state.marketsByCode.get(code);
  if (market === undefined) return "unknown-market";
  const before = market.rules;
  if (!isSameStep(changes.tickSize, before.tickSize)) return "tick-size-fixed";
  if (!isSameStep(changes.lotSize, before.lotSize)) return "lot-size-fixed";
  const rules: MarketRules = {
    ...before,
    baseMin: changes.baseMin ?? before.baseMin,
    baseMax: changes.baseMax ?? before.baseMax,
    quoteMin: changes.quoteMin ?? before.quoteMin,
    quoteMax: changes.quoteMax ?? before.quoteMax,
    marketOrderBandPpm: changes.marketOrderBandPpm ?? before.marketOrderBandPpm,
  };
  const refusal = checkRules(rules);
  if (refusal !== undefined) return refusal;
  applyRules(state, market, rules);
  state.isExplicit = true;
  state.sink.emit({ kind: "market-rules-set", market: code, before, rules });
  return undefined;
}

function isSameStep(asked: Decimal | undefined, step: Decimal): boolean {
  return (
    asked === undefined || (asked.coefficient === step.coefficient && asked.scale === step.scale)
  );
}
