import { describe, expect, it } from "vitest";
import type { ExchangeEvent, Traded } from "../core/events.ts";
import { Exchange } from "../core/exchange.ts";
import { defaultMarkets } from "./default-markets.ts";
import { participantsPast } from "./past.ts";

const dayUs = 86_400_000_000;
const untilUs = 1_750_000_000_000_000;

const pastOf = (lengthUs: number, seed = 1) => {
  const steps = participantsPast({
    ...{ seed, markets: defaultMarkets },
    ...{ fromUs: untilUs - lengthUs, untilUs },
  });
  if (typeof steps === "string") throw new Error(steps);
  return steps;
};

/** Applies all of a past; its trades, and the exchange afterwards. */
function lived(steps: ReturnType<typeof pastOf>) {
  const exchange = new Exchange();
  const trades: Traded[] = [];
  const refused: ExchangeEvent[] = [];
  const tradesOfSteps = new Set<number>();
  for (const { timeUs, commands } of steps) {
    const found: Traded[] = [];
    for (const command of commands) {
      const at = Math.max(timeUs, exchange.timeUs + 1);
      const events = exchange.apply({ sequence: exchange.sequence + 1, timeUs: at, command });
      refused.push(...events.filter((event) => event.kind === "refused"));
      found.push(...events.filter((event) => event.kind === "traded"));
    }
    if (trades.length + found.length > 0) tradesOfSteps.add(found.length);
    trades.push(...found);
  }
  expect(refused).toEqual([]);
  expect([...tradesOfSteps]).toEqual([1]);
  return { exchange, trades };
}

describe("the past of the participants", () => {
  it("is a day of trades in all markets, one at each step, and leaves the books empty", () => {
    const steps = pastOf(dayUs);
    const { exchange, trades } = lived(steps);
    expect(trades).toHaveLength(steps.length - 1);
    expect(trades.length).toBeGreaterThan(8_000);
    expect(trades.length).toBeLessThan(24_000);
    const codes = new Set(trades.map(({ market }) => market));
    expect(codes.size).toBe(defaultMarkets.length);
    for (const code of codes) {
      expect(exchange.depth(code, "buy", 10)).toEqual([]);
      expect(exchange.depth(code, "sell", 10)).toEqual([]);
    }
    expect(exchange.checkInvariants()).toBeUndefined();
  });

  it("is no more work when it is a week", () => {
    expect(pastOf(7 * dayUs).length).toBeLessThan(1.5 * pastOf(dayUs).length);
  });

  it("is the same for a seed: the state of the exchange is, too", () => {
    const [left, right] = [pastOf(600_000_000), pastOf(600_000_000)];
    expect(left).toEqual(right);
    expect(lived(left).exchange.stateHash()).toBe(lived(right).exchange.stateHash());
    expect(pastOf(600_000_000, 2)).not.toEqual(left);
  });

  it("is refused with a reason where its options are none", () => {
    const markets = [...defaultMarkets, ...defaultMarkets.slice(0, 1)];
    const past = participantsPast({ seed: 1, markets, fromUs: untilUs - dayUs, untilUs });
    expect(past).toBe('market "BTC/USDT" is listed twice');
  });
});
