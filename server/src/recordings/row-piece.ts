/**
 * Rows of a recording as bytes that are quick to read again: columns of numbers, and beside them, as JSON, the little
 * that is none. Every figure comes back as it was.
 */
import type { AggressorSide } from "../marketdata/trade.ts";
import type { RecordedTrade } from "./map.ts";
import { columnBytesMax, readColumn, writeColumn } from "./number-columns.ts";

/** Most rows of a piece: making one, or reading it, takes about half a millisecond. */
export const pieceRowsMax = 2_048;

const sides: readonly AggressorSide[] = ["buy", "sell", "unknown"];
const sideNumbers: Readonly<Record<AggressorSide, number>> = { buy: 0, sell: 1, unknown: 2 };

const bits = { side: 3, idIsNumber: 4, idIsText: 8, bigPrice: 16, bigQuantity: 32 } as const;

/** Number of rows, and of bytes of what is no number. */
const headBytes = 8;

/** What is no number: names that rows point to, and figures that are rare. */
interface Oddities {
  /** Symbol and venue, null where there is none. */
  readonly names: readonly (readonly [string | null, string | null])[];
  /** Ids that are texts, in order. */
  readonly ids: readonly string[];
  /** Figures that are too large for a number, in order. */
  readonly prices: readonly string[];
  readonly quantities: readonly string[];
}

/** The columns of a piece; made once, since pieces are made and read one after another. */
const event = new Float64Array(pieceRowsMax);
/** Time of receipt after that of the event. */
const delay = new Float64Array(pieceRowsMax);
const price = new Float64Array(pieceRowsMax);
const priceScale = new Float64Array(pieceRowsMax);
const quantity = new Float64Array(pieceRowsMax);
const quantityScale = new Float64Array(pieceRowsMax);
const id = new Float64Array(pieceRowsMax);
const line = new Float64Array(pieceRowsMax);
const name = new Float64Array(pieceRowsMax);
const kinds = new Float64Array(pieceRowsMax);
const figures = [event, delay, price, priceScale, quantity, quantityScale];
const columns = [...figures, id, line, name, kinds];

/** The bytes of some rows, at most {@link pieceRowsMax}. */
export function packRows(
  rows: readonly RecordedTrade[],
  from = 0,
  to: number = rows.length,
): Buffer {
  const count = to - from;
  const names = new Names();
  const odd = { ids: [] as string[], prices: [] as string[], quantities: [] as string[] };
  for (let at = 0; at < count; at += 1) {
    const row = rows[from + at]!;
    event[at] = row.eventTimeUs;
    delay[at] = row.receiveTimeUs - row.eventTimeUs;
    priceScale[at] = row.priceScale;
    quantityScale[at] = row.quantityScale;
    line[at] = row.line;
    name[at] = names.numberOf(row.symbol, row.venue);
    price[at] = typeof row.price === "number" ? row.price : 0;
    quantity[at] = typeof row.quantity === "number" ? row.quantity : 0;
    id[at] = typeof row.id === "number" ? row.id : 0;
    kinds[at] = sideNumbers[row.aggressor] | oddBits(row, odd);
  }
  const said = Buffer.from(JSON.stringify({ names: names.all, ...odd } satisfies Oddities));
  const memory = new ArrayBuffer(headBytes + columns.length * columnBytesMax(count));
  new Uint32Array(memory, 0, 2).set([count, said.length]);
  let end = headBytes;
  for (const column of columns) end = writeColumn(column, count, { memory, at: end });
  return Buffer.concat([Buffer.from(memory, 0, end), said]);
}

function oddBits(
  row: RecordedTrade,
  odd: { readonly ids: string[]; readonly prices: string[]; readonly quantities: string[] },
): number {
  let found = 0;
  if (typeof row.id === "number") found |= bits.idIsNumber;
  else if (row.id !== undefined) {
    found |= bits.idIsText;
    odd.ids.push(row.id);
  }
  if (typeof row.price === "bigint") {
    found |= bits.bigPrice;
    odd.prices.push(`${row.price}`);
  }
  if (typeof row.quantity === "bigint") {
    found |= bits.bigQuantity;
    odd.quantities.push(`${row.quantity}`);
  }
  return found;
}

/** The rows of a piece. */
export function unpackRows(piece: Buffer): RecordedTrade[] {
  // Of its own, since columns begin at multiples of eight bytes.
  const memory = new ArrayBuffer(piece.length);
  piece.copy(new Uint8Array(memory));
  const [count = 0, saidBytes = 0] = new Uint32Array(memory, 0, 2);
  let end = headBytes;
  for (const column of columns) end = readColumn(column, count, { memory, at: end });
  const said = piece.toString("utf8", end, end + saidBytes);
  const { names, ids, prices, quantities } = JSON.parse(said) as Oddities;
  const rows: RecordedTrade[] = [];
  let [idAt, priceAt, quantityAt] = [0, 0, 0];
  for (let at = 0; at < count; at += 1) {
    const kind = kinds[at]!;
    const [symbol, venue] = names[name[at]!]!;
    let ownId: RecordedTrade["id"];
    if ((kind & bits.idIsNumber) !== 0) ownId = id[at]!;
    else if ((kind & bits.idIsText) !== 0) ownId = ids[idAt++]!;
    const row: RecordedTrade = {
      id: ownId,
      price: (kind & bits.bigPrice) === 0 ? price[at]! : BigInt(prices[priceAt++]!),
      priceScale: priceScale[at]!,
      quantity: (kind & bits.bigQuantity) === 0 ? quantity[at]! : BigInt(quantities[quantityAt++]!),
      quantityScale: quantityScale[at]!,
      eventTimeUs: event[at]!,
      receiveTimeUs: event[at]! + delay[at]!,
      aggressor: sides[kind & bits.side]!,
      symbol: symbol ?? undefined,
      line: line[at]!,
    };
    rows.push(venue === null ? row : { ...row, venue });
  }
  return rows;
}

/** Pairs of symbol and venue, each once. Rows in a row mostly have the same. */
class Names {
  readonly all: [string | null, string | null][] = [];
  readonly #numbers = new Map<string, number>();
  #lastSymbol: string | undefined;
  #lastVenue: string | undefined;
  #last = -1;

  numberOf(symbol: string | undefined, venue: string | undefined): number {
    if (this.#last >= 0 && symbol === this.#lastSymbol && venue === this.#lastVenue) {
      return this.#last;
    }
    const key = JSON.stringify([symbol ?? null, venue ?? null]);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.all.push([symbol ?? null, venue ?? null]) - 1;
      this.#numbers.set(key, number);
    }
    [this.#lastSymbol, this.#lastVenue, this.#last] = [symbol, venue, number];
    return number;
  }
}
