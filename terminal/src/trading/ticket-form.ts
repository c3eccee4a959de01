/** The ticket's fields as they are typed, and the order that they come to, or what is wrong with them. */
import {
  compare,
  type Direction,
  type Market,
  multiply,
  normalized,
  type OrderTerms,
  stepOf,
} from "@openbourse/client";
import { isMultiple, isPositive, typedDecimal } from "./amounts.ts";
import type { FieldErrors, TicketField } from "./refusals.ts";

/** Texts are as they were typed. */
export interface TicketForm {
  readonly direction: Direction;
  readonly type: "limit" | "market";
  /** What a market order is measured by. */
  readonly sizeBy: "quantity" | "value";
  readonly price: string;
  readonly quantity: string;
  readonly value: string;
  /** Whether a stop price is wanted. */
  readonly hasStop: boolean;
  readonly stopLossPrice: string;
}

/** An empty ticket. */
export const emptyForm: TicketForm = {
  direction: "buy",
  type: "limit",
  sizeBy: "quantity",
  ...{ price: "", quantity: "", value: "", hasStop: false, stopLossPrice: "" },
};

/** What a form comes to. */
export type Checked =
  | { readonly ok: true; readonly terms: OrderTerms }
  | { readonly ok: false; readonly errors: FieldErrors };

/** Fields that a form shows. */
export function fieldsOf({ type, sizeBy, hasStop }: TicketForm): readonly TicketField[] {
  if (type === "market") return [sizeBy];
  return hasStop ? ["price", "quantity", "stopLossPrice"] : ["price", "quantity"];
}

/** The rules of a market and its price step. */
export interface FormRules {
  readonly market: Market;
  readonly tick: string;
}

/** Looks at what is typed. What only the exchange can know it will say itself. */
export function check(form: TicketForm, rules: FormRules): Checked {
  const errors: Partial<Record<TicketField, string>> = {};
  const values: Partial<Record<TicketField, string>> = {};
  for (const field of fieldsOf(form)) {
    const read = readField(field, form, rules);
    if ("error" in read) errors[field] = read.error;
    else values[field] = read.value;
  }
  const { price = "0", quantity = "0", value = "0", stopLossPrice } = values;
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  const { direction } = form;
  if (form.type === "market") {
    const size = form.sizeBy === "quantity" ? { quantity } : { value };
    return { ok: true, terms: { type: "market", direction, ...size } as OrderTerms };
  }
  const worth = valueError(multiply(price, quantity), rules.market);
  if (worth !== undefined) return { ok: false, errors: { quantity: worth } };
  const stop = stopLossPrice === undefined ? {} : { stopLossPrice };
  return { ok: true, terms: { type: "limit", direction, price, quantity, ...stop } };
}

type ReadField = { readonly value: string } | { readonly error: string };

const words: Readonly<Record<Exclude<TicketField, "form">, string>> = {
  price: "a price",
  quantity: "an amount",
  value: "a value",
  stopLossPrice: "a stop price",
};

function readField(field: TicketField, form: TicketForm, { market, tick }: FormRules): ReadField {
  if (field === "form") return { error: "" };
  const typed = form[field];
  if (typed.trim() === "") return { error: `Give ${words[field]}.` };
  const value = typedDecimal(typed);
  if (value === undefined) return { error: "Write digits and at most one point, such as 1234.5." };
  if (!isPositive(value)) return { error: `Give ${words[field]} above 0.` };
  const error = fieldError(field, value, { market, tick });
  return error === undefined ? { value } : { error };
}

function fieldError(
  field: Exclude<TicketField, "form">,
  value: string,
  { market, tick }: FormRules,
): string | undefined {
  if (field === "value") return valueError(value, market);
  if (field !== "quantity")
    return isMultiple(value, tick) ? undefined : `Must be a multiple of ${normalized(tick)}.`;
  const lot = stepOf(market.quantityDecimals);
  if (!isMultiple(value, lot)) return `Must be a multiple of ${lot}.`;
  const { quantityMin, quantityMax, base } = market;
  return isBetween(value, quantityMin, quantityMax)
    ? undefined
    : `Must be between ${normalized(quantityMin)} and ${normalized(quantityMax)} ${base}.`;
}

function valueError(value: string, { valueMin, valueMax, quote }: Market): string | undefined {
  return isBetween(value, valueMin, valueMax)
    ? undefined
    : `Must be worth between ${normalized(valueMin)} and ${normalized(valueMax)} ${quote}, and is ${value}.`;
}

function isBetween(value: string, least: string, most: string): boolean {
  return compare(value, least) >= 0 && compare(value, most) <= 0;
}
