/**
 * Fills a series: follows first, then asks for the past, and asks again for what may have been missed. Pages further back are
 * asked for as somebody looks there.
 */
import type { Loading } from "../../session/loading.ts";
import { load } from "../../session/loading.ts";
import { CandleSeries } from "./series.ts";
import type { CandleSource } from "./source.ts";

/** Most pages that are asked for to close what was missed; more than that begins anew. */
const missedPagesMax = 5;

/** Who is told of what happens. */
export interface CandleFeedListener {
  /** There is something new in the series. */
  changed(): void;
  state(state: Loading): void;
  /** No more live candles come: why, or nothing when that is in order. */
  ended(why: string | undefined): void;
}

/** See the head of the file. */
export class CandleFeed {
  series: CandleSeries = new CandleSeries();
  readonly #source: CandleSource;
  readonly #listener: CandleFeedListener;
  #isOldestKnown = false;
  #isAsking = false;
  #isClosed = false;
  /** Start of the newest candle before something was missed, until that is there. */
  #wholeUntilMs: number | undefined;
  #stopLoading: () => void = () => {};
  readonly #stopFollowing: () => void;

  constructor(source: CandleSource, listener: CandleFeedListener) {
    this.#source = source;
    this.#listener = listener;
    this.#stopFollowing = source.follow({
      candle: (candle) => {
        this.series.live(candle);
        listener.changed();
      },
      past: (candles, unknown) => {
        this.series.past(candles, unknown, source.precedence);
        listener.changed();
      },
      lost: () => {
        this.#wholeUntilMs ??= this.series.candles.at(-1)?.startMs;
      },
      missed: () => this.#askAgain(),
      ended: (why) => listener.ended(why),
    });
    this.#begin();
  }

  /** Asks for the page before the oldest candle, unless that is under way or there is none. */
  older(): void {
    const [oldest] = this.series.candles;
    const isPossible = !this.#isAsking && !this.#isOldestKnown && this.series.hasRoom;
    if (oldest === undefined || !isPossible) return;
    this.#isAsking = true;
    const stop = this.#stopLoading;
    this.#stopLoading = load({
      ask: () => this.#source.page(oldest.startMs - 1),
      done: ({ candles, unknown, isOldest }) => {
        this.#isAsking = false;
        this.#isOldestKnown = isOldest;
        this.series.past(candles, unknown, this.#source.precedence);
        this.#listener.changed();
      },
      tell: () => {},
    });
    stop();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopLoading();
    this.#stopFollowing();
  }

  #begin(): void {
    this.#stopLoading();
    this.#isAsking = true;
    this.#stopLoading = load({
      ask: () => this.#source.page(Date.now() + clockErrorMs),
      done: ({ candles, unknown, isOldest }) => {
        this.#isAsking = false;
        this.#isOldestKnown = isOldest;
        this.series.past(candles, unknown, this.#source.precedence);
        this.#listener.changed();
      },
      tell: (state) => this.#listener.state(state),
    });
  }

  /** Closes what may be missing, from the newest candle on. */
  #askAgain(): void {
    if (this.#isClosed) return;
    const fromMs = this.#wholeUntilMs;
    this.series.forgetLive();
    if (fromMs === undefined) {
      this.#begin();
      return;
    }
    this.#stopLoading();
    this.#isAsking = true;
    this.#stopLoading = load({
      ask: () => this.#pagesBackTo(fromMs),
      done: ({ isJoined, pages }) => {
        this.#isAsking = false;
        this.#wholeUntilMs = undefined;
        if (!isJoined) {
          this.series = new CandleSeries();
          this.#isOldestKnown = false;
        }
        for (const { candles, unknown } of pages)
          this.series.past(candles, unknown, this.#source.precedence);
        this.#listener.changed();
      },
      tell: () => {},
    });
  }

  async #pagesBackTo(startMs: number) {
    const pages = [await this.#source.page(Date.now() + clockErrorMs)];
    const reached = () =>
      pages.some(({ candles, isOldest }) => isOldest || (candles[0]?.startMs ?? 0) <= startMs);
    while (!reached() && pages.length < missedPagesMax) {
      const from = pages.at(-1)?.candles[0]?.startMs ?? startMs;
      pages.push(await this.#source.page(from - 1));
    }
    return { isJoined: reached(), pages };
  }
}

/** How far the page's clock may be behind the server's, in milliseconds; recordings may be of any time before. */
const clockErrorMs = 86_400_000;
