/**
 * The replay feed: recorded trade files as market data. It plays files one after another at a chosen
 * speed and clock, in the order of their times, and reads no further ahead than that order needs.
 */
import type { Feed, FeedContext, FeedEvent, FeedOutcome } from "../../ports/feed.ts";
import { hasTickerColumn } from "../../recordings/format.ts";
import { clockDefault, type ReplayOptions, speedDefault } from "./config.ts";
import { symbolsAtStart } from "./look-ahead.ts";
import { Playback, type ReplayRun } from "./playback.ts";
import { ReplayClock, Seat } from "./replay-clock.ts";
import { filesInLaps, oneLap } from "./rows-of-lap.ts";
import { inspectAll, SharedTape } from "./shared-tape.ts";

/**
 * A feed that plays recorded files. Options that make no sense fail the feed when it runs. A `tape` is shared with all who
 * play the same, and closed by whoever made it.
 */
export function createReplayFeed(
  options: ReplayOptions,
  seat: Seat = seatFor(options),
  tape?: SharedTape,
): Feed {
  return {
    // Always its own: a wall clock that is set neither skips nor repeats a part of the recording.
    time: "feed",
    tickers: knownTickers(options),
    prepare: (context) => prepareReplay(options, context),
    run: (context, signal) => seated(seat, runReplay({ options, context, signal, seat }, tape)),
  };
}

/** A seat at a clock of its own, for as long as it is not moved to another one. */
export function seatFor({ clock = clockDefault, speed = speedDefault }: ReplayOptions): Seat {
  return new Seat(new ReplayClock(clock, speed));
}

/** Gives up its seat when it has ended, for whatever reason: others do not wait for it. */
async function* seated(
  seat: Seat,
  batches: AsyncGenerator<readonly FeedEvent[], FeedOutcome>,
): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
  const { run } = seat;
  try {
    return yield* batches;
  } finally {
    seat.leave(run);
  }
}

function knownTickers({ ticker, tickers = {} }: ReplayOptions): readonly string[] {
  return [...new Set([...(ticker === undefined ? [] : [ticker]), ...Object.values(tickers)])];
}

/** Makes known the tickers that only the files can tell. */
async function prepareReplay(options: ReplayOptions, context: FeedContext): Promise<boolean> {
  const recordings = await inspectAll(options, context);
  if ("kind" in recordings) return false;
  const { format } = options;
  if (format.kind !== "auto" && !hasTickerColumn(format)) return true;
  const { tickers = {} } = options;
  const symbols = await symbolsAtStart(recordings, format);
  for (const symbol of symbols ?? []) context.instrument(tickers[symbol] ?? symbol);
  return symbols !== undefined;
}

async function* runReplay(
  run: ReplayRun,
  shared: SharedTape | undefined,
): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
  const { options, context } = run;
  const tape = shared ?? new SharedTape(options);
  try {
    const recording = await (options.loop === true
      ? filesInLaps(options, context)
      : oneLap(tape, context));
    if ("kind" in recording) return recording;
    return yield* new Playback(run).play(recording);
  } finally {
    // What nobody shares nobody goes back in.
    if (shared === undefined) await tape.close();
  }
}
