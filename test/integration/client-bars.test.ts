/** The client's half for Finazon against a real server: bars that come back, refusals of single tickers, and the past. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import {
  type Bar,
  FinazonRest,
  FinazonStream,
  type FinazonStreamOptions,
  type Indicator,
  type Platform,
  systemPlatform,
  type TickerRefusal,
} from "../../client/src/index.ts";
import { impatient, quick } from "../support/client-house.ts";
import { FaultyProxy, type FrameFate } from "../support/faulty-proxy.ts";
import { addKey } from "../support/operator.ts";
import { patience } from "../support/patience.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-client-bars-"));
const dataset = "huobi";
const ticker = "BTC/USDT";

const data = join(folder, "data");
let server: ServerHere;
let clients = 0;

/** Connections are counted here: none is given up because the machine is busy. */
const unhurried = { ...quick, connectMs: patience.wait };

beforeAll(async () => {
  server = await startServerHere({ data });
});
afterAll(async () => {
  await server.server.stop();
  rmSync(folder, { recursive: true });
});

/** A proxy in front of the server and a key, both of one test: those that wait for bars run side by side. */
async function begin({ onTestFinished }: Pick<TestContext, "onTestFinished">) {
  const proxy = await FaultyProxy.open(server.server.port);
  clients += 1;
  const { key } = addKey(data, `client-${clients}`);
  const streams: FinazonStream[] = [];
  onTestFinished(async () => {
    for (const stream of streams) stream.close();
    await proxy.close();
  });
  const open = (options: Partial<FinazonStreamOptions> = {}): FinazonStream => {
    const stream = new FinazonStream({ url: proxy.url, key, patience: unhurried, ...options });
    streams.push(stream);
    return stream;
  };
  return { proxy, key, open };
}

describe.concurrent("bars", () => {
  it("come with exact digits, whatever the loop before them missed", async (test) => {
    const { open } = await begin(test);
    const feed = open().bars({ dataset, tickers: [ticker, "ETH/USDT"] });
    const seen = new Set<string>();
    for await (const bar of feed) {
      expect(bar).toMatchObject({ dataset, publisher: "huobi", frequency: "1s" });
      expect(bar.startMs % 60_000).toBe(0);
      for (const value of [bar.open, bar.high, bar.low, bar.close]) {
        expect(value).toMatch(/^\d+(\.\d+)?$/);
      }
      if (seen.add(bar.ticker).size === 2) break;
    }
  });

  it("of an unknown ticker are refused by themselves", async (test) => {
    const { open } = await begin(test);
    const stream = open();
    const refusals: TickerRefusal[] = [];
    stream.refusals.listen((refusal) => refusals.push(refusal));
    const mixed = stream.bars({ dataset, tickers: ["NOPE", ticker] });
    const lost = stream.bars({ dataset, tickers: ["GONE"] });
    await expect(lost[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      fault: { kind: "unknown-name", names: ["GONE"] },
    });
    for await (const bar of mixed) {
      expect(bar.ticker).toBe(ticker);
      break;
    }
    expect(refusals.map((refusal) => refusal.ticker).toSorted()).toEqual(["GONE", "NOPE"]);
    const elsewhere = stream.bars({ dataset: "nowhere", tickers: [ticker] });
    await expect(elsewhere[Symbol.asyncIterator]().next()).rejects.toThrow(
      "There is no dataset nowhere",
    );
  });

  it("go on after the connection was cut, and the gap is counted", async (test) => {
    const { proxy, open } = await begin(test);
    const stream = open();
    const feed = stream.bars({ dataset, tickers: [ticker] });
    const iterator = feed[Symbol.asyncIterator]();
    await iterator.next();
    for (let cut = 1; cut <= 3; cut += 1) {
      proxy.cut();
      await until(() => expect(stream.counts.reconnects).toBe(cut));
      const next = await iterator.next();
      expect(next.done).toBe(false);
    }
    expect(stream.counts.gaps).toBe(3);
    expect(proxy.streams).toBe(4);
  });

  it("with positions go on where they stopped, and what is lost or doubled on the way is no loss", async (test) => {
    const { proxy, open } = await begin(test);
    const stream = open({ positions: true });
    const seen: Bar[] = [];
    stream.bars({ dataset, tickers: [ticker] }).listen((bar) => seen.push(bar));
    // A place from which it can go on has been told.
    let told = 0;
    proxy.onFrame = (text) => {
      if (text.includes('"ch":"position"')) told += 1;
      return "pass";
    };
    await until(() => expect([seen.length > 0, told > 0]).toEqual([true, true]));
    for (let cut = 1; cut <= 2; cut += 1) {
      const before = seen.length;
      proxy.cut();
      await until(() => expect(stream.counts.resumes).toBe(cut));
      await until(() => expect(seen.length).toBeGreaterThan(before));
    }
    expect(stream.counts.gaps).toBe(0);

    const fates: FrameFate[] = ["drop", "pass", "twice", "pass", "late"];
    let spoiled = 0;
    proxy.onFrame = (text) => (text.includes('"o":') ? (fates[spoiled++] ?? "pass") : "pass");
    await until(() => expect(spoiled).toBeGreaterThan(fates.length + 2));
    // The bar that was dropped was missed at the next one and asked for again.
    await until(() => expect(stream.counts.resumes).toBeGreaterThan(2));
    expect(stream.counts.gaps).toBe(0);
  });

  it("with positions come where the answer to what asks for them again is lost, though the server sends them already", async (test) => {
    const { proxy, open } = await begin(test);
    const stream = open({ positions: true, platform: impatient });
    const seen: Bar[] = [];
    stream.bars({ dataset, tickers: [ticker] }).listen((bar) => seen.push(bar));
    await until(() => expect(seen.length).toBeGreaterThan(1));
    let unheard = 3;
    proxy.onFrame = (text) => {
      const isNext = text.includes(unheard === 3 ? '"o":' : '"status":"success"');
      if (unheard === 0 || !isNext) return "pass";
      unheard -= 1;
      return "drop";
    };
    await until(() => expect(unheard).toBe(0));
    const before = seen.length;
    await until(() => expect(seen.length).toBeGreaterThan(before + 1));
    expect(stream.counts).toMatchObject({ gaps: 0, resumes: 1 });
  });

  it("with positions begin anew where the server cannot go on, and the gap is counted", async (test) => {
    const { open } = await begin(test);
    const settings = { "exchange.enabled": false };
    const first = await startServerHere({ data: join(folder, "first"), settings });
    let here = first;
    const { port } = first.server;
    const stream = open({
      url: first.http,
      key: () => here.server.demoKey ?? "",
      positions: true,
    });
    const seen: Bar[] = [];
    stream.bars({ dataset, tickers: [ticker] }).listen((bar) => seen.push(bar));
    const told = () => stream.counts.received - seen.length;
    // The reply and a place from which it could go on.
    await until(() => expect([seen.length > 0, told() > 1]).toEqual([true, true]));
    await first.server.stop();
    // Another folder is another source, with positions of its own.
    const again = { ...settings, "server.port": port };
    here = await startServerHere({ data: join(folder, "second"), settings: again });
    const before = seen.length;
    await until(() => expect(seen.length).toBeGreaterThan(before));
    expect(stream.counts).toMatchObject({ gaps: 1, resumes: 0 });
    await here.server.stop();
  });

  it("stop when nobody wants them any more", async (test) => {
    const { open } = await begin(test);
    const stream = open();
    const [one, two] = [
      stream.bars({ dataset, tickers: [ticker] }),
      stream.bars({ dataset, tickers: [ticker] }),
    ];
    for await (const _ of one) break;
    for await (const _ of two) break;
    // Subscribed once for both, and unsubscribed after the last.
    await until(() => expect(stream.counts.sent).toBe(2));
    const { received } = stream.counts;
    const control = open({ url: server.http }).bars({ dataset, tickers: [ticker] });
    const iterator = control[Symbol.asyncIterator]();
    for (let bars = 0; bars < 3; bars += 1) await iterator.next();
    // The reply to what stopped them, and what was under way before it.
    expect(stream.counts.received - received).toBeLessThanOrEqual(2);
  });
});

describe("a key", () => {
  it("may come from a function, which is asked at each connection and each call", async (test) => {
    const { proxy, key, open } = await begin(test);
    let asked = 0;
    const shown = async () => {
      asked += 1;
      return key;
    };
    const stream = open({ key: shown });
    await until(() => expect(stream.state.state).toBe("live"));
    proxy.cut();
    await until(() => expect(proxy.streams).toBe(2));
    expect(asked).toBe(2);
    const rest = new FinazonRest({ url: proxy.url, key: shown });
    expect((await rest.datasets()).length).toBeGreaterThan(0);
    expect(asked).toBe(3);
  });

  it("that a function cannot give is waited for, like a server that does not answer", async (test) => {
    const { key, open } = await begin(test);
    let isThere = false;
    const stream = open({
      key: async () => {
        if (isThere) return key;
        throw new Error("no pass at present");
      },
    });
    await until(() => expect(stream.state.state).toBe("waiting"));
    isThere = true;
    await until(() => expect(stream.state.state).toBe("live"));
  });

  it("that is not taken closes the stream for good, although a socket cannot say why", async (test) => {
    const { open } = await begin(test);
    const stream = open({ key: "nonsense" });
    await until(() =>
      expect(stream.state).toMatchObject({ state: "closed", why: { kind: "unauthorized" } }),
    );
    expect(() => stream.bars({ dataset, tickers: [ticker] })).toThrow("API key");
    expect(stream.counts.reconnects).toBe(0);
  });

  it("with all its connections open is waited for", async (test) => {
    const { open } = await begin(test);
    const others = [open(), open(), open()];
    for (const { states } of others) expect(states).toBeDefined();
    await until(() =>
      expect(others.map(({ state }) => state.state)).toEqual(["live", "live", "live"]),
    );
    const fourth = open();
    await until(() =>
      expect(fourth.state).toMatchObject({
        state: "waiting",
        why: { kind: "network" },
      }),
    );
  });
});

describe("the past", () => {
  it("is read with every digit", async (test) => {
    const { proxy, key } = await begin(test);
    const rest = new FinazonRest({ url: proxy.url, key });
    expect((await rest.datasets()).map(({ code }) => code)).toContain(dataset);
    expect(await rest.tickers(dataset)).toContainEqual({ publisher: "huobi", ticker });
    const series = { dataset: "local", ticker, interval: "1m" } as const;
    await until(async () => {
      const bars = await rest.timeSeries(series);
      expect(bars[0]?.close).toMatch(/^\d+(\.\d+)?$/);
    });
    const [trade] = await rest.trades({ dataset: "local", ticker });
    expect(trade?.price).toMatch(/^\d+(\.\d+)?$/);
    expect(trade?.timeMs).toBeGreaterThan(1.5e12);
    expect(await rest.price("local", ticker)).toMatch(/^\d+(\.\d+)?$/);
    expect(await rest.snapshot("local", ticker)).toHaveProperty("lt.p");
    expect((await rest.apiUsage())[0]?.calls.usage).toBeGreaterThan(0);
    const [row] = await rest.indicator("ma", series, { time_period: 1 });
    expect(row?.values["ma"]).toMatch(/^\d+(\.\d+)?$/);
    expect((row?.timeMs ?? 1) % 60_000).toBe(0);
    expect((await rest.publishers()).map(({ code }) => code)).toContain(dataset);
    const [mine] = await rest.myDatasets();
    expect(mine?.limits.map(({ title }) => title)).toContain("API requests");
    const past: string[] = [];
    for await (const bar of rest.bars({ dataset: "local", ticker, interval: "1m" }))
      past.push(bar.close);
    expect(past.length).toBeGreaterThan(0);
  });

  it("has every indicator with all its values, digit by digit", async () => {
    const settings = { "exchange.enabled": false, "demo.pastHours": 3 };
    const { server: past, http } = await startServerHere({ data: join(folder, "past"), settings });
    const rest = new FinazonRest({ url: http, key: past.demoKey ?? "" });
    // Of minutes that are over, which nothing changes any more.
    const endMs = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
    const series = { dataset, ticker, interval: "1m", pageSize: 5, endMs } as const;
    const names: readonly Indicator[] = [
      ...(["atr", "bbands", "ichimoku", "ma", "macd", "obv", "rsi", "sar", "stoch"] as const),
    ];
    for (const name of names) {
      const rows = await rest.indicator(name, series);
      const query = `dataset=${dataset}&ticker=${ticker}&interval=1m&page_size=5&end_at=${endMs / 1_000}`;
      const address = `${http}/latest/time_series/${name}?${query}&apikey=${past.demoKey}`;
      const told = rows.map(({ timeMs, values }) => {
        const fields = Object.entries(values).map(([field, value]) => `"${field}":"${value}"`);
        return `{${[`"t":${timeMs / 1_000}`, ...fields].join()}}`;
      });
      expect(rows).toHaveLength(5);
      expect(await (await fetch(address)).text()).toContain(`[${told.join()}]`);
    }
    await past.stop();
  });

  it("tells the times of which not everything is known", async (test) => {
    const { proxy, key } = await begin(test);
    const platform: Partial<Platform> = {
      async request(...call) {
        const answer = await systemPlatform.request(...call);
        return { ...answer, unknownTimes: "1699540020-1699540080, 1699550000-1699560000" };
      },
    };
    const rest = new FinazonRest({ url: proxy.url, key, platform });
    const { bars, unknown } = await rest.knownBars({ dataset, ticker, interval: "1m" });
    expect(bars.length).toBeGreaterThan(0);
    expect(unknown).toEqual([
      { fromMs: 1_699_540_020_000, toMs: 1_699_540_080_000 },
      { fromMs: 1_699_550_000_000, toMs: 1_699_560_000_000 },
    ]);
  });

  it("is asked for again when the answer is lost, and refused by code", async (test) => {
    const { proxy, key } = await begin(test);
    let lost = 0;
    proxy.onRequest = () => {
      lost += 1;
      return lost === 1 ? "lose-answer" : "pass";
    };
    const rest = new FinazonRest({ url: proxy.url, key, calls: { minMs: 1, maxMs: 5 } });
    expect((await rest.datasets()).length).toBeGreaterThan(0);
    await expect(
      rest.timeSeries({ dataset, ticker: "NOPE", interval: "1m" }),
    ).rejects.toMatchObject({
      fault: { kind: "refused", code: "INVALID_TICKER", status: 400 },
    });
    const stranger = new FinazonRest({ url: proxy.url, key: "nonsense" });
    await expect(stranger.datasets()).rejects.toMatchObject({ fault: { kind: "unauthorized" } });
  });
});
