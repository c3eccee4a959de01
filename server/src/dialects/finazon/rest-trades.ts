/** `trades`: stored trades, in the styles in which a dataset can be named. */
import { formatDecimal } from "../../core/num/decimal.ts";
import { type Span, uncoveredSpans } from "../../marketdata/bars/span.ts";
import type { StoredTrade, StoredTradeQuery } from "../../ports/dataset-reader.ts";
import { isUnanswered } from "../../ports/history.ts";
import type { RestReply } from "../../ports/rest.ts";
import { isRestFault, type RestFault, unansweredFault } from "./errors.ts";
import { tradesTag } from "./etag.ts";
import { type FirstPage, pageSizeMax, readStoredPage, storedPagingSchema } from "./paging.ts";
import { readAskedTime, readOrder } from "./parameters.ts";
import { listSchema, numberField, objectSchema, timeField } from "./reply-schema.ts";
import type { RestCall, RestResource } from "./resource.ts";
import { rowsReply } from "./rows-reply.ts";
import { absence, timeParameters } from "./series.ts";
import { readTarget, type Target, targetStyles, tickerParameters } from "./target.ts";

const replySchema = listSchema(
  objectSchema({
    p: numberField("Price.", 184.95),
    s: numberField("Quantity; a whole number where it is one.", 1),
    t: timeField("When it was traded, in Unix milliseconds.", 1_686_959_999_000),
  }),
);

/** `trades` in all styles. */
export function tradeResources(firstPage: FirstPage): readonly RestResource[] {
  const paging = storedPagingSchema({ firstPage, defaultSize: pageSizeMax });
  return targetStyles.map(({ prefix, parameters, required }) => ({
    path: `${prefix}/trades`,
    summary: "Trades of one ticker",
    usage: "trades",
    parameters: { ...parameters, ...tickerParameters, ...timeParameters, ...paging },
    required: [...required, "ticker"],
    replySchema,
    answer,
  }));
}

async function answer(call: RestCall): Promise<RestReply | RestFault> {
  const { history, grant, request, firstPage } = call;
  const target = readTarget(call);
  if (isRestFault(target)) return target;
  const time = readAskedTime(request.query);
  if (isRestFault(time)) return time;
  const order = readOrder(request.query);
  if (isRestFault(order)) return order;
  const page = readStoredPage(request.query, { firstPage, defaultSize: pageSizeMax });
  if (isRestFault(page)) return page;
  const found = await history.trades({
    ...{ dataset: target.dataset.code, ticker: target.ticker, asker: grant.workspace, order },
    ...{ fromUs: time.fromUs, toUs: time.toUs, limit: page.size, offset: page.offset },
  });
  if (isUnanswered(found)) return unansweredFault(found);
  if (found.length === 0 && page.offset === 0) {
    const fault = await absence(call, target);
    if (fault !== undefined) return fault;
  }
  const last = found.at(-1);
  const told = toldTime({ time, order }, found.length === page.size ? last : undefined);
  const unknown = await unknownOf(call, target, told);
  if (isRestFault(unknown)) return unknown;
  return rowsReply(call, { rows: found, told, unknown, write: item, tagOf: tradesTag });
}

/** The time that a page tells of: up to its last row where others follow, else all that was asked for. */
function toldTime(
  { time, order }: { time: Span; order: StoredTradeQuery["order"] },
  last: StoredTrade | undefined,
): Span {
  if (last === undefined) return time;
  return order === "newest-first"
    ? { fromUs: last.eventTimeUs, toUs: time.toUs }
    : { fromUs: time.fromUs, toUs: last.eventTimeUs + 1 };
}

/** What is not known of a time. */
async function unknownOf(
  { history, grant }: RestCall,
  { dataset, ticker }: Target,
  time: Span,
): Promise<readonly Span[] | RestFault> {
  const { fromUs, toUs } = time;
  const asker = grant.workspace;
  const found = await history.coverage({ dataset: dataset.code, ticker, fromUs, toUs, asker });
  return isUnanswered(found) ? unansweredFault(found) : uncoveredSpans(time, found.known);
}

/** The exact figures; quantities are not rounded to whole shares (D-F23). */
function item({ price, priceScale, quantity, quantityScale, eventTimeUs }: StoredTrade): string {
  const traded = formatDecimal(quantity, quantityScale);
  const timeMs = Math.floor(eventTimeUs / 1_000);
  return `{"p":${formatDecimal(price, priceScale)},"s":${traded},"t":${timeMs}}`;
}
