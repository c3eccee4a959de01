/**
 * The public streams of the exchange's markets: takes from the board what has changed and hands it to
 * the hub, trades at once and the rest at the ticks of its own rhythm (D-C43). Where nobody follows a stream,
 * its position moves on and nothing is made.
 */
import type { Delivery } from "../hub/due.ts";
import type { Hub } from "../hub/hub.ts";
import type { CurrentState } from "../hub/options.ts";
import { barIntervalUs as minuteUs } from "../marketdata/bar-update.ts";
import { type MarketBoard, rulesOf } from "../marketdata/market-board.ts";
import type { Cause } from "../marketdata/position.ts";
import { tradesUpdates } from "../marketdata/public-trades.ts";
import type { Topic, TopicOf, Update, UpdateOf } from "../marketdata/topic.ts";
import {
  type CandleUpdate,
  type DepthUpdate,
  isEmpty,
  type LastPriceUpdate,
} from "../marketdata/updates.ts";
import type { Clock } from "../ports/clock.ts";
import { type Released, type Tick, tickUs } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";
import type { Numbering } from "./numbering.ts";
import { TickRhythm } from "./tick-rhythm.ts";

/** So long a replica waits for a tick before it serves without one, in milliseconds. */
const silenceMsMax = 2_000;

type PriceKind = "last-price" | "ticker";

/** The rhythms that an operator may choose, in milliseconds; whole tenths of a second are kept. */
export interface StreamRhythms {
  readonly depthIntervalMs: number;
  /**
   * Interval at which the whole book of a scale is sent again, where it has changed (D-C44): at the first
   * depth of each.
   */
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
  /**
   * Books and scales that changed since the whole was last sent, at most one of each per market; false for one of
   * which only something was told again to those who had read it.
   */
  readonly #changedBooks = new Map<string, boolean>();
  #reloadIsDue = false;
  readonly #rhythms: readonly TickRhythm[];
  /** The last tick, and its time. */
  #tick: Cause = { sequence: 0, tick: 0 };
  #timeUs: number;
  #hasCutDepth = false;
  readonly #whenInStep = Promise.withResolvers<void>();
  /** Last prices by market, as they were at the last tick of prices. */
  readonly #pricesTold = new Map<string, LastPriceUpdate>();
  /** Until then others may publish what was before the start of this replica; undefined once that is over. */
  #unknownUntilUs: number | undefined;
  /** The minute of the last tick of prices. */
  #minute: number | undefined;

  constructor(options: MarketStreamsOptions) {
    this.#options = options;
    this.#timeUs = options.startUs;
    const { rhythms, board, numbering } = options;
    for (const { rules } of board.markets()) {
      const price = board.lastPrice(rules.code);
      if (price !== undefined) this.#pricesTold.set(rules.code, price);
      const last = board.recentTrades(rules.code)?.[0];
      if (last === undefined) continue;
      const { sequence, ordinal } = last;
      numbering.remember({ kind: "trades", market: rules.code }, { sequence, tick: 0, ordinal });
    }
    if (options.isReplica === true) this.#unknownUntilUs = Number.POSITIVE_INFINITY;
    this.#rhythms = [
      new TickRhythm(rhythms.depthSnapshotIntervalMs, () => {
        this.#reloadIsDue = true;
      }),
      new TickRhythm(rhythms.depthIntervalMs, () => this.#cutDepth()),
      new TickRhythm(rhythms.tickerIntervalMs, () => this.#publishPrices()),
      new TickRhythm(rhythms.candleIntervalMs, () => this.#publishCandles()),
    ];
  }

  /** Whether books are told as of a tick that is the same wherever they are published. */
  get isInStep(): boolean {
    return this.#hasCutDepth || this.#options.isReplica !== true;
  }

  /**
   * Resolves once it is {@link isInStep}, or no tick has come for too long: whoever is sent a book before may keep
   * what others do not know of.
   */
  untilInStep(clock: Pick<Clock, "after">): Promise<void> {
    if (this.isInStep) return Promise.resolve();
    const { depthIntervalMs } = this.#options.rhythms;
    const cancel = clock.after(depthIntervalMs + silenceMsMax, this.#whenInStep.resolve);
    return this.#whenInStep.promise.finally(cancel);
  }

  /**
   * What a newcomer on a topic is sent at once (D-C42); undefined for streams without a state. What the
   * others are still to be told is news, which they are sent in its rhythm.
   *
   * One who is told positions may go on where somebody else publishes the same, and is sent a book as of its last
   * changes. What they are sent of prices and candles is told again at the next tick, whatever becomes of it.
   */
  current(topic: Topic, tellsPositions: boolean): CurrentState | undefined {
    if (tellsPositions) {
      const state = this.#stateWithPosition(topic);
      return state && { state, isNews: false };
    }
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

  #stateWithPosition(topic: Topic): Update | undefined {
    const { board } = this.#options;
    switch (topic.kind) {
      case "last-price":
        return board.lastPrice(topic.market);
      case "ticker":
        return board.ticker(topic.market, this.#timeUs);
      case "depth":
        return board.settledDepth(topic.market, topic.depthScale);
      case "candles":
        return board.runningCandle(topic.market, topic.intervalS, this.#timeUs);
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

  #cutDepth(): void {
    this.#publishDepth();
    if (this.#reloadIsDue) this.#reloadDepth();
    this.#reloadIsDue = false;
    this.#hasCutDepth = true;
    this.#whenInStep.resolve();
  }

  #publishDepth(): void {
    const { board, hub, numbering } = this.#options;
    const updates = board.takeDepth(this.#timeUs, {
      wanted: (market, depthScale) => hub.hasAudience({ kind: "depth", market, depthScale }),
      passedOver: (market, depthScale, isWhole) => {
        this.#noteBook({ market, depthScale }, isWhole ? "whole" : "changes");
        numbering.pass({ kind: "depth", market, depthScale }, this.#tick);
      },
      checked: (market, depthScale) => hub.tellsPositions({ kind: "depth", market, depthScale }),
    });
    for (const update of updates) {
      const { sinceLast = update } = update;
      const isRepeat = !update.full && isEmpty(sinceLast);
      this.#noteBook(update, update.full ? "whole" : isRepeat ? "repeat" : "changes");
      this.#publishBook(update, isRepeat);
    }
  }

  #noteBook(
    { market, depthScale }: Pick<DepthUpdate, "market" | "depthScale">,
    told: "whole" | "changes" | "repeat",
  ): void {
    const key = `${market}:${depthScale}`;
    if (told === "whole") this.#changedBooks.delete(key);
    else this.#changedBooks.set(key, told === "changes" || this.#changedBooks.get(key) === true);
  }

  /** Clients without positions cannot notice that they lost a frame: after this they are right again. */
  #reloadDepth(): void {
    const { board, hub, numbering } = this.#options;
    for (const { rules } of board.markets()) {
      for (let depthScale = 0; depthScale < board.depthScales; depthScale += 1) {
        const key = `${rules.code}:${depthScale}`;
        const hasChanged = this.#changedBooks.get(key);
        if (!this.#changedBooks.delete(key)) continue;
        const topic = { kind: "depth", market: rules.code, depthScale } as const;
        const whole = hub.hasAudience(topic) ? board.depth(rules.code, depthScale) : undefined;
        if (whole !== undefined) this.#publishBook(whole, hasChanged === false);
        else if (hasChanged === true) numbering.pass(topic, this.#tick);
      }
    }
  }

  /** Publishes a book or changes of it; a repeat alone is for those who are told no positions. */
  #publishBook(update: DepthUpdate, isRepeat: boolean): void {
    const { market, depthScale } = update;
    const topic = { kind: "depth", market, depthScale } as const;
    if (isRepeat) this.#options.hub.publish(topic, { update }, { kind: "changes" });
    else this.#publish(topic, update, { kind: "changes" });
  }

  /**
   * What those who are told positions are told of prices depends on trades and time alone: they may have been
   * told anything in between, here or elsewhere.
   */
  #publishPrices(): void {
    const { board } = this.#options;
    const traded = this.#tradedSinceLast();
    const minute = Math.floor(this.#timeUs / minuteUs);
    // Trades of a day ago have left the figures.
    const hasTurned = this.#minute !== undefined && minute !== this.#minute;
    this.#minute = minute;

    const prices = board.takeLastPrices((market) => this.#hasAudience("last-price", market));
    for (const update of prices)
      this.#repeat({ kind: "last-price", market: update.market }, update);
    for (const market of traded) {
      this.#publishPlaced({ kind: "last-price", market }, () => board.lastPrice(market));
    }
    const tickers = board.takeTickers(this.#timeUs, (market) =>
      this.#hasAudience("ticker", market),
    );
    for (const update of tickers) this.#repeat({ kind: "ticker", market: update.market }, update);
    for (const market of hasTurned ? this.#pricesTold.keys() : traded) {
      this.#publishPlaced({ kind: "ticker", market }, () => board.ticker(market, this.#timeUs));
    }
  }

  #hasAudience(kind: PriceKind, market: string): boolean {
    return this.#options.hub.hasAudience({ kind, market });
  }

  /** Publishes to those who are told no positions. */
  #repeat<Kind extends PriceKind>(topic: TopicOf<Kind>, update: UpdateOf[Kind]): void {
    const key = `${topic.kind}|${topic.market}`;
    this.#options.hub.publish(topic, { update }, { kind: "state", key });
  }

  /** Publishes to those who are told positions, and moves on without them. */
  #publishPlaced<Kind extends PriceKind>(
    topic: TopicOf<Kind>,
    read: () => UpdateOf[Kind] | undefined,
  ): void {
    const { hub, numbering } = this.#options;
    const update = hub.hasAudience(topic) ? read() : undefined;
    if (update === undefined) {
      numbering.pass(topic, this.#tick);
      return;
    }
    const key = `${topic.kind}|${topic.market}`;
    this.#publish(topic, update, { kind: "state", key, withPositionsOnly: true });
  }

  #publishCandles(): void {
    const { board, hub, numbering } = this.#options;
    const topicOf = (market: string, intervalS: number) =>
      ({ kind: "candles", market, intervalS }) as const;
    const known = new Set<CandleUpdate>();
    const updates = board.takeCandles(
      (market, intervalS) => hub.hasAudience(topicOf(market, intervalS)),
      {
        // A stream moves on by as many positions at every node, whoever listens there.
        passedOver: (market, intervalS, count) => {
          const topic = topicOf(market, intervalS);
          for (let at = 0; at < count; at += 1) numbering.pass(topic, this.#tick);
        },
        alsoKnown: (update) => known.add(update),
      },
    );
    for (const update of updates) {
      const { market, intervalS, candle } = update;
      // Candles of different intervals of time never replace each other.
      const key = `candles|${market}|${intervalS}|${candle.startUs}`;
      const withPositionsOnly = known.has(update);
      this.#publish(topicOf(market, intervalS), update, { kind: "state", key, withPositionsOnly });
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

  /** Markets that have traded since prices were last published. */
  #tradedSinceLast(): readonly string[] {
    const { board } = this.#options;
    const markets = board.markets().map(({ rules }) => rules.code);
    return markets.filter((market) => {
      const last = board.lastPrice(market);
      if (last === undefined || last === this.#pricesTold.get(market)) return false;
      this.#pricesTold.set(market, last);
      return true;
    });
  }
}
