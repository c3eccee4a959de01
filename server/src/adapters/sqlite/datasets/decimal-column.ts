/**
 * A column of decimals, each an integer at a scale of its own: prices or quantities. The usual cases, one
 * scale for all or numbers without trailing zeros, take a difference each; anything else is written out.
 */
import { rescale } from "../../../core/num/decimal.ts";
import { type ByteReader, type ByteWriter, DamagedBytes, isCount } from "./bytes.ts";

/** How a column is written. */
const form = { oneScale: 0, withoutZeros: 1, writtenOut: 2 } as const;

/** Decimals, in the order of their trades. */
export interface Decimals {
  readonly values: (number | bigint)[];
  readonly scales: number[];
}

/** Writes a column. */
export function writeDecimals(to: ByteWriter, { values, scales }: Decimals): void {
  const scale = scales.reduce((left, right) => Math.max(left, right), 0);
  const areCounts = values.every(isCount);
  if (areCounts && scales.every((own) => own === scale)) {
    to.byte(form.oneScale);
    to.uint(scale);
    writeDifferences(to, values as number[]);
    return;
  }
  const rescaled = areCounts ? atScale(values as number[], scales, scale) : undefined;
  if (rescaled !== undefined) {
    to.byte(form.withoutZeros);
    to.uint(scale);
    writeDifferences(to, rescaled);
    return;
  }
  to.byte(form.writtenOut);
  values.forEach((value, index) => {
    to.uint(scales[index]!);
    to.exact(value);
  });
}

/** Values at one scale; undefined where their own cannot be told from them afterwards. */
function atScale(
  values: readonly number[],
  scales: readonly number[],
  scale: number,
): readonly number[] | undefined {
  const rescaled: number[] = [];
  for (const [index, value] of values.entries()) {
    const own = scales[index]!;
    if (own > 0 && value % 10 === 0) return undefined;
    const fine = rescale(value, own, scale);
    if (fine === undefined || (fine === 0 && scale > 0)) return undefined;
    rescaled.push(fine);
  }
  return rescaled;
}

function writeDifferences(to: ByteWriter, values: readonly number[]): void {
  let last = 0;
  for (const value of values) {
    to.int(value - last);
    last = value;
  }
}

/** Reads a column of so many. */
export function readDecimals(from: ByteReader, count: number): Decimals {
  const how = from.byte();
  if (how === form.writtenOut) return readWrittenOut(from, count);
  if (how !== form.oneScale && how !== form.withoutZeros) {
    throw new DamagedBytes("a column holds what is never written");
  }
  const scale = from.uint();
  const values: number[] = [];
  const scales: number[] = [];
  let value = 0;
  for (let index = 0; index < count; index += 1) {
    value += from.int();
    if (how === form.oneScale) {
      values.push(value);
      scales.push(scale);
      continue;
    }
    let [short, own] = [value, scale];
    while (own > 0 && short % 10 === 0) {
      short /= 10;
      own -= 1;
    }
    values.push(short);
    scales.push(own);
  }
  return { values, scales };
}

function readWrittenOut(from: ByteReader, count: number): Decimals {
  const values: (number | bigint)[] = [];
  const scales: number[] = [];
  for (let index = 0; index < count; index += 1) {
    scales.push(from.uint());
    values.push(from.exact());
  }
  return { values, scales };
}
