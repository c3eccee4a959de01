/** The server's indicators as somebody chooses them: name, parameters, and how each of their lines is drawn. */
import type { Indicator } from "@openbourse/client";

/** How a line is drawn. */
export interface IndicatorLine {
  /** Its name on the wire. */
  readonly key: string;
  readonly title: string;
  readonly look: "line" | "bars" | "dots";
}

/** An indicator with its parameters. */
export interface IndicatorKind {
  readonly id: string;
  readonly title: string;
  readonly name: Indicator;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Whether it is drawn over the candles rather than below them. */
  readonly isOverlay: boolean;
  readonly lines: readonly IndicatorLine[];
}

const line = (key: string, title: string, look: IndicatorLine["look"] = "line") => ({
  ...{ key, title, look },
});

function average(type: "SMA" | "EMA" | "WMA", period: number): IndicatorKind {
  const title = `${type} ${period}`;
  return {
    ...{ id: `${type}-${period}`, title, name: "ma", isOverlay: true },
    parameters: { ma_type: type, time_period: period },
    lines: [line("ma", title)],
  };
}

/** All that can be chosen. Parameters that are not named are the server's own. */
export const indicatorKinds: readonly IndicatorKind[] = [
  average("SMA", 20),
  average("SMA", 50),
  average("SMA", 200),
  average("EMA", 9),
  average("EMA", 21),
  average("WMA", 20),
  {
    ...{ id: "bbands", title: "Bollinger bands 20, 2", name: "bbands", isOverlay: true },
    parameters: { time_period: 20, sd: 2 },
    lines: [
      line("upper_band", "upper"),
      line("middle_band", "middle"),
      line("lower_band", "lower"),
    ],
  },
  {
    ...{ id: "ichimoku", title: "Ichimoku 9, 26, 52", name: "ichimoku", isOverlay: true },
    parameters: {},
    lines: [
      line("tenkan_sen", "Tenkan-sen"),
      line("kijun_sen", "Kijun-sen"),
      line("senkou_span_a", "Span A"),
      line("senkou_span_b", "Span B"),
      line("chikou_span", "Chikou"),
    ],
  },
  {
    ...{ id: "sar", title: "Parabolic SAR", name: "sar", isOverlay: true, parameters: {} },
    lines: [line("sar", "SAR", "dots")],
  },
  {
    ...{ id: "rsi", title: "RSI 14", name: "rsi", isOverlay: false },
    parameters: { time_period: 14 },
    lines: [line("rsi", "RSI")],
  },
  {
    ...{ id: "macd", title: "MACD 12, 26, 9", name: "macd", isOverlay: false, parameters: {} },
    lines: [
      line("macd_hist", "Histogram", "bars"),
      line("macd", "MACD"),
      line("macd_signal", "Signal"),
    ],
  },
  {
    ...{ id: "stoch", title: "Stochastic 14, 1, 3", name: "stoch", isOverlay: false },
    parameters: {},
    lines: [line("slow_k", "%K"), line("slow_d", "%D")],
  },
  {
    ...{ id: "atr", title: "ATR 14", name: "atr", isOverlay: false },
    parameters: { time_period: 14 },
    lines: [line("atr", "ATR")],
  },
  {
    ...{ id: "obv", title: "On-balance volume", name: "obv", isOverlay: false, parameters: {} },
    lines: [line("obv", "OBV")],
  },
];

/** Most indicators at once: each is asked for by itself. */
export const indicatorsMax = 4;
