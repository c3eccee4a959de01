/**
 * `time_series/ichimoku`. Its lines are told where they are drawn, so spans stand ahead of the newest bar as well: the page with
 * that bar has them besides its own items, and all pages have the times that `time_series` has on them.
 */
import { scatteredAnchors } from "../../marketdata/indicators/anchored.ts";
import {
  aheadRows,
  displacedRows,
  type IchimokuRow,
} from "../../marketdata/indicators/displaced.ts";
import { ichimoku } from "../../marketdata/indicators/ichimoku.ts";
import { toPriceBar } from "../../marketdata/indicators/price-bar.ts";
import type { RestReply } from "../../ports/rest.ts";
import { isRestFault, type RestFault } from "./errors.ts";
import { priceDecimals } from "./figure-text.ts";
import { period, readValues, truth } from "./indicator-parameters.ts";
import {
  type FiguresRow,
  figuresReply,
  figuresSchema,
  type IndicatorResource,
} from "./indicator-resource.ts";
import { schemasOf } from "./indicator-rows.ts";
import { readAfter, readFigures } from "./indicator-series.ts";
import type { RestCall } from "./resource.ts";
import { readSeries } from "./series.ts";

const parameters = {
  conversion_line_period: period(9),
  base_line_period: period(26),
  leading_span_b_period: period(52),
  lagging_span_period: period(26),
  include_ahead_span_period: truth(
    true,
    "Whether the spans ahead of the newest bar are told, at the intervals that follow it.",
  ),
};

/** Names of its lines on the wire. */
export const ichimokuFields: readonly string[] = [
  "tenkan_sen",
  "kijun_sen",
  "senkou_span_a",
  "senkou_span_b",
  "chikou_span",
];

export const ichimokuResource: IndicatorResource = {
  name: "ichimoku",
  summary: "Ichimoku Kinko Hyo",
  parameters: schemasOf(parameters),
  replySchema: figuresSchema(ichimokuFields, ["tenkan_sen", "kijun_sen", "chikou_span"]),
  answer,
};

async function answer(call: RestCall): Promise<RestReply | RestFault> {
  const series = readSeries(call);
  if (isRestFault(series)) return series;
  const values = readValues(parameters, call.request.query);
  if (isRestFault(values)) return values;
  const displacement = { ahead: values.base_line_period, back: values.lagging_span_period };
  const page = await readFigures(call, series, {
    indicator: ichimoku({
      conversionLinePeriod: values.conversion_line_period,
      baseLinePeriod: values.base_line_period,
      leadingSpanBPeriod: values.leading_span_b_period,
    }),
    isAnchor: scatteredAnchors,
    margin: displacement.ahead,
  });
  if (isRestFault(page)) return page;
  const newest = page.bars.at(-1)?.bar;
  if (newest === undefined)
    return figuresReply(call, series, page, { fields: ichimokuFields, items: [] });
  const after = await readAfter(call, series, newest, displacement.back);
  if (isRestFault(after)) return after;
  const rows = displacedRows(
    page,
    after.map((bar) => toPriceBar(bar).close),
    displacement,
  );
  const isNewestTold = after.length === 0 && rows.at(-1)?.startUs === newest.startUs;
  const isAhead = values.include_ahead_span_period && isNewestTold;
  const ahead = isAhead ? aheadRows(page.bars, series.interval, displacement) : [];
  const { fromUs, toUs } = series.time;
  const told = ahead.filter(({ startUs }) => startUs >= fromUs && startUs < toUs);
  const items = [...rows, ...told].map(toItem);
  return figuresReply(call, series, page, { fields: ichimokuFields, items });
}

function toItem({ startUs, price, ...lines }: IchimokuRow): FiguresRow {
  const { conversion, base, spanA, spanB, lagging } = lines;
  const figures = [conversion, base, spanA, spanB, lagging];
  return { startUs, decimals: priceDecimals(price), figures };
}
