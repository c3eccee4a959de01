/** The branded integers of trading: prices in ticks, quantities in lots. Money has its own module. */
import { assert } from "../assert.ts";

declare const ticksBrand: unique symbol;
declare const lotsBrand: unique symbol;

/** A price as a count of the market's tick size: a safe integer above 0. */
export type Ticks = number & { readonly [ticksBrand]: true };

/** A quantity as a count of the market's lot size: a safe integer, 0 or more. */
export type Lots = number & { readonly [lotsBrand]: true };

/** Whether a number can be a price. */
export function isTicks(value: number): value is Ticks {
  return Number.isSafeInteger(value) && value > 0;
}

/** Whether a number can be a quantity that somebody asks for. */
export function isOrderLots(value: number): value is Lots {
  return Number.isSafeInteger(value) && value > 0;
}

/** Brands a price that is known to be one. */
export function ticks(value: number): Ticks {
  assert(isTicks(value), "a price is a positive safe integer of ticks");
  return value;
}

/** Brands a quantity that is known to be one. */
export function lots(value: number): Lots {
  assert(Number.isSafeInteger(value) && value >= 0, "a quantity is a safe integer of lots");
  return value as Lots;
}
