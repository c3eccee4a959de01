/** The kinds of feeds that a dataset can be configured with. A new one is a folder below `feeds/` and a line here. */
import type { DatasetConfig } from "../config/schema.ts";
import { assert } from "../core/assert.ts";
import { ccxt } from "../feeds/ccxt/kind.ts";
import { push } from "../feeds/push/kind.ts";
import { replay } from "../feeds/replay/kind.ts";
import { simulator } from "../feeds/simulator/kind.ts";
import type { FeedKind, OpenedFeed } from "../ports/feed-kind.ts";
import { type LiveFeedOptions, liveFeed } from "../streams/live-feed.ts";

/** All of them, in the order in which they are documented. */
export const feedKinds: readonly FeedKind[] = [simulator, replay, ccxt, push];

/**
 * Opens the feed of a dataset; undefined where it has none. A text says what is wrong with its
 * configuration. Live sources are watched by one policy for all of them; `seed` spreads their tries.
 */
export function openFeed(
  dataset: DatasetConfig,
  seed = 0,
  quoted?: LiveFeedOptions["quoted"],
): OpenedFeed | string | undefined {
  const { feed, code, publisher = code } = dataset;
  if (feed === undefined) return undefined;
  const found = feedKinds.find(({ kind }) => kind === feed.kind);
  assert(found !== undefined, "a feed of the configuration is of a kind that there is");
  const opened = found.open(feed, publisher);
  if (typeof opened === "string" || "feed" in opened) return opened;
  const { source, staleMs, ...rest } = opened;
  return {
    ...rest,
    tapFrames: source.tapFrames?.bind(source),
    feed: liveFeed({ source, staleMs, seed, dataset: code, ...(quoted && { quoted }) }),
  };
}
