/**
 * A dataset that a trusted producer pushes. A batch is acknowledged when all of it is stored, and not
 * before: what is folded is cut and stored at once, what came too late for its bar is put to the past.
 */
import type { TradeVerdict } from "../../marketdata/bar-series.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { StoredTrade } from "../../ports/dataset-reader.ts";
import type { TickerBar } from "../../ports/dataset-store.ts";
import type { Feed, FeedContext, FeedEvent, FeedOutcome, StopSignal } from "../../ports/feed.ts";
import type { PushRow } from "./rows.ts";

/** Most trades that are folded in one go. */
const foldedMax = 1_000;

/** What became of a batch. */
export type PushAnswer =
  | {
      readonly kind: "stored";
      readonly rows: number;
      readonly trades: number;
      /** Trades and bars that were known before. */
      readonly known: number;
      readonly bars: number;
      /** Up to where the dataset is stored; undefined where it is not stored at all. */
      readonly position: { readonly epoch: string; readonly sequence: number } | undefined;
    }
  | { readonly kind: "busy" }
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "failed"; readonly reason: string };

interface Batch {
  readonly rows: readonly PushRow[];
  answer(answer: PushAnswer): void;
}

/** A feed that takes batches. */
export class PushFeed implements Feed {
  readonly time = "wall";
  readonly tickers: readonly string[] = [];
  readonly tellsKnown = true;
  readonly #rowsInFlightMax: number;
  #waiting: Batch[] = [];
  #rowsInFlight = 0;
  #wake = () => {};
  #context: FeedContext | undefined;

  constructor(rowsInFlightMax: number) {
    this.#rowsInFlightMax = rowsInFlightMax;
  }

  /** Market time; undefined while the feed does not run. */
  get nowUs(): number | undefined {
    return this.#context?.nowUs();
  }

  /** Tells the operators of something; nobody while the feed does not run. */
  warn(message: string): void {
    this.#context?.warn(message);
  }

  /** Takes a batch; answers when it is stored, at once where there is no room. */
  async take(rows: readonly PushRow[]): Promise<PushAnswer> {
    const isFull =
      this.#rowsInFlight > 0 && this.#rowsInFlight + rows.length > this.#rowsInFlightMax;
    if (this.#context === undefined || isFull) return { kind: "busy" };
    this.#rowsInFlight += rows.length;
    try {
      return await new Promise<PushAnswer>((resolve) => {
        this.#waiting.push({ rows, answer: resolve });
        this.#wake();
      });
    } finally {
      this.#rowsInFlight -= rows.length;
    }
  }

  async *run(
    context: FeedContext,
    signal: StopSignal,
  ): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
    this.#context = context;
    const stop = () => this.#wake();
    signal.addEventListener("abort", stop, { once: true });
    try {
      while (!signal.aborted) {
        const batch = this.#waiting.shift();
        if (batch === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
            if (signal.aborted) resolve();
          });
          continue;
        }
        yield* this.#fold(batch, context);
      }
      return { kind: "stopped" };
    } finally {
      this.#context = undefined;
      signal.removeEventListener("abort", stop);
      for (const { answer } of this.#waiting.splice(0)) {
        answer({ kind: "failed", reason: "the server stops" });
      }
    }
  }

  async *#fold(batch: Batch, context: FeedContext): AsyncGenerator<readonly FeedEvent[]> {
    const late: Trade[] = [];
    let taken = 0;
    let known = 0;
    const told = (trade: Trade, verdict: TradeVerdict) => {
      if (verdict === "taken" || verdict === "reused") taken += 1;
      else if (verdict === "duplicate") known += 1;
      else late.push(trade);
    };
    const trades = tradesOf(batch.rows, context);
    if (typeof trades === "string") {
      batch.answer({ kind: "refused", problem: trades });
      return;
    }
    context.count("trades", trades.length);
    for (let at = 0; at < trades.length; at += foldedMax) {
      yield [{ kind: "trades", trades: trades.slice(at, at + foldedMax), told }];
    }
    const spans = batch.rows.flatMap(spanOf);
    if (spans.length > 0) yield spans;
    const bars = batch.rows.flatMap(barOf);
    // Not waited for: the next batch is folded while this one is stored.
    void this.#store({ late, bars }, context).then(
      (stored) => {
        batch.answer(
          typeof stored === "string"
            ? { kind: "failed", reason: stored }
            : {
                ...{ kind: "stored", rows: batch.rows.length, position: stored.position },
                ...{ trades: taken + stored.trades, bars: stored.bars },
                known: known + stored.known,
              },
        );
      },
      (error: unknown) => batch.answer({ kind: "failed", reason: String(error) }),
    );
  }

  async #store(
    { late, bars }: { readonly late: readonly Trade[]; readonly bars: readonly TickerBar[] },
    context: FeedContext,
  ) {
    const stored = await context.stored();
    if (stored.kind === "failure") return stored.message;
    const { position } = stored;
    if (late.length + bars.length === 0) return { position, trades: 0, bars: 0, known: 0 };
    const past = await context.storePast({ trades: late.map(storedTrade), bars });
    if (past.kind === "failure") return past.message;
    const { tradesStored: trades, tradesKnown, barsStored, barsKnown } = past;
    return { position, trades, bars: barsStored, known: tradesKnown + barsKnown };
  }
}

/** Trades of all instruments; a text names the ticker that there is no room for. */
function tradesOf(rows: readonly PushRow[], context: FeedContext): readonly Trade[] | string {
  const receiveTimeUs = context.nowUs();
  const trades: Trade[] = [];
  for (const row of rows) {
    const instrument = context.instrument(row.ticker);
    if (instrument === undefined) return `the dataset is full: there is no room for ${row.ticker}`;
    if (row.kind === "trade") trades.push({ ...row.trade, instrument, receiveTimeUs });
  }
  return trades;
}

function spanOf(row: PushRow): readonly FeedEvent[] {
  if (row.kind !== "known" && row.kind !== "gap") return [];
  return [row];
}

function barOf(row: PushRow): readonly TickerBar[] {
  return row.kind === "bar" ? [{ ticker: row.ticker, bar: row.bar }] : [];
}

function storedTrade({ instrument, receiveTimeUs: _, ...trade }: Trade): StoredTrade {
  return { ...trade, ticker: instrument.ticker };
}
