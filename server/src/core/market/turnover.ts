/**
 * What one user traded in the last 30 days, in one bucket a day, and the fee step that follows from
 * it. The step changes only when a fee day begins, at 09:00 UTC, as the fee page of the protocol's
 * owner has it (docs/protocols/cryptomus, REST); trades of the running day count from the next one.
 */
import { assert } from "../assert.ts";
import { type FeeSchedule, type FeeStep, feeStepFor } from "./fees.ts";

/** Days that count. */
export const turnoverDays = 30;

const hourUs = 3_600_000_000;
const dayUs = 24 * hourUs;
const feeDayStartUs = 9 * hourUs;

/** The fee day of a moment, counted from 1970-01-01 09:00 UTC. */
export function feeDayOf(timeUs: number): number {
  return Math.floor((timeUs - feeDayStartUs) / dayUs);
}

/** A turnover window as plain data: `[fee day, atoms]` for each day that traded, oldest first. */
export type TurnoverSnapshot = readonly (readonly [day: number, amount: string])[];

/** The turnover window of one user. */
export class Turnover {
  /** Bucket of a day at `day % (turnoverDays + 1)`: 30 full days and the running one. */
  readonly #buckets: bigint[] = new Array<bigint>(turnoverDays + 1).fill(0n);
  #today = Number.MIN_SAFE_INTEGER;
  /** The step of the running day by the schedule that was asked about last; kept while neither changes. */
  #step: FeeStep | undefined;
  #schedule: FeeSchedule | undefined;

  /** Counts a trade of `amount` atoms of the reference currency. */
  add(amount: bigint, timeUs: number): void {
    this.#enter(feeDayOf(timeUs));
    const index = bucketOf(this.#today);
    this.#buckets[index] = this.#bucket(index) + amount;
  }

  /** The step of a schedule that applies at a moment. */
  stepAt(timeUs: number, schedule: FeeSchedule): FeeStep {
    this.#enter(feeDayOf(timeUs));
    if (this.#step !== undefined && this.#schedule === schedule) return this.#step;
    this.#schedule = schedule;
    this.#step = feeStepFor(schedule, this.#sum() - this.#bucket(bucketOf(this.#today)));
    return this.#step;
  }

  /** Turnover of the 30 full fee days before the running one, and of the running one. */
  totals(timeUs: number): { readonly thirtyDays: bigint; readonly today: bigint } {
    this.#enter(feeDayOf(timeUs));
    const today = this.#bucket(bucketOf(this.#today));
    return { thirtyDays: this.#sum() - today, today };
  }

  /** The window at a moment: days that have dropped out by then are not in it. */
  snapshot(timeUs: number): TurnoverSnapshot {
    this.#enter(feeDayOf(timeUs));
    const days: [number, string][] = [];
    for (let day = this.#today - turnoverDays; day <= this.#today; day += 1) {
      const amount = this.#bucket(bucketOf(day));
      if (amount !== 0n) days.push([day, amount.toString()]);
    }
    return days;
  }

  /** Fills a new window from the snapshot that was taken at `timeUs`. */
  restore(snapshot: TurnoverSnapshot, timeUs: number): void {
    this.#enter(feeDayOf(timeUs));
    for (const [day, amount] of snapshot) {
      assert(day <= this.#today && day >= this.#today - turnoverDays, "a turnover day is in range");
      this.#buckets[bucketOf(day)] = BigInt(amount);
    }
    this.#step = undefined;
  }

  #enter(day: number): void {
    if (day === this.#today) return;
    assert(day > this.#today, "time never goes back");
    const first = Math.max(this.#today + 1, day - turnoverDays);
    for (let passed = first; passed <= day; passed += 1) this.#buckets[bucketOf(passed)] = 0n;
    this.#today = day;
    this.#step = undefined;
  }

  #sum(): bigint {
    return this.#buckets.reduce((sum, amount) => sum + amount, 0n);
  }

  #bucket(index: number): bigint {
    return this.#buckets[index] ?? 0n;
  }
}

/** Fee days may be negative before 1970; the remainder is brought back into range. */
function bucketOf(day: number): number {
  const count = turnoverDays + 1;
  return ((day % count) + count) % count;
}
