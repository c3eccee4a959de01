/**
 * The public streams of the exchange's markets: takes from the board what has changed and hands it to
 * the hub, trades at once and the rest at the ticks of its own rhythm (D-C43). What nobody listens to is
 * not made.
 */
import type { CurrentState, Hub } from "../hub/hub.ts";
import { depthScaleCount } from "../marketdata/depth-scales.ts";
import { type MarketBoard, rulesOf } from "../marketdata/market-board.ts";
import { tradesUpdates } from "../marketdata/public-trades.ts";
import type { Topic } from "../marketdata/topic.ts";
import type { DepthUpdate } from "../marketdata/updates.ts";
import type { Released, Tick } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";
import { TickRhythm } from "./tick-rhythm.ts";

/** The rhythms that an operator may choose, in milliseconds; whole tenths of a second are kept. */
export interface StreamRhythms {
  readonly depthIntervalMs: number;
  /** Interval at which the whole book of a scale is sent again, where it has changed (D-C44). */
  readonly depthSnapshotIntervalMs: number;
  /** Of last prices and tickers. */
  readonly tickerIntervalMs: number;
  readonly candleIntervalMs: number;
}

/** What the streams are made of. */
export interface MarketStreamsOptions {
  readonly board: MarketBoard;
  readonly hub: Hub;
  readonly rhythms: StreamRhythms;
  /** Market time at the start, in microseconds since 1970. */
  readonly startUs: number;
}

/** Publishes what the board takes in. */
export class MarketStreams {
  /** Publishes the trades of durable commands that the board has folded. */
  readonly trades: Stage = { take: (released) => this.#publishTrades(released) };
  /** Publishes what has changed on the board up to a tick: a stage behind the board. */
  readonly states: Stage = { tick: (tick) => this.#cut(tick) };
  readonly #options: MarketStreamsOptions;
  /** Books and scales that changed since the whole was last sent: at most one of each per market. */
  readonly #changedBooks = new Set<string>();
  readonly #rhythms: readonly TickRhythm[];
  /** Time of the last tick. */
  #timeUs: number;

  constructor(options: MarketStreamsOptions) {
    this.#options = options;
    this.#timeUs = options.startUs;
    const { rhythms } = options;
    this.#rhythms = [
      new TickRhythm(rhythms.depthIntervalMs, () => this.#publishDepth()),
      new TickRhythm(rhythms.depthSnapshotIntervalMs, () => this.#reloadDepth()),
      new TickRhythm(rhythms.tickerIntervalMs, () => this.#publishPrices()),
      new TickRhythm(rhythms.candleIntervalMs, () => this.#publishCandles()),
    ];
  }

  /**
   * What a newcomer on a topic is sent at once (D-C42); undefined for streams without a state. What the
   * others are still to be told is news, which they are sent in its rhythm.
   */
  current(topic: Topic): CurrentState | undefined {
    const { board } = this.#options;
    switch (topic.kind) {
      case "last-price":
        return board.joinLastPrices(topic.market);
      case "ticker":
        return board.joinTickers(topic.market, this.#timeUs);
      case "depth": {
        const state = board.depth(topic.market, topic.depthScale);
        return state && { state, isNews: false };
      }
      case "candles":
        return board.joinCandles(topic.market, topic.intervalS, this.#timeUs);
      default:
        return undefined;
    }
  }

  #publishTrades(released: readonly Released[]): void {
    const { board, hub } = this.#options;
    for (const update of tradesUpdates(released, (market) => rulesOf(board, market))) {
      hub.publish({ kind: "trades", market: update.market }, update, { kind: "history" });
    }
  }

  #cut(tick: Tick): void {
    this.#timeUs = tick.timeUs;
    for (const rhythm of this.#rhythms) rhythm.tick(tick);
  }

  #publishDepth(): void {
    const { board, hub } = this.#options;
    const updates = board.takeDepth(this.#timeUs, (market, depthScale) =>
      hub.hasAudience({ kind: "depth", market, depthScale }),
    );
    for (const update of updates) {
      const key = `${update.market}:${update.depthScale}`;
      if (update.full) this.#changedBooks.delete(key);
      else this.#changedBooks.add(key);
      this.#publishBook(update);
    }
  }

  /** Whoever lost a frame is right again after this: the stream has no numbers to notice it by. */
  #reloadDepth(): void {
    const { board, hub } = this.#options;
    for (const { rules } of board.markets()) {
      for (let depthScale = 0; depthScale < depthScaleCount; depthScale += 1) {
        if (!this.#changedBooks.delete(`${rules.code}:${depthScale}`)) continue;
        if (!hub.hasAudience({ kind: "depth", market: rules.code, depthScale })) continue;
        const whole = board.depth(rules.code, depthScale);
        if (whole !== undefined) this.#publishBook(whole);
      }
    }
  }

  #publishBook(update: DepthUpdate): void {
    const { market, depthScale } = update;
    this.#options.hub.publish({ kind: "depth", market, depthScale }, update, { kind: "changes" });
  }

  #publishPrices(): void {
    const { board, hub } = this.#options;
    const prices = board.takeLastPrices((market) =>
      hub.hasAudience({ kind: "last-price", market }),
    );
    for (const update of prices) {
      const { market } = update;
      const key = `last-price|${market}`;
      hub.publish({ kind: "last-price", market }, update, { kind: "state", key });
    }
    const tickers = board.takeTickers(this.#timeUs, (market) =>
      hub.hasAudience({ kind: "ticker", market }),
    );
    for (const update of tickers) {
      const { market } = update;
      const key = `ticker|${market}`;
      hub.publish({ kind: "ticker", market }, update, { kind: "state", key });
    }
  }

  #publishCandles(): void {
    const { board, hub } = this.#options;
    const updates = board.takeCandles((market, intervalS) =>
      hub.hasAudience({ kind: "candles", market, intervalS }),
    );
    for (const update of updates) {
      const { market, intervalS, candle } = update;
      // Candles of different intervals of time never replace each other.
      const key = `candles|${market}|${intervalS}|${candle.startUs}`;
      hub.publish({ kind: "candles", market, intervalS }, update, { kind: "state", key });
    }
  }
}
