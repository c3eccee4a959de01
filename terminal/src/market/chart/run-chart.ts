/** Brings candles, indicators and orders onto a chart, once a frame, for as long as it is shown. */
import { effect, untracked } from "@preact/signals";
import { colors, theme } from "../../app/preferences.ts";
import { onFrame } from "../../frame.ts";
import { hasFinazon } from "../../session/finazon.ts";
import { pickPrice } from "../book.ts";
import { pointsAfter, pointsOf } from "../candles/points.ts";
import type { CandleSeries } from "../candles/series.ts";
import { chosenMarket } from "../chosen.ts";
import { bandsOf } from "./bands.ts";
import { content, hasDrawn, hovered, indicators, indicatorTrouble } from "./chart-store.ts";
import { ChartView } from "./chart-view.ts";
import { IndicatorFeed, type IndicatorSubject } from "./indicator-feed.ts";
import type { IndicatorKind } from "./indicator-kinds.ts";
import { IndicatorLines } from "./indicator-lines.ts";
import { orderLines } from "./orders.ts";
import { type Palette, paletteNow } from "./palette.ts";
import { drawWith, type Scene, scene } from "./scene.ts";

/** See the head of the file. */
export function runChart(box: HTMLElement): () => void {
  return new ChartRun(box).stop;
}

class ChartRun {
  readonly #view: ChartView;
  readonly #lines: IndicatorLines;
  readonly #stops: (() => void)[];
  #palette: Palette = paletteNow();
  /** The series that was drawn last. */
  #drawn: CandleSeries | undefined;
  #indicators: readonly IndicatorFeed[] = [];

  constructor(box: HTMLElement) {
    this.#view = new ChartView(box, this.#palette, {
      nearOldest: () => scene.peek()?.feed.older(),
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
      drawWith(() => onFrame(this.#draw)),
      effect(() => this.#begin(scene.value)),
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

  readonly stop = (): void => {
    for (const stop of this.#stops) stop();
    this.#view.destroy();
    content.value = undefined;
    hovered.value = undefined;
  };

  /** Another instrument or interval begins with an empty chart, and with what has come before there was one. */
  #begin(now: Scene | undefined): void {
    content.value = undefined;
    this.#drawn = undefined;
    this.#view.setPoints([], []);
    if (now === undefined) return;
    this.#view.showSeconds((now.interval.seconds ?? 60) < 60);
    if (now.feed.series.candles.length > 0) untracked(this.#draw);
  }

  #showIndicators(): (() => void) | undefined {
    const kinds = indicators.value;
    const now = scene.value;
    this.#lines.clear();
    const bars = now?.interval.bars;
    const why = noIndicators(bars !== undefined);
    indicatorTrouble.value = kinds.length > 0 && now !== undefined ? why : undefined;
    if (now === undefined || bars === undefined || why !== undefined) return undefined;
    this.#lines.show(kinds, this.#palette);
    const { dataset, ticker } = now.subject;
    const feeds = kinds.map((kind) => this.#follow(kind, { dataset, ticker, interval: bars }));
    this.#indicators = feeds;
    return () => {
      for (const feed of feeds) feed.close();
      this.#indicators = [];
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
    const now = scene.peek();
    if (now === undefined) return;
    const { series } = now.feed;
    const intervalMs = now.interval.seconds && now.interval.seconds * 1_000;
    const isFirst = this.#drawn === undefined && series.candles.length > 0;
    const changes = series.takeChanges();
    const isAnew = changes.is === "all" || this.#drawn !== series || this.#view.isFull;
    if (isAnew || this.#movesBands(series, changes.candles)) {
      const points = pointsOf(series.candles, intervalMs);
      this.#view.setPoints(points, bandsOf(series.unknown, points, intervalMs ?? 1));
      for (const feed of this.#indicators) feed.wantFrom(series.candles[0]?.startMs ?? 0);
    } else this.#update(series, changes.candles, intervalMs);
    if (series.candles.length > 0) this.#drawn = series;
    if (isFirst) this.#view.toNewest();
    for (const feed of this.#indicators) feed.wantNewest();
    content.value = { series, indicators: this.#indicators, interval: now.interval };
    if (series.candles.length > 0) hasDrawn.value = true;
  };

  /** Whether a time that is not known reaches to where there were no places yet. */
  #movesBands({ unknown }: CandleSeries, changed: CandleSeries["candles"]): boolean {
    const { newestMs } = this.#view;
    const reachesMs = unknown.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
    return reachesMs > newestMs && changed.some(({ startMs }) => startMs > newestMs);
  }

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
    if (scene.peek() === undefined) return;
    this.#drawn = undefined;
    this.#lines.show(indicators.peek(), this.#palette);
    for (const feed of this.#indicators) this.#lines.draw(feed);
    onFrame(this.#draw);
  }
}

/** Why indicators cannot be shown. */
function noIndicators(hasInterval: boolean): string | undefined {
  if (!hasFinazon.value)
    return "Indicators are not served to strangers here: give an API key on the data page.";
  if (!hasInterval) return "The server has no indicators of this interval: choose 1m or longer.";
  return undefined;
}
