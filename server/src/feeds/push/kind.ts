/** `kind: push` as one value, for servers that list it among their feeds. */
import type { FeedKind, OpenedFeed } from "../../ports/feed-kind.ts";
import { type PushFeedConfig, pushFeedSchema } from "./config.ts";
import { describePush } from "./description.ts";
import { PushFeed } from "./feed.ts";
import { pushRoute } from "./rest.ts";
import { pushDialect } from "./stream.ts";

/** Trades and bars that a trusted producer sends. */
export const push: FeedKind<typeof pushFeedSchema> = {
  kind: "push",
  configSchema: pushFeedSchema,
  open,
};

function open(config: PushFeedConfig, venue: string): OpenedFeed {
  const feed = new PushFeed(config.rowsInFlightMax);
  return {
    feed,
    routes: (dataset, door) => [pushRoute({ dataset, venue, feed, config, door })],
    streams: (dataset, door) => [
      {
        ...pushDialect({ dataset, venue, feed, config, door }),
        description: describePush(dataset),
      },
    ],
    waitsForConsumers: false,
    waitsForAudience: false,
    isRecording: false,
    simulated: false,
  };
}
