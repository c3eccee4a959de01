/** The encodings of all channels together, one set for all connections of the dialect. */
import type { Encoding } from "../../ports/dialect.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { candles, depths, lastPrices, positions, tickers, trades } from "./encode.ts";
import { balancesWith, fills, orders } from "./encode-private.ts";
import type { ServedTopic } from "./topics.ts";

/** How each kind of update is written. */
export type Encodings = { readonly [Kind in ServedTopic["kind"] | "position"]: Encoding<Kind> };

/** Makes the set. The objects are the keys under which text is shared, so there must be only one. */
export function createEncodings(secrets: Secrets): Encodings {
  return {
    "last-price": lastPrices,
    ticker: tickers,
    trades,
    depth: depths,
    candles,
    position: positions,
    orders,
    fills,
    balances: balancesWith(secrets),
  };
}
