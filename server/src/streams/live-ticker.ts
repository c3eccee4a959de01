/**
 * Watches one ticker of a live source for as long as it may: again after a failure, anew after a
 * silence, and after each pause it joins what is told now with what was told before, or says from when
 * to when something is missing. It never claims to know a time that it was not listening.
 */
import { wordsOf } from "../core/words-of.ts";
import { inVenueOrder } from "../marketdata/event-order.ts";
import type { Instrument } from "../marketdata/instrument.ts";
import {
  type FeedContext,
  type FeedEvent,
  type StopSignal,
  stopSource,
  type WatchedTicker,
} from "../ports/feed.ts";
import type {
  LiveQuote,
  LiveSource,
  LiveSourceContext,
  LiveTold,
  LiveTrade,
} from "../ports/live-source.ts";
import type { FeedRestarts } from "./feed-restarts.ts";
import { type PastTrades, pastTrades } from "./past-trades.ts";
import { RecentTrades } from "./recent-trades.ts";

/**
 * How long a trade may be under way to us, in microseconds: when a connection breaks, what happened in
 * the time before may not have arrived.
 */
export const transitUs = 1_000_000;

/** How often it is told what is known of a ticker that does not trade, in microseconds. */
export const knownEveryUs = 5_000_000;

/** With so many trades told while the past is asked for, what follows waits at its source. */
export const gatheredTradesMax = 10_000;

/** What a watch works with. */
export interface LiveTickerOptions {
  readonly source: LiveSource;
  readonly instrument: Instrument;
  readonly context: FeedContext;
  readonly restarts: FeedRestarts;
  readonly staleMs: number;
  readonly signal: StopSignal;
  /** Takes what is to be folded; resolves when there is room for more. */
  emit(events: readonly FeedEvent[]): Promise<void>;
  quoted?(instrument: Instrument, quote: LiveQuote): void;
}

/** What is told on a connection, and the next of it. */
interface Pulled {
  readonly told: AsyncGenerator<LiveTold, string>;
  readonly next: Promise<IteratorResult<LiveTold, string>>;
}

/** One ticker. */
export class LiveTicker {
  readonly #options: LiveTickerOptions;
  readonly #recent = new RecentTrades();
  readonly #status: { -readonly [Key in keyof WatchedTicker]: WatchedTicker[Key] };
  /** Everything before this was told, or told to be missing; undefined before anything was heard. */
  #knownUs: number | undefined;
  /** Why what is missing is missing. */
  #reason = "the server was not running";

  constructor(options: LiveTickerOptions) {
    this.#options = options;
    this.#status = {
      ticker: options.instrument.ticker,
      state: "connecting",
      failure: undefined,
      reconnects: 0,
      gaps: 0,
      backfilled: 0,
      heardUs: 0,
      lagUs: 0,
    };
  }

  get status(): WatchedTicker {
    return this.#status;
  }

  /** Resolves when it is told to stop. */
  async run(): Promise<void> {
    const { context, signal, restarts } = this.#options;
    await this.#remember();
    while (!signal.aborted) {
      const startedUs = context.nowUs();
      this.#status.state = "connecting";
      const reason = await this.#watchOnce();
      if (signal.aborted) return;
      const hasYielded = this.#status.heardUs >= startedUs && this.#status.heardUs > 0;
      const lastedMs = Math.max(0, (context.nowUs() - startedUs) / 1_000);
      this.#fail(reason);
      await context.sleep(restarts.failed({ lastedMs, hasYielded }) ?? 0, signal);
      this.#status.reconnects += 1;
    }
  }

  /** Goes on from what is stored. */
  async #remember(): Promise<void> {
    const { context, instrument } = this.#options;
    const stored = await context.remembered(instrument.ticker);
    if (stored === undefined) return;
    this.#knownUs = stored.knownUntilUs;
    for (const trade of stored.recent) this.#recent.add(trade);
  }

  #fail(reason: string): void {
    const { ticker, failure } = this.#status;
    // The same again and again is told once.
    if (failure !== reason) this.#options.context.warn(`${ticker} is not watched: ${reason}`);
    this.#status.state = "lost";
    this.#status.failure = reason;
    this.#reason = reason;
  }

  /** Watches until it fails; why it did. */
  async #watchOnce(): Promise<string> {
    const { source, instrument, context, signal } = this.#options;
    const connection = stopSource();
    const stop = () => connection.abort();
    signal.addEventListener("abort", stop, { once: true });
    const told = source.watch(instrument.ticker, sourceContext(context), connection.signal);
    const silence = this.#silence(connection.signal);
    try {
      let next = told.next();
      for (let isFirst = true; ; isFirst = false) {
        const came = await Promise.race([next, silence]);
        if (typeof came === "string") return came;
        if (came.done === true) return came.value;
        const trades = this.#hear(came.value);
        next = told.next();
        if (isFirst) ({ next } = await this.#begin(trades, { told, next }, connection.signal));
        else await this.#go(trades, context.nowUs());
      }
    } catch (error) {
      return wordsOf(error);
    } finally {
      signal.removeEventListener("abort", stop);
      connection.abort();
      // A source that hangs is left behind, not waited for.
      told.return("").catch(() => {});
    }
  }

  /** Resolves when nothing was heard for too long, or with an empty text when the connection is over. */
  async #silence(connection: StopSignal): Promise<string> {
    const { context, staleMs } = this.#options;
    let fromUs = context.nowUs();
    for (;;) {
      await context.sleep(
        Math.max(1, Math.ceil(staleMs - (context.nowUs() - fromUs) / 1_000)),
        connection,
      );
      if (connection.aborted) return "";
      fromUs = Math.max(fromUs, this.#status.heardUs);
      if (context.nowUs() - fromUs >= staleMs * 1_000) {
        return `nothing was heard for ${Math.round(staleMs / 1_000)} s`;
      }
    }
  }

  /** Takes a sign of life, and the trades that came with it. */
  #hear({ trades, quote }: LiveTold): readonly LiveTrade[] {
    const { context, instrument, quoted } = this.#options;
    this.#status.heardUs = context.nowUs();
    if (quote !== undefined) quoted?.(instrument, quote);
    return trades;
  }

  /**
   * The first that is told on a connection: it is joined with what was told before. What is told while that is
   * asked for is gathered, so that all of it is folded in the venue's order. Resolves with what is to come next.
   */
  async #begin(
    first: readonly LiveTrade[],
    { told, next }: Pulled,
    signal: StopSignal,
  ): Promise<Pick<Pulled, "next">> {
    const beforeUs = this.#knownUs;
    // More may have been traded at that very time than is told.
    const liveUs =
      first.reduce((least, { eventTimeUs }) => Math.min(least, eventTimeUs), this.#status.heardUs) +
      1;
    const live = [...first];
    if (beforeUs === undefined || beforeUs >= liveUs || this.#recent.joins(first)) {
      await this.#joined(live, undefined, liveUs);
      return { next };
    }
    const recent = this.#recent;
    const pause = { fromUs: beforeUs, liveUs, trades: live, recent };
    const asking = pastTrades({ ...this.#options, ...pause, signal });
    for (;;) {
      const isFull = live.length >= gatheredTradesMax;
      const came = await (isFull ? asking : Promise.race([asking, next]));
      if ("gaps" in came) {
        await this.#joined(live, came, liveUs);
        return { next };
      }
      // It ended before anything was joined: the next connection asks for all of it.
      if (came.done === true) return { next };
      live.push(...this.#hear(came.value));
      next = told.next();
    }
  }

  /** Goes on from a pause: what could not be had of it is told as a gap. */
  async #joined(
    live: readonly LiveTrade[],
    past: PastTrades | undefined,
    liveUs: number,
  ): Promise<void> {
    const { context, restarts, instrument } = this.#options;
    const { ticker } = instrument;
    const { failure } = this.#status;
    const { trades: missed = [], gaps = [], known = [] } = past ?? {};
    this.#status.backfilled += missed.filter((trade) => !this.#recent.hasAgain(trade)).length;
    this.#status.gaps += gaps.length;
    const reason = past?.why ?? this.#reason;
    if (past === undefined) this.#knownUs ??= liveUs;
    else this.#knownUs = liveUs;
    this.#status.state = "live";
    this.#status.failure = undefined;
    if (failure !== undefined)
      context.warn(`${ticker} is watched again (${restarts.failures} failures)`);
    const told = [...missed, ...live].filter((trade) => !this.#isAgain(trade));
    await this.#go(inVenueOrder(told), context.nowUs(), [
      ...gaps.map((gap) => ({ kind: "gap", ticker, ...gap, reason }) as const),
      ...known.map((span) => ({ kind: "known", ticker, ...span }) as const),
    ]);
  }

  /** Goes on with what is told while it is listened to, and with what else is to be said behind it. */
  async #go(
    told: readonly LiveTrade[],
    nowUs: number,
    behind: readonly FeedEvent[] = [],
  ): Promise<void> {
    const { context, instrument } = this.#options;
    const trades = told.filter((trade) => !this.#recent.has(trade));
    if (trades.length < told.length) {
      context.count("duplicate", told.length - trades.length, instrument.ticker);
    }
    const events = [...this.#asEvents(trades), ...behind];
    const fromUs = this.#knownUs ?? nowUs;
    const toUs = Math.max(nowUs - transitUs, Math.min(this.#recent.newestUs, nowUs));
    const isDue = trades.length > 0 || toUs - fromUs >= knownEveryUs;
    if (toUs <= fromUs || !isDue) return events.length > 0 ? this.#options.emit(events) : undefined;
    this.#knownUs = toUs;
    const { ticker } = instrument;
    return this.#options.emit([...events, { kind: "known", ticker, fromUs, toUs }]);
  }

  #isAgain(trade: LiveTrade): boolean {
    const { context, instrument } = this.#options;
    if (!this.#recent.hasAgain(trade)) return false;
    context.count("duplicate", 1, instrument.ticker);
    return true;
  }

  #asEvents(told: readonly LiveTrade[]): readonly FeedEvent[] {
    const last = told.at(-1);
    if (last === undefined) return [];
    const { context, instrument } = this.#options;
    const receiveTimeUs = context.nowUs();
    for (const trade of told) this.#recent.add(trade);
    this.#status.lagUs = receiveTimeUs - last.eventTimeUs;
    context.count("trades", told.length);
    return [
      { kind: "trades", trades: told.map((trade) => ({ ...trade, instrument, receiveTimeUs })) },
    ];
  }
}

function sourceContext(context: FeedContext): LiveSourceContext {
  return {
    malformed: (by, what) => context.count("malformed", by, what),
    received: (bytes) => context.count("bytes", bytes),
  };
}
