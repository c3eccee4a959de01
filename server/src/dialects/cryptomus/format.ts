/**
 * Numbers and times as this protocol prints them: exact decimal digits, never an exponent, never
 * through a double. Nothing here rounds, but {@link seconds} and {@link dateTime}, which drop what
 * is smaller than a second.
 */
import { assert } from "../../core/assert.ts";
import { lotAtoms, tickAtoms } from "../../core/market/rules.ts";
import { type Decimal, formatDecimal, formatFixed } from "../../core/num/decimal.ts";
import { atomsScale } from "../../core/num/money.ts";
import type { MarketUnits } from "../../marketdata/updates.ts";

/** A market's price step, and its quantity step. */
type Tick = Pick<MarketUnits, "tickSize">;
type Lot = Pick<MarketUnits, "lotSize">;

const secondUs = 1_000_000;
/** Wallet amounts have eight decimals where those are enough (docs/protocols/cryptomus, The stream). */
const walletScale = 8;
const atomsPerWalletUnit = 10n ** BigInt(atomsScale - walletScale);

/** A price without trailing zeros, as the public channels print it (D-C48). */
export function priceText({ tickSize }: Tick, ticks: number): string {
  return stepsText(tickSize, ticks);
}

/** A quantity without trailing zeros, as the public channels print it (D-C48). */
export function quantityText({ lotSize }: Lot, lots: number | bigint): string {
  return stepsText(lotSize, lots);
}

function stepsText(step: Decimal, count: number | bigint): string {
  if (step.coefficient === 1) return formatDecimal(count, step.scale);
  return formatDecimal(BigInt(count) * BigInt(step.coefficient), step.scale);
}

/** A price with 16 decimals, as the private channels print it. */
export function priceText16(units: Tick, ticks: number): string {
  return moneyText16(BigInt(ticks) * tickAtoms(units));
}

/** A quantity with 16 decimals, as the private channels print it. */
export function quantityText16(units: Lot, lots: number | bigint): string {
  return moneyText16(BigInt(lots) * lotAtoms(units));
}

/** Atoms with all of their 16 decimals. Negative for a rebate. */
export function moneyText16(atoms: bigint): string {
  return formatFixed(atoms, atomsScale);
}

/** Atoms with 8 decimals when that is exact, else with 16: a balance is never rounded (D-C39). */
export function moneyText8OrExact(atoms: bigint): string {
  if (atoms % atomsPerWalletUnit !== 0n) return moneyText16(atoms);
  return formatFixed(atoms / atomsPerWalletUnit, walletScale);
}

/** Whole seconds since 1970 of a time in microseconds. */
export function seconds(timeUs: number): number {
  return Math.floor(timeUs / secondUs);
}

const daySeconds = 86_400;
/** The Gregorian calendar repeats after this many days, which are 400 years. */
const eraDays = 146_097;
/** Days from 0000-03-01 to 1970-01-01. */
const epochOffsetDays = 719_468;

/** A time of 1970 or later in microseconds as `YYYY-MM-DD HH:MM:SS` in UTC. */
export function dateTime(timeUs: number): string {
  const total = seconds(timeUs);
  assert(total >= 0, "a time is not before 1970");
  const time = total % daySeconds;
  const clock = [Math.floor(time / 3600), Math.floor(time / 60) % 60, time % 60].map(twoDigits);
  return `${dateText((total - time) / daySeconds)} ${clock.join(":")}`;
}

/**
 * The date of a day counted from 1970-01-01. Years begin in March here, so that the day that some
 * years have more is their last (Hinnant, "chrono-compatible low-level date algorithms").
 */
function dateText(day: number): string {
  const shifted = day + epochOffsetDays;
  const era = Math.floor(shifted / eraDays);
  const dayOfEra = shifted % eraDays;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}-${twoDigits(month)}-${twoDigits(date)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
