import { describe, expect, it } from "vitest";
import { marketInstrument, searched, tickerInstrument } from "./instruments.ts";

const rules = {
  ...{ quantityMin: "0", quantityMax: "1", valueMin: "0", valueMax: "1" },
  ...{ quantityDecimals: 5, priceDecimals: 2 },
};
const market = (base: string, quote: string) =>
  marketInstrument({ market: `${base}_${quote}`, base, quote, ...rules });
const all = [
  market("WBTC", "USDT"),
  market("BTC", "USDT"),
  market("ETH", "BTC"),
  tickerInstrument("huobi", "BTC/USDT"),
  tickerInstrument("stocks", "AAPL"),
];
const found = (typed: string) => searched(all, typed).map(({ id }) => id);

describe("instruments", () => {
  it("of a market find their bars in the dataset of the exchange's own trades", () => {
    expect(all[1]).toMatchObject({ id: "BTC_USDT", dataset: "local", ticker: "BTC/USDT" });
  });

  it("of a dataset have units only where they are pairs", () => {
    expect(all[3]).toMatchObject({ id: "huobi:BTC/USDT", base: "BTC", quote: "USDT" });
    expect(all[4]).toMatchObject({ id: "stocks:AAPL", base: "", quote: "" });
  });

  it("are found by any way of writing them, what begins with it first", () => {
    const btc = ["BTC_USDT", "huobi:BTC/USDT", "WBTC_USDT"];
    for (const typed of ["btcusdt", "btc/usdt", "BTC USDT"]) expect(found(typed)).toEqual(btc);
    expect(found("btc_usdt")).toEqual(["BTC_USDT", "WBTC_USDT"]);
    expect(found("huobi btc")).toEqual(["huobi:BTC/USDT"]);
    expect(found("  ")).toHaveLength(all.length);
    expect(found("nothing")).toEqual([]);
  });
});
