/** What a workspace may use and what it has used: `my_datasets` and `api_usage`. */
import type { Dataset } from "../../marketdata/instrument.ts";
import type { RestReply } from "../../ports/rest.ts";
import { type FieldSchema, textField } from "./field-schema.ts";
import type { ApiUsage, CallCount, MyDataset, NamedValue } from "./messages.ts";
import { type FirstPage, pageReply, pageSizeMax, pagingSchema } from "./paging.ts";
import { given } from "./parameters.ts";
import { numberField, objectSchema, orNull, pagedListSchema, timeField } from "./reply-schema.ts";
import type { RestCall, RestResource } from "./resource.ts";
import type { UsageKind } from "./usage.ts";

const neverField: FieldSchema = { type: "null", description: "Datasets do not end here." };

const myDatasetSchema = objectSchema({
  code: textField("Code of the dataset.", "crypto"),
  name: textField("Its name.", "Crypto Aggregated API"),
  status: { ...textField("Whether it may be used."), enum: ["active"] },
  start_at: orNull(timeField("When the workspace was made, in Unix seconds.", 1_692_098_753)),
  ...{ finish_at: neverField, active_until: neverField, next_renewal: neverField },
  price_period: { type: "null", description: "Nothing is sold here." },
  price_total: numberField("The same.", 0),
  details: {
    type: "array",
    description: "The limits of the workspace.",
    items: objectSchema({
      title: textField("What is limited.", "API requests"),
      value: textField("To how much.", "30 per minute"),
    }),
  },
});

const countSchema = objectSchema({
  limit: orNull({ type: "integer", description: "Calls a minute; null where there is no limit." }),
  usage: { type: "integer", description: "Calls in this minute." },
});

const usageSchema = objectSchema({
  product: textField("Code of the dataset.", "sip"),
  api_calls: { ...countSchema, description: "All calls of the workspace: what is limited." },
  api_calls_time_series: countSchema,
  api_calls_trades: countSchema,
  api_calls_reference: countSchema,
  api_calls_snapshots: countSchema,
  api_calls_price: countSchema,
  historical_api_calls: { ...countSchema, description: "Time series and trades together." },
});

/** Both, with their pages. */
export function accountResources(firstPage: FirstPage): readonly RestResource[] {
  const paging = pagingSchema({ firstPage, defaultSize: pageSizeMax });
  return [
    {
      path: "/my_datasets",
      summary: "Datasets that the workspace may use, and its limits",
      usage: "reference",
      parameters: paging,
      replySchema: pagedListSchema(myDatasetSchema),
      answer: (call) =>
        page(
          call,
          usable(call).map((dataset) => myDataset(call, dataset)),
        ),
    },
    {
      path: "/api_usage",
      summary: "Calls that the workspace has made in this minute, by dataset",
      usage: "reference",
      parameters: { product: textField("Only the dataset with this code."), ...paging },
      replySchema: pagedListSchema(usageSchema),
      async answer(call) {
        const wanted = given(call.request.query, "product");
        const datasets = usable(call).filter(({ code }) => wanted === undefined || code === wanted);
        return page(call, await Promise.all(datasets.map((dataset) => apiUsage(call, dataset))));
      },
    },
  ];
}

function page(call: RestCall, items: readonly object[]): RestReply {
  return pageReply(items, call.request.query, call.firstPage);
}

function usable({ catalog, grant }: RestCall): readonly Dataset[] {
  return catalog.datasets().filter(({ code }) => grant.mayUse(code));
}

function myDataset({ grant, madeMs }: RestCall, { code, name }: Dataset): MyDataset {
  const sinceMs = madeMs(grant.workspace);
  return {
    ...{ code, name, status: "active" },
    start_at: sinceMs === undefined ? null : Math.floor(sinceMs / 1_000),
    ...{ finish_at: null, active_until: null, next_renewal: null },
    ...{ price_period: null, price_total: 0 },
    details: limitsOf(grant.limits),
  };
}

function limitsOf(limits: RestCall["grant"]["limits"]): readonly NamedValue[] {
  const said = (title: string, max: number | undefined, unit = "") => ({
    title,
    value: max === undefined ? "unlimited" : `${max}${unit}`,
  });
  return [
    said("API requests", limits.restCallsPerMinuteMax, " per minute"),
    said("WebSocket connections", limits.connectionsMax),
    said("WebSocket messages", limits.messagesPerMinuteMax, " per minute"),
    said("Tickers per connection", limits.tickersMax),
  ];
}

/** The limit is one of the workspace and all that it calls, so it stands beside each of the figures. */
async function apiUsage(call: RestCall, { code }: Dataset): Promise<ApiUsage> {
  const { usage, nowMs, grant } = call;
  const { workspace, limits } = grant;
  const limit = limits.restCallsPerMinuteMax ?? null;
  const counted = async (kind: UsageKind): Promise<CallCount> => {
    const calls = await usage.about({ workspace, dataset: code, kind }, nowMs);
    return { limit, usage: calls };
  };
  const series = await counted("time_series");
  const trades = await counted("trades");
  return {
    product: code,
    api_calls: { limit, usage: await usage.all(workspace, nowMs) },
    api_calls_time_series: series,
    api_calls_trades: trades,
    api_calls_reference: await counted("reference"),
    api_calls_snapshots: await counted("snapshots"),
    api_calls_price: await counted("price"),
    historical_api_calls: { limit, usage: series.usage + trades.usage },
  };
}
