/** `time_series/{indicator}`: figures of stored bars, in the styles in which a dataset can be named. */
import { periodicAnchors, scatteredAnchors } from "../../marketdata/indicators/anchored.ts";
import type { RestReply } from "../../ports/rest.ts";
import { isRestFault, type RestFault } from "./errors.ts";
import { percentDecimals, priceDecimals, volumeDecimals } from "./figure-text.ts";
import { figuresReply, figuresSchema, type IndicatorResource } from "./indicator-resource.ts";
import { type FigureUnit, type IndicatorRow, indicatorRows } from "./indicator-rows.ts";
import { readFigures } from "./indicator-series.ts";
import type { FirstPage } from "./paging.ts";
import type { RestCall, RestResource } from "./resource.ts";
import { ichimokuResource } from "./rest-ichimoku.ts";
import { readSeries, seriesParameters, seriesRequired } from "./series.ts";
import { targetStyles } from "./target.ts";

/** All indicators in all styles. */
export function indicatorResources(firstPage: FirstPage): readonly RestResource[] {
  return targetStyles.flatMap(({ prefix, parameters, required }) =>
    [...indicatorRows.map(resourceOf), ichimokuResource].map(({ name, ...indicator }) => ({
      ...indicator,
      usage: "time_series",
      path: `${prefix}/time_series/${name}`,
      parameters: { ...parameters, ...seriesParameters(firstPage), ...indicator.parameters },
      required: [...required, ...seriesRequired],
    })),
  );
}

function resourceOf(row: IndicatorRow): IndicatorResource {
  const { name, title, parameters, fields } = row;
  const replySchema = figuresSchema(fields);
  return { name, summary: title, parameters, replySchema, answer: (call) => answer(call, row) };
}

async function answer(call: RestCall, row: IndicatorRow): Promise<RestReply | RestFault> {
  const series = readSeries(call);
  if (isRestFault(series)) return series;
  const indicator = row.read(call.request.query);
  if (isRestFault(indicator)) return indicator;
  const isAnchor = row.isEndless ? periodicAnchors(series.interval) : scatteredAnchors;
  const page = await readFigures(call, series, { indicator, isAnchor, margin: 0 });
  if (isRestFault(page)) return page;
  const items = page.bars
    .slice(page.from)
    .flatMap(({ bar: { startUs, close }, figures }) =>
      figures === undefined ? [] : [{ startUs, decimals: decimalsOf(row.unit, close), figures }],
    );
  return figuresReply(call, series, page, { fields: row.fields, items });
}

function decimalsOf(unit: FigureUnit, close: number): number {
  if (unit === "price") return priceDecimals(close);
  return unit === "percent" ? percentDecimals : volumeDecimals;
}
