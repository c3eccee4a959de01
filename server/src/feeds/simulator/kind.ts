/** `kind: simulator` as one value, for servers that list it among their feeds. */
import type { FeedKind, OpenedFeed } from "../../ports/feed-kind.ts";
import { defaultTickers } from "../../simulation/default-market.ts";
import { type SimulatorFeedConfig, simulatorFeedSchema } from "./config.ts";
import { createSimulatorFeed } from "./feed.ts";

/** A seeded synthetic market, whose prices are made up. */
export const simulator: FeedKind<typeof simulatorFeedSchema> = {
  kind: "simulator",
  configSchema: simulatorFeedSchema,
  open,
};

function open(config: SimulatorFeedConfig, publisher: string): OpenedFeed | string {
  const feed = createSimulatorFeed({
    seed: config.seed,
    venue: publisher,
    tickers: config.tickers ?? defaultTickers,
  });
  if (typeof feed === "string") return feed;
  return {
    feed,
    inventPast: (span) => feed.inventPast(span),
    waitsForConsumers: false,
    waitsForAudience: false,
    isRecording: false,
    simulated: true,
  };
}
