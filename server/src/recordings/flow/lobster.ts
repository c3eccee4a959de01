/**
 * LOBSTER messages: `seconds after midnight, type, order id, size, price × 10000, direction`, where the
 * direction is that of the order in the book. Further columns are the book after the message (ask price, ask size,
 * bid price, bid size, and so on); of those only the first line is used, for what rested before it.
 */
import type { Decimal } from "../../core/num/decimal.ts";
import type { FlowEvent, FlowLevel } from "../../ports/order-flow.ts";

// Some files have more digits than a clock gives; what is beyond microseconds is not used.
const secondsPattern = /^(\d{1,6})(?:\.(\d{1,20}))?$/;
const integerPattern = /^\d{1,15}$/;

/** A price that stands for none: there was no such level. */
const noPriceMin = 9_999_999_999;
const priceScale = 4;

/** Kinds of events by their number; a cross (6) is an auction and says nothing of the book. */
const kinds = {
  "1": "new",
  "2": "reduced",
  "3": "cancelled",
  "4": "executed",
  "5": "hidden",
} as const;

/** A line as an event; `skipped` for an auction, undefined where it is none of the format. */
export function lobsterEvent(line: string, midnightUs: number): FlowEvent | "skipped" | undefined {
  const fields = line.split(",");
  if (fields.length < 6) return undefined;
  const [time = "", type = "", id = "", size = "", price = "", direction = ""] = fields;
  const atUs = timeOf(time, midnightUs);
  if (atUs === undefined) return undefined;
  if (type === "6") return "skipped";
  // Price −1 halts, 0 resumes quoting, 1 resumes trading.
  if (type === "7") return { kind: price === "-1" ? "halted" : "resumed", atUs };
  const kind = kinds[type as keyof typeof kinds];
  const isSound = integerPattern.test(size) && integerPattern.test(price);
  if (kind === undefined || !isSound || (direction !== "1" && direction !== "-1")) return undefined;
  const side = direction === "1" ? "buy" : "sell";
  const order = {
    side,
    price: decimal(Number(price), priceScale),
    quantity: decimal(Number(size), 0),
  } as const;
  return kind === "hidden" ? { kind, atUs, ...order } : { kind, atUs, id, ...order };
}

/** What rested before a line with the book after it; undefined where the line has none. */
export function lobsterBook(line: string, midnightUs: number): FlowEvent | undefined {
  const own = lobsterEvent(line, midnightUs);
  const fields = line.split(",").slice(6).map(Number);
  if (own === undefined || own === "skipped" || fields.length < 4 || fields.length % 4 !== 0)
    return undefined;
  const sides: Record<"asks" | "bids", FlowLevel[]> = { asks: [], bids: [] };
  for (let at = 0; at < fields.length; at += 2) {
    const [price, quantity] = [fields[at]!, fields[at + 1]!];
    if (!Number.isSafeInteger(price) || !Number.isSafeInteger(quantity)) return undefined;
    if (price <= 0 || price >= noPriceMin) continue;
    const side = at % 4 === 0 ? "asks" : "bids";
    const left = quantity - ownPart(own, side, price);
    if (left > 0)
      sides[side].push({ price: decimal(price, priceScale), quantity: decimal(left, 0) });
  }
  return { kind: "snapshot", atUs: own.atUs, ...sides };
}

/** What of a level came with the line itself. */
function ownPart(own: FlowEvent, side: "asks" | "bids", price: number): number {
  if (own.kind !== "new" || (own.side === "buy") !== (side === "bids")) return 0;
  const isSame = own.price.coefficient * 10 ** (priceScale - own.price.scale) === price;
  return isSame ? own.quantity.coefficient * 10 ** -own.quantity.scale : 0;
}

function timeOf(text: string, midnightUs: number): number | undefined {
  const match = secondsPattern.exec(text);
  if (match === null) return undefined;
  const [, seconds = "", fraction = ""] = match;
  return midnightUs + Number(seconds) * 1_000_000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

function decimal(coefficient: number, scale: number): Decimal {
  let [digits, places] = [coefficient, scale];
  while (places > 0 && digits % 10 === 0) {
    digits /= 10;
    places -= 1;
  }
  return { coefficient: digits, scale: places };
}
