/** Where candles come from: the exchange's stream, or the REST and the stream of a dataset. */
import {
  type BarInterval,
  ClientError,
  type CryptomusStream,
  pastCandles,
  pastCandlesMax,
  type Span,
} from "@openbourse/client";
import { followBars } from "../../session/bars.ts";
import { askFinazon } from "../../session/finazon.ts";
import { whenOpened } from "../../session/opened.ts";
import { type CandlePage, type ChartCandle, chartCandle, type Interval } from "./candle.ts";
import type { Precedence } from "./series.ts";

/** What is told of live candles. */
export interface CandleListener {
  candle(candle: ChartCandle): void;
  /** The newest candles of the past, which may be older states of live ones, and times of them of which not everything is known. */
  past(candles: readonly ChartCandle[], unknown: readonly Span[]): void;
  /** The connection is gone: from now on candles are missed. */
  lost(): void;
  /** It is back: what was missed can be asked for. */
  missed(): void;
  /** No more come: why, or nothing when that is in order. */
  ended(why: string | undefined): void;
}

/** See the head of the file. */
export interface CandleSource {
  readonly precedence: Precedence;
  /** Live candles until the returned function is called. */
  follow(listener: CandleListener): () => void;
  /** The newest candles that start until then, in milliseconds since 1970. */
  page(toMs: number): Promise<CandlePage>;
}

/** Candles of a market of the exchange. */
export function marketSource(
  stream: CryptomusStream,
  market: string,
  intervalS: number,
): CandleSource {
  const ask = (fromMs: number, toMs: number) =>
    pastCandles(stream, { market, intervalS, fromMs, toMs });
  return {
    precedence: "page",
    follow(listener) {
      const feed = stream.candles(market, intervalS);
      feed.listen(
        (candle) => listener.candle(chartCandle(candle)),
        (fault) => listener.ended(fault?.message),
      );
      const stop = watchLosses(stream, listener);
      return () => {
        stop();
        feed.close();
      };
    },
    async page(toMs) {
      await whenOpened(stream);
      let [candles, isOldest] = [await ask(0, toMs).catch(onlyTooMuch), true];
      if (candles === undefined) {
        // The newest candles are asked for up to a time that has not come yet.
        const endMs = Math.min(toMs, Date.now());
        const fromMs = Math.max(0, endMs - pastCandlesMax * intervalS * 1_000);
        [candles, isOldest] = [await ask(fromMs, toMs), fromMs === 0];
      }
      isOldest &&= candles.length < pastCandlesMax;
      return { candles: candles.map(chartCandle), unknown: [], isOldest };
    },
  };
}

/** Tells of lost connections and of those that follow them, until the returned function is called. */
function watchLosses(
  stream: Pick<CryptomusStream, "state" | "states">,
  { lost, missed }: CandleListener,
  wasLost = false,
): () => void {
  let isLost = wasLost;
  const backWhenLive = () => {
    if (!isLost || stream.state.state !== "live") return;
    isLost = false;
    // Subscriptions are told first, in the turn in which a connection opens.
    setTimeout(missed);
  };
  // Somebody else may have waited for it as well, and been served first.
  backWhenLive();
  return stream.states.listen(({ state }) => {
    if (!isLost && (state === "waiting" || state === "going-away")) {
      isLost = true;
      lost();
    }
    backWhenLive();
  });
}

/** A question about too much is asked again about less. */
function onlyTooMuch(error: unknown): undefined {
  if (error instanceof ClientError && error.fault.message.startsWith("Busy: too many")) return;
  throw error;
}

/** Most bars of a page. */
const pageSize = 1_000;
/** Between two looks at the newest bars, for what is not told live: longer ones, and what is not known. In milliseconds. */
const lookMs = 5_000;
/** Newest bars that are looked at then. */
const lookBars = 3;
const minuteMs = 60_000;

/** Bars of a dataset's ticker. */
export function datasetSource(
  dataset: string,
  ticker: string,
  interval: Interval & { readonly bars: BarInterval },
): CandleSource {
  const ask = async (toMs: number | undefined, size: number): Promise<CandlePage> => {
    const until = toMs === undefined ? {} : { endMs: toMs };
    const request = { dataset, ticker, interval: interval.bars, order: "desc", ...until } as const;
    const known = await askFinazon((rest) => rest.knownBars({ ...request, pageSize: size }));
    const { bars, unknown } = known;
    return { candles: bars.toReversed(), unknown, isOldest: bars.length < size };
  };
  return {
    precedence: "live",
    page: (toMs) => ask(toMs, pageSize),
    follow: (listener) => {
      const isMinute = interval.bars === "1m";
      const look = everySoOften(async () => {
        const { candles, unknown } = await ask(undefined, lookBars);
        if (!isMinute) for (const candle of candles) listener.candle(candle);
        listener.past(candles, unknown);
      });
      let nextMs = Number.NEGATIVE_INFINITY;
      const told = (bar: ChartCandle) => {
        if (isMinute) listener.candle(chartCandle(bar));
        // Where minutes were left out there was no trade, or it is not known.
        if (!isMinute || bar.startMs > nextMs) look.soon();
        nextMs = Math.max(nextMs, bar.startMs + minuteMs);
      };
      const stop = followBars(dataset, [ticker], {
        bar: told,
        begun: (stream, isAgain) => watchLosses(stream, listener, isAgain),
        lost: () => listener.lost(),
        ended: (why) => listener.ended(why),
      });
      return () => {
        stop();
        look.stop();
      };
    },
  };
}

/** Does something at once, and again only after a while, however often it is wanted. */
function everySoOften(task: () => Promise<void>): { soon(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isWanted = false;
  const run = () => {
    isWanted = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (isWanted) run();
    }, lookMs);
    // What failed is wanted again with the next bar.
    void task().catch(() => {});
  };
  return {
    soon() {
      if (timer === undefined) run();
      else isWanted = true;
    },
    stop: () => clearTimeout(timer),
  };
}
