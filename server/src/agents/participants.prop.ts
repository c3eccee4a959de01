import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import type { Command } from "../core/commands.ts";
import { parseAtoms } from "../core/num/money.ts";
import type { Lots, Ticks } from "../core/num/units.ts";
import { defaultMarkets } from "./default-markets.ts";
import { openedIn, optionsWith, VirtualDay } from "./virtual-day.fixture.ts";

const stranger = "6b1b4b4e-2f57-4e5c-9f0e-2f4b0e0f7a11";
const market = "LTC_USDT";
const litecoin = defaultMarkets.filter(({ ticker }) => ticker === "LTC/USDT");
/** Makers' places in one market. */
const openOrdersMax = 2 * 32;

const isAgent = (user: string) => user !== stranger;

/** Something that a stranger or the operator does; prices around where the market starts. */
const deed: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Command>({ kind: "halt-market", market }) },
  { weight: 3, arbitrary: fc.constant<Command>({ kind: "resume-market", market }) },
  { weight: 1, arbitrary: fc.constant<Command>({ kind: "cancel-all", user: stranger }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("place-limit" as const),
      user: fc.constant(stranger),
      market: fc.constant(market),
      side: fc.constantFrom("buy" as const, "sell" as const),
      price: fc.integer({ min: 7_000, max: 10_000 }).map((price) => price as Ticks),
      quantity: fc.integer({ min: 1_000, max: 30_000_000 }).map((lots) => lots as Lots),
      timeInForce: fc.constantFrom("gtc" as const, "ioc" as const, "post-only" as const),
    }),
  },
);

const plan = fc.array(fc.record({ deed, seconds: fc.integer({ min: 1, max: 40 }) }), {
  minLength: 5,
  maxLength: 30,
});

describe("participants among anything that others do", () => {
  it("keep their orders few, their commands good, the exchange sound and themselves alive", () => {
    fc.assert(
      fc.property(fc.nat(), plan, (seed, deeds) => {
        const day = new VirtualDay(optionsWith({ seed, markets: litecoin }));
        let commands = 0;
        let refusals = 0;
        let openOrders = 0;
        let openOrdersMost = 0;
        day.watch = ({ command, events }) => {
          if ("user" in command && isAgent(command.user)) {
            commands += 1;
            refusals += events[0]?.kind === "refused" ? 1 : 0;
          }
          openOrders += openedIn(events, isAgent);
          openOrdersMost = Math.max(openOrdersMost, openOrders);
        };
        for (const currency of ["LTC", "USDT"]) {
          const amount = parseAtoms("1000000000")!;
          day.submit({ kind: "deposit", user: stranger, currency, amount, key: currency });
        }
        for (const { deed: command, seconds } of deeds) {
          day.submit(command);
          day.run(seconds);
          day.exchange.checkInvariants();
        }
        const before = commands;
        day.submit({ kind: "resume-market", market });
        day.run(60);

        expect(openOrdersMost).toBeLessThanOrEqual(openOrdersMax);
        expect(commands - before).toBeGreaterThan(5);
        expect(refusals).toBeLessThanOrEqual(Math.max(commands * 0.01, 2));
      }),
      { numRuns: rounds(24, 60) },
    );
  });
});
