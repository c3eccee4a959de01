/** Figures of feeds, for Prometheus. */

import type { Clock } from "../ports/clock.ts";
import type { WatchedTicker } from "../ports/feed.ts";
import type { Meter } from "../ports/meter.ts";
import type { FeedRunner } from "../streams/bar-streams.ts";
import { unusedKinds } from "../streams/unused-trades.ts";
import { follow } from "./follow.ts";

/** Registers them. */
export function feedFigures(
  meter: Meter,
  feeds: readonly FeedRunner[],
  clock: Pick<Clock, "nowUs">,
): (() => void)[] {
  return [...runFigures(meter, feeds), ...tickerFigures(meter, feeds, clock)];
}

function runFigures(meter: Meter, feeds: readonly FeedRunner[]): (() => void)[] {
  const lag = meter.gauge(
    "openbourse_feed_lag_seconds",
    "Receive time minus event time of the latest trade.",
    ["dataset"],
  );
  const up = meter.gauge(
    "openbourse_feed_up",
    "1 while the feed runs or has finished, 0 when it failed, also while it waits to be started again.",
    ["dataset"],
  );
  const trades = meter.counter("openbourse_feed_trades_total", "Trades by what became of them.", [
    "dataset",
    "verdict",
  ]);
  const malformed = meter.counter(
    "openbourse_feed_malformed_total",
    "Records that could not be read.",
    ["dataset"],
  );
  const skipped = meter.counter(
    "openbourse_feed_skipped_total",
    "Records that are sound but not market trades.",
    ["dataset"],
  );
  const unused = meter.counter(
    "openbourse_feed_unused_total",
    "Records that are in no bar, by why; duplicates are in one already.",
    ["dataset", "kind"],
  );
  const gaps = meter.counter("openbourse_feed_gaps_total", "Gaps that feeds reported.", [
    "dataset",
  ]);
  const restarts = meter.counter(
    "openbourse_feed_restarts_total",
    "How often a feed was started again after a failure.",
    ["dataset"],
  );
  return feeds.flatMap((feed) => {
    const labels = { dataset: feed.dataset.code };
    const { figures } = feed;
    const verdicts = Object.keys(figures.verdicts) as (keyof typeof figures.verdicts)[];
    return [
      () => lag.set(figures.lagUs / 1e6, labels),
      () => up.set(feed.state === "failed" || feed.state === "restarting" ? 0 : 1, labels),
      follow(malformed, () => figures.counts.malformed, labels),
      follow(skipped, () => figures.counts.skipped, labels),
      follow(gaps, () => figures.gaps, labels),
      follow(restarts, () => figures.restarts, labels),
      ...unusedKinds.map((kind) =>
        follow(unused, () => figures.unused.counts[kind], { ...labels, kind }),
      ),
      ...verdicts.map((verdict) =>
        follow(trades, () => figures.verdicts[verdict], { ...labels, verdict }),
      ),
    ];
  });
}

/** Tickers are those of the configuration, so there are as many labels as somebody has written. */
function tickerFigures(
  meter: Meter,
  feeds: readonly FeedRunner[],
  clock: Pick<Clock, "nowUs">,
): (() => void)[] {
  const live = feeds.filter(({ tellsTickers }) => tellsTickers);
  if (live.length === 0) return [];
  const labels = ["dataset", "ticker"];
  const gauge = (name: string, help: string) => meter.gauge(name, help, labels);
  const up = gauge(
    "openbourse_feed_ticker_up",
    "1 while the ticker is watched, 0 while it is not.",
  );
  const lag = gauge(
    "openbourse_feed_ticker_lag_seconds",
    "Receive time minus event time of the ticker's newest trade.",
  );
  const silence = gauge(
    "openbourse_feed_ticker_silence_seconds",
    "How long nothing was heard of the ticker, trades or not.",
  );
  const counter = (name: string, help: string) => meter.counter(name, help, labels);
  const reconnects = counter(
    "openbourse_feed_ticker_reconnects_total",
    "How often the ticker was watched again after a failure.",
  );
  const gaps = counter("openbourse_feed_ticker_gaps_total", "Pauses that could not be closed.");
  const backfilled = counter(
    "openbourse_feed_ticker_backfilled_total",
    "Trades that were missed and asked for afterwards.",
  );
  return live.flatMap((feed) =>
    feed.tickers.flatMap((ticker) => {
      const of = { dataset: feed.dataset.code, ticker };
      const found = () => feed.watched.find((watched) => watched.ticker === ticker);
      const count = (key: keyof WatchedTicker) => () => Number(found()?.[key] ?? 0);
      return [
        () => up.set(found()?.state === "live" ? 1 : 0, of),
        () => lag.set(count("lagUs")() / 1e6, of),
        () => {
          const heardUs = count("heardUs")();
          silence.set(heardUs === 0 ? 0 : Math.max(0, clock.nowUs() - heardUs) / 1e6, of);
        },
        follow(reconnects, count("reconnects"), of),
        follow(gaps, count("gaps"), of),
        follow(backfilled, count("backfilled"), of),
      ];
    }),
  );
}
