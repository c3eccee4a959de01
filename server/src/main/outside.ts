/** Shows the feeds to the markets that follow them. */
import type { OutsidePrices } from "../agents/mirror/outside.ts";
import type { Clock } from "../ports/clock.ts";
import type { FeedEvent } from "../ports/feed.ts";
import type { FeedRunner } from "../streams/bar-streams.ts";
import type { LiveFeedOptions } from "../streams/live-feed.ts";

/** What is shown of a dataset; undefined where nobody follows it. */
export function outsideWatch(
  outside: OutsidePrices,
  dataset: string,
  clock: Clock,
): ((event: FeedEvent) => void) | undefined {
  if (outside.within(dataset).length === 0) return undefined;
  return (event) => {
    if (event.kind === "gap") outside.gap(dataset, event.ticker, event.toUs);
    if (event.kind !== "trades") return;
    const nowUs = clock.nowUs();
    for (const trade of event.trades) {
      outside.of(dataset, trade.instrument.ticker)?.traded(trade, nowUs);
    }
  };
}

/** Where quotes go. */
export function outsideQuotes(
  outside: OutsidePrices,
  clock: Clock,
): NonNullable<LiveFeedOptions["quoted"]> {
  return ({ dataset, ticker }, quote) => {
    outside.of(dataset.code, ticker)?.quoted(quote, clock.nowUs());
  };
}

/** Lets those who follow a dataset know how its feed is doing. */
export function followRunner(outside: OutsidePrices, runner: FeedRunner): void {
  for (const price of outside.within(runner.dataset.code)) {
    price.life = () => {
      const watched = runner.watched.find(({ ticker }) => ticker === price.ticker);
      const isWatched = watched === undefined || watched.state === "live";
      return {
        isRunning: runner.state === "running" && isWatched,
        heardUs: watched?.heardUs ?? 0,
      };
    };
  }
}
