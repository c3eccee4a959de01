/**
 * The public streams of the exchange's markets: takes from the board what has changed and hands it to
 * the hub, trades at once and the rest at the ticks of its own rhythm (D-C43). Where nobody follows a stream,
 * its position moves on and nothing is made.
 */
import type { Delivery } from "../hub/due.ts";
import type { Hub } from "../hub/hub.ts";
import type { CurrentState } from "../hub/options.ts";
import { type MarketBoard, rulesOf } from "../marketdata/market-board.ts";
import type { Cause } from "../marketdata/position.ts";
import { tradesUpdates } from "../marketdata/public-trades.ts";
import type { Topic, TopicOf, UpdateOf } from "../marketdata/topic.ts";
import type { DepthUpdate, LastPriceUpdate } from "../marketdata/updates.ts";
import { type Released, type Tick, tickUs } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";
import type { Numbering } from "./numbering.ts";
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

/** Options of the streams. */
export interface MarketStreamsOptions {
  readonly board: MarketBoard;
  readonly hub: Hub;
  readonly numbering: Numbering;
  readonly rhythms: StreamRhythms;
  /** Market time at the start, in microseconds since 1970. */
  readonly startUs: number;
  /** Whether others publish the same, and did before this start. Default: no. */
  readonly isReplica?: boolean;
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
  /** The last tick, and its time. */
  #tick: Cause = { sequence: 0, tick: 0 };
  #timeUs: number;
  /** Last prices by market, as they were at the last tick of prices. */
  readonly #pricesTold = new Map<string, LastPriceUpdate>();
  /** Until then others may publish what was before the start of this replica; undefined once that is over. */
  #unknownUntilUs: number | undefined;

  constructor(options: MarketStreamsOptions) {
    this.#options = options;
    this.#timeUs = options.startUs;
    const { rhythms, board, numbering } = options;
    for (const { rules } of board.markets()) {
      const last = board.recentTrades(rules.code)?.[0];
      if (last === undefined) continue;
      const { sequence, ordinal } = last;
      numbering.remember({ kind: "trades", market: rules.code }, { sequence, tick: 0, ordinal });
    }
    if (options.isReplica === true) this.#unknownUntilUs = Number.POSITIVE_INFINITY;
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
    const { board, hub, numbering } = this.#options;
    for (const update of tradesUpdates(released, (market) => rulesOf(board, market))) {
      const topic = { kind: "trades", market: update.market } as const;
      // Wherever the trades of commands are cut into messages, each of these ends with its newest trade.
      const { sequence, ordinal } = update.trades.at(-1)!;
      const message = numbering.number(topic, { sequence, tick: 0 }, update, ordinal);
      hub.publish(topic, message, { kind: "history" });
    }
  }

  #cut(tick: Tick): void {
    this.#timeUs = tick.timeUs;
    this.#tick = tick;
    for (const rhythm of this.#rhythms) rhythm.tick(tick);
    if (this.#unknownUntilUs !== undefined) this.#passUnknown(tick);
  }

  /** What was before the start is published by others in the first interval of each rhythm. */
  #passUnknown(tick: Tick): void {
    const { numbering, rhythms } = this.#options;
    const { depthIntervalMs, tickerIntervalMs, candleIntervalMs } = rhythms;
    const longestUs = 1_000 * Math.max(depthIntervalMs, tickerIntervalMs, candleIntervalMs);
    if (this.#unknownUntilUs === Number.POSITIVE_INFINITY) {
      this.#unknownUntilUs = tick.timeUs + longestUs + tickUs;
    }
    numbering.passUnknown(tick);
    if (tick.timeUs >= (this.#unknownUntilUs ?? 0)) this.#unknownUntilUs = undefined;
  }

  #publishDepth(): void {
    const { board, hub, numbering } = this.#options;
    const updates = board.takeDepth(this.#timeUs, {
      wanted: (market, depthScale) => hub.hasAudience({ kind: "depth", market, depthScale }),
      passedOver: (market, depthScale, isWhole) => {
        this.#noteBook(market, depthScale, isWhole);
        numbering.pass({ kind: "depth", market, depthScale }, this.#tick);
      },
      checked: (market, depthScale) => hub.tellsPositions({ kind: "depth", market, depthScale }),
    });
    for (const update of updates) {
      this.#noteBook(update.market, update.depthScale, update.full);
      this.#publishBook(update);
    }
  }

  #noteBook(market: string, depthScale: number, isWhole: boolean): void {
    const key = `${market}:${depthScale}`;
    if (isWhole) this.#changedBooks.delete(key);
    else this.#changedBooks.add(key);
  }

  /** Clients without positions cannot notice that they lost a frame: after this they are right again. */
  #reloadDepth(): void {
    const { board, hub, numbering } = this.#options;
    for (const { rules } of board.markets()) {
      for (let depthScale = 0; depthScale < board.depthScales; depthScale += 1) {
        if (!this.#changedBooks.delete(`${rules.code}:${depthScale}`)) continue;
        const topic = { kind: "depth", market: rules.code, depthScale } as const;
        const whole = hub.hasAudience(topic) ? board.depth(rules.code, depthScale) : undefined;
        if (whole !== undefined) this.#publishBook(whole);
        else numbering.pass(topic, this.#tick);
      }
    }
  }

  #publishBook(update: DepthUpdate): void {
    const { market, depthScale } = update;
    this.#publish({ kind: "depth", market, depthScale }, update, { kind: "changes" });
  }

  #publishPrices(): void {
    const { board, hub } = this.#options;
    const prices = board.takeLastPrices((market) =>
      hub.hasAudience({ kind: "last-price", market }),
    );
    for (const update of prices) {
      const { market } = update;
      const key = `last-price|${market}`;
      this.#publish({ kind: "last-price", market }, update, { kind: "state", key });
    }
    const tickers = board.takeTickers(this.#timeUs, (market) =>
      hub.hasAudience({ kind: "ticker", market }),
    );
    for (const update of tickers) {
      const { market } = update;
      const key = `ticker|${market}`;
      this.#publish({ kind: "ticker", market }, update, { kind: "state", key });
    }
    this.#passOverPrices();
  }

  #publishCandles(): void {
    const { board, hub, numbering } = this.#options;
    const topicOf = (market: string, intervalS: number) =>
      ({ kind: "candles", market, intervalS }) as const;
    const updates = board.takeCandles(
      (market, intervalS) => hub.hasAudience(topicOf(market, intervalS)),
      {
        // A stream moves on by as many positions at every node, whoever listens there.
        passedOver: (market, intervalS, count) => {
          const topic = topicOf(market, intervalS);
          for (let at = 0; at < count; at += 1) numbering.pass(topic, this.#tick);
        },
        alsoKnown: (market, intervalS) => hub.tellsPositions(topicOf(market, intervalS)),
      },
    );
    for (const update of updates) {
      const { market, intervalS, candle } = update;
      // Candles of different intervals of time never replace each other.
      const key = `candles|${market}|${intervalS}|${candle.startUs}`;
      this.#publish(topicOf(market, intervalS), update, { kind: "state", key });
    }
  }

  #publish<Kind extends Topic["kind"]>(
    topic: TopicOf<Kind>,
    update: UpdateOf[Kind],
    delivery: Delivery,
  ): void {
    const { hub, numbering } = this.#options;
    hub.publish(topic, numbering.number(topic, this.#tick, update), delivery);
  }

  /** Moves on prices that nobody follows of the markets that have traded since. */
  #passOverPrices(): void {
    const { board, hub, numbering } = this.#options;
    for (const { rules } of board.markets()) {
      const market = rules.code;
      const last = board.lastPrice(market);
      const before = this.#pricesTold.get(market);
      if (last === undefined || last.timeUs === before?.timeUs) continue;
      this.#pricesTold.set(market, last);
      for (const kind of ["last-price", "ticker"] as const) {
        if (!hub.hasAudience({ kind, market })) numbering.pass({ kind, market }, this.#tick);
      }
    }
  }
}
