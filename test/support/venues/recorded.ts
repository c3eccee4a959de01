/** Reads recorded traffic of venues and makes frames of it that can be played at another time. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Venue, VenueFrame, VenueTrade } from "./player.ts";

/** A message of a recording that tells trades. */
export interface RecordedFrame {
  /** When it came, in milliseconds since 1970. */
  readonly atMs: number;
  readonly topic: string;
  readonly trades: readonly VenueTrade[];
  text(trades: readonly VenueTrade[]): string;
}

/** Lines of a packed file. */
export function recordedLines(folder: string, file: string): readonly string[] {
  return gunzipSync(readFileSync(join(folder, "raw-ws", file)))
    .toString("utf8")
    .trimEnd()
    .split("\n");
}

/** A line of a recording of a WebSocket and of what was asked over HTTP. */
export interface TrafficLine {
  readonly t: "connect" | "send" | "recv" | "http";
  /** Seconds since 1970. */
  readonly ts: number;
  readonly addr?: string;
  readonly data?: string;
}

/** The session of a venue. */
export function recordedTraffic(folder: string, venue: string): readonly TrafficLine[] {
  const lines = recordedLines(folder, `cryptofeed-${venue}.jsonl.gz`);
  return lines.map((line) => JSON.parse(line) as TrafficLine);
}

/**
 * Frames with their moments after the beginning. Trades are never ahead of their frames, as they are in recordings
 * whose clock was late.
 */
export function playable(
  recorded: readonly RecordedFrame[],
): Pick<Venue, "frames" | "beganMs"> & { readonly markets: readonly string[] } {
  const [first] = recorded;
  if (first === undefined) throw new Error("the recording has no trades");
  const ahead = recorded.flatMap(({ atMs, trades }) => trades.map(({ timeMs }) => timeMs - atMs));
  const beganMs = Math.ceil(first.atMs + Math.max(0, ...ahead));
  const frames = recorded.map(({ atMs, topic, trades, text }): VenueFrame => {
    return { afterMs: atMs - first.atMs, topic, trades, text };
  });
  const markets = new Set(frames.flatMap(({ trades }) => trades.map(({ ticker }) => ticker)));
  return { frames, beganMs, markets: [...markets] };
}

/** What was answered over HTTP first: the markets. Behind it the recorder noted what it was set to. */
export function recordedAnswer(lines: readonly TrafficLine[]): string {
  const answer = lines.find(({ t }) => t === "http")?.data?.split("\n", 1)[0];
  if (answer === undefined) throw new Error("the recording has no answer over HTTP");
  return answer;
}
