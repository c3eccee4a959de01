/**
 * The simulator as a feed: trades of synthetic markets on wall time, endless, without file or
 * network. It sleeps until the next trade is due and never yields a trade before its time.
 */
import type { Trade } from "../../marketdata/trade.ts";
import type { Feed, FeedContext, FeedEvent, FeedOutcome, StopSignal } from "../../ports/feed.ts";
import type { InventedPast, PastSpan } from "../../ports/feed-kind.ts";
import { parseSimulatorOptions, type SimulatorOptions } from "./config.ts";
import { MarketStream } from "./market-stream.ts";
import { type SimulatedVenue, simulatedPast } from "./past.ts";

/**
 * How far behind the clock the simulator catches up, in microseconds. After a longer pause, such as
 * a suspended laptop, the newest part is generated and the rest is reported as a gap.
 */
export const catchUpMaxUs = 10_000_000;

/** A batch spans at most this much event time, which bounds it by the configured rates. */
const batchSpanUs = 100_000;

/** A feed, and the past that its dataset may begin with. */
export interface SimulatorFeed extends Feed {
  inventPast(span: PastSpan): InventedPast;
}

/** Opens a simulated venue; a text says what is wrong with the options. */
export function createSimulatorFeed(options: SimulatorOptions): SimulatorFeed | string {
  const markets = parseSimulatorOptions(options);
  if (typeof markets === "string") return markets;
  const venue: SimulatedVenue = { seed: options.seed, venue: options.venue, markets };
  return {
    time: "wall",
    tickers: markets.map((market) => market.ticker),
    run: (context, signal) => simulate(venue, context, signal),
    inventPast: (span) => simulatedPast(venue, span),
  };
}

async function* simulate(
  venue: SimulatedVenue,
  context: FeedContext,
  signal: StopSignal,
): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
  const streams = openStreams(venue, context);
  if (streams.length === 0) return { kind: "failed", reason: "the dataset has room for no ticker" };

  while (!signal.aborted) {
    const nowUs = context.nowUs();
    const nextUs = earliest(streams);
    if (nextUs > nowUs) {
      await context.sleep(Math.ceil((nextUs - nowUs) / 1_000), signal);
    } else if (nowUs - nextUs > catchUpMaxUs) {
      const resumeUs = nowUs - catchUpMaxUs;
      for (const stream of streams) stream.skipTo(resumeUs);
      const reason = "the simulator was paused for longer than it catches up";
      yield [{ kind: "gap", fromUs: nextUs, toUs: resumeUs, reason }];
    } else {
      const trades = takeDue(streams, Math.min(nextUs + batchSpanUs, nowUs), nowUs);
      context.count("trades", trades.length);
      yield [{ kind: "trades", trades }];
    }
  }
  return { kind: "stopped" };
}

function openStreams(
  { seed, venue, markets }: SimulatedVenue,
  context: FeedContext,
): MarketStream[] {
  const startUs = context.nowUs();
  const streams: MarketStream[] = [];
  for (const market of markets) {
    const instrument = context.instrument(market.ticker);
    if (instrument === undefined) {
      context.warn(`the dataset is full: ${market.ticker} is not simulated`);
    } else {
      streams.push(new MarketStream({ instrument, market, venue, seed, startUs }));
    }
  }
  return streams;
}

function earliest(streams: readonly MarketStream[]): number {
  let nextUs = Number.POSITIVE_INFINITY;
  for (const stream of streams) nextUs = Math.min(nextUs, stream.nextUs);
  return nextUs;
}

/** All trades up to `untilUs` in the order of their times; of equal times, in the order of the tickers. */
function takeDue(streams: readonly MarketStream[], untilUs: number, nowUs: number): Trade[] {
  const trades: Trade[] = [];
  for (const stream of streams) {
    while (stream.nextUs <= untilUs) trades.push(stream.take(nowUs));
  }
  return trades.sort((left, right) => left.eventTimeUs - right.eventTimeUs);
}
