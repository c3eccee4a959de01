import { describe, expect, it } from "vitest";
import type { BarUpdate, PublishPeriodS } from "../../marketdata/bar-update.ts";
import type { BarTopic } from "../../marketdata/topic.ts";
import { currentBars, encodeError, firstGenerationBars } from "./encode.ts";

const of = { dataset: "us_stocks_essential", ticker: "AAPL" };

function topic(periodS: PublishPeriodS = 1, changes: object = {}): BarTopic {
  return { kind: "bars", ...of, ...changes, periodS };
}

/** The bar of the reference's sample, with changes. */
function bar(changes: Partial<BarUpdate> = {}): BarUpdate {
  return {
    ...of,
    publisher: "finazon",
    startUs: 1_699_540_020_000_000,
    priceScale: 2,
    open: 22_006,
    high: 22_013,
    low: 21_992,
    close: 21_996,
    volume: 4_572,
    volumeScale: 0,
    quoteVolume: 0,
    takerBuyVolume: 0,
    takerBuyQuoteVolume: 0,
    tradeCount: 1,
    firstUs: 1_699_540_020_000_000,
    lastUs: 1_699_540_020_000_000,
    state: "open",
    revision: 0,
    ...changes,
  };
}

describe("a bar", () => {
  it("is written with the sample's keys in the sample's order", () => {
    expect(currentBars.encode(topic(), bar())).toBe(
      '{"d":"us_stocks_essential","p":"finazon","ch":"bars","f":"1s","aggr":"1m","s":"AAPL","t":1699540020,"o":220.06,"h":220.13,"l":219.92,"c":219.96,"v":4572}',
    );
  });

  it("has no d in the first generation", () => {
    expect(firstGenerationBars.encode(topic(), bar())).toBe(
      '{"p":"finazon","ch":"bars","f":"1s","aggr":"1m","s":"AAPL","t":1699540020,"o":220.06,"h":220.13,"l":219.92,"c":219.96,"v":4572}',
    );
  });

  it("names the frequency of its topic", () => {
    const frequencies = ([1, 10, 60] as const).map((periodS) => {
      const message: Record<string, unknown> = JSON.parse(
        currentBars.encode(topic(periodS), bar()),
      );
      return message["f"];
    });

    expect(frequencies).toEqual(["1s", "10s", "1m"]);
  });

  it.each([
    [{ open: 1, priceScale: 8 }, '"o":0.00000001,'],
    [{ open: 1, priceScale: 18 }, '"o":0.000000000000000001,'],
    [{ open: 9_007_199_254_740_991, priceScale: 8 }, '"o":90071992.54740991,'],
    [{ open: 22_000, priceScale: 2 }, '"o":220,'],
    [{ volume: 1_500, volumeScale: 3 }, '"v":1.5}'],
    [
      { volume: 18_014_398_509_481_982_000_000_001n, volumeScale: 9 },
      '"v":18014398509481982.000000001}',
    ],
    [{ volume: 10n ** 24n, volumeScale: 0 }, '"v":1000000000000000000000000}'],
  ])("writes %o digit by digit", (changes, expected) => {
    expect(currentBars.encode(topic(), bar(changes))).toContain(expected);
  });

  it("cannot be broken by what a ticker or a publisher is called", () => {
    const ticker = 'A"B\\C\n\ud800';
    const publisher = 'x","o":1';

    const message: Record<string, unknown> = JSON.parse(
      currentBars.encode(topic(1, { ticker }), bar({ ticker, publisher })),
    );

    expect(message["s"]).toBe(ticker);
    expect(message["p"]).toBe('x","o":1');
    expect(message["o"]).toBe(220.06);
  });
});

describe("an error object", () => {
  it("has the id text of the request behind everything else", () => {
    const tag = { event: "subscribe", requestId: "1.50" } as const;

    expect(encodeError({ reason: "not-subscribed", tickers: ["A", "B"] }, tag)).toBe(
      '{"event":"subscribe","status":"error","code":"NOT_SUBSCRIBED","message":"You are not subscribed to ticker: A, B.","request_id":1.50}',
    );
  });

  it("repeats a client's text shortened and always as valid JSON", () => {
    const tag = { event: undefined, requestId: undefined };
    const ticker = `"},{"o":1,\u0000\u2028\ud83d${"\ude00".repeat(100)}`;

    const reply = JSON.parse(encodeError({ reason: "unknown-ticker", ticker }, tag));

    expect(Object.keys(reply)).toEqual(["status", "code", "message"]);
    expect(reply.message).toBe(
      `The ticker ${ticker.slice(0, 64)}… you have specified is unrecognized or unsupported.`,
    );
  });
});
