/**
 * The replay feed: recorded trade files as market data. It plays files one after another at a chosen
 * speed and clock, reads no further ahead than a few blocks, and never merges files.
 */
import type { Feed, FeedEvent, FeedOutcome } from "../../ports/feed.ts";
import { type ReplayOptions, replayOptionsFault } from "./config.ts";
import { Playback, type ReplayRun } from "./playback.ts";
import { inspectRecording, type Recording } from "./recording.ts";

/** A feed that plays recorded files. Options that make no sense fail the feed when it runs. */
export function createReplayFeed(options: ReplayOptions): Feed {
  return {
    // Always its own: a wall clock that is set neither skips nor repeats a part of the recording.
    time: "feed",
    tickers: knownTickers(options),
    run: (context, signal) => runReplay({ options, context, signal }),
  };
}

function knownTickers({ ticker, tickers = {} }: ReplayOptions): readonly string[] {
  return [...new Set([...(ticker === undefined ? [] : [ticker]), ...Object.values(tickers)])];
}

async function* runReplay(run: ReplayRun): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
  const fault = replayOptionsFault(run.options);
  if (fault !== undefined) return { kind: "failed", reason: fault };
  // All files are looked at before the first is played: a wrong path shows now, not after hours.
  const recordings: Recording[] = [];
  for (const path of run.options.files) {
    const recording = await inspectRecording(path);
    if ("kind" in recording) return recording;
    recordings.push(recording);
  }
  return yield* new Playback(run).play(recordings);
}
