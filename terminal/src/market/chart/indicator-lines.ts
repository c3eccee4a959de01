/** Draws indicators: over the candles, or each in a pane of its own below them. */
import {
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { IndicatorFeed } from "./indicator-feed.ts";
import type { IndicatorKind, IndicatorLine } from "./indicator-kinds.ts";
import type { Palette } from "./palette.ts";

type AnySeries = ISeriesApi<"Line"> | ISeriesApi<"Histogram">;

/** Height of a pane below the candles, in parts of which the candles have four. */
const stretch = 1;

/** See the head of the file. */
export class IndicatorLines {
  readonly #chart: IChartApi;
  readonly #drawn = new Map<string, readonly (readonly [IndicatorLine, AnySeries])[]>();

  constructor(chart: IChartApi) {
    this.#chart = chart;
  }

  /** Draws these indicators and no others. */
  show(kinds: readonly IndicatorKind[], palette: Palette): void {
    this.clear();
    let turn = 0;
    let pane = 0;
    for (const kind of kinds) {
      if (!kind.isOverlay) pane += 1;
      const lines = kind.lines.map((line) => {
        const color = palette.lines[turn % palette.lines.length] ?? palette.accent;
        turn += 1;
        const series = this.#add(line, color, kind.isOverlay ? 0 : pane);
        return [line, series] as const;
      });
      this.#drawn.set(kind.id, lines);
    }
    this.#chart.panes().forEach((each, index) => {
      each.setStretchFactor(index === 0 ? 4 : stretch);
    });
  }

  /** Draws the figures of an indicator as they are now. */
  draw(feed: IndicatorFeed): void {
    const rows = feed.rows;
    for (const [{ key }, series] of this.#drawn.get(feed.kind.id) ?? []) {
      series.setData(
        rows.map(({ timeMs, values }) => {
          const time = Math.floor(timeMs / 1_000) as UTCTimestamp;
          const value = values[key];
          return value === undefined ? { time } : { time, value: Number(value) };
        }),
      );
    }
  }

  clear(): void {
    for (const lines of this.#drawn.values())
      for (const [, series] of lines) this.#chart.removeSeries(series as ISeriesApi<"Line", Time>);
    this.#drawn.clear();
  }

  #add({ look }: IndicatorLine, color: string, pane: number): AnySeries {
    const common = { color, priceLineVisible: false, lastValueVisible: false };
    if (look === "bars") return this.#chart.addSeries(HistogramSeries, common, pane);
    const isDots = look === "dots";
    const style = {
      ...{ lineWidth: 1 as const, lineVisible: !isDots, pointMarkersVisible: isDots },
      ...{ pointMarkersRadius: 1.5, crosshairMarkerVisible: false },
    };
    return this.#chart.addSeries(LineSeries, { ...common, ...style }, pane);
  }
}
