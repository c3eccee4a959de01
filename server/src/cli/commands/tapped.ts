/** Reads what a server shows at a tap: lines of JSON, each with the bytes that follow it. */

/** Largest head and largest piece of bytes. */
const headBytesMax = 16 * 1024 ** 2;
const pieceBytesMax = 256 * 1024 ** 2;

/** Something that passed. */
export interface Tapped {
  readonly t: string;
  readonly us: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer | undefined;
}

/** Everything that is whole; what a server that was killed has begun is left out. Raises where it is something else. */
export async function* tapped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Tapped, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let next = nextOf(rest, at); next !== undefined; next = nextOf(rest, at)) {
      yield next.tapped;
      at = next.end;
    }
    rest = rest.subarray(at);
  }
}

function nextOf(
  from: Buffer,
  at: number,
): { readonly tapped: Tapped; readonly end: number } | undefined {
  const headEnd = from.indexOf(0x0a, at);
  if (headEnd < 0) {
    if (from.length - at > headBytesMax) throw new Error("the server shows something else");
    return undefined;
  }
  const head: unknown = JSON.parse(from.toString("utf8", at, headEnd));
  const { t, us, bytes = 0, ...fields } = head as { t: string; us: number; bytes?: number };
  if (bytes > pieceBytesMax) throw new Error("the server shows something else");
  const end = headEnd + 1 + bytes;
  if (end > from.length) return undefined;
  const body = bytes === 0 ? undefined : from.subarray(headEnd + 1, end);
  return { tapped: { t, us, fields, bytes: body }, end };
}
