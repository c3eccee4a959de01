/**
 * How busy a simulated market is at the moment: the logarithm of its activity wanders around zero
 * once a second and is pulled back, so that busy and quiet spells come in clusters.
 */
import { exponential } from "./portable-math.ts";
import type { Random } from "./random.ts";

/** Seconds after which about a third of a deviation from the mean is left. */
const memoryS = 600;
const keptPerSecond = 1 - 1 / memoryS;
/** Long-run variance of the logarithm. */
const variance = 0.36;
const stepDeviation = Math.sqrt(variance * (1 - keptPerSecond * keptPerSecond));
/** Five standard deviations; keeps every factor below within two orders of magnitude. */
const logMax = 3;

// Logarithms of the means that make both factors 1 on average: for normal h of this variance,
// E[e^h] = e^(v/2), and volatility² × intensity ∝ e^2h has the mean e^2v.
const intensityMeanLog = variance / 2;
const volatilityMeanLog = 0.75 * variance;

/** The state of one market's activity. */
export class Activity {
  readonly #random: Random;
  #log = 0;
  /** Arrivals per second in units of their long-run mean. */
  intensity = 1;
  /** Size of a price move in units of the one that gives the configured daily volatility. */
  volatility = 1;

  constructor(random: Random) {
    this.#random = random;
    this.#apply();
  }

  /** Moves on by one second. */
  step(): void {
    const moved = this.#log * keptPerSecond + stepDeviation * this.#random.normal();
    this.#log = Math.min(Math.max(moved, -logMax), logMax);
    this.#apply();
  }

  #apply(): void {
    this.intensity = exponential(this.#log - intensityMeanLog);
    this.volatility = exponential(this.#log / 2 - volatilityMeanLog);
  }
}
