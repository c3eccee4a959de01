/**
 * The replay feed: recorded trade files as market data. It plays files one after another at a chosen
 * speed and clock, in the order of their times, and reads no further ahead than that order needs.
 */
import type { Feed, FeedContext, FeedEvent, FeedOutcome } from "../../ports/feed.ts";
import { hasTickerColumn } from "../../recordings/format.ts";
import { inspectRecording, type RecordingFailure } from "../../recordings/recording.ts";
import { findFiles } from "../../recordings/sources.ts";
import type { Recording } from "../../recordings/stored-file.ts";
import {
  clockDefault,
  type ReplayOptions,
  replayOptionsFault,
  speedDefault,
  tickerFault,
} from "./config.ts";
import { lookAhead, settledAtStart, symbolsAtStart } from "./look-ahead.ts";
import { Playback, type ReplayRun } from "./playback.ts";
import { ReplayClock, Seat } from "./replay-clock.ts";

/** A feed that plays recorded files. Options that make no sense fail the feed when it runs. */
export function createReplayFeed(options: ReplayOptions, seat: Seat = seatFor(options)): Feed {
  return {
    // Always its own: a wall clock that is set neither skips nor repeats a part of the recording.
    time: "feed",
    tickers: knownTickers(options),
    prepare: (context) => prepareReplay(options, context),
    run: (context, signal) => seated(seat, runReplay({ options, context, signal, seat })),
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

async function* runReplay(run: ReplayRun): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
  const recordings = await inspectAll(run.options, run.context);
  if ("kind" in recordings) return recordings;
  const fault = await unnamedTicker(run.options, recordings);
  if (fault !== undefined) return { kind: "failed", reason: fault };
  const sources = await lookAhead(recordings, run.options.format);
  if ("kind" in sources) return sources;
  return yield* new Playback(run).play(sources);
}

/** Why files whose first lines decide how they are read need a ticker; undefined where they do not. */
async function unnamedTicker(
  { format, ticker }: ReplayOptions,
  [first]: readonly Recording[],
): Promise<string | undefined> {
  if (format.kind !== "auto" || ticker !== undefined || first === undefined) return undefined;
  const settled = await settledAtStart(first, format);
  return settled && tickerFault({ format: settled });
}

/** Looks at all files before the first is played: a wrong path shows now, not after hours. */
async function inspectAll(
  options: ReplayOptions,
  { warn }: Pick<FeedContext, "warn">,
): Promise<readonly Recording[] | RecordingFailure> {
  const fault = replayOptionsFault(options);
  if (fault !== undefined) return { kind: "failed", reason: fault };
  const found = await findFiles(options.files);
  if (typeof found === "string") return { kind: "failed", reason: found };
  for (const line of found.leftOut) warn(line);
  const recordings: Recording[] = [];
  for (const path of found.files) {
    const recording = await inspectRecording(path);
    if ("kind" in recording) return recording;
    recordings.push(recording);
  }
  return recordings;
}
