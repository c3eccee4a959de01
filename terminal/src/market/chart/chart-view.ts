/**
 * The chart on its canvas: candles, volume, indicators, lines of orders, times that are not known. It is told what to draw and
 * tells what somebody does. What it draws are pixels: exact figures are told beside it, in text.
 */
import {
  type CandlestickData,
  CandlestickSeries,
  CrosshairMode,
  createChart,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type MouseEventParams,
  type Time,
  type UTCTimestamp,
  type WhitespaceData,
} from "lightweight-charts";
import { clockText, dateText } from "../../app/times.ts";
import type { Point } from "../candles/points.ts";
import { OrderLines, priceAtY } from "./order-lines.ts";
import type { Palette } from "./palette.ts";
import { type Band, UnknownBands } from "./unknown-band.ts";

/** What somebody does with the chart. */
export interface ChartUse {
  /** The left end of what is loaded comes near. */
  nearOldest(): void;
  /** Points at the place that starts then, in milliseconds since 1970, or at none. */
  hover(startMs: number | undefined): void;
  /** Clicked at a price. */
  pick(price: string): void;
}

/** Most places that are added one by one; then all are set anew, from the candles that are kept. */
const addedMax = 20_000;
/** Places before the first one that is seen when older ones are asked for. */
const nearPlaces = 100;
/** Places that stay free to the right of the newest one. */
const freePlaces = 4;

type CandlePoint = CandlestickData<Time> | WhitespaceData<Time>;

/** See the head of the file. */
export class ChartView {
  readonly chart: IChartApi;
  readonly orders: OrderLines;
  readonly #candles: ISeriesApi<"Candlestick">;
  readonly #volume: ISeriesApi<"Histogram">;
  readonly #bands = new UnknownBands();
  readonly #use: ChartUse;
  #palette: Palette;
  readonly #box: HTMLElement;
  #tick: string | undefined;
  #decimals: number | undefined;
  #lastS = Number.NEGATIVE_INFINITY;
  /** Places that were added since all were set. */
  #added = 0;

  constructor(box: HTMLElement, palette: Palette, use: ChartUse) {
    this.#palette = palette;
    this.#use = use;
    this.#box = box;
    // Without room a chart draws nothing: all that it is told before it has candles would be drawn, each on seven canvases.
    box.hidden = true;
    this.chart = createChart(box, {
      autoSize: true,
      layout: { attributionLogo: false, fontSize: 12, ...lookOf(palette).layout },
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { timeVisible: true, rightOffset: freePlaces, tickMarkFormatter: tickMark },
      localization: { timeFormatter: (time: Time) => dateText(Number(time) * 1_000) },
    });
    this.#candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.#volume = this.chart.addSeries(HistogramSeries, {
      ...{ priceScaleId: "volume", priceFormat: { type: "volume" } },
      ...{ priceLineVisible: false, lastValueVisible: false },
    });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.#candles.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0.22 } });
    this.#candles.attachPrimitive(this.#bands);
    this.orders = new OrderLines(this.chart, this.#candles, box, palette);
    this.look(palette);
    this.chart.subscribeCrosshairMove(this.#onMove);
    this.chart.subscribeClick(this.#onClick);
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < nearPlaces) use.nearOldest();
    });
  }

  /** Draws everything in the colours of a theme. The candles are to be set anew, since each bar of volume has its own colour. */
  look(palette: Palette): void {
    this.#palette = palette;
    const { up, down } = palette;
    this.chart.applyOptions(lookOf(palette));
    this.#candles.applyOptions({
      ...{ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down },
    });
  }

  /** The price step, which says how many decimals the axis has and which prices can be clicked. */
  setTick(tick: string | undefined, decimals: number): void {
    // It is said with each candle, and whatever is said anew is drawn anew.
    if (tick === this.#tick && decimals === this.#decimals) return;
    this.#decimals = decimals;
    this.#tick = tick;
    this.orders.tick = tick;
    const precision = Math.min(decimals, 16);
    this.chart.applyOptions({ localization: { priceFormatter: pricesOf(precision) } });
    const minMove = tick === undefined ? 10 ** -precision : Number(tick);
    this.#candles.applyOptions({ priceFormat: { type: "price", precision, minMove } });
  }

  showSeconds(secondsVisible: boolean): void {
    this.chart.timeScale().applyOptions({ secondsVisible });
  }

  /** Draws these places and no others; the oldest first. */
  setPoints(points: readonly Point[], bands: readonly Band[]): void {
    this.#candles.setData(points.map(candlePoint));
    this.#volume.setData(points.map((point) => this.#volumePoint(point)));
    this.#bands.set(bands, this.#palette.unknown);
    this.#lastS = secondsOf(points.at(-1)?.startMs ?? Number.NEGATIVE_INFINITY);
    this.#added = 0;
  }

  /** Whether so much was added since all was drawn that it is to be drawn anew. */
  get isFull(): boolean {
    return this.#added > addedMax;
  }

  /** Start of the newest place that is drawn, in milliseconds since 1970. */
  get newestMs(): number {
    return this.#lastS * 1_000;
  }

  /** Draws a place that is new at the end, or one that is there, anew. */
  update(point: Point): void {
    const at = secondsOf(point.startMs);
    const isHistorical = at < this.#lastS;
    if (at > this.#lastS) this.#added += 1;
    this.#candles.update(candlePoint(point), isHistorical);
    this.#volume.update(this.#volumePoint(point), isHistorical);
    this.#lastS = Math.max(at, this.#lastS);
  }

  /** Shows the newest candles, at once: on the way there everything would be drawn sixty times a second. */
  toNewest(): void {
    this.#box.hidden = false;
    this.chart.timeScale().applyOptions({ barSpacing: 7 });
    this.chart.timeScale().scrollToPosition(freePlaces, false);
  }

  destroy(): void {
    this.orders.destroy();
    this.chart.remove();
  }

  readonly #onMove = ({ time }: MouseEventParams<Time>): void => {
    this.#use.hover(time === undefined ? undefined : Number(time) * 1_000);
  };

  readonly #onClick = ({ point, paneIndex }: MouseEventParams<Time>): void => {
    if (point === undefined || (paneIndex ?? 0) !== 0) return;
    const price = priceAtY(this.#candles, point.y, this.#tick);
    if (price !== undefined) this.#use.pick(price);
  };

  #volumePoint({ startMs, candle }: Point) {
    const time = secondsOf(startMs) as UTCTimestamp;
    if (candle === undefined) return { time };
    const isUp = Number(candle.close) >= Number(candle.open);
    const { upSoft, downSoft } = this.#palette;
    return { time, value: Number(candle.volume), color: isUp ? upSoft : downSoft };
  }
}

function candlePoint({ startMs, candle }: Point): CandlePoint {
  const time = secondsOf(startMs) as UTCTimestamp;
  if (candle === undefined) return { time };
  const { open, high, low, close } = candle;
  return {
    ...{ time, open: Number(open), high: Number(high) },
    ...{ low: Number(low), close: Number(close) },
  };
}

function secondsOf(ms: number): number {
  return Math.floor(ms / 1_000);
}

function lookOf({ surface, text, line }: Palette) {
  return {
    layout: {
      background: { color: surface },
      textColor: text,
      panes: { separatorColor: line, separatorHoverColor: line },
    },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line },
    localization: { timeFormatter: (time: Time) => dateText(Number(time) * 1_000) },
  };
}

/** A mark of the axis: lightweight-charts asks with its kind, from years (0) to seconds (4). */
export function tickMark(time: Time, kind: number): string {
  const ms = Number(time) * 1_000;
  const date = new Date(ms);
  if (kind >= 4) return clockText(ms);
  if (kind === 3) return clockText(ms).slice(0, 5);
  if (kind === 2) return String(date.getDate());
  if (kind === 1) return date.toLocaleDateString(undefined, { month: "short" });
  return String(date.getFullYear());
}

/** Prices of the axis: grouped as everywhere on the page. */
function pricesOf(decimals: number): (price: number) => string {
  const format = new Intl.NumberFormat("en", {
    ...{ minimumFractionDigits: decimals, maximumFractionDigits: decimals },
  });
  return (price) => format.format(price).replaceAll(",", "\u2009");
}
