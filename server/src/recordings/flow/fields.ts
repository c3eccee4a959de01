/** Values of recorded JSON as exact numbers. */
import { type Decimal, parseDecimal } from "../../core/num/decimal.ts";
import type { FlowLevel } from "../../ports/order-flow.ts";

/** An object of JSON whose numbers are the texts that were written. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A number that is not negative; undefined for everything else. */
export function numberOf(value: unknown): Decimal | undefined {
  if (typeof value !== "string") return undefined;
  const decimal = parseDecimal(value);
  return typeof decimal === "string" || decimal.coefficient < 0 ? undefined : decimal;
}

/** A price or a quantity above 0. */
export function positiveOf(value: unknown): Decimal | undefined {
  const decimal = numberOf(value);
  return decimal === undefined || decimal.coefficient === 0 ? undefined : decimal;
}

/** A whole number within the safe range. */
export function integerOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Pairs of price and quantity; undefined when one of them is none. */
export function levelsOf(value: unknown): readonly FlowLevel[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const levels: FlowLevel[] = [];
  for (const pair of value as readonly unknown[]) {
    if (!Array.isArray(pair)) return undefined;
    const [price, quantity] = [positiveOf(pair[0]), numberOf(pair[1])];
    if (price === undefined || quantity === undefined) return undefined;
    levels.push({ price, quantity });
  }
  return levels;
}
