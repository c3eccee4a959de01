/** `kind: ccxt` as one value, for servers that list it among their feeds. */
import type { FeedKind, OpenedSource } from "../../ports/feed-kind.ts";
import { type CcxtFeedConfig, ccxtFault, ccxtFeedSchema } from "./config.ts";
import { findExchange } from "./library.ts";
import { threadedSource } from "./threaded.ts";

/** A venue's public trades, through ccxt. */
export const ccxt: FeedKind<typeof ccxtFeedSchema> = {
  kind: "ccxt",
  configSchema: ccxtFeedSchema,
  open,
};

function open(config: CcxtFeedConfig, publisher: string): OpenedSource | string {
  const library = findExchange(config.exchange);
  if (typeof library === "string") return library;
  const fault = ccxtFault(config);
  if (fault !== undefined) return fault;
  return {
    source: threadedSource({ library, config, venue: publisher }),
    staleMs: config.staleSeconds * 1_000,
    waitsForConsumers: false,
    waitsForAudience: false,
    isRecording: false,
    simulated: false,
  };
}
