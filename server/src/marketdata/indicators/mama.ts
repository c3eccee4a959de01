/**
 * The MESA adaptive average: an exponential average whose weight follows the rate at which the phase of the
 * dominant cycle changes, measured by a Hilbert transform (J. F. Ehlers, MESA Adaptive Moving Averages, Stocks &
 * Commodities, September 2001; TA-Lib MAMA with its limits 0.5 and 0.05, which is also what TA-Lib's MA takes for it).
 */
import type { Fold } from "./indicator.ts";
import { Lag } from "./rolling.ts";
import { WeightedAverage } from "./simple-averages.ts";

const fastLimit = 0.5;
/** The smallest part that a new value has. */
export const mamaWeightMin = 0.05;

/** Values before the first one that is told, and before the first that is measured. */
export const mamaLookBack = 32;
const unmeasured = 12;

const degrees = 180 / Math.PI;
const periodMin = 6;
const periodMax = 50;

/** The Hilbert transform of four coefficients that the article gives, its amplitude corrected for the period. */
class Hilbert {
  readonly #lag = new Lag(7);

  add(value: number, correction: number): number {
    const lag = this.#lag;
    lag.push(value);
    const outer = lag.at(0) - lag.at(6);
    const inner = lag.at(2) - lag.at(4);
    return (0.0962 * outer + 0.5769 * inner) * correction;
  }
}

/** Nothing that it remembers is known at the beginning: all of it is 0 there. */
export class MesaAverage implements Fold<number, number> {
  readonly #smooth = new WeightedAverage(4);
  readonly #detrender = new Hilbert();
  readonly #quadrature = new Hilbert();
  readonly #inPhaseAhead = new Hilbert();
  readonly #quadratureAhead = new Hilbert();
  readonly #detrended = new Lag(3);
  #count = 0;
  #period = 0;
  #inPhase = 0;
  #quadratureSmooth = 0;
  #real = 0;
  #imaginary = 0;
  #phase = 0;
  #average = 0;

  add(value: number): number | undefined {
    const smooth = this.#smooth.add(value);
    this.#count += 1;
    if (smooth === undefined || this.#count <= unmeasured) return undefined;
    const correction = 0.075 * this.#period + 0.54;
    const detrended = this.#detrender.add(smooth, correction);
    const quadrature = this.#quadrature.add(detrended, correction);
    const inPhase = this.#detrended.push(detrended) ?? 0;
    this.#measurePeriod(
      inPhase - this.#quadratureAhead.add(quadrature, correction),
      quadrature + this.#inPhaseAhead.add(inPhase, correction),
    );
    const before = this.#phase;
    this.#phase = inPhase === 0 ? 0 : Math.atan(quadrature / inPhase) * degrees;
    const weight = Math.max(fastLimit / Math.max(before - this.#phase, 1), mamaWeightMin);
    this.#average += weight * (value - this.#average);
    return this.#count <= mamaLookBack ? undefined : this.#average;
  }

  /** The homodyne discriminator: the period of the cycle by the angle between this phasor and the one before it. */
  #measurePeriod(inPhase: number, quadrature: number): void {
    const [i1, q1] = [this.#inPhase, this.#quadratureSmooth];
    const i2 = smoothed(inPhase, i1);
    const q2 = smoothed(quadrature, q1);
    this.#real = smoothed(i2 * i1 + q2 * q1, this.#real);
    this.#imaginary = smoothed(i2 * q1 - q2 * i1, this.#imaginary);
    [this.#inPhase, this.#quadratureSmooth] = [i2, q2];
    const before = this.#period;
    let period = before;
    if (this.#imaginary !== 0 && this.#real !== 0) {
      period = 360 / (Math.atan(this.#imaginary / this.#real) * degrees);
    }
    period = Math.max(Math.min(period, 1.5 * before), 0.67 * before);
    period = Math.max(Math.min(period, periodMax), periodMin);
    this.#period = smoothed(period, before);
  }
}

function smoothed(value: number, before: number): number {
  return 0.2 * value + 0.8 * before;
}
