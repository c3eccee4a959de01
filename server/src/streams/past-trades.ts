/**
 * Asks a venue for what was missed in a pause and finds out how much of it that closes. Two stretches are
 * joined where they share a trade, by its id: that two times are near each other says nothing of what
 * was traded between them.
 */
import { wordsOf } from "../core/words-of.ts";
import type { Span } from "../marketdata/bars/span.ts";
import type { Instrument } from "../marketdata/instrument.ts";
import type { FeedContext, StopSignal } from "../ports/feed.ts";
import type { LiveSource, LiveTrade } from "../ports/live-source.ts";
import type { RecentTrades } from "./recent-trades.ts";

/** How often a venue is asked whose past does not reach the present yet, and how long it is waited between. */
export const askingsMax = 3;
export const askAgainMs = 1_000;

/**
 * An answer that was asked for so long after the live stream began, in microseconds, reaches it even
 * where nothing has been traded since.
 */
export const settledUs = 2_000_000;

/** How long an answer is waited for, in milliseconds. */
export const pastAnswerMs = 15_000;

/** A pause that is to be closed. */
export interface Pause {
  readonly source: LiveSource;
  readonly instrument: Instrument;
  readonly context: FeedContext;
  readonly signal: StopSignal;
  /** What was told before it. */
  readonly recent: RecentTrades;
  /** Everything before this is known. */
  readonly fromUs: number;
  /** Everything from then on is told live. */
  readonly liveUs: number;
  /** What was told live so far; it may become more while the past is asked for. */
  readonly trades: readonly LiveTrade[];
}

/** What became of a pause. */
export interface PastTrades {
  /** What was missed, oldest first, without what is told live; some may have been told before. */
  readonly trades: readonly LiveTrade[];
  readonly known: readonly Span[];
  readonly gaps: readonly Span[];
  /** Why there are gaps, where the venue said so. */
  readonly why?: string;
}

/** Closes a pause as far as the venue helps. */
export async function pastTrades(pause: Pause): Promise<PastTrades> {
  const { fromUs, liveUs, source } = pause;
  const nothing = { trades: [], known: [], gaps: [{ fromUs, toUs: liveUs }] };
  if (source.past === undefined) return nothing;
  const begunUs = pause.context.nowUs();
  let closed: PastTrades = nothing;
  for (let asking = 1; asking <= askingsMax && !pause.signal.aborted; asking += 1) {
    const isSettled = pause.context.nowUs() - begunUs >= settledUs;
    const past = await asked(pause);
    if (typeof past === "string") return { ...closed, why: `the venue's past: ${past}` };
    closed = joined(pause, past, isSettled);
    // What a venue answers may be a moment behind what it streams.
    if (closed.gaps.length === 0 || asking === askingsMax) break;
    await pause.context.sleep(askAgainMs, pause.signal);
  }
  return closed;
}

async function asked({ source, instrument, fromUs, context, signal }: Pause) {
  const late = context.sleep(pastAnswerMs, signal).then(() => "it did not answer in time");
  const asking = source.past?.(instrument.ticker, fromUs) ?? "there is none";
  try {
    return await Promise.race([asking, late]);
  } catch (error) {
    return wordsOf(error);
  }
}

/** Which part of the pause the venue's answer closes. A page may end within what has one time. */
function joined(
  { recent, fromUs, liveUs, trades, source }: Pause,
  past: readonly LiveTrade[],
  isSettled: boolean,
): PastTrades {
  const first = past[0];
  const last = past.at(-1);
  if (first === undefined || last === undefined) {
    return { trades: [], known: [], gaps: [{ fromUs, toUs: liveUs }] };
  }
  const live = new Map(trades.map(({ id, eventTimeUs }) => [id, eventTimeUs]));
  const toldUs = (trade: LiveTrade) => recent.timeOf(trade) ?? live.get(trade.id);
  const isQuiet = trades.length === 0 && isSettled;
  const reachesLive =
    isQuiet || past.some(({ id, eventTimeUs: us }) => live.has(id) || us > liveUs);
  const beginUs = recent.joins(past)
    ? fromUs
    : clamp(first.eventTimeUs + (source.pastStepUs ?? 1), fromUs, liveUs);
  const endUs = reachesLive ? liveUs : clamp(last.eventTimeUs, beginUs, liveUs);
  const spans = (from: number, to: number) => (from < to ? [{ fromUs: from, toUs: to }] : []);
  return {
    trades: beforeLive(finer(past, source.pastStepUs, toldUs), trades, live),
    known: spans(beginUs, endUs),
    gaps: [...spans(fromUs, beginUs), ...spans(endUs, liveUs)],
  };
}

/** The part of a past that the stream does not tell: what follows its first trade is told there. */
function beforeLive(
  past: readonly LiveTrade[],
  trades: readonly LiveTrade[],
  live: ReadonlyMap<LiveTrade["id"], number>,
): readonly LiveTrade[] {
  const firstUs = trades.reduce(
    (least, { eventTimeUs }) => Math.min(least, eventTimeUs),
    Number.POSITIVE_INFINITY,
  );
  const end = past.findIndex(({ id, eventTimeUs }) => live.has(id) || eventTimeUs > firstUs);
  return end < 0 ? past : past.slice(0, end);
}

/**
 * Trades of a past whose times are told in steps. One that follows another by its number did not happen before
 * it, so within its step it has the time of that one, as far as the stream told that.
 */
function finer(
  past: readonly LiveTrade[],
  stepUs: number | undefined,
  toldUs: (trade: LiveTrade) => number | undefined,
): readonly LiveTrade[] {
  if (stepUs === undefined) return past;
  let leastUs = 0;
  return past.map((trade) => {
    const ownUs = trade.eventTimeUs;
    const isWithin = leastUs > ownUs && leastUs - ownUs < stepUs;
    const eventTimeUs = toldUs(trade) ?? (isWithin ? leastUs : ownUs);
    leastUs = Math.max(leastUs, eventTimeUs);
    return eventTimeUs === ownUs ? trade : { ...trade, eventTimeUs };
  });
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
