/** The type of all bars, and of stored ones. It computes nothing. */
import { assert } from "../../core/assert.ts";

/**
 * A bar: open, high, low, close and volume of one interval. There is one type for all of them, be it
 * bars of a dataset, candles of the exchange, or what a store keeps.
 *
 * Prices are integers at `priceScale` decimals and volumes at `volumeScale`, never in ticks and lots: a
 * bar says what it is worth without the rules of a market beside it. Ticks and lots remain where many
 * bars of one market are kept packed (`table.ts`, the history's rows), because they are always safe
 * integers and all rows share one unit; what leaves there is a `Bar`.
 */
export interface Bar extends StoredBar {
  readonly quoteVolume: number | bigint;
  readonly tradeCount: number;
}

/**
 * A bar as a store of datasets has it. One that was imported is of others' making and may lack what they
 * did not tell: nothing is made up for it.
 */
export interface StoredBar {
  /** Start of the interval, in microseconds since 1970 (UTC). */
  readonly startUs: number;
  readonly priceScale: number;
  /** Price of the first trade by event time, then by arrival. */
  readonly open: number | bigint;
  readonly high: number | bigint;
  readonly low: number | bigint;
  /** Price of the last trade. */
  readonly close: number | bigint;
  /** Base quantity traded, at `volumeScale` decimals; exact, and a bigint beyond a safe integer. */
  readonly volume: number | bigint;
  readonly volumeScale: number;
  /** Sum of price × quantity, at `priceScale + volumeScale` decimals; undefined where it is not told. */
  readonly quoteVolume: number | bigint | undefined;
  /** Part of `volume` in which the buyer was the aggressor; undefined where that is not kept. */
  readonly takerBuyVolume: number | bigint | undefined;
  /** Part of `quoteVolume` in which the buyer was the aggressor; undefined where that is not kept. */
  readonly takerBuyQuoteVolume: number | bigint | undefined;
  /** At least 1: where nothing was traded there is no bar. Undefined where it is not told. */
  readonly tradeCount: number | undefined;
  /** Event time of the first trade; the start of the interval, or of a part of it, where that is not kept. */
  readonly firstUs: number;
  /** Event time of the last trade; the start of the interval, or of a part of it, where that is not kept. */
  readonly lastUs: number;
  /** How often it changed after it was closed: of two states of one bar, the higher revision is the newer. */
  readonly revision: number;
}

/** A stored bar that was made of trades, and so tells everything. */
export function wholeBar(bar: StoredBar): Bar {
  const { quoteVolume, tradeCount } = bar;
  assert(
    quoteVolume !== undefined && tradeCount !== undefined,
    "a bar of trades tells all of them",
  );
  return { ...bar, quoteVolume, tradeCount };
}
