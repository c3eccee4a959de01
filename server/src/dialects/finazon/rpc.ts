/**
 * Finazon's gRPC: each procedure is a resource of REST in another dress, so that figures, keys, quotas and refusals
 * are the same (docs/protocols/finazon).
 */
import type { CatalogView } from "../../marketdata/catalog.ts";
import type { RestReply, RestRequest, RestRoute } from "../../ports/rest.ts";
import type {
  RpcAnswer,
  RpcCall,
  RpcFields,
  RpcRefusal,
  RpcServices,
  RpcShape,
  RpcStatus,
  RpcValue,
} from "../../ports/rpc.ts";
import { figureText } from "./figure-text.ts";
import type { RestErrorBody, RestErrorCode } from "./messages.ts";
import { namePublishers } from "./rest-lists.ts";
import {
  binanceReply,
  cryptoTickersReply,
  forexReply,
  forexTickersReply,
  indicatorReplies,
  namedReply,
  seriesReply,
  snapshotReply,
  stockMarketsReply,
  stockTickersReply,
  tradesReply,
  usageReply,
  usTickersReply,
} from "./rpc-replies.ts";

/** One procedure. */
interface Procedure {
  /** Path of the resource behind the version, as its route has it. */
  readonly route: string;
  /** Dataset that the procedure is about, where its name says so. */
  readonly dataset?: string;
  readonly reply: RpcShape;
  /** Whether its rows have the names of their publishers, which REST leaves out. */
  readonly namesPublishers?: true;
}

/** Names of indicators as procedures have them. */
const indicators = ["Atr", "BBands", "Ichimoku", "Ma", "Macd", "Obv", "Rsi", "Sar", "Stoch"];

const ofDataset = (dataset: string, reply: RpcShape): Procedure => ({
  ...{ route: "/:publisher/time_series", dataset, reply },
});

/** All procedures, by service and name. */
const procedures: Readonly<Record<string, Procedure>> = {
  "TimeSeriesService/GetTimeSeries": { route: "/time_series", reply: seriesReply },
  ...Object.fromEntries(indicators.map(indicatorProcedure)),
  "BinanceService/GetTimeSeries": ofDataset("binance", binanceReply),
  "CryptoService/GetTimeSeries": ofDataset("crypto", seriesReply),
  "ForexService/GetTimeSeries": ofDataset("forex", forexReply),
  "TradeService/GetTrades": { route: "/trades", reply: tradesReply },
  "SnapshotService/GetSnapshot": { route: "/ticker/snapshot", reply: snapshotReply },
  "TickersService/FindTickersCrypto": {
    ...{ route: "/tickers/crypto", reply: cryptoTickersReply, namesPublishers: true },
  },
  "TickersService/FindTickersForex": { route: "/tickers/forex", reply: forexTickersReply },
  "TickersService/FindTickersStocks": {
    ...{ route: "/tickers/stocks", reply: stockTickersReply, namesPublishers: true },
  },
  "TickersService/FindTickersUS": { route: "/tickers/us_stocks", reply: usTickersReply },
  "DatasetsService/GetDatasets": { route: "/datasets", reply: namedReply },
  "PublisherService/GetPublishers": { route: "/publishers", reply: namedReply },
  "ExchangeService/GetMarketsCrypto": { route: "/markets/crypto", reply: namedReply },
  "ExchangeService/GetMarketsStocks": { route: "/markets/stocks", reply: stockMarketsReply },
  "ApiUsageService/GetApiUsage": { route: "/api_usage", reply: usageReply },
};

function indicatorProcedure(name: string): [string, Procedure] {
  const resource = name.toLowerCase();
  const reply = indicatorReplies.get(resource) ?? {};
  return [`TimeSeriesService/GetTimeSeries${name}`, { route: `/time_series/${resource}`, reply }];
}

/** What the procedures work with. */
interface FinazonRpcOptions {
  readonly routes: readonly RestRoute[];
  readonly catalog: CatalogView;
}

/** The services, for the gRPC adapter to serve. */
export function finazonRpc({ routes, catalog }: FinazonRpcOptions): RpcServices {
  const served = new Map<string, Procedure & { readonly at: RestRoute }>(
    Object.entries(procedures).map(([name, procedure]) => {
      const at = routes.find(({ path }) => path === `/:version${procedure.route}`);
      if (at === undefined) throw new Error(`no route is at ${procedure.route}`);
      return [`/finazon.${name}`, { ...procedure, at }];
    }),
  );
  return {
    protoFile: "finazon.proto",
    replies: new Map(Array.from(served, ([path, { reply }]) => [path, reply])),
    async answer(call, nowMs) {
      const procedure = served.get(call.path);
      if (procedure === undefined) throw new Error(`no procedure is called ${call.path}`);
      const { at, dataset, namesPublishers } = procedure;
      const answered = await at.handle(restRequest(call, at, dataset), nowMs);
      if (answered.status !== 200) return refused(answered, call, dataset);
      return told(answered, namesPublishers === true ? publisherNames(catalog) : undefined);
    },
  };
}

function publisherNames(catalog: CatalogView): Readonly<Record<string, string>> {
  return Object.fromEntries(
    namePublishers(catalog.datasets()).map(({ code, name }) => [code, name]),
  );
}

const version = "v1";

function restRequest(call: RpcCall, { path }: RestRoute, dataset: string | undefined): RestRequest {
  const target = path.replace(":version", version).replace(":publisher", dataset ?? "");
  return {
    ...{ method: "GET", path: target, target, body: "", query: queryOf(call.fields) },
    params: { version, ...(dataset === undefined ? {} : { publisher: dataset }) },
    // Nothing else of the metadata may change an answer.
    header: (name) => (name === "authorization" ? call.authorization : undefined),
    address: call.address,
    isGone: () => call.isGone(),
  };
}

/** What an indicator is asked of comes in a message of its own. */
function queryOf(fields: RpcFields): Readonly<Record<string, string>> {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "object") Object.assign(query, queryOf(value));
    else if (isSaid(value)) query[name] = textOf(value);
  }
  return query;
}

/** What a field is that was not set: no one can tell whether it was. */
function isSaid(value: RpcValue): boolean {
  return value !== 0 && value !== "0" && value !== "";
}

/** Digits behind the point that REST takes of a number. */
const decimalsMax = 9;

function textOf(value: RpcValue): string {
  const isFraction = typeof value === "number" && !Number.isInteger(value);
  return isFraction && Number.isFinite(value) ? figureText(value, decimalsMax) : String(value);
}

/** Headers of REST that are told in the trailer. */
const toldHeaders = ["openbourse-unknown", "retry-after"] as const;

function trailerOf({ headers = {} }: RestReply): Readonly<Record<string, string>> {
  return Object.fromEntries(
    toldHeaders.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function told(answered: RestReply, names: Readonly<Record<string, string>> | undefined): RpcAnswer {
  const { body, rest = [] } = answered;
  return {
    kind: "reply",
    // A page has a thousand rows at most.
    body: [body, ...rest].join(""),
    ...(names === undefined ? {} : { names }),
    trailer: trailerOf(answered),
  };
}

/** Metadata entry with the code that REST has for a refusal. */
const codeTrailer = "openbourse-code";

const statuses: Readonly<Record<number, RpcStatus>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  404: "NOT_FOUND",
  408: "DEADLINE_EXCEEDED",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
};

function refused(answered: RestReply, call: RpcCall, dataset: string | undefined): RpcRefusal {
  const { error }: RestErrorBody = JSON.parse(answered.body);
  const { code, message } = error;
  const isDenied: RestErrorCode = "UNAUTHORIZED_ACCESS";
  return {
    kind: "refusal",
    status: code === isDenied ? "PERMISSION_DENIED" : (statuses[answered.status] ?? "INTERNAL"),
    details: inWordsOfRpc(code, call, dataset) ?? message,
    trailer: { ...trailerOf(answered), [codeTrailer]: code },
  };
}

/** What REST says in words of its own. */
function inWordsOfRpc(
  code: RestErrorCode,
  { authorization = "" }: RpcCall,
  dataset: string | undefined,
): string | undefined {
  if (code === "INVALID_API_KEY" && authorization === "") {
    return "An API key is required. Pass it as metadata, authorization: Bearer KEY, and try again.";
  }
  return code === "ENDPOINT_NOT_FOUND" ? `There is no dataset ${dataset} here.` : undefined;
}
