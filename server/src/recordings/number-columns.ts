/**
 * Columns of numbers as few bytes: what counts up or stays the same is said once, and what lies close together is written as
 * small distances. Every number comes back as it was.
 */

/** How the numbers of a column are written. */
const kinds = { same: 0, counting: 1, bytes: 2, words: 3, longs: 4, doubles: 5 } as const;

/** Kind, and where the numbers begin to count. */
const headBytes = 16;

/** Bytes that a column of so many numbers takes at most. */
export function columnBytesMax(count: number): number {
  return headBytes + 8 * Math.ceil(count);
}

/** Writes the first `count` numbers of a column at a place that is a multiple of eight; answers the next such place. */
export function writeColumn(
  numbers: Float64Array,
  count: number,
  to: { readonly memory: ArrayBuffer; readonly at: number },
): number {
  const { memory, at } = to;
  const { kind, base } = shapeOf(numbers, count);
  const head = new Float64Array(memory, at, 2);
  head[0] = kind;
  head[1] = base;
  const body = at + headBytes;
  if (kind === kinds.doubles) {
    new Float64Array(memory, body, count).set(numbers.subarray(0, count));
    return body + 8 * count;
  }
  const width = widthOf(kind);
  if (width === 0) return body;
  const small = smallNumbers(memory, { at: body, count, width });
  for (let place = 0; place < count; place += 1) small[place] = numbers[place]! - base;
  return body + roundedUp(width * count);
}

/** Reads a column into `numbers`; answers where the next one begins. */
export function readColumn(
  numbers: Float64Array,
  count: number,
  from: { readonly memory: ArrayBuffer; readonly at: number },
): number {
  const { memory, at } = from;
  const [kind = 0, base = 0] = new Float64Array(memory, at, 2);
  const body = at + headBytes;
  if (kind === kinds.doubles) {
    numbers.set(new Float64Array(memory, body, count));
    return body + 8 * count;
  }
  const width = widthOf(kind);
  if (width === 0) {
    for (let place = 0; place < count; place += 1) numbers[place] = base + kind * place;
    return body;
  }
  const small = smallNumbers(memory, { at: body, count, width });
  for (let place = 0; place < count; place += 1) numbers[place] = base + small[place]!;
  return body + roundedUp(width * count);
}

function shapeOf(numbers: Float64Array, count: number): { kind: number; base: number } {
  const first = numbers[0] ?? 0;
  let [low, high] = [first, first];
  let isSame = true;
  let isCounting = Number.isSafeInteger(first);
  let isWhole = isCounting;
  for (let place = 1; place < count; place += 1) {
    const number = numbers[place]!;
    if (number < low) low = number;
    else if (number > high) high = number;
    isSame &&= number === first;
    isCounting &&= number === first + place;
    isWhole &&= Number.isSafeInteger(number);
  }
  if (isSame) return { kind: kinds.same, base: first };
  if (isCounting) return { kind: kinds.counting, base: first };
  const range = high - low;
  if (!isWhole || range >= 2 ** 32) return { kind: kinds.doubles, base: 0 };
  if (range < 2 ** 8) return { kind: kinds.bytes, base: low };
  return { kind: range < 2 ** 16 ? kinds.words : kinds.longs, base: low };
}

/** Bytes of a number; 0 where none is written. */
function widthOf(kind: number): number {
  if (kind === kinds.bytes) return 1;
  if (kind === kinds.words) return 2;
  return kind === kinds.longs ? 4 : 0;
}

function smallNumbers(
  memory: ArrayBuffer,
  { at, count, width }: { readonly at: number; readonly count: number; readonly width: number },
): Uint8Array | Uint16Array | Uint32Array {
  if (width === 1) return new Uint8Array(memory, at, count);
  return width === 2 ? new Uint16Array(memory, at, count) : new Uint32Array(memory, at, count);
}

function roundedUp(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
