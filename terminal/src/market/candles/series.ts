/**
 * The candles of one instrument and interval in order of time: pages of the past and what is told live, each candle once, its
 * newest state. It tells what has to be drawn since it was asked last, and knows nothing of drawing.
 */
import type { Span } from "@openbourse/client";
import type { ChartCandle } from "./candle.ts";

/** What has changed: single candles, the oldest first, or so much that all is to be drawn anew. */
export type SeriesChanges =
  | { readonly is: "some"; readonly candles: readonly ChartCandle[] }
  | { readonly is: "all" };

/** How a page of the past meets candles that are there already. */
export type Precedence =
  /** The page is newer: it was asked for on the connection that tells the live ones. */
  | "page"
  /** What was told live wins. */
  | "live";

/** Most candles that are kept; the oldest go first, a tenth at a time. */
export const candlesMax = 20_000;
/** Most times that are remembered as unknown. */
const spansMax = 500;

/** See the head of the file. */
export class CandleSeries {
  readonly #max: number;
  #candles: ChartCandle[] = [];
  #live = new Set<number>();
  #changed = new Map<number, ChartCandle>();
  #isAllChanged = false;
  #unknown: readonly Span[] = [];
  /** Start of the oldest candle that was let go. */
  #forgottenMs = Number.NEGATIVE_INFINITY;

  constructor(max = candlesMax) {
    this.#max = max;
  }

  /** The oldest first. The list changes in place. */
  get candles(): readonly ChartCandle[] {
    return this.#candles;
  }

  /** Times of which not everything is known, the oldest first. */
  get unknown(): readonly Span[] {
    return this.#unknown;
  }

  /** Whether there is room for older candles. */
  get hasRoom(): boolean {
    return this.#candles.length < this.#max && this.#forgottenMs === Number.NEGATIVE_INFINITY;
  }

  /** The candle that starts then. */
  at(startMs: number): ChartCandle | undefined {
    const candle = this.#candles[this.#placeOf(startMs)];
    return candle?.startMs === startMs ? candle : undefined;
  }

  /** A candle as it is now: a new one, the running one, or a revision of an older one. */
  live(candle: ChartCandle): void {
    this.#live.add(candle.startMs);
    this.#put(candle);
    this.#trim();
  }

  /** A page of the past, in order. */
  past(page: readonly ChartCandle[], unknown: readonly Span[], precedence: Precedence): void {
    const isOlder =
      page.length > 1 && (page[0]?.startMs ?? 0) < (this.#candles[0]?.startMs ?? Number.MAX_VALUE);
    for (const candle of page) {
      if (candle.startMs <= this.#forgottenMs) continue;
      if (precedence === "live" && this.#live.has(candle.startMs)) continue;
      this.#put(candle);
    }
    if (isOlder) this.#isAllChanged = true;
    const allUnknown = joined([...this.#unknown, ...unknown]).slice(-spansMax);
    if (!isSameSpans(allUnknown, this.#unknown)) {
      this.#unknown = allUnknown;
      this.#isAllChanged = true;
    }
    this.#trim();
  }

  /** After a loss of the connection what was told live before is old. */
  forgetLive(): void {
    this.#live.clear();
  }

  /** What is to be drawn; it counts as drawn from now on. */
  takeChanges(): SeriesChanges {
    const isAll = this.#isAllChanged;
    const candles = [...this.#changed.values()].sort((a, b) => a.startMs - b.startMs);
    this.#isAllChanged = false;
    this.#changed = new Map();
    return isAll ? { is: "all" } : { is: "some", candles };
  }

  #put(candle: ChartCandle): void {
    const place = this.#placeOf(candle.startMs);
    const there = this.#candles[place];
    if (there?.startMs === candle.startMs) {
      if (isSame(there, candle)) return;
      this.#candles[place] = candle;
    } else {
      // What was not there when its neighbours were drawn has no place on the axis.
      if (place < this.#candles.length) this.#isAllChanged = true;
      this.#candles.splice(place, 0, candle);
    }
    this.#changed.set(candle.startMs, candle);
  }

  #trim(): void {
    if (this.#candles.length <= this.#max) return;
    const gone = this.#candles.splice(
      0,
      this.#candles.length - this.#max + Math.ceil(this.#max / 10),
    );
    this.#forgottenMs = gone.at(-1)?.startMs ?? this.#forgottenMs;
    for (const { startMs } of gone) {
      this.#live.delete(startMs);
      this.#changed.delete(startMs);
    }
    this.#unknown = this.#unknown.filter(({ toMs }) => toMs > this.#forgottenMs);
    this.#isAllChanged = true;
  }

  /** Where a candle that starts then is or would be. Almost always at the end. */
  #placeOf(startMs: number): number {
    const all = this.#candles;
    let [low, high] = [0, all.length];
    if ((all.at(-1)?.startMs ?? Number.NEGATIVE_INFINITY) < startMs) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((all[middle]?.startMs ?? 0) < startMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isSame(a: ChartCandle, b: ChartCandle): boolean {
  return (
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.volume === b.volume
  );
}

function isSameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ fromMs, toMs }, at) => fromMs === b[at]?.fromMs && toMs === b[at]?.toMs)
  );
}

/** Spans in order, those that touch as one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1);
    if (last === undefined || span.fromMs > last.toMs) result.push(span);
    else result[result.length - 1] = { ...last, toMs: Math.max(last.toMs, span.toMs) };
  }
  return result;
}
