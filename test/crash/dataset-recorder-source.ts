/** A source of trades that tells the same ones to every life of a server, with ids and at times of their own. */
import type { StoredTrade } from "../../server/src/ports/dataset-reader.ts";

/** When the first trade happens: a whole minute. */
export const sourceStartUs = Date.UTC(2024, 7, 8, 12) * 1_000;

/** Trades follow each other after this time; so each minute has many, at other seconds each. */
const stepUs = 1_370_000;

export const sourceTickers: readonly string[] = ["A/B", "C/D"];

/** The trade of a number, counted from 1. */
export function tradeOf(number: number): StoredTrade {
  const mixed = (number * 2_654_435_761) % 4_294_967_296;
  return {
    ticker: sourceTickers[number % 2]!,
    venue: "v",
    id: number,
    price: 1_000 + (mixed % 97),
    priceScale: 2,
    quantity: 1 + (mixed % 13),
    quantityScale: 3,
    eventTimeUs: sourceStartUs + number * stepUs,
    aggressor: mixed % 2 === 0 ? "buy" : "sell",
  };
}

/** The number of the last trade at or before a time. */
export function lastBy(timeUs: number): number {
  return Math.floor((timeUs - sourceStartUs) / stepUs);
}
