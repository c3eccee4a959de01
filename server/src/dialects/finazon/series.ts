/**
 * From the query of a REST call to bars, or to the fault that is answered instead. Whatever is made of
 * bars begins here.
 */
import { type BarInterval, minuteInterval } from "../../marketdata/bars/interval.ts";
import { type Span, uncoveredSpans } from "../../marketdata/bars/span.ts";
import type { StoredBarQuery, StoredBars, UnknownSpan } from "../../ports/dataset-reader.ts";
import { isUnanswered } from "../../ports/history.ts";
import { isRestFault, type RestFault, unansweredFault } from "./errors.ts";
import { type FieldSchema, textField } from "./field-schema.ts";
import { intervalByName, intervalNames } from "./intervals.ts";
import { type Page, readStoredPage, seriesPageSize, storedPagingSchema } from "./paging.ts";
import {
  type AskedTime,
  checkTruth,
  checkWord,
  given,
  invalid,
  readAskedTime,
  readOrder,
  timeMaxS,
} from "./parameters.ts";
import type { RestCall } from "./resource.ts";
import { secondUs } from "./seconds.ts";
import { readTarget, type Target, tickerParameters } from "./target.ts";

/** The bars that a call asks for. */
export interface Series extends Target {
  readonly interval: BarInterval;
  readonly time: AskedTime;
  readonly order: StoredBarQuery["order"];
  readonly page: Page;
}

/** All of the time that can be asked for. */
export const allTime: Span = { fromUs: 0, toUs: (timeMaxS + 1) * secondUs };

const adjustments = ["all", "splits", "dividends", "none"] as const;

/** Which times, in which order. */
export const timeParameters: Readonly<Record<string, FieldSchema>> = {
  start_at: {
    ...{ type: "integer", minimum: 0, maximum: timeMaxS },
    description: "Unix time in seconds of the first second that is asked for.",
  },
  end_at: {
    ...{ type: "integer", minimum: 0, maximum: timeMaxS },
    description: "Unix time in seconds of the last second that is asked for.",
  },
  order: {
    type: "string",
    enum: ["desc", "asc"],
    default: "desc",
    description: "Newest or oldest first; upper case does as well.",
  },
};

/** Accepted, checked and without effect: there are no sessions and no corporate actions here. */
export const sessionParameters: Readonly<Record<string, FieldSchema>> = {
  prepost: { type: "boolean", default: false, description: "No effect: all trades count." },
  adjust: {
    ...textField("No effect: prices are as they were traded."),
    enum: adjustments,
    default: "all",
  },
};

/** Query parameters of everything that is made of bars, but for those of the target's style. */
export function seriesParameters(
  firstPage: RestCall["firstPage"],
): Readonly<Record<string, FieldSchema>> {
  return {
    ...tickerParameters,
    interval: { ...textField("Length of a bar."), enum: intervalNames },
    ...timeParameters,
    ...storedPagingSchema({ firstPage, defaultSize: seriesPageSize }),
    ...sessionParameters,
  };
}

/** Those of {@link seriesParameters} that a call cannot do without. */
export const seriesRequired: readonly string[] = ["ticker", "interval"];

/** Reads the query of a call for bars. */
export function readSeries(call: RestCall): Series | RestFault {
  const { query } = call.request;
  const target = readTarget(call);
  if (isRestFault(target)) return target;
  const interval = intervalByName.get(given(query, "interval") ?? "");
  if (interval === undefined) return invalid("interval");
  const time = readAskedTime(query);
  if (isRestFault(time)) return time;
  const order = readOrder(query);
  if (isRestFault(order)) return order;
  const page = readStoredPage(query, { firstPage: call.firstPage, defaultSize: seriesPageSize });
  if (isRestFault(page)) return page;
  const fault = checkTruth(query, "prepost") ?? checkWord(query, "adjust", adjustments);
  return fault ?? { ...target, interval, time, order, page };
}

/** The page of bars that a call asks for. */
export async function readBars(call: RestCall, series: Series): Promise<StoredBars | RestFault> {
  const { time, order, page } = series;
  const found = await queryBars(call, series, {
    ...{ interval: series.interval, order },
    ...{ fromUs: time.fromUs, toUs: time.toUs, limit: page.size, offset: page.offset },
  });
  if (isRestFault(found) || found.bars.length > 0) return found;
  const isKnown = !isWhollyUnknown(time, found.unknown);
  if (series.isListed && (isKnown || page.offset > 0)) return found;
  return (await absence(call, series)) ?? found;
}

/** Asks for bars of a target in the name of the caller's workspace. */
export async function queryBars(
  { history, grant }: RestCall,
  { dataset, ticker }: Target,
  query: Omit<StoredBarQuery, "dataset" | "ticker" | "asker">,
): Promise<StoredBars | RestFault> {
  const found = await history.bars({
    ...query,
    ...{ dataset: dataset.code, ticker, asker: grant.workspace },
  });
  return isUnanswered(found) ? unansweredFault(found) : found;
}

/**
 * Why there is nothing to tell of a ticker, when that is so at all times. One that is stored, or known not to have
 * been traded, has bars or none, which is an answer.
 */
export async function absence(call: RestCall, target: Target): Promise<RestFault | undefined> {
  const interval = minuteInterval;
  const order = "newest-first";
  const found = await queryBars(call, target, { ...allTime, interval, order, limit: 1 });
  if (isRestFault(found)) return found;
  if (found.bars.length > 0) return undefined;
  if (!target.isListed) return { reason: "unknown-ticker", subject: target.ticker };
  const isKnown = !isWhollyUnknown(allTime, found.unknown);
  return isKnown ? undefined : { reason: "nothing-known", subject: target.ticker };
}

function isWhollyUnknown(time: Span, unknown: readonly UnknownSpan[]): boolean {
  return uncoveredSpans(time, unknown).length === 0;
}
