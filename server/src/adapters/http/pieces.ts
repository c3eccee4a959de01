/** Sends texts piece by piece: no faster than the peer takes them, with others' work in between. */
import { Readable } from "node:stream";
import { nextTurn } from "../../ports/timers.ts";

/**
 * A stream of the beginning and then of the rest. A piece of the rest is asked for when the peer has taken enough
 * of what was before it, one in a turn of the event loop, and none once the stream is destroyed.
 */
export function pieceByPiece(beginning: Iterable<string>, rest: Iterable<string>): Readable {
  return Readable.from(pieces(beginning, rest), { objectMode: false, highWaterMark: 1 });
}

async function* pieces(
  beginning: Iterable<string>,
  rest: Iterable<string>,
): AsyncGenerator<string, void> {
  yield* beginning;
  for (const piece of rest) {
    yield piece;
    await nextTurn();
  }
}
