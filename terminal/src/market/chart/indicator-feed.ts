/**
 * Figures of one indicator for the candles that are shown: a page when it is chosen, older pages as older candles are loaded, and the
 * newest figures anew while the newest candle changes. What cannot be had is told.
 */
import type { BarInterval, IndicatorRow } from "@openbourse/client";
import { askFinazon } from "../../session/finazon.ts";
import { type Loading, load } from "../../session/loading.ts";
import type { IndicatorKind } from "./indicator-kinds.ts";

/** Of what it is. */
export interface IndicatorSubject {
  readonly dataset: string;
  readonly ticker: string;
  readonly interval: BarInterval;
}

/** Who is told. */
export interface IndicatorListener {
  /** There are other figures. */
  changed(): void;
  state(state: Loading): void;
}

const pageSize = 1_000;
/** Newest figures that are asked for anew. */
const newestRows = 3;
/** Between two such questions, in milliseconds. */
const lookMs = 5_000;
/** Most figures that are asked for; twice as many are kept, as new ones come. */
const rowsMax = 20_000;

/** See the head of the file. */
export class IndicatorFeed {
  readonly kind: IndicatorKind;
  readonly #subject: IndicatorSubject;
  readonly #listener: IndicatorListener;
  #rows = new Map<number, IndicatorRow>();
  #oldestMs: number | undefined;
  #isOldestKnown = false;
  #isAsking = true;
  #stop: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(kind: IndicatorKind, subject: IndicatorSubject, listener: IndicatorListener) {
    this.kind = kind;
    this.#subject = subject;
    this.#listener = listener;
    this.#stop = load({
      ask: () => this.#page(undefined, pageSize),
      done: (rows) => this.#take(rows),
      tell: (state) => listener.state(state),
    });
  }

  /** The oldest first. */
  get rows(): readonly IndicatorRow[] {
    return [...this.#rows.values()].sort((a, b) => a.timeMs - b.timeMs);
  }

  /** The figures at a time. */
  at(timeMs: number): IndicatorRow | undefined {
    return this.#rows.get(timeMs);
  }

  /** Candles are shown from then on: figures are asked for as far back. */
  wantFrom(startMs: number): void {
    const oldestMs = this.#oldestMs;
    const isPossible = !this.#isAsking && !this.#isOldestKnown && this.#rows.size < rowsMax;
    if (oldestMs === undefined || startMs >= oldestMs || !isPossible) return;
    this.#isAsking = true;
    this.#stop = load({
      ask: () => this.#page(oldestMs - 1, pageSize),
      done: (rows) => {
        this.#take(rows);
        this.wantFrom(startMs);
      },
      tell: () => {},
    });
  }

  /** The newest candle has changed. */
  wantNewest(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isClosed || document.hidden) return;
      void this.#page(undefined, newestRows).then(
        (rows) => {
          if (this.#isClosed) return;
          this.#takeNewest(rows);
        },
        // What failed is asked for again with the next candle.
        () => {},
      );
    }, lookMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
    clearTimeout(this.#timer);
  }

  #take(rows: readonly IndicatorRow[]): void {
    this.#isAsking = false;
    this.#isOldestKnown = rows.length < pageSize;
    for (const row of rows) {
      if (!this.#rows.has(row.timeMs)) this.#rows.set(row.timeMs, row);
      this.#oldestMs = Math.min(this.#oldestMs ?? row.timeMs, row.timeMs);
    }
    this.#listener.changed();
  }

  #takeNewest(rows: readonly IndicatorRow[]): void {
    for (const row of rows) this.#rows.set(row.timeMs, row);
    if (this.#rows.size > 2 * rowsMax) {
      this.#rows = new Map(this.rows.slice(-rowsMax).map((row) => [row.timeMs, row]));
      this.#oldestMs = Math.min(...this.#rows.keys());
    }
    this.#listener.changed();
  }

  #page(endMs: number | undefined, size: number): Promise<readonly IndicatorRow[]> {
    const until = endMs === undefined ? {} : { endMs };
    const request = { ...this.#subject, order: "desc", pageSize: size, ...until } as const;
    const { name, parameters } = this.kind;
    return askFinazon((rest) => rest.indicator(name, request, parameters));
  }
}
