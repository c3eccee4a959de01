/** `time_series`: stored bars, in the styles in which a dataset can be named. */
import { formatDecimal } from "../../core/num/decimal.ts";
import type { StoredBar } from "../../marketdata/bars/bar.ts";
import { nextIntervalStart, startNotBefore } from "../../marketdata/bars/interval.ts";
import type { Span } from "../../marketdata/bars/span.ts";
import type { RestReply } from "../../ports/rest.ts";
import { priceFields } from "./encode.ts";
import { isRestFault, type RestFault } from "./errors.ts";
import { barsTag } from "./etag.ts";
import type { FieldSchema } from "./field-schema.ts";
import type { FirstPage } from "./paging.ts";
import {
  type Fields,
  listSchema,
  numberField,
  objectSchema,
  orNull,
  timeField,
} from "./reply-schema.ts";
import type { RestCall, RestResource } from "./resource.ts";
import { rowsReply } from "./rows-reply.ts";
import { readBars, readSeries, type Series, seriesParameters, seriesRequired } from "./series.ts";
import { isDatasetStyle, targetStyles } from "./target.ts";

const priceSchema = objectSchema({
  t: timeField("Start of the bar, in Unix seconds.", 1_675_256_340),
  o: numberField("Open.", 145.35),
  h: numberField("High.", 145.49),
  l: numberField("Low.", 145.13),
  c: numberField("Close.", 145.46),
});
const volume = { v: numberField("Volume.", 1_006_162) };
const binanceVolumes = {
  tr: orNull(numberField("Number of trades.", 123)),
  bv: numberField("Base volume.", 97.598074),
  qv: orNull(numberField("Quote volume.", 97.598074)),
  tbv: orNull(numberField("Base volume that takers bought.", 97.598074)),
  tqv: orNull(numberField("Quote volume that takers bought.", 97.598074)),
};

const plainSchema = listSchema(objectSchema({ ...asFields(priceSchema), ...volume }));
const datasetSchema = listSchema({
  ...priceSchema,
  properties: { ...asFields(priceSchema), ...volume, ...binanceVolumes },
  description: "Forex has no `v`, Binance has the other volumes for it.",
});

function asFields({ properties }: FieldSchema): Fields {
  return properties as Fields;
}

/** `time_series` in all styles. */
export function seriesResources(firstPage: FirstPage): readonly RestResource[] {
  return targetStyles.map(({ prefix, parameters, required }) => ({
    path: `${prefix}/time_series`,
    summary: "Bars of one ticker",
    usage: "time_series",
    parameters: { ...parameters, ...seriesParameters(firstPage) },
    required: [...required, ...seriesRequired],
    replySchema: prefix === "" ? plainSchema : datasetSchema,
    answer,
  }));
}

async function answer(call: RestCall): Promise<RestReply | RestFault> {
  const series = readSeries(call);
  if (isRestFault(series)) return series;
  const found = await readBars(call, series);
  if (isRestFault(found)) return found;
  return rowsReply(call, {
    ...{ rows: found.bars, unknown: found.unknown, told: toldTime(series, found.bars) },
    ...{ write: itemOf(isDatasetStyle(call) ? series.dataset.code : ""), tagOf: barsTag },
  });
}

/** The time that a page tells of: up to its last bar where others follow, else all that was asked for. */
export function toldTime(
  { time, interval, order, page }: Series,
  bars: readonly StoredBar[],
): Span {
  // The last bar may go on behind the last second that was asked for.
  const { fromUs } = time;
  const toUs = startNotBefore(interval, time.toUs);
  const last = bars.length === page.size ? bars.at(-1) : undefined;
  if (last === undefined) return { fromUs, toUs };
  return order === "newest-first"
    ? { fromUs: last.startUs, toUs }
    : { fromUs, toUs: nextIntervalStart(interval, last.startUs) };
}

/** Writes one item of `data`. The paths of two datasets have items of their own. */
function itemOf(datasetCode: string): (bar: StoredBar) => string {
  if (datasetCode === "binance") return binanceItem;
  if (datasetCode === "forex") return (bar) => `{${priceFields(bar)}}`;
  return (bar) => `{${priceFields(bar)},"v":${formatDecimal(bar.volume, bar.volumeScale)}}`;
}

/** With the number of trades, and what takers bought. What is not known of the bar is `null`. */
function binanceItem(bar: StoredBar): string {
  const { volumeScale, priceScale, takerBuyVolume, takerBuyQuoteVolume } = bar;
  const quoteScale = priceScale + volumeScale;
  const volume = formatDecimal(bar.volume, volumeScale);
  const quoteVolume = formatted(bar.quoteVolume, quoteScale);
  const bought = formatted(takerBuyVolume, volumeScale);
  const paid = formatted(takerBuyQuoteVolume, quoteScale);
  const volumes = `"bv":${volume},"qv":${quoteVolume},"tbv":${bought},"tqv":${paid}`;
  return `{${priceFields(bar)},"tr":${bar.tradeCount ?? "null"},${volumes}}`;
}

function formatted(coefficient: number | bigint | undefined, scale: number): string {
  return coefficient === undefined ? "null" : formatDecimal(coefficient, scale);
}
