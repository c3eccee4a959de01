/** Brings candles, indicators and orders onto a chart, once a frame, for as long as it is shown. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { colors, theme } from "../../app/preferences.ts";
import { onFrame } from "../../frame.ts";
import { pickPrice } from "../book.ts";
import type { Interval } from "../candles/candle.ts";
import { CandleFeed } from "../candles/candle-feed.ts";
import { pointsAfter, pointsOf } from "../candles/points.ts";
import type { CandleSeries } from "../candles/series.ts";
import { type CandleSource, datasetSource, marketSource } from "../candles/source.ts";
import { chosen, chosenMarket } from "../chosen.ts";
import { hasFinazon } from "../finazon.ts";
import type { Instrument } from "../instruments.ts";
import { link } from "../shown.ts";
import { bandsOf } from "./bands.ts";
import {
  content,
  ended,
  hovered,
  indicators,
  indicatorTrouble,
  interval,
  loading,
} from "./chart-store.ts";
import { ChartView } from "./chart-view.ts";
import { IndicatorFeed, type IndicatorSubject } from "./indicator-feed.ts";
import type { IndicatorKind } from "./indicator-kinds.ts";
import { IndicatorLines } from "./indicator-lines.ts";
import { orderLines } from "./orders.ts";
import { type Palette, paletteNow } from "./palette.ts";

/** What is drawn at the moment. */
interface Scene {
  readonly feed: CandleFeed;
  readonly subject: Instrument;
  readonly interval: Interval;
  /** The series that was drawn last. */
  drawn: CandleSeries | undefined;
  indicators: readonly IndicatorFeed[];
}

/** The chosen instrument, another value only where it is another one. */
const subject: ReadonlySignal<Instrument | undefined> = computed(() => {
  const id = chosen.value?.id;
  return id === undefined ? undefined : chosen.peek();
});
const subjectKey = computed(() => subject.value?.id);

/** See the head of the file. */
export function runChart(box: HTMLElement): () => void {
  return new ChartRun(box).stop;
}

class ChartRun {
  readonly #view: ChartView;
  readonly #lines: IndicatorLines;
  readonly #stops: (() => void)[];
  #palette: Palette = paletteNow();
  readonly #current: Signal<Scene | undefined> = signal(undefined);

  constructor(box: HTMLElement) {
    this.#view = new ChartView(box, this.#palette, {
      nearOldest: () => this.#scene?.feed.older(),
      hover: (startMs) => {
        hovered.value = startMs;
      },
      pick: pickPrice,
    });
    this.#lines = new IndicatorLines(this.#view.chart);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => this.#repaint();
    dark.addEventListener("change", repaint);
    this.#stops = [
      effect(() => this.#open()),
      effect(() => this.#showIndicators()),
      effect(() => this.#view.orders.set(orderLines.value, this.#palette)),
      effect(() => this.#setTick()),
      effect(() => {
        void theme.value;
        void colors.value;
        // The attributes of the page are set by an effect of its own.
        queueMicrotask(repaint);
      }),
      () => dark.removeEventListener("change", repaint),
    ];
  }

  get #scene(): Scene | undefined {
    return this.#current.peek();
  }

  readonly stop = (): void => {
    for (const stop of this.#stops) stop();
    this.#view.destroy();
    content.value = undefined;
    hovered.value = undefined;
  };

  /** Another instrument, interval or connection begins with a chart of its own. */
  #open(): (() => void) | undefined {
    const source = subjectKey.value === undefined ? undefined : sourceNow();
    const now = subject.peek();
    if (source === undefined || now === undefined) return undefined;
    content.value = undefined;
    ended.value = undefined;
    this.#view.setPoints([], []);
    this.#view.showSeconds((interval.value.seconds ?? 60) < 60);
    const feed = new CandleFeed(source, {
      changed: () => onFrame(this.#draw),
      state: (state) => {
        loading.value = state;
      },
      ended: (why) => {
        ended.value = { why };
      },
    });
    const shown = interval.value;
    this.#current.value = { feed, subject: now, interval: shown, drawn: undefined, indicators: [] };
    return () => {
      feed.close();
      this.#current.value = undefined;
    };
  }

  #showIndicators(): (() => void) | undefined {
    const kinds = indicators.value;
    const scene = this.#current.value;
    this.#lines.clear();
    const bars = scene?.interval.bars;
    const why = noIndicators(bars !== undefined);
    indicatorTrouble.value = kinds.length > 0 && scene !== undefined ? why : undefined;
    if (scene === undefined || bars === undefined || why !== undefined) return undefined;
    this.#lines.show(kinds, this.#palette);
    const { dataset, ticker } = scene.subject;
    const feeds = kinds.map((kind) => this.#follow(kind, { dataset, ticker, interval: bars }));
    scene.indicators = feeds;
    return () => {
      for (const feed of feeds) feed.close();
      scene.indicators = [];
    };
  }

  #follow(kind: IndicatorKind, of: IndicatorSubject): IndicatorFeed {
    const feed: IndicatorFeed = new IndicatorFeed(kind, of, {
      changed: () => {
        this.#lines.draw(feed);
        onFrame(this.#draw);
      },
      state: (state) => {
        const text = state.is === "failed" ? `${kind.title}: ${state.text}` : undefined;
        indicatorTrouble.value = text;
      },
    });
    return feed;
  }

  readonly #draw = (): void => {
    const scene = this.#scene;
    if (scene === undefined) return;
    const { series } = scene.feed;
    const intervalMs = scene.interval.seconds && scene.interval.seconds * 1_000;
    const isFirst = scene.drawn === undefined && series.candles.length > 0;
    const changes = series.takeChanges();
    if (changes.is === "all" || scene.drawn !== series) {
      const points = pointsOf(series.candles, intervalMs);
      this.#view.setPoints(points, bandsOf(series.unknown, points, intervalMs ?? 1));
      for (const feed of scene.indicators) feed.wantFrom(series.candles[0]?.startMs ?? 0);
    } else this.#update(series, changes.candles, intervalMs);
    if (series.candles.length > 0) scene.drawn = series;
    if (isFirst) this.#view.toNewest();
    for (const feed of scene.indicators) feed.wantNewest();
    const { indicators: feeds, interval: shown } = scene;
    content.value = { series, indicators: feeds, interval: shown };
  };

  #update(
    series: CandleSeries,
    changed: readonly CandleSeries["candles"][number][],
    intervalMs: number | undefined,
  ): void {
    const isNew = (startMs: number) => startMs > this.#view.newestMs;
    for (const candle of changed) {
      if (!isNew(candle.startMs)) this.#view.update({ startMs: candle.startMs, candle });
      else {
        const before = series.candles[series.candles.indexOf(candle) - 1];
        for (const point of pointsAfter(before, candle, intervalMs)) this.#view.update(point);
      }
    }
  }

  #setTick(): void {
    const market = chosenMarket.value;
    const last = content.value?.series.candles.at(-1)?.close;
    const decimals =
      market?.market.priceDecimals ?? Math.max(2, (last?.split(".")[1] ?? "").length);
    this.#view.setTick(market?.tick, decimals);
  }

  #repaint(): void {
    this.#palette = paletteNow();
    this.#view.look(this.#palette);
    this.#view.orders.set(orderLines.peek(), this.#palette);
    const scene = this.#scene;
    if (scene === undefined) return;
    scene.drawn = undefined;
    this.#lines.show(indicators.peek(), this.#palette);
    for (const feed of scene.indicators) this.#lines.draw(feed);
    onFrame(this.#draw);
  }
}

function sourceNow(): CandleSource | undefined {
  const now = subject.peek();
  const { seconds, bars } = interval.value;
  if (now?.kind === "market") {
    const stream = link.value?.stream;
    if (stream === undefined || seconds === undefined) return undefined;
    return marketSource(stream, now.id, seconds);
  }
  if (now === undefined || bars === undefined) return undefined;
  return datasetSource(now.dataset, now.ticker, { ...interval.value, bars });
}

/** Why indicators cannot be shown. */
function noIndicators(hasInterval: boolean): string | undefined {
  if (!hasFinazon.value) return "Indicators are not served to strangers here.";
  if (!hasInterval) return "The server has no indicators of this interval: choose 1m or longer.";
  return undefined;
}
