/**
 * Finazon REST over real sockets, asked in the ways in which two public clients ask (docs/protocols/finazon):
 * a charting program that counts pages from 1 and reads on until a page is short, and a library for version
 * 1.0 that says `publisher`, `DESC` and `True`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dialects } from "../../server/src/main/dialects.ts";
import type { DatasetReader } from "../../server/src/ports/dataset-reader.ts";
import type { Protocol } from "../../server/src/ports/protocol.ts";
import { MemoryDatasetStore } from "../../server/src/testing/memory-dataset-store.ts";
import { findOpenApiFaults } from "../support/openapi-check.ts";
import { addKey } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-finazon-rest-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ticker = "BTC/USDT";
const startS = 1_699_540_020;
const minutes = 2_345;

/** What was traded: each minute's close tells which one it is. */
async function story(): Promise<DatasetReader> {
  const store = new MemoryDatasetStore();
  const bars = Array.from({ length: minutes }, (_, n) => {
    const startUs = (startS + n * 60) * 1_000_000;
    const prices = { priceScale: 1, open: n * 10 + 5, high: n * 10 + 9, low: 5, close: n * 10 + 7 };
    const volumes = { volumeScale: 3, volume: 1_500, quoteVolume: 7n, tradeCount: 2, revision: 0 };
    const taker = { takerBuyVolume: undefined, takerBuyQuoteVolume: undefined };
    const times = { startUs, firstUs: startUs, lastUs: startUs };
    return { ticker, bar: { ...prices, ...volumes, ...taker, ...times } };
  });
  await store.put({
    ...{ dataset: "huobi", trades: [], bars, gaps: [] },
    position: { epoch: "e", sequence: 1, timeUs: (startS + minutes * 60) * 1_000_000 },
    known: [{ fromUs: startS * 1_000_000, toUs: (startS + minutes * 60) * 1_000_000 }],
  });
  return store;
}

/** The protocols of every server, with the past that a test tells. */
function withHistory(history: DatasetReader): readonly Protocol[] {
  return dialects.map((protocol) => ({
    ...protocol,
    open: (context, config) => protocol.open({ ...context, history }, config),
  }));
}

interface Item {
  readonly t: number;
  readonly c: number;
}

describe.each([
  { firstPage: 1, about: "counts pages from 1" },
  { firstPage: 0, about: "counts pages from 0" },
])("a server that $about", ({ firstPage }) => {
  let server: ServerHere;
  let key = "";
  beforeAll(async () => {
    const data = join(folder, `from-${firstPage}`);
    server = await startServerHere({
      data,
      protocols: withHistory(await story()),
      settings: { "finazon.firstPage": firstPage, "limits.restCallsPerMinuteMax": 1_000 },
    });
    key = addKey(data, "desk").key;
  });
  afterAll(() => server.server.stop());

  const get = (path: string, query: Readonly<Record<string, string>>, headers = {}) =>
    fetch(`${server.http}${path}?${new URLSearchParams(query)}`, {
      headers: { authorization: `apikey ${key}`, ...headers },
    });

  /** All bars as the charting program reads them; it does not look at the status. */
  async function chart(from: number, to: number | undefined): Promise<readonly Item[]> {
    const bars: Item[] = [];
    for (let page = firstPage; ; page += 1) {
      const reply = await get("/latest/time_series", {
        ...{ dataset: "huobi", ticker, interval: "1m", timezone: "America/New_York" },
        ...{ prepost: "true", order: "asc", start_at: String(from) },
        ...{ page: String(page), page_size: "1000" },
        ...(to === undefined ? {} : { end_at: String(to) }),
      });
      const { data } = (await reply.json()) as { data: readonly Item[] };
      bars.push(...data);
      if (data.length !== 1_000) return bars;
    }
  }

  it("is read by a program that goes on until a page is short, without a hole or a repeat", async () => {
    const bars = await chart(startS, undefined);

    expect(bars.map(({ t }) => t)).toEqual(
      Array.from({ length: minutes }, (_, n) => startS + n * 60),
    );
    expect(bars.at(-1)).toEqual({
      t: startS + 2_344 * 60,
      o: 2_344.5,
      h: 2_344.9,
      l: 0.5,
      c: 2_344.7,
      v: 1.5,
    });
    // A page that is full and the last one: another one follows, which is empty.
    expect(await chart(startS, startS + 1_999 * 60)).toHaveLength(2_000);
    // It would ask without end for a first page that is an error.
    expect(await chart(1, 1_000)).toEqual([]);
  });

  it("is read by the library for version 1.0, back to the time it starts at", async () => {
    const bars: Item[] = [];
    const startAt = startS + 60;
    for (let page = firstPage; ; page += 1) {
      const reply = await get("/v1.0/time_series", {
        ...{ publisher: "huobi", ticker, interval: "1m", timezone: "utc" },
        ...{ start_at: String(startAt), page: String(page), page_size: "500" },
        ...{ order: "DESC", prepost: "True" },
      });
      const { data } = (await reply.json()) as { data: readonly Item[] };
      if (data.length === 0) break;
      bars.push(...data);
      if ((bars.at(-1)?.t ?? 0) <= startAt || data.length < 500) break;
    }
    expect(bars.map(({ c }) => c)).toEqual(
      Array.from({ length: minutes - 1 }, (_, n) => minutes - 1 - n + 0.7),
    );
  });

  it("tells the library what is wrong where it looks for it", async () => {
    const reply = await get("/v1.0/time_series", {
      publisher: "huobi",
      ticker: "NOPE",
      interval: "1m",
    });

    const { error } = (await reply.json()) as { error: Record<string, string> };
    expect(error["message"]).toBe("The provided ticker is invalid or unsupported.");
    const explained = await fetch(`${server.http}${error["more_info"]}`);
    expect(await explained.text()).toContain('id="INVALID_TICKER"');
  });

  it("saves who has a page from being sent it again", async () => {
    const page = {
      ...{ dataset: "huobi", ticker, interval: "1m", page_size: "1000", order: "asc" },
      ...{ start_at: String(startS), end_at: String(startS + 86_399) },
    };
    const first = await get("/latest/time_series", page);
    const etag = first.headers.get("etag") ?? "";
    expect(((await first.json()) as { data: unknown[] }).data).toHaveLength(1_000);
    const again = await get("/latest/time_series", page, { "if-none-match": etag });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    expect(again.headers.get("content-type")).toBeNull();
    const head = await fetch(
      `${server.http}/latest/time_series?${new URLSearchParams({ ...page, apikey: key })}`,
      { method: "HEAD" },
    );
    expect([head.status, head.headers.get("etag")]).toEqual([200, etag]);
  });

  it("describes all of it at /docs", async () => {
    const reply = await fetch(`${server.http}/docs/openapi.json`);
    const document = (await reply.json()) as { paths: Record<string, object> };
    expect(findOpenApiFaults(document)).toEqual([]);
    for (const path of ["time_series", "{publisher}/{dataset}/trades", "ticker/snapshot"]) {
      expect(document.paths).toHaveProperty([`/{version}/${path}`]);
    }
  });
});
