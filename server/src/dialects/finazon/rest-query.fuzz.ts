import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCharacter } from "../../../../test/support/any-character.ts";
import { minuteBar, restHouse, wholeText } from "./rest-house.fixture.ts";

const ticker = "BTC/USDT";

/** Values that are right, nearly right, and meant to do harm. */
const value = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 20 }),
  fc.constantFrom("huobi", "forex", "finazon", ticker, "EUR/USD", "1m", "1mo", "1d", "0m", "asc"),
  fc.constantFrom("DESC", "asc--", "' OR 1=1", "true", "None", "null", "", " ", "crypto_huobi"),
  fc.constantFrom("0", "1", "-1", "1e9", "1.5", "0x10", "999999999", "1000000000", "NaN", "١"),
  fc.constantFrom("7258118400", "7258118401", "9007199254740993", "1699540020", "1699540020000"),
  fc.integer({ min: -5, max: 2_000 }).map(String),
);

const names = [
  ...["dataset", "publisher", "ticker", "interval", "order", "page", "page_size", "start_at"],
  ...["end_at", "prepost", "adjust", "market", "country", "at", "product", "code", "isin"],
  ...["__proto__", "constructor", "apikey"],
];

/** A call that would be answered, with some parameters put in, changed or left out. */
const target = fc
  .record({
    path: fc.constantFrom(
      ...["time_series", "trades", "price", "ticker/snapshot", "huobi/time_series"],
      ...["huobi/huobi/trades", "finazon/price", "huobi/huobi/ticker_snapshot", "my_datasets"],
      ...["api_usage", "markets/crypto", "tickers/us_stocks", "nope/time_series"],
    ),
    changes: fc.array(fc.tuple(fc.constantFrom(...names), fc.option(value)), { maxLength: 5 }),
  })
  .map(({ path, changes }) => {
    const query = new URLSearchParams({ dataset: "huobi", ticker, interval: "1m" });
    for (const [name, text] of changes) {
      if (text === null) query.delete(name);
      else query.set(name, text);
    }
    return `/latest/${path}?${query}`;
  });

const codes = [
  ...["INVALID_PARAMETER", "INVALID_DATE_RANGE", "UNSUPPORTED_MARKET", "INVALID_TICKER"],
  ...["ENDPOINT_NOT_FOUND", "DATA_UNAVAILABLE"],
];

describe("any query", () => {
  it("is answered with rows or with a fault that names what is wrong, and never fails", async () => {
    const house = restHouse();
    const bars = [0, 60, 1_699_540_020].map((startS) => ({ ticker, bar: minuteBar(startS) }));
    await house.feed({ bars });

    await fc.assert(
      fc.asyncProperty(target, async (asked) => {
        const reply = await house.call(asked);
        const body = JSON.parse(wholeText(reply));
        if (reply.status === 200) {
          expect(Object.keys(body)[0]).toMatch(/^(?:data|p|lt)$/);
          if (Array.isArray(body.data)) expect(body.data.length).toBeLessThanOrEqual(1_000);
        } else {
          expect(codes).toContain(body.error.code);
          expect(body.error.status).toBe(reply.status);
        }
        if (body.error?.code === "INVALID_PARAMETER") {
          const [, named = ""] = /^The (\w+) parameter is/.exec(body.error.message) ?? [];
          expect(names).toContain(named);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
