/**
 * Public ids: ULIDs whose 48 bits of time and 80 bits below are a function of the log, so that a
 * replay makes the same ones and later ids sort after earlier ones (docs/protocols/cryptomus, The stream). Inside the core an
 * order is the sequence number of the command that placed it.
 */
import { assert } from "./assert.ts";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const bitsPerDigit = 5;
const idLength = 26;
const timeDigits = 10;
const halfDigits = 8;
const timeMax = 2 ** 48;
const ordinalMax = 2 ** 24;
/** The 80 bits are 56 of sequence and 24 of ordinal, written as two halves of 40. */
const sequenceLow = 2 ** 16;

/** Parts of a public id. */
export interface IdParts {
  readonly timeMs: number;
  readonly sequence: number;
  /** Which of the ids that one command made: 0 … 2²⁴ − 1. */
  readonly ordinal: number;
}

/** Writes an id. */
export function formatId({ timeMs, sequence, ordinal }: IdParts): string {
  assert(timeMs >= 0 && timeMs < timeMax, "an id's time fits in 48 bits");
  assert(Number.isSafeInteger(sequence) && sequence >= 0, "an id's sequence is a safe integer");
  assert(ordinal >= 0 && ordinal < ordinalMax, "an id's ordinal fits in 24 bits");
  const high = Math.floor(sequence / sequenceLow);
  const low = (sequence % sequenceLow) * ordinalMax + ordinal;
  return idDigits(timeMs, timeDigits) + idDigits(high, halfDigits) + idDigits(low, halfDigits);
}

/** Reads an id that {@link formatId} wrote; undefined for any other text. */
export function parseId(text: string): IdParts | undefined {
  if (text.length !== idLength) return undefined;
  const timeMs = readDigits(text.slice(0, timeDigits));
  const high = readDigits(text.slice(timeDigits, timeDigits + halfDigits));
  const low = readDigits(text.slice(timeDigits + halfDigits));
  if (timeMs === undefined || high === undefined || low === undefined) return undefined;
  const sequence = high * sequenceLow + Math.floor(low / ordinalMax);
  if (timeMs >= timeMax || !Number.isSafeInteger(sequence)) return undefined;
  return { timeMs, sequence, ordinal: low % ordinalMax };
}

/** Public id of an order. */
export function orderId(order: number, createdUs: number): string {
  return formatId({ timeMs: Math.floor(createdUs / 1000), sequence: order, ordinal: 0 });
}

/** Public id of all fills of an order together (D-C41). */
export function fillsId(order: number, createdUs: number): string {
  return formatId({ timeMs: Math.floor(createdUs / 1000), sequence: order, ordinal: 1 });
}

/** Whose half of a trade an id names; `public` for the trade itself. */
export type TradeHalf = "public" | "maker" | "taker";

const halves = { public: 2, maker: 3, taker: 4 } as const;

/** Where a trade happened in the log. */
export interface TradePlace {
  readonly sequence: number;
  readonly timeUs: number;
  /** Of the `traded` event. */
  readonly ordinal: number;
}

/** Public id of a trade, or of one owner's half of it (the wire's transaction id). */
export function tradeId({ sequence, timeUs, ordinal }: TradePlace, half: TradeHalf): string {
  const timeMs = Math.floor(timeUs / 1000);
  return formatId({ timeMs, sequence, ordinal: 3 * ordinal + halves[half] });
}

/** The last `count` digits of a number, of five bits each: Crockford's base 32, as ULIDs are written. */
export function idDigits(value: number, count: number): string {
  let text = "";
  let rest = value;
  for (let digit = 0; digit < count; digit += 1) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function readDigits(text: string): number | undefined {
  let value = 0;
  for (const character of text) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) return undefined;
    value = value * 2 ** bitsPerDigit + digit;
  }
  return value;
}
