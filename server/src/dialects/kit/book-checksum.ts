/**
 * The checksum of a book's best levels, by the rule of Kraken's book channel: prices and quantities as
 * they are sent, asks from the lowest, then bids from the highest.
 */
import { crc32 } from "./crc32.ts";

/** A level as its two texts. */
export type LevelTexts = readonly [price: string, quantity: string];

/** CRC-32 over the digits of all of them without points and leading zeros, price before quantity. */
export function bookChecksum(asks: readonly LevelTexts[], bids: readonly LevelTexts[]): number {
  return crc32(
    [...asks, ...bids].map(([price, quantity]) => digits(price) + digits(quantity)).join(""),
  );
}

function digits(number: string): string {
  return number.replace(".", "").replace(/^0+/, "");
}
