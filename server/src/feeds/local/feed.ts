/**
 * The exchange's own trades as a feed: they enter market data where every other trade does, and no
 * fold can tell them apart.
 */
import { assert } from "../../core/assert.ts";
import type { Traded } from "../../core/events.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import { timesExactly } from "../../core/num/exact-sum.ts";
import type { Instrument } from "../../marketdata/instrument.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { Feed, FeedContext, FeedEvent, FeedOutcome, StopSignal } from "../../ports/feed.ts";
import type { TradeRecord } from "../../ports/history.ts";
import type { Released, Tick } from "../../ports/released.ts";
import type { Stage } from "../../ports/stage.ts";
import { nextTurn } from "../../ports/timers.ts";

/** Code of the publisher of our own trades. */
export const localPublisher = "openbourse";

/** Most trades that are folded in one turn of the event loop. */
export const foldedTradesMax = 1_024;

/** Most trades and ticks that wait for the folds; beyond it the oldest are given up and the gap is told. */
export const waitingTradesMax = 1_000_000;

/**
 * Ticks come ten times a second. A trade that is further ahead of the last one has come before the next, because the
 * clock has leapt, as that of a machine that slept: then the trade says what time it is.
 */
const leapUs = 1_000_000;

interface LocalTrade {
  readonly kind: "trade";
  readonly traded: Pick<Traded, "market" | "price" | "quantity" | "aggressor">;
  readonly timeUs: number;
  /** Whether it is told once more, after a restart: it did not reach us now. */
  readonly isRestored?: true;
}

/** What waits, in the order in which it happened. */
type Waiting = LocalTrade | { readonly kind: "time"; readonly atUs: number };

function secondOf(timeUs: number): number {
  return Math.floor(timeUs / 1e6);
}

/** Ticker of a market: `BTC/USDT` for `BTC_USDT`. */
export function tickerOf({ base, quote }: MarketRules): string {
  return `${base}/${quote}`;
}

/** A stage of the exchange that yields its trades, and its ticks as the time by which bars are cut. */
export class LocalFeed implements Feed, Stage {
  readonly time = "feed";
  readonly #venue: string;
  readonly #rules = new Map<string, MarketRules>();
  readonly #instruments = new Map<string, Instrument>();
  #waiting: Waiting[] = [];
  /** The newest time that was told, in microseconds since 1970; undefined before the first one. */
  #timeUs: number | undefined;
  #lost: { readonly fromUs: number; readonly toUs: number } | undefined;
  #wake: (() => void) | undefined;
  /** Where instruments are made, once the feed runs. */
  #context: FeedContext | undefined;

  /** The second of the last time that was yielded, where others tell the same. */
  #second: number | undefined;

  /**
   * `markets` are those that exist at the start; later ones are learned from events. With `isShared` other nodes
   * have bars of the same trades.
   */
  constructor(venue: string, markets: readonly MarketRules[], isShared = false) {
    this.#venue = venue;
    if (isShared) this.#second = 0;
    for (const rules of markets) this.#rules.set(rules.code, rules);
  }

  /**
   * Seconds since 1970, where the same is told at several nodes: bars are published at whole seconds, so it numbers what
   * is published alike, however the batches were cut. Undefined where it is told here alone.
   */
  get sequence(): number | undefined {
    return this.#second;
  }

  /** Tickers of all markets that are known by now. */
  get tickers(): readonly string[] {
    return Array.from(this.#rules.values(), tickerOf);
  }

  /** Takes trades of before `nowUs`, the start, whose bars may still change, oldest first. */
  restore(trades: readonly TradeRecord[], nowUs: number): void {
    this.#waiting.push({ kind: "time", atUs: nowUs });
    this.#timeUs = nowUs;
    this.#enter(nowUs);
    for (const traded of trades) {
      this.#waiting.push({ kind: "trade", traded, timeUs: traded.timeUs, isRestored: true });
    }
    if (this.#waiting.length > waitingTradesMax) this.#giveUpOldest();
  }

  /** Takes durable commands' events, in order. */
  take(released: readonly Released[]): void {
    for (const { timeUs, events } of released) {
      for (const event of events) {
        if (event.kind === "traded") this.#take(event, timeUs);
        else if (event.kind === "market-added") this.#learn(event.rules);
      }
    }
    this.#wakeUp();
  }

  #take(traded: Traded, timeUs: number): void {
    if (this.#timeUs !== undefined && timeUs > this.#timeUs + leapUs) {
      this.#waiting.push({ kind: "time", atUs: timeUs });
      this.#timeUs = timeUs;
    }
    this.#waiting.push({ kind: "trade", traded, timeUs });
  }

  /** Bars are cut here: after the trades before the tick, and before those after it. */
  tick({ timeUs }: Tick): void {
    // Time that nothing has happened in is one step, however long it is.
    const last = this.#waiting.at(-1);
    if (last?.kind === "time" && this.#isOneStep(last.atUs, timeUs)) this.#waiting.pop();
    this.#waiting.push({ kind: "time", atUs: timeUs });
    this.#timeUs = timeUs;
    this.#wakeUp();
  }

  /** Where others tell the same, each second is a step of its own. */
  #isOneStep(fromUs: number, toUs: number): boolean {
    return this.#second === undefined || secondOf(fromUs) === secondOf(toUs);
  }

  #enter(timeUs: number): void {
    if (this.#second !== undefined) this.#second = Math.max(this.#second, secondOf(timeUs));
  }

  /** How many of those that wait are yielded together: where others tell the same, up to the next time. */
  #batchLength(): number {
    if (this.#second === undefined) return foldedTradesMax;
    let length = 1;
    while (length < foldedTradesMax && this.#waiting[length - 1]?.kind === "trade") length += 1;
    return length;
  }

  #wakeUp(): void {
    if (this.#waiting.length > waitingTradesMax) this.#giveUpOldest();
    if (this.#waiting.length === 0) return;
    this.#wake?.();
    this.#wake = undefined;
  }

  async *run(
    context: FeedContext,
    signal: StopSignal,
  ): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
    this.#context = context;
    while (!signal.aborted) {
      if (this.#waiting.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      yield this.#next(context);
      // What one order traded is folded in slices, so that others are served in between.
      if (this.#waiting.length > 0) await nextTurn();
    }
    return { kind: "stopped" };
  }

  /** A market can be subscribed to as soon as it exists, before its first trade. */
  #learn(rules: MarketRules): void {
    this.#rules.set(rules.code, rules);
    if (this.#context !== undefined) this.#instrument(rules, this.#context);
  }

  #next(context: FeedContext): readonly FeedEvent[] {
    const receiveTimeUs = context.nowUs();
    const events: FeedEvent[] = [];
    if (this.#lost !== undefined) {
      events.push({
        kind: "gap",
        ...this.#lost,
        reason: "trades came faster than they were folded",
      });
    }
    this.#lost = undefined;
    let trades: Trade[] = [];
    const endTrades = () => {
      if (trades.length === 0) return;
      context.count("trades", trades.length);
      events.push({ kind: "trades", trades });
      trades = [];
    };
    for (const waiting of this.#waiting.splice(0, this.#batchLength())) {
      if (waiting.kind === "trade") {
        trades.push(...this.#trade(waiting, context, receiveTimeUs));
      } else {
        endTrades();
        events.push(waiting);
        this.#enter(waiting.atUs);
      }
    }
    endTrades();
    return events;
  }

  #trade(
    { traded, timeUs, isRestored }: LocalTrade,
    context: FeedContext,
    receiveTimeUs: number,
  ): readonly Trade[] {
    const rules = this.#rules.get(traded.market);
    assert(rules !== undefined, "a trade is of a market that was added");
    const instrument = this.#instrument(rules, context);
    // Where the dataset is full the market is not served; its trades are in the history all the same.
    if (instrument === undefined) return [];
    return [
      {
        instrument,
        venue: this.#venue,
        // The log never says a thing twice, so there is nothing to tell apart.
        id: undefined,
        price: timesExactly(traded.price, rules.tickSize.coefficient),
        priceScale: rules.tickSize.scale,
        quantity: timesExactly(traded.quantity, rules.lotSize.coefficient),
        quantityScale: rules.lotSize.scale,
        eventTimeUs: timeUs,
        receiveTimeUs: isRestored ? timeUs : receiveTimeUs,
        aggressor: traded.aggressor,
      },
    ];
  }

  #instrument(rules: MarketRules, context: FeedContext): Instrument | undefined {
    const known = this.#instruments.get(rules.code);
    if (known !== undefined) return known;
    const made = context.instrument(tickerOf(rules));
    if (made !== undefined) this.#instruments.set(rules.code, made);
    return made;
  }

  #giveUpOldest(): void {
    const kept = this.#waiting.splice(-waitingTradesMax);
    const fromUs = this.#lost?.fromUs ?? timeOf(this.#waiting[0]) ?? 0;
    this.#lost = { fromUs, toUs: timeOf(kept[0]) ?? fromUs };
    this.#waiting = kept;
  }
}

function timeOf(waiting: Waiting | undefined): number | undefined {
  return waiting?.kind === "trade" ? waiting.timeUs : waiting?.atUs;
}
