/**
 * Bars of a market of the exchange: kept in ticks and lots, told in decimals. The history counts turnover
 * in atoms.
 */
import { assert } from "../../core/assert.ts";
import { type MarketSteps, notionalAtoms } from "../../core/market/rules.ts";
import { narrowed, timesExactly } from "../../core/num/exact-sum.ts";
import type { Bar } from "./bar.ts";
import type { TableBar } from "./table.ts";

/** A bar in ticks and lots as what it is worth. */
export function inDecimals(bar: TableBar, { tickSize, lotSize }: MarketSteps): Bar {
  const price = (ticks: number) => timesExactly(ticks, tickSize.coefficient);
  const step = timesExactly(tickSize.coefficient, lotSize.coefficient);
  return {
    ...bar,
    priceScale: tickSize.scale,
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    volume: timesExactly(bar.volume, lotSize.coefficient),
    volumeScale: lotSize.scale,
    quoteVolume: timesExactly(bar.quoteVolume, step),
  };
}

/** A bar of the market in ticks and lots, which all of its figures are a multiple of. */
export function inSteps(bar: Bar, { tickSize, lotSize }: MarketSteps): TableBar {
  const { priceScale, volumeScale } = bar;
  assert(priceScale === tickSize.scale && volumeScale === lotSize.scale, "a bar is of its market");
  const ticks = (price: number | bigint) => Number(partOf(price, BigInt(tickSize.coefficient)));
  const lot = BigInt(lotSize.coefficient);
  return {
    ...bar,
    priceScale: 0,
    volumeScale: 0,
    open: ticks(bar.open),
    high: ticks(bar.high),
    low: ticks(bar.low),
    close: ticks(bar.close),
    volume: partOf(bar.volume, lot),
    quoteVolume: partOf(bar.quoteVolume, BigInt(tickSize.coefficient) * lot),
  };
}

function partOf(value: number | bigint, step: bigint): number | bigint {
  if (step === 1n) return value;
  assert(BigInt(value) % step === 0n, "a figure of a market is a whole number of steps");
  return narrowed(BigInt(value) / step);
}

/**
 * A bar whose prices are ticks, whose volume is lots and whose quote volume is atoms as what it is worth;
 * undefined when those atoms are no turnover of the market.
 */
export function fromAtoms(bar: TableBar, steps: MarketSteps): Bar | undefined {
  const [atoms, step] = [BigInt(bar.quoteVolume), notionalAtoms(steps)];
  if (atoms % step !== 0n) return undefined;
  return inDecimals({ ...bar, quoteVolume: narrowed(atoms / step) }, steps);
}
