/** `feeds`: how the feeds of the running server are doing, and each ticker of the live ones. */
import { type AdminAnswer, unavailable } from "../../admin/answer.ts";
import { askServer } from "../../admin/ask-server.ts";
import type { AdminResult } from "../../admin/operations.ts";
import { dataFolder } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { WatchedTicker } from "../../ports/feed.ts";
import type { FeedStatus } from "../../ports/feed-status.ts";
import { askAndPrint } from "./administration.ts";

type Listing = AdminResult<"list-feeds">;

/** Lists feeds. */
export function listFeedsCommand(
  input: ConfigInput,
  { json }: { readonly json?: true | undefined },
): Promise<number> {
  return askAndPrint(input, json === true, {
    ask: askForFeeds,
    say: ({ feeds }: Listing) => (feeds.length === 0 ? ["no feeds"] : feeds.flatMap(lines)),
  });
}

/** Asks the server and nobody else: without one nothing is fed. */
async function askForFeeds(config: Config): Promise<AdminAnswer<Listing>> {
  const { adminSocket } = dataFolder(config.data);
  const answer = await askServer(adminSocket, { name: "list-feeds", request: {} });
  if (answer === undefined) {
    return unavailable(
      `no server runs on the data folder ${config.data}: name its own with --data`,
    );
  }
  // It comes from the operation of this name, and was written by the same program.
  return answer as AdminAnswer<Listing>;
}

function lines(feed: FeedStatus): readonly string[] {
  const { dataset, state, trades, gaps, restarts, unused, failure, tickers } = feed;
  const more = [
    ...Object.entries(unused).map(([kind, count]) => `${count} ${kind}`),
    ...(gaps === 0 ? [] : [`${gaps} gaps`]),
    ...(restarts === 0 ? [] : [`${restarts} restarts`]),
    ...(failure === undefined ? [] : [`failed last: ${failure}`]),
  ];
  const first = [`${dataset}  ${state}  ${trades} trades`, ...more].join(", ");
  return [first, ...tickers.map(tickerLine)];
}

function tickerLine(watched: WatchedTicker): string {
  const { ticker, state, lagUs, reconnects, gaps, backfilled, failure } = watched;
  const told = [
    `lag ${Math.round(lagUs / 1e5) / 10} s`,
    ...(reconnects === 0 ? [] : [`${reconnects} reconnects`]),
    ...(gaps === 0 ? [] : [`${gaps} gaps`]),
    ...(backfilled === 0 ? [] : [`${backfilled} backfilled`]),
    ...(failure === undefined ? [] : [failure]),
  ];
  return `  ${ticker}  ${state}  ${told.join(", ")}`;
}
