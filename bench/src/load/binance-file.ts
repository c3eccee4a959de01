/**
 * Writes made-up recordings in the format of Binance's public trade files, compressed with gzip. The
 * rows look like real ones in length and digits; they are no market.
 */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { gzipSync } from "node:zlib";
import { createRandom } from "./random.ts";

/** What file to write. */
export interface BinanceFileOptions {
  readonly path: string;
  readonly seed: number;
  /** The file is this many gzip members in a row, which gzip reads as one file. */
  readonly members: number;
  readonly rowsPerMember: number;
}

/** 2024-08-08 00:00 UTC. */
const startMs = 1_723_075_200_000;

/** Average time between two trades, in milliseconds: a busy market's. */
const gapMs = 10;

/** Writes the file, one member in memory at a time; ids and times run through all members. */
export async function writeBinanceFile(options: BinanceFileOptions): Promise<void> {
  const file = createWriteStream(options.path);
  const nextRow = rowMaker(options.seed);
  for (let member = 0; member < options.members; member += 1) {
    const rows = Array.from({ length: options.rowsPerMember }, nextRow);
    const header = member === 0 ? "id,price,qty,quote_qty,time,is_buyer_maker,is_best_match\n" : "";
    if (!file.write(gzipSync(header + rows.join("")))) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

function rowMaker(seed: number): () => string {
  const random = createRandom(seed);
  let id = 3_700_000_000;
  let cents = 6_150_000;
  let timeMs = startMs;
  return () => {
    id += 1;
    cents += Math.floor(random() * 3) - 1;
    timeMs += Math.floor(random() * gapMs * 2);
    const lots = Math.max(1, Math.floor(1e6 ** random()));
    const price = withDecimals(cents, 2, 8);
    const quantity = withDecimals(lots, 5, 8);
    const amount = withDecimals(cents * lots, 7, 8);
    const isBuyerMaker = random() < 0.5 ? "True" : "False";
    return `${id},${price},${quantity},${amount},${timeMs},${isBuyerMaker},True\n`;
  };
}

/** `value / 10 ** scale` written with `places` decimals, as these files pad all figures to eight. */
function withDecimals(value: number, scale: number, places: number): string {
  const digits = String(value).padStart(scale + 1, "0");
  const point = digits.length - scale;
  return `${digits.slice(0, point)}.${digits.slice(point).padEnd(places, "0")}`;
}
