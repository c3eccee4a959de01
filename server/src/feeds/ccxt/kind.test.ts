import { expect, it } from "vitest";
import { ccxt } from "./kind.ts";

const config = {
  kind: "ccxt",
  exchange: "htx",
  tickers: ["BTC/USDT"],
  quotes: false,
  staleSeconds: 60,
} as const;
const open = (more: object) => ccxt.open({ ...config, tickers: ["BTC/USDT"], ...more }, "htx");

it("is a source that nothing was loaded for yet", () => {
  expect(open({})).toMatchObject({ staleMs: 60_000, source: { tickers: ["BTC/USDT"] } });
});

it("says which exchange was probably meant", () => {
  expect(open({ exchange: "bitstam" })).toBe(
    'ccxt streams no exchange "bitstam": did you mean bitstamp?',
  );
});

it("takes no keys of accounts", () => {
  expect(open({ settings: { apiKey: "k" } })).toBe(
    "settings.apiKey: public data needs no account; take it out",
  );
});
