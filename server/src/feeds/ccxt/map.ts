/** What ccxt makes of a venue's trade becomes a trade of ours, digit by digit; what cannot is said. */
import { parseWideDecimal, type WideDecimal } from "../../core/num/decimal.ts";
import type { LiveQuote, LiveTrade } from "../../ports/live-source.ts";
import type { CcxtLevel, CcxtTrade } from "./library.ts";

/** Ids of digits alone are numbers as far as those hold them, which sorts and compares faster. */
const numericId = /^[1-9]\d{0,14}$/;

/** Latest time that is taken, in milliseconds since 1970: microseconds of it are a safe integer. */
const timeMaxMs = 9_000_000_000_000;

/** A trade; a text says what is wrong with it. */
export function mapTrade(
  venue: string,
  trade: CcxtTrade,
  idFields: readonly string[] = [],
): LiveTrade | string {
  const price = positive(trade.price);
  if (price === undefined) return `price ${String(trade.price)}`;
  const amount = positive(trade.amount);
  if (amount === undefined) return `amount ${String(trade.amount)}`;
  const { timestamp, side } = trade;
  const id = idOf(trade, idFields);
  if (timestamp === undefined || !(timestamp > 0 && timestamp < timeMaxMs)) {
    return `time ${String(timestamp)}`;
  }
  return {
    venue,
    id: id === undefined ? undefined : numericId.test(id) ? Number(id) : id,
    price: price.coefficient,
    priceScale: price.scale,
    quantity: amount.coefficient,
    quantityScale: amount.scale,
    eventTimeUs: Math.round(timestamp * 1_000),
    aggressor: side === "buy" || side === "sell" ? side : "unknown",
  };
}

/** The best prices of a book; undefined while a side is empty, or where they are crossed. */
export function mapQuote(
  bid: CcxtLevel | undefined,
  ask: CcxtLevel | undefined,
): LiveQuote | undefined {
  const [low, high] = [positive(bid?.[0]), positive(ask?.[0])];
  if (low === undefined || high === undefined) return undefined;
  const priceScale = Math.max(low.scale, high.scale);
  const at = ({ coefficient, scale }: WideDecimal) =>
    Number(coefficient) * 10 ** (priceScale - scale);
  const quote = { bid: at(low), ask: at(high), priceScale };
  const areSafe = Number.isSafeInteger(quote.bid) && Number.isSafeInteger(quote.ask);
  return areSafe && quote.bid < quote.ask ? quote : undefined;
}

function idOf({ id, info }: CcxtTrade, fields: readonly string[]): string | undefined {
  const own = (info ?? {}) as Readonly<Record<string, unknown>>;
  const field = fields.find((name) => own[name] !== undefined);
  return field === undefined ? id : String(own[field]);
}

function positive(written: string | number | undefined): WideDecimal | undefined {
  if (written === undefined) return undefined;
  const read = parseWideDecimal(String(written));
  return typeof read !== "string" && read.coefficient > 0 ? read : undefined;
}
