/**
 * Bars of a minute as they are told. A visitor's key that has run out while the server was away is replaced, and bars go on over
 * another connection.
 */
import { type Bar, ClientError, type FinazonStream } from "@openbourse/client";
import { finazonStream, hasOwnKey } from "./finazon.ts";
import { load } from "./loading.ts";

/** What is told of bars. */
export interface BarListener {
  bar(bar: Bar): void;
  /** They come over this connection, which may take the place of another. What is returned is called when they no longer do. */
  begun?(stream: FinazonStream, isAgain: boolean): () => void;
  /** The connection is over, and another one is made. */
  lost?(): void;
  /** No more come: why, or nothing when that is in order. */
  ended?(why: string | undefined): void;
}

/** Tells of bars until the returned function is called. */
export function followBars(
  dataset: string,
  tickers: readonly string[],
  listener: BarListener,
): () => void {
  let stop = () => {};
  const begin = (isAgain: boolean): void => {
    stop = load({
      ask: () => finazonStream().catch(onlyRefused),
      done: (stream) => {
        if (stream instanceof ClientError) listener.ended?.(stream.message);
        else stop = listen(stream, isAgain);
      },
      tell: () => {},
    });
  };
  const listen = (stream: FinazonStream, isAgain: boolean): (() => void) => {
    const feed = stream.bars({ dataset, tickers });
    const deaf = listener.begun?.(stream, isAgain) ?? (() => {});
    feed.listen(
      (bar) => listener.bar(bar),
      (fault) => {
        deaf();
        // Somebody's own key would be refused again.
        if (fault?.kind !== "unauthorized" || hasOwnKey.peek()) listener.ended?.(fault?.message);
        else {
          listener.lost?.();
          begin(true);
        }
      },
    );
    return () => {
      deaf();
      feed.close();
    };
  };
  begin(false);
  return () => stop();
}

/** Who is not let in need not ask again. */
function onlyRefused(error: unknown): ClientError {
  if (error instanceof ClientError && error.fault.kind === "unauthorized") return error;
  throw error;
}
