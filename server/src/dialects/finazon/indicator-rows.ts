/** The indicators: a row each, with its parameters, its fields on the wire and the fold that makes them. */
import { atr } from "../../marketdata/indicators/atr.ts";
import { bbands } from "../../marketdata/indicators/bbands.ts";
import type { Indicator } from "../../marketdata/indicators/indicator.ts";
import { ma } from "../../marketdata/indicators/ma.ts";
import { macd } from "../../marketdata/indicators/macd.ts";
import { obv } from "../../marketdata/indicators/obv.ts";
import { rsi } from "../../marketdata/indicators/rsi.ts";
import { sar } from "../../marketdata/indicators/sar.ts";
import { stoch } from "../../marketdata/indicators/stoch.ts";
import { isRestFault, type RestFault } from "./errors.ts";
import type { FieldSchema } from "./field-schema.ts";
import {
  averageType,
  factor,
  type IndicatorParameters,
  period,
  readValues,
  seriesType,
  type ValuesOf,
} from "./indicator-parameters.ts";
import type { Query } from "./parameters.ts";

/** What figures are counted in, which decides how many decimals they are told with. */
export type FigureUnit = "price" | "percent" | "volume";

/** What can be asked of the indicator of a path. */
export interface IndicatorRow {
  /** Last part of the path. */
  readonly name: string;
  /** For the API description. */
  readonly title: string;
  readonly parameters: Readonly<Record<string, FieldSchema>>;
  /** Names of its figures on the wire, in their order. */
  readonly fields: readonly string[];
  readonly unit: FigureUnit;
  /** Whether it is a sum without an end, which counts from a place in the calendar. */
  readonly isEndless: boolean;
  read(query: Query): Indicator | RestFault;
}

interface RowParts<Parameters extends IndicatorParameters> {
  readonly title: string;
  readonly fields: readonly string[];
  readonly parameters: Parameters;
  readonly unit?: FigureUnit;
  readonly isEndless?: boolean;
  make(values: ValuesOf<Parameters>): Indicator;
}

function row<const Parameters extends IndicatorParameters>(
  name: string,
  parts: RowParts<Parameters>,
): IndicatorRow {
  const { title, fields, parameters, unit = "price", isEndless = false, make } = parts;
  return {
    ...{ name, title, fields, unit, isEndless, parameters: schemasOf(parameters) },
    read(query) {
      const values = readValues(parameters, query);
      return isRestFault(values) ? values : make(values);
    },
  };
}

/** What the API description says of parameters. */
export function schemasOf(parameters: IndicatorParameters): Readonly<Record<string, FieldSchema>> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [name, parameter.schema]),
  );
}

export const indicatorRows: readonly IndicatorRow[] = [
  row("atr", {
    title: "Average true range",
    fields: ["atr"],
    parameters: { time_period: period(14) },
    make: ({ time_period }) => atr(time_period),
  }),
  row("bbands", {
    title: "Bollinger bands",
    fields: ["upper_band", "middle_band", "lower_band"],
    parameters: {
      series_type: seriesType,
      time_period: period(20, 2),
      sd: factor(2, {
        ...{ min: 0.01, max: 100 },
        description: "How many standard deviations the bands are away from the middle.",
      }),
      ma_type: averageType,
    },
    make: ({ series_type, time_period, sd, ma_type }) =>
      bbands({ seriesType: series_type, timePeriod: time_period, sd, maType: ma_type }),
  }),
  row("ma", {
    title: "Moving average",
    fields: ["ma"],
    parameters: { series_type: seriesType, time_period: period(9), ma_type: averageType },
    make: ({ series_type, time_period, ma_type }) =>
      ma({ seriesType: series_type, timePeriod: time_period, maType: ma_type }),
  }),
  row("macd", {
    title: "Moving average convergence and divergence",
    fields: ["macd", "macd_signal", "macd_hist"],
    parameters: {
      series_type: seriesType,
      fast_period: period(12, 2),
      slow_period: period(26, 2),
      signal_period: period(9),
    },
    make: ({ series_type, fast_period, slow_period, signal_period }) =>
      macd({
        seriesType: series_type,
        fastPeriod: fast_period,
        slowPeriod: slow_period,
        signalPeriod: signal_period,
      }),
  }),
  row("obv", {
    title: "On-balance volume",
    fields: ["obv"],
    unit: "volume",
    isEndless: true,
    parameters: { series_type: seriesType },
    make: ({ series_type }) => obv(series_type),
  }),
  row("rsi", {
    title: "Relative strength index",
    fields: ["rsi"],
    unit: "percent",
    parameters: { series_type: seriesType, time_period: period(14, 2) },
    make: ({ series_type, time_period }) =>
      rsi({ seriesType: series_type, timePeriod: time_period }),
  }),
  row("sar", {
    title: "Parabolic stop and reverse",
    fields: ["sar"],
    parameters: {
      acceleration: factor(0.02, {
        ...{ min: 0.001, max: 1 },
        description: "What each new extreme adds to the speed of the stop.",
      }),
      maximum: factor(0.2, { min: 0.001, max: 1, description: "The highest speed of the stop." }),
    },
    make: sar,
  }),
  row("stoch", {
    title: "Stochastic oscillator",
    fields: ["slow_k", "slow_d"],
    unit: "percent",
    parameters: {
      fast_k_period: period(14),
      slow_k_period: period(1),
      slow_d_period: period(3),
      slow_kma_type: averageType,
      slow_dma_type: averageType,
    },
    make: (values) =>
      stoch({
        fastKPeriod: values.fast_k_period,
        slowKPeriod: values.slow_k_period,
        slowDPeriod: values.slow_d_period,
        slowKmaType: values.slow_kma_type,
        slowDmaType: values.slow_dma_type,
      }),
  }),
];
