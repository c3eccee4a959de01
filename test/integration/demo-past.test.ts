/** The past that a demo begins with: made once, and nothing but what its log says. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import { Exchange } from "../../server/src/core/exchange.ts";
import { engineFiles } from "../../server/src/main/stores/engine-files.ts";
import { openLog } from "../../server/src/main/stores/engine-stores.ts";
import { decodeCommands } from "../../server/src/sequencer/command-codec.ts";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-demo-past-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const hourS = 3_600;

interface Bar {
  readonly t: number;
  readonly o: number;
  readonly c: number;
  readonly v: number;
}

/** The trades of a market that a replay of the log causes: time in seconds, price and quantity. */
async function replayed(data: string, market: string) {
  const log = await openLog(engineFiles(dataFolder(data).engineFolder));
  const exchange = new Exchange();
  const trades: { readonly t: number; readonly price: number; readonly quantity: number }[] = [];
  for await (const entry of log.read(1)) {
    if (entry.kind !== "batch") throw new Error("the log is whole");
    const commands = decodeCommands(entry.payload, entry.count);
    if (typeof commands === "string") throw new Error(commands);
    for (const command of commands) {
      const { timeUs } = entry;
      const stamped = { sequence: exchange.sequence + 1, timeUs, command };
      for (const event of exchange.apply(stamped)) {
        if (event.kind !== "traded" || event.market !== market) continue;
        trades.push({ t: timeUs / 1e6, price: event.price, quantity: event.quantity });
      }
    }
  }
  await log.close();
  return trades;
}

it("is there at the first start, is traded on at once, is not made again, and is what the log says", async () => {
  const data = join(folder, "data");
  const quiet = { data, settings: { datasets: [], "demo.pastHours": 24 } };
  // Of a start that was killed.
  mkdirSync(join(data, "past-killed"), { recursive: true });
  const beganS = Date.now() / 1_000;
  const first = await startServerHere(quiet);
  expect(first.server.demoNotes).toEqual([
    expect.stringMatching(/^made a past day of \d{1,2},\d{3} trades in [\d.]+ s$/),
  ]);
  const [user] = first.server.demoUsers;
  if (user === undefined) throw new Error("a demo has users");
  const order = { market: "BTC_USDT", direction: "buy", price: "20000", quantity: "0.01" };
  expect((await new CryptomusClient(first, user).limitOrder(order)).status).toBe(200);
  await first.server.stop();
  expect(readdirSync(data).filter((name) => name.startsWith("past-"))).toEqual([]);

  const participants = { "exchange.participants.enabled": false };
  const again = await startServerHere({
    ...quiet,
    settings: { ...quiet.settings, ...participants },
  });
  expect(again.server.demoNotes.join()).not.toContain("past");
  const ask = async <Answer>(path: string) => {
    const headers = { authorization: `apikey ${again.server.demoKey}` };
    return (await (await fetch(`${again.http}${path}`, { headers })).json()) as Answer;
  };
  const { data: bars } = await ask<{ data: Bar[] }>(
    "/latest/time_series?dataset=local&ticker=BTC/USDT&interval=1h&order=asc&page_size=100",
  );
  const { data: tickers } = await ask<{
    data: { currency_pair: string; last_price: string; base_volume: string }[];
  }>("/v1/exchange/market/tickers");
  await again.server.stop();

  const trades = await replayed(data, "BTC_USDT");
  const hours = Map.groupBy(trades, ({ t }) => Math.floor(t / hourS) * hourS);
  // Ticks and lots of this market: 0.01 and 0.000001.
  const wanted = Array.from(hours, ([t, of]) => ({
    t,
    o: (of[0]?.price ?? 0) / 100,
    c: (of.at(-1)?.price ?? 0) / 100,
    v: of.reduce((sum, { quantity }) => sum + quantity, 0) / 1e6,
  }));
  expect(bars.map(({ t, o, c, v }) => ({ t, o, c, v }))).toEqual(wanted);
  expect(bars.length).toBeGreaterThanOrEqual(24);
  expect(trades[0]?.t).toBeGreaterThan(beganS - 24 * hourS - 1);

  const ticker = tickers.find(({ currency_pair: pair }) => pair === "BTC_USDT");
  expect(Number(ticker?.last_price)).toBe((trades.at(-1)?.price ?? 0) / 100);
  // A day is over some seconds after the past began.
  const volume = trades.reduce((sum, { quantity }) => sum + quantity, 0) / 1e6;
  expect(Number(ticker?.base_volume)).toBeGreaterThan(0.9 * volume);
  expect(Number(ticker?.base_volume)).toBeLessThanOrEqual(volume);
});

it("is left out where the configuration says so", async () => {
  const data = join(folder, "none");
  const { server } = await startServerHere({ data, settings: { datasets: [] } });
  await server.stop();
  expect(server.demoNotes).toEqual([]);
  const trades = await replayed(data, "BTC_USDT");
  const hourAgo = Date.now() / 1_000 - hourS;
  expect(trades.filter(({ t }) => t < hourAgo)).toEqual([]);
});

it("is there of a simulated dataset too, made once, also where trades are not stored", async () => {
  const settings = { "exchange.enabled": false, "demo.pastHours": 24 };
  const ask = async (here: ServerHere, path: string) => {
    const query = `dataset=huobi&ticker=BTC/USDT&apikey=${here.server.demoKey}&page_size=1000`;
    const reply = await fetch(`${here.http}/latest/${path}&${query}`);
    return (await reply.json()) as { data: (Bar & { readonly p: number })[] };
  };
  const hours = "time_series?interval=1h&order=asc";
  for (const trades of [true, false]) {
    const data = join(folder, `dataset-${trades}`);
    const feed = { kind: "simulator", seed: 7 };
    const datasets = [{ code: "huobi", feed, history: { trades } }];
    const setup = { data, settings: { ...settings, datasets } };
    const first = await startServerHere(setup);
    const { data: bars } = await ask(first, hours);
    expect(bars.length).toBeGreaterThanOrEqual(24);
    // It ends before the minute of the start.
    const nowS = Math.floor(Date.now() / 60_000) * 60;
    const old = `trades?end_at=${nowS - 120}`;
    const { data: told } = await ask(first, old);
    expect(told.length > 0).toBe(trades);
    await first.server.stop();

    const again = await startServerHere(setup);
    const { data: after } = await ask(again, hours);
    const over = bars.slice(0, -2);
    expect(after.slice(0, over.length)).toEqual(over);
    expect((await ask(again, old)).data).toEqual(told);
    await again.server.stop();
  }
});
