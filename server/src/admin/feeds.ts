/** Listing the feeds of a running server: which run, which tickers they hear, what they have missed. */
import type { FeedStatus } from "../ports/feed-status.ts";
import { type AdminAnswer, done, unavailable } from "./answer.ts";
import type { AdminTarget } from "./target.ts";

/** All feeds. */
export interface FeedListing {
  readonly feeds: readonly FeedStatus[];
}

/** Lists feeds in the order of the configuration. */
export async function listFeeds(
  _request: object,
  { feeds }: AdminTarget,
): Promise<AdminAnswer<FeedListing>> {
  if (feeds === undefined) return unavailable("no server runs here that could have feeds");
  return done({ feeds: feeds() });
}
