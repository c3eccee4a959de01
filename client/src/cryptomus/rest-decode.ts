/** Bodies of the Cryptomus REST interface into this package's words, and its refusals into faults. */
import { fieldsOf } from "../exact-json.ts";
import { ClientError, type Fault } from "../fault.ts";
import type { Level } from "../order-book.ts";
import type { HttpAnswer } from "../platform.ts";
import type { Direction, OrderEnd } from "./messages.ts";
import type {
  ClosedOrder,
  FillRow,
  Market,
  OrderRow,
  TariffStep,
  Tariffs,
  TradeRow,
} from "./rest-messages.ts";

type Row = Readonly<Record<string, unknown>>;

/** A refusal as a fault. */
export function readRefusal({ status, text, retryAfterMs }: HttpAnswer): Fault {
  const body = bodyOf(text);
  const message = typeof body["message"] === "string" ? body["message"] : `HTTP status ${status}`;
  if (status === 429) return { kind: "rate-limited", message, retryAfterMs };
  if (status >= 500) return { kind: "unavailable", message, status };
  // What was sent may have been taken before: another one with the present time is taken.
  if (status === 401 && retryAfterMs !== undefined) return { kind: "unavailable", message, status };
  const isUnknownUser = status === 404 && message === "User not found.";
  if (status === 401 || isUnknownUser) return { kind: "unauthorized", message };
  const { code = status, errors } = body;
  const fields = Array.isArray(errors) ? errors.map(fieldFault) : undefined;
  const refusal = { kind: "refused", message, code: String(code), status } as const;
  return fields === undefined ? refusal : { ...refusal, fields };
}

function fieldFault(fault: unknown): { readonly property: string; readonly message: string } {
  const { property, message } = fieldsOf(fault);
  return { property: String(property), message: String(message) };
}

function bodyOf(text: string): Row {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** A field that has to be a text. */
export function textOf(row: Row, field: string): string {
  const value = row[field];
  if (typeof value === "string") return value;
  throw new ClientError({ kind: "unreadable", message: `the answer has no text "${field}"` });
}

/** The rows of a list. */
export function rowsOf(value: unknown): readonly Row[] {
  if (Array.isArray(value)) return value.map(fieldsOf);
  throw new ClientError({ kind: "unreadable", message: "the answer has no list" });
}

/** A market. */
export function marketOf(row: Row): Market {
  return {
    market: textOf(row, "symbol"),
    base: textOf(row, "baseCurrency"),
    quote: textOf(row, "quoteCurrency"),
    quantityMin: textOf(row, "baseMinSize"),
    quantityMax: textOf(row, "baseMaxSize"),
    valueMin: textOf(row, "quoteMinSize"),
    valueMax: textOf(row, "quoteMaxSize"),
    quantityDecimals: Number(textOf(row, "basePrec")),
    priceDecimals: Number(textOf(row, "quotePrec")),
  };
}

/** A level of a book. */
export function levelOf(row: Row): Level {
  return [textOf(row, "price"), textOf(row, "quantity")];
}

/** The names of the two volumes are swapped on the wire. */
export function tradeOf(row: Row): TradeRow {
  return {
    id: textOf(row, "trade_id"),
    timeMs: Number(row["timestamp"]) * 1_000,
    price: textOf(row, "price"),
    quantity: textOf(row, "quote_volume"),
    value: textOf(row, "base_volume"),
    direction: textOf(row, "type") as Direction,
  };
}

/** An open order. */
export function openOrderOf(row: Row): OrderRow {
  return {
    id: textOf(row, "id"),
    market: textOf(row, "symbol"),
    direction: textOf(row, "direction") as Direction,
    quantity: textOf(row, "quantity"),
    filledQuantity: textOf(row, "filledQuantity"),
    filledValue: textOf(row, "filledValue"),
    createdMs: utcMs(textOf(row, "createdAt")),
    ...optional(row, "price"),
    ...optional(row, "clientOrderId"),
    ...optional(row, "stopLossPrice"),
  };
}

function optional<Field extends "price" | "clientOrderId" | "stopLossPrice">(
  row: Row,
  field: Field,
): { readonly [F in Field]?: string } {
  const value = row[field];
  return (typeof value === "string" ? { [field]: value } : {}) as {
    readonly [F in Field]?: string;
  };
}

/** An order that has ended. */
export function closedOrderOf(row: Row): ClosedOrder {
  const deal = fieldsOf(row["deal"]);
  return {
    ...openOrderOf(row),
    type: textOf(row, "type") as ClosedOrder["type"],
    end: { state: row["state"], internalState: row["internalState"] } as OrderEnd,
    finishedMs: utcMs(textOf(row, "finishedAt")),
    fills: deal["transactions"] === undefined ? [] : rowsOf(deal["transactions"]).map(fill),
  };
}

function fill(row: Row): FillRow {
  return {
    id: textOf(row, "id"),
    role: textOf(row, "tradeRole") as FillRow["role"],
    price: textOf(row, "filledPrice"),
    quantity: textOf(row, "filledQuantity"),
    value: textOf(row, "filledValue"),
    fee: textOf(row, "fee"),
    feeCurrency: textOf(row, "feeCurrency"),
    timeMs: utcMs(textOf(row, "committedAt")),
  };
}

/** The fees of a user. */
export function tariffsOf(row: Row): Tariffs {
  return {
    current: tariffStep(fieldsOf(row["current_tariff_step"])),
    steps: rowsOf(row["tariff_steps"]).map(tariffStep),
    monthlyTurnover: textOf(row, "monthly_turnover"),
  };
}

function tariffStep(row: Row): TariffStep {
  return {
    step: textOf(row, "step"),
    fromTurnover: textOf(row, "from_turnover"),
    makerPercent: textOf(row, "maker_percent"),
    takerPercent: textOf(row, "taker_percent"),
  };
}

function utcMs(text: string): number {
  return Date.parse(`${text.replace(" ", "T")}Z`);
}
