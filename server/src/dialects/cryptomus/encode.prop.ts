import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCharacter } from "../../../../test/support/any-character.ts";
import { parseDecimal } from "../../core/num/decimal.ts";
import { atoms } from "../../core/num/money.ts";
import { unitsOf } from "../../marketdata/updates.ts";
import { marketRules } from "./conversation.fixture.ts";
import { depths, trades } from "./encode.ts";
import { orders } from "./encode-private.ts";

const count = fc.maxSafeNat().map((value) => Math.max(value, 1));
const scales = fc.record({ tick: fc.nat(8), lot: fc.nat(8) });

describe("public numbers", () => {
  it("are their exact digits in every message, never an exponent", () => {
    fc.assert(
      fc.property(scales, count, count, ({ tick, lot }, price, quantity) => {
        const rules = marketRules("BTC_USDT", tick, lot);
        const marketUnits = unitsOf(rules);
        const trade = { price, quantity, value: atoms(1n), aggressor: "buy" } as const;
        const tradeText = trades.encode(
          { kind: "trades", market: rules.code },
          { ...marketUnits, timeUs: 0, trades: [{ ...trade, sequence: 1, ordinal: 0, timeUs: 0 }] },
        );
        const depthText = depths.encode(
          { kind: "depth", market: rules.code, depthScale: 0 },
          {
            ...marketUnits,
            timeUs: 0,
            depthScale: 0,
            full: true,
            asks: [{ price, quantity }],
            bids: [],
          },
        );
        const tokens = [
          /"price":([\d.]+),"quantity":([\d.]+),/.exec(tradeText),
          /"asks":\[\["([\d.]+)","([\d.]+)"\]\]/.exec(depthText),
        ];

        for (const token of tokens) {
          const [, priceText = "", quantityText = ""] = token ?? [];
          expect(stepsOf(priceText, tick)).toBe(BigInt(price));
          expect(stepsOf(quantityText, lot)).toBe(BigInt(quantity));
        }
        expect(() => [JSON.parse(tradeText), JSON.parse(depthText)]).not.toThrow();
      }),
    );
  });
});

/** A decimal text as a count of its smallest steps. */
function stepsOf(text: string, scale: number): bigint {
  const parsed = parseDecimal(text);
  if (typeof parsed === "string") throw new Error(`${text}: ${parsed}`);
  return BigInt(parsed.coefficient) * 10n ** BigInt(scale - parsed.scale);
}

describe("an order's client id", () => {
  it("comes back whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 64 }), (clientId) => {
        const rules = marketRules("BTC_USDT");
        const marketUnits = unitsOf(rules);
        const user = "u";
        const order = {
          id: 1,
          user,
          market: rules.code,
          side: "buy",
          type: "limit",
          price: 1,
          quantity: 1,
          value: atoms(0n),
          filled: 0,
          filledValue: atoms(0n),
          stopPrice: 0,
          clientId,
          createdUs: 0,
        } as const;
        const text = orders.encode(
          { kind: "orders", user, market: rules.code },
          { ...marketUnits, timeUs: 0, order, phase: "created" },
        );

        expect(JSON.parse(text).data.info.clientOid).toBe(clientId);
      }),
    );
  });
});
