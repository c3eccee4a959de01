/** A seeded stream of commands for the sequencer's tests: two markets, four users, every kind of command. */
import type { Command, FeeChoice } from "../core/commands.ts";
import type { MarketRules } from "../core/market/rules.ts";
import { type Atoms, atomsPerUnit } from "../core/num/money.ts";
import type { Lots, Ticks } from "../core/num/units.ts";
import { rulesVersion, standardParameters } from "../core/parameters.ts";

export const users: readonly string[] = ["ann", "bob", "cid", "dän"];

/** `units` whole units of a currency. */
export function money(units: number): Atoms {
  return (BigInt(units) * atomsPerUnit) as Atoms;
}

export function rulesOf(base: string, quote: string): MarketRules {
  return {
    code: `${base}_${quote}`,
    base,
    quote,
    tickSize: { coefficient: 1, scale: 2 },
    lotSize: { coefficient: 1, scale: 4 },
    baseMin: 1 as Lots,
    baseMax: 1_000_000 as Lots,
    quoteMin: 0n as Atoms,
    quoteMax: money(1_000_000),
    marketOrderBandPpm: 100_000,
  };
}

/** Markets and money that everything else needs. */
export const opening: readonly Command[] = [
  { kind: "add-market", rules: rulesOf("BTC", "USDT") },
  { kind: "add-market", rules: rulesOf("ETH", "USDT") },
  ...users.flatMap((user) =>
    ["BTC", "ETH", "USDT"].map(
      (currency): Command => ({
        kind: "deposit",
        user,
        currency,
        amount: money(1_000_000),
        key: `opening ${currency}`,
      }),
    ),
  ),
];

/** The numbers of which the golden log was made; other tests draw theirs from simulation/random. */
function seededNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The `count` commands that follow the opening. */
export function exampleCommands(seed: number, count: number): readonly Command[] {
  const draw = seededNumbers(seed);
  return Array.from({ length: count }, (_, index) => exampleCommand(draw, index));
}

function exampleCommand(draw: (below: number) => number, index: number): Command {
  const user = users[draw(users.length)] as string;
  const market = draw(2) === 0 ? "BTC_USDT" : "ETH_USDT";
  const side = draw(2) === 0 ? "buy" : "sell";
  const price = (10_000 + draw(40)) as Ticks;
  const quantity = (1 + draw(500)) as Lots;
  const order = { id: 1 + draw(opening.length + index + 1) };
  switch (draw(12)) {
    case 0:
      return { kind: "place-market", user, market, side, size: { quantity } };
    case 1:
      return { kind: "place-market", user, market, side, size: { value: money(1 + draw(50)) } };
    case 2:
      return { kind: "cancel-order", user, order };
    case 3:
      return { kind: "cancel-all", user, ...(draw(2) === 0 ? { market } : {}) };
    case 4:
      return { kind: "replace-order", user, order, price, quantity, timeInForce: "gtc" };
    case 5:
      return { kind: "reduce-order", user, order, by: (1 + draw(50)) as Lots };
    case 6:
      return { kind: "withdraw", user, currency: "USDT", amount: money(1), key: `w${index}` };
    case 7:
      return { kind: "set-self-trade-prevention", user, mode: "decrement" };
    case 8:
      return draw(20) === 0
        ? { kind: draw(2) === 0 ? "halt-market" : "resume-market", market }
        : { kind: "resume-market", market };
    default: {
      const named = draw(3) === 0 ? { clientId: `c${draw(50)}` } : {};
      const timeInForce =
        (["gtc", "gtc", "gtc", "ioc", "fok", "post-only"] as const)[draw(6)] ?? "gtc";
      return { kind: "place-limit", user, market, side, price, quantity, timeInForce, ...named };
    }
  }
}

/** Every how many commands the stream below sets something. */
const settingEvery = 23;

/** A log of today: it begins with a genesis, and limits, fees and rules are set while orders stand. */
export function logWithParameters(seed: number, count: number): readonly Command[] {
  const draw = seededNumbers(seed + 1);
  const { limits, fees } = standardParameters;
  const genesis: Command = {
    kind: "genesis",
    rulesVersion,
    limits: { ...limits, openOrdersPerUserMax: 200, closedClientIdsPerUserMax: 20 },
    fees: { ...fees, steps: [{ fromTurnover: money(0), makerPpm: -100, takerPpm: 1_000 }] },
  };
  const rest = exampleCommands(seed, count).flatMap((command, index) =>
    index % settingEvery === 0 ? [exampleSetting(draw), command] : [command],
  );
  return [genesis, ...opening, ...rest];
}

function exampleSetting(draw: (below: number) => number): Command {
  const user = users[draw(users.length)] as string;
  const market = draw(2) === 0 ? "BTC_USDT" : "ETH_USDT";
  const rates = { makerPpm: draw(2_000) - 1_000, takerPpm: draw(3_000) };
  switch (draw(8)) {
    case 0:
      return { kind: "set-limits", changes: { openOrdersMax: 20 + draw(200) } };
    case 1:
      return { kind: "set-limits", changes: { openOrdersPerUserMax: draw(80), usersMax: 5 } };
    case 2: {
      const steps = [0, 1_000, 50_000].map((from, step) => {
        return { fromTurnover: money(from), makerPpm: 300 - step * 200, takerPpm: 900 - step };
      });
      return { kind: "set-fees", fees: { of: "default", steps } };
    }
    case 3:
      return { kind: "set-fees", fees: { of: "market", market, rates } };
    case 4:
      return { kind: "set-fees", fees: { of: "user", user, rates } };
    case 5: {
      const fees = draw(2) === 0 ? ({ of: "market", market } as const) : { of: "user", user };
      return { kind: "set-fees", fees: { ...fees, rates: undefined } as FeeChoice };
    }
    case 6: {
      const baseMax = (300 + draw(400)) as Lots;
      return { kind: "set-market-rules", market, changes: { baseMax, quoteMin: money(draw(3)) } };
    }
    default: {
      const tickSize = { coefficient: 1, scale: 1 + draw(2) };
      const marketOrderBandPpm = draw(1_100_000);
      return { kind: "set-market-rules", market, changes: { tickSize, marketOrderBandPpm } };
    }
  }
}
