/** A bar as a message by way of doubles and `JSON.stringify`: what most servers do, digits or not. */
import type { BarUpdate } from "../../../server/src/marketdata/bar-update.ts";
import type { BarTopic } from "../../../server/src/marketdata/topic.ts";

const frequencies = { 1: "1s", 10: "10s", 60: "1m" } as const;

/** The same keys in the same order as the Finazon message has. */
export function stringifyBar({ dataset, ticker, periodS }: BarTopic, bar: BarUpdate): string {
  const priceUnit = 10 ** bar.priceScale;
  return JSON.stringify({
    d: dataset,
    p: bar.publisher,
    ch: "bars",
    f: frequencies[periodS],
    aggr: "1m",
    s: ticker,
    t: bar.startUs / 1_000_000,
    o: Number(bar.open) / priceUnit,
    h: Number(bar.high) / priceUnit,
    l: Number(bar.low) / priceUnit,
    c: Number(bar.close) / priceUnit,
    v: Number(bar.volume) / 10 ** bar.volumeScale,
  });
}
