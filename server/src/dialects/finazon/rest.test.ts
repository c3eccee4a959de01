import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDoorkeeper } from "../../access/doors.fixture.ts";
import { createKey } from "../../access/keys.ts";
import { defaultLimits } from "../../access/limits.fixture.ts";
import { ownCounts } from "../../access/own-counts.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { inMemory, openKeyStore } from "../../adapters/sqlite/stores/key-store.ts";
import type { KeyStore, WorkspaceLimits } from "../../ports/key-store.ts";
import type { RestReply } from "../../ports/rest.ts";
import { MemoryDatasetStore } from "../../testing/memory-dataset-store.ts";
import { exampleCatalog } from "./conversation.fixture.ts";
import { pageMax } from "./paging.ts";
import { finazonNotFound, finazonRoutes, isRestPath, restVersions } from "./rest.ts";
import { findRoute } from "./rest-house.fixture.ts";
import { Usage } from "./usage.ts";

const secrets = systemSecrets();
const nowMs = 1_700_000_000_000;
let store: KeyStore;
beforeEach(() => {
  store = openKeyStore(inMemory);
});
afterEach(() => store.close());

/** How one call differs from `GET target` with the key in the query. */
interface CallOptions {
  readonly authorization?: string;
}

/** The routes with a good key, called as the HTTP adapter calls them. */
function house(limits: WorkspaceLimits = {}, { firstPage = 0 }: { firstPage?: 0 | 1 } = {}) {
  const made = createKey(store, secrets, { workspace: "desk", label: "", nowMs });
  if (typeof made === "string") throw new Error(`no key was made: ${made}`);
  const { key } = made;
  store.setLimits("desk", limits);
  const catalog = exampleCatalog();
  const doorkeeper = createDoorkeeper({
    store,
    secrets,
    defaults: defaultLimits,
    onLimit: "refuse",
  });
  const routes = finazonRoutes({
    catalog,
    history: new MemoryDatasetStore(),
    doorkeeper,
    firstPage,
    usage: new Usage(ownCounts.quota("usage")),
    latenessUs: 0,
    marketUs: () => nowMs * 1_000,
    after: () => () => {},
    madeMs: () => undefined,
  });

  function call(target: string, { authorization }: CallOptions = {}): RestReply {
    const url = new URL(target, "http://test.invalid");
    const match = findRoute(routes, url.pathname);
    if (match === undefined) return finazonNotFound(url.pathname);
    const request = {
      method: "GET",
      path: url.pathname,
      target,
      params: match.params,
      query: Object.fromEntries(url.searchParams),
      header: (name: string) => (name === "authorization" ? authorization : undefined),
      body: "",
    };
    const reply = match.route.handle(request, nowMs);
    if (reply instanceof Promise) throw new Error("lists are answered at once");
    return reply;
  }
  /** Calls with the key and gives the body of a success. */
  function get(target: string) {
    const url = new URL(target, "http://test.invalid");
    url.searchParams.set("apikey", key);
    const reply = call(`${url.pathname}${url.search}`);
    expect(reply.status, reply.body).toBe(200);
    return JSON.parse(reply.body);
  }
  /** Calls with the key and gives status, code and message of a refusal. */
  function refusal(target: string): readonly [number, string, string] {
    const reply = call(target, { authorization: `apikey ${key}` });
    const { error } = JSON.parse(reply.body);
    expect(error.status).toBe(reply.status);
    return [reply.status, error.code, error.message];
  }
  return { call, get, key, refusal, routes };
}

describe("the lists", () => {
  it("of datasets is written as documented", () => {
    const { call, key } = house();

    expect(call(`/latest/datasets?apikey=${key}`)).toEqual({
      status: 200,
      body: '{"data":[{"code":"huobi","name":"Huobi"},{"code":"forex","name":"Forex"},{"code":"us_stocks_essential","name":"US Equities Basic"}],"meta":{"pagination":{"page":0,"per_page":1000}}}',
    });
  });

  it("of publishers has each once, with a dataset's name where the codes are the same", () => {
    expect(house().get("/latest/publishers").data).toEqual([
      { code: "huobi", name: "Huobi" },
      { code: "finazon", name: "finazon" },
    ]);
  });

  it("of datasets and publishers can be asked for one code", () => {
    const { get } = house();

    expect(get("/v1.2/datasets?code=forex").data).toEqual([{ code: "forex", name: "Forex" }]);
    expect(get("/v1/publishers?code=finazon").data).toEqual([{ code: "finazon", name: "finazon" }]);
    expect(get("/v1/datasets?code=nope").data).toEqual([]);
  });

  it("of tickers are sorted into crypto, forex and stocks", () => {
    const { get } = house();

    expect(get("/latest/tickers/crypto").data).toEqual([
      { publisher: "huobi", ticker: "BTC/USDT" },
      { publisher: "huobi", ticker: "AI/USDT" },
      { publisher: "huobi", ticker: "ETH/USDT" },
    ]);
    expect(get("/latest/tickers/forex").data).toEqual([
      { ticker: "AUD/CAD" },
      { ticker: "EUR/USD" },
    ]);
    expect(get("/latest/tickers/stocks").data).toEqual([
      { ticker: "AAPL", country: "", currency: "", publisher: "finazon" },
      { ticker: "TSLA", country: "", currency: "", publisher: "finazon" },
    ]);
  });

  it("of tickers can be asked for one dataset, by its old name too, and one ticker", () => {
    const { get } = house();

    expect(get("/v1.0/tickers/crypto?publisher=forex").data).toEqual([]);
    expect(get("/v1.1/tickers/crypto?dataset=huobi&publisher=nope").data).toHaveLength(3);
    expect(get("/v1.1/tickers/crypto?ticker=ETH%2FUSDT").data).toEqual([
      { publisher: "huobi", ticker: "ETH/USDT" },
    ]);
    expect(get("/v1.1/tickers/stocks?dataset=huobi&ticker=BTC/USDT").data).toEqual([]);
    expect(get("/v1.1/tickers/crypto?ticker=NOPE").data).toEqual([]);
  });

  it("of one dataset are reached by both path styles", () => {
    const { get } = house();
    const stocks = [
      { publisher: "finazon", ticker: "AAPL" },
      { publisher: "finazon", ticker: "TSLA" },
    ];

    expect(get("/latest/finazon/us_stocks_essential/tickers").data).toEqual(stocks);
    expect(get("/v1/us_stocks_essential/tickers").data).toEqual(stocks);
    expect(get("/v1/finazon/tickers").data).toHaveLength(4);
    expect(get("/v2.0/huobi/huobi/tickers?ticker=AI/USDT").data).toEqual([
      { publisher: "huobi", ticker: "AI/USDT" },
    ]);
  });

  it("are the same in every version", () => {
    const { get } = house();

    for (const version of restVersions) expect(get(`/${version}/datasets`).data).toHaveLength(3);
  });
});

describe("paging", () => {
  it("counts from 0 and ends with a short page", () => {
    const { get } = house();

    const pages = [0, 1, 2].map((page) => get(`/latest/tickers/crypto?page=${page}&page_size=2`));

    expect(pages.map(({ data }) => data.length)).toEqual([2, 1, 0]);
    expect(pages[1]).toEqual({
      data: [{ publisher: "huobi", ticker: "ETH/USDT" }],
      meta: { pagination: { page: 1, per_page: 2 } },
    });
    expect(get(`/latest/datasets?page=${pageMax}`).data).toEqual([]);
  });

  it("counts from 1 where that was chosen, and has no page 0 then", () => {
    const { get, refusal, routes } = house({}, { firstPage: 1 });

    const pages = [1, 2, 3].map((page) => get(`/latest/tickers/crypto?page=${page}&page_size=2`));

    expect(pages.map(({ data }) => data.length)).toEqual([2, 1, 0]);
    expect(get("/latest/tickers/crypto?page_size=2")).toEqual(pages[0]);
    expect(pages[0].meta).toEqual({ pagination: { page: 1, per_page: 2 } });
    expect(refusal("/latest/datasets?page=0")[1]).toBe("INVALID_PARAMETER");
    expect(JSON.stringify(routes[0]?.querySchema)).toContain("counted from 1");
  });

  it.each([
    ["page", "-1"],
    ["page", "1.5"],
    ["page", ""],
    ["page", "1e3"],
    ["page", "1000000000"],
    ["page_size", "0"],
    ["page_size", "1001"],
    ["page_size", " 5"],
    ["page_size", "all"],
  ])("refuses %s=%s", (name, value) => {
    expect(house().refusal(`/latest/datasets?${name}=${encodeURIComponent(value)}`)).toEqual([
      400,
      "INVALID_PARAMETER",
      `The ${name} parameter is missing or invalid.`,
    ]);
  });
});

describe("the key of a call", () => {
  it.each(["apikey KEY", "ApiKey KEY", "Bearer KEY", "bearer  KEY", "KEY", " KEY "])(
    "may come as Authorization: %s",
    (header) => {
      const { call, key } = house();

      const authorization = header.replace("KEY", key);
      expect(call("/latest/datasets", { authorization }).status).toBe(200);
      expect(call("/latest/datasets?apikey=", { authorization }).status).toBe(200);
    },
  );

  it("of the query goes before that of the header", () => {
    const { call, key } = house();

    expect(call("/latest/datasets?apikey=bad", { authorization: key }).status).toBe(401);
  });

  it.each([undefined, "", "apikey", "apikey ", "Basic KEY", "apikey KEY KEY", "apikeyKEY"])(
    "is not found in Authorization: %s",
    (header) => {
      const { call, key } = house();

      const authorization = header?.replaceAll("KEY", key);
      const { status, body } = call(
        "/latest/datasets",
        authorization === undefined ? {} : { authorization },
      );
      expect([status, JSON.parse(body).error.code]).toEqual([401, "INVALID_API_KEY"]);
    },
  );

  it("makes calls up to the workspace's limit, and is told when it may go on", () => {
    const { call, get, key, refusal } = house({ restCallsPerMinuteMax: 2 });
    get("/latest/datasets");
    get("/latest/tickers/crypto");

    // The minute began 20 seconds before.
    expect(nowMs % 60_000).toBe(20_000);
    expect(call(`/latest/datasets?apikey=${key}`).headers).toEqual({ "retry-after": "40" });
    expect(refusal("/latest/datasets")).toEqual([
      429,
      "API_RATE_LIMIT_EXCEEDED",
      "You have exceeded the allowed number of API calls within the minute. Please wait and try again later.",
    ]);
  });
});

describe("a dataset that the key may not use", () => {
  it("is listed, and its tickers are not", () => {
    const { get } = house({ datasets: ["huobi"] });

    expect(get("/latest/datasets").data).toHaveLength(3);
    expect(get("/latest/tickers/stocks").data).toEqual([]);
    expect(get("/latest/tickers/crypto").data).toHaveLength(3);
  });

  it.each([
    "/latest/tickers/forex?dataset=forex",
    "/latest/tickers/forex?publisher=forex",
    "/latest/forex/tickers",
    "/latest/finazon/tickers",
    "/latest/finazon/forex/tickers",
  ])("is refused by %s", (target) => {
    expect(house({ datasets: ["huobi"] }).refusal(target)).toEqual([
      401,
      "UNAUTHORIZED_ACCESS",
      "You are not authorized to access the requested endpoint or you have insufficient permissions. Your API key does not include the dataset forex.",
    ]);
  });

  it("is left out of a publisher's tickers where others may be used", () => {
    const { get } = house({ datasets: ["us_stocks_essential"] });

    expect(get("/latest/finazon/tickers").data).toHaveLength(2);
  });
});

describe("what does not exist", () => {
  it.each(["dataset", "publisher"])("is an invalid parameter, as %s", (name) => {
    expect(house().refusal(`/latest/tickers/crypto?${name}=nope`)).toEqual([
      400,
      "INVALID_PARAMETER",
      `The ${name} parameter is missing or invalid.`,
    ]);
  });

  it.each([
    "/v3/datasets",
    "/V1/datasets",
    "/latest/nope",
    "/latest/nope/tickers",
    "/latest/huobi/forex/tickers",
    "/latest/finazon/nope/tickers",
  ])("is an unknown endpoint, as %s", (path) => {
    expect(house().refusal(path)).toEqual([
      404,
      "ENDPOINT_NOT_FOUND",
      `The requested endpoint ${path} does not exist or could not be found.`,
    ]);
  });

  it("costs no call when the version is unknown", () => {
    const { call, get } = house({ restCallsPerMinuteMax: 1 });

    expect(call("/v9/datasets").status).toBe(404);
    get("/latest/datasets");
  });
});

describe("a path", () => {
  it.each([
    ["/latest/time_series", true],
    ["/v1.2/huobi/huobi/ticker_snapshot", true],
    ["/v1/binance/tickers", true],
    ["/v3/time_series", false],
    ["/latest/nothing", false],
    ["/v1/exchange/market/tickers", false],
    ["/v2/user-api/exchange/trades", false],
    ["/v1", false],
  ])("%s is one of REST: %s", (path, isOurs) => {
    expect(isRestPath(path)).toBe(isOurs);
  });
});

describe("the description of a route", () => {
  it("names the parameters that it takes", () => {
    const { routes } = house();
    const names = Object.fromEntries(
      routes.map(({ path, querySchema }) => [
        path,
        Object.keys((querySchema as { properties: object }).properties),
      ]),
    );

    expect(names["/:version/datasets"]).toEqual(["code", "page", "page_size", "apikey"]);
    expect(names["/:version/tickers/crypto"]).toEqual([
      "dataset",
      "publisher",
      "ticker",
      "page",
      "page_size",
      "apikey",
    ]);
    expect(routes.every(({ method, summary }) => method === "GET" && summary !== "")).toBe(true);
  });
});
