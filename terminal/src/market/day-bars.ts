/**
 * The last day of an instrument as a few candles, for its sparkline and for the figures of 24 hours of a dataset's ticker. Asked for
 * when somebody sees its row, one instrument after another, and again after a while.
 */
import { pastCandles } from "@openbourse/client";
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { askFinazon } from "../session/finazon.ts";
import { whenOpened } from "../session/opened.ts";
import { chartCandle } from "./candles/candle.ts";
import { type Day, dayMs, intervalS } from "./day-figures.ts";
import type { Instrument } from "./instruments.ts";
import { link } from "./shown.ts";

const barsOfADay = 48;
/** Until they are asked for again while somebody sees them, and between two questions, in milliseconds. */
const staleMs = 300_000;
const pauseMs = 150;
/** Most instruments whose day is remembered, and most that wait. */
const keptMax = 500;

interface Kept {
  readonly day: Signal<Day | undefined>;
  askedMs: number;
}

const kept = new Map<string, Kept>();
const waiting = new Map<string, Instrument>();
let isAsking = false;

/** The day of an instrument; undefined until it is known. Asks for it, unless it is known well enough. */
export function dayOf(instrument: Instrument): ReadonlySignal<Day | undefined> {
  const known = kept.get(instrument.id) ?? remember(instrument.id);
  if (Date.now() - known.askedMs > staleMs && waiting.size < keptMax) {
    known.askedMs = Date.now();
    waiting.set(instrument.id, instrument);
    void askNext();
  }
  return known.day;
}

function remember(id: string): Kept {
  const made: Kept = { day: signal(undefined), askedMs: 0 };
  kept.set(id, made);
  const [oldest] = kept.keys();
  if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
  return made;
}

async function askNext(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  for (const [id, instrument] of waiting) {
    waiting.delete(id);
    const known = kept.get(id);
    try {
      const day = await askFor(instrument);
      if (known !== undefined && day !== undefined) known.day.value = day;
    } catch {
      // A row without a line is no trouble that anybody has to hear of: it is asked for again when it is seen again.
      if (known !== undefined) known.askedMs = 0;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  isAsking = false;
}

async function askFor(instrument: Instrument): Promise<Day | undefined> {
  const { kind, id, dataset, ticker } = instrument;
  if (kind === "market") {
    const stream = link.peek()?.stream;
    if (stream === undefined) return undefined;
    await whenOpened(stream);
    const request = { market: id, intervalS, fromMs: Date.now() - dayMs, toMs: Date.now() + dayMs };
    return (await pastCandles(stream, request)).map(chartCandle);
  }
  const request = {
    dataset,
    ticker,
    interval: "30m",
    order: "desc",
    pageSize: barsOfADay,
  } as const;
  return (await askFinazon((rest) => rest.timeSeries(request))).toReversed();
}
