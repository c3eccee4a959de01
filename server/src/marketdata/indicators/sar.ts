/**
 * Parabolic stop and reverse: where a trend ends, closer to the price with each new extreme of it (J. W. Wilder, New Concepts
 * in Technical Trading Systems, 1978; TA-Lib SAR). It begins with a rise, unless the second bar went further down than up.
 */
import { assert } from "../../core/assert.ts";
import { decayLength, type Fold, type Indicator, type PriceBar } from "./indicator.ts";

export interface SarOptions {
  /** What each new extreme adds to the part of the way that the stop takes; above 0. */
  readonly acceleration: number;
  /** The largest such part, `acceleration` to 1; a smaller one takes its place for `acceleration` as well. */
  readonly maximum: number;
}

/** A stop that follows more slowly is not given a longer warm-up: trends end long before. */
const warmUpStepMin = 0.005;

/** Figures: the price at which the position is closed and turned round. */
export function sar({ acceleration, maximum }: SarOptions): Indicator<readonly [number]> {
  assert(acceleration > 0 && maximum > 0 && maximum <= 1, "a stop follows its trend");
  const step = Math.min(acceleration, maximum);
  return {
    lookBack: 1,
    warmUp: 1 + decayLength(Math.max(step, warmUpStepMin)),
    begin: () => new StopAndReverse(step, maximum),
  };
}

class StopAndReverse implements Fold<PriceBar, readonly [number]> {
  readonly #step: number;
  readonly #maximum: number;
  #before: PriceBar | undefined;
  #isFirst = true;
  #isRising = true;
  #factor: number;
  #extreme = 0;
  #stop = 0;

  constructor(step: number, maximum: number) {
    this.#step = step;
    this.#maximum = maximum;
    this.#factor = step;
  }

  add(bar: PriceBar): readonly [number] | undefined {
    const before = this.#before;
    this.#before = bar;
    if (before === undefined) return undefined;
    if (!this.#isFirst) return [this.#follow(bar, before)];
    this.#begin(bar, before);
    return [this.#follow(bar, bar)];
  }

  #begin(bar: PriceBar, before: PriceBar): void {
    this.#isFirst = false;
    const down = before.low - bar.low;
    const up = bar.high - before.high;
    this.#isRising = !(down > 0 && up < down);
    this.#extreme = this.#isRising ? bar.high : bar.low;
    this.#stop = this.#isRising ? before.low : before.high;
  }

  /** The stop for this bar; what it is for the next one, or the reversal, is made of the bar. */
  #follow(bar: PriceBar, before: PriceBar): number {
    const isHit = this.#isRising ? bar.low <= this.#stop : bar.high >= this.#stop;
    if (isHit) {
      this.#isRising = !this.#isRising;
      const told = outside(this.#extreme, this.#isRising, before, bar);
      this.#factor = this.#step;
      this.#extreme = this.#isRising ? bar.high : bar.low;
      this.#advance(told, bar, before);
      return told;
    }
    const told = this.#stop;
    const isFurther = this.#isRising ? bar.high > this.#extreme : bar.low < this.#extreme;
    if (isFurther) {
      this.#extreme = this.#isRising ? bar.high : bar.low;
      this.#factor = Math.min(this.#factor + this.#step, this.#maximum);
    }
    this.#advance(told, bar, before);
    return told;
  }

  #advance(stop: number, bar: PriceBar, before: PriceBar): void {
    const next = stop + this.#factor * (this.#extreme - stop);
    this.#stop = outside(next, this.#isRising, before, bar);
  }
}

/** A stop never lies within the two newest bars: below both of them while the price rises, above them while it falls. */
function outside(stop: number, isRising: boolean, before: PriceBar, bar: PriceBar): number {
  return isRising ? Math.min(stop, before.low, bar.low) : Math.max(stop, before.high, bar.high);
}
