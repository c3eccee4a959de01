/** Where exact decimals end: bars in doubles. */
import type { StoredBar } from "../bars/bar.ts";
import type { PriceBar } from "./indicator.ts";

/** The double next to each decimal of a bar. */
export function toPriceBar(bar: StoredBar): PriceBar {
  const priceUnit = 10 ** bar.priceScale;
  return {
    startUs: bar.startUs,
    open: Number(bar.open) / priceUnit,
    high: Number(bar.high) / priceUnit,
    low: Number(bar.low) / priceUnit,
    close: Number(bar.close) / priceUnit,
    volume: Number(bar.volume) / 10 ** bar.volumeScale,
  };
}
