/**
 * What is known of a recording without playing it: bars of its minutes and when it ends. The tape is read for it in the
 * background, once for all who ask, a piece at a time.
 */
import { BarPublisher, latenessDefaultUs } from "../../marketdata/bar-publisher.ts";
import type { BarUpdate } from "../../marketdata/bar-update.ts";
import type { StoredBar } from "../../marketdata/bars/bar.ts";
import type { FeedContext } from "../../ports/feed.ts";
import type { RecordedPastTrade, RecordingPast } from "../../ports/replay.ts";
import type { RecordedTrade } from "../../recordings/map.ts";
import type { ReplayOptions } from "./config.ts";
import { endOfDataLeadMs } from "./playback.ts";
import type { SharedTape } from "./shared-tape.ts";

/** Most bars that are kept of a recording: a year of minutes of one ticker. What comes after them is not told. */
export const pastBarsMax = 525_600;

type PastContext = Pick<FeedContext, "count" | "warn" | "instrument">;

/** See the head of the file. */
export class TapePast implements RecordingPast {
  readonly #options: ReplayOptions;
  readonly #tape: SharedTape;
  readonly #context: PastContext;
  readonly #bars = new Map<string, StoredBar[]>();
  #count = 0;
  #isStopped = false;
  fromUs: number | undefined;
  toUs: number | undefined;
  isWhole = false;
  /** Resolves when nothing more is read. */
  readonly #done: Promise<void>;

  constructor(options: ReplayOptions, tape: SharedTape, context: PastContext) {
    this.#options = options;
    this.#tape = tape;
    this.#context = context;
    this.#done = this.#read();
  }

  minutes(ticker: string): readonly StoredBar[] {
    return this.#bars.get(ticker) ?? [];
  }

  tickers(): readonly string[] {
    return [...this.#bars.keys()].toSorted();
  }

  async trades(
    fromUs: number,
    toUs: number,
    take: (trades: readonly RecordedPastTrade[]) => boolean,
  ): Promise<void> {
    const played = await this.#tape.open(this.#context);
    if ("kind" in played) return;
    const reader = played.tape.reader();
    await reader.moveTo(await played.tape.placeOf(fromUs));
    for (;;) {
      const run = await reader.next();
      if (run.kind !== "rows") break;
      const rows = run.trades.filter(
        (row) => this.#isPlayed(row) && row.eventTimeUs >= fromUs && row.eventTimeUs < toUs,
      );
      if (take(rows.map((row) => this.#pastOf(row)))) break;
      if ((run.trades.at(-1)?.eventTimeUs ?? toUs) >= toUs) break;
    }
    await reader.close();
  }

  /** Reads nothing more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #read(): Promise<void> {
    const played = await this.#tape.open(this.#context);
    if ("kind" in played) return;
    const publisher = new BarPublisher({
      latenessUs: latenessDefaultUs,
      unchangedBars: false,
      publish: (bar, periodS) => {
        if (periodS === 60 && bar.state === "closed") this.#keep(bar);
      },
    });
    const reader = played.tape.reader();
    while (!this.#isStopped && this.#count < pastBarsMax) {
      const run = await reader.next();
      if (run.kind !== "rows") {
        this.isWhole = run.kind === "over";
        break;
      }
      this.#fold(run.trades, publisher);
    }
    if (this.isWhole && this.toUs !== undefined) {
      publisher.advance(this.toUs + endOfDataLeadMs * 1_000);
    }
    await reader.close();
  }

  #fold(rows: readonly RecordedTrade[], publisher: BarPublisher): void {
    for (const row of rows) {
      if (!this.#isPlayed(row)) continue;
      const past = this.#pastOf(row);
      const instrument = this.#context.instrument(past.ticker);
      if (instrument === undefined) continue;
      this.fromUs ??= row.eventTimeUs;
      this.toUs = row.eventTimeUs;
      publisher.advance(row.eventTimeUs);
      publisher.apply({ ...past, instrument, receiveTimeUs: row.receiveTimeUs });
    }
  }

  #keep(bar: BarUpdate): void {
    const bars = this.#bars.get(bar.ticker);
    if (bars === undefined) this.#bars.set(bar.ticker, [bar]);
    else bars.push(bar);
    this.#count += 1;
  }

  #isPlayed({ eventTimeUs }: RecordedTrade): boolean {
    const { fromUs = 0, toUs = Number.POSITIVE_INFINITY } = this.#options;
    return eventTimeUs >= fromUs && eventTimeUs < toUs;
  }

  #pastOf({ symbol, line: _line, receiveTimeUs: _at, ...rest }: RecordedTrade): RecordedPastTrade {
    const { ticker, tickers = {}, venue, publisher } = this.#options;
    const own = symbol === undefined ? (ticker ?? "") : (tickers[symbol] ?? symbol);
    return { ...rest, ticker: own, venue: venue ?? publisher };
  }
}
