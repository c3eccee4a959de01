/** Candles of the exchange over both protocols: as far back as it has traded, the same bars, over a restart. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { askStream, CryptomusClient } from "../support/cryptomus-client.ts";
import {
  addTraders,
  tradedMarket as market,
  startExchangeHere,
  tradeAfter,
} from "../support/exchange-traffic.ts";
import type { ServerHere } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import type { Received, StreamClient } from "../support/stream-client.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-candles-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A bar of either protocol; prices and volumes here are whole numbers. */
interface Figures {
  readonly t: number;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
}

type Tuple = [number, ...string[]];

function figures([t, o, c, h, l, v]: Tuple): Figures {
  return { t, o: Number(o), h: Number(h), l: Number(l), c: Number(c), v: Number(v) };
}

/** The candle of an update; undefined for other messages. */
function updated({ json }: Received): Figures | undefined {
  if (json["method"] !== "candles_update") return undefined;
  const [tuple] = json["data"] as Tuple[];
  return tuple && figures(tuple);
}

/** All candles of an interval, as a client pages through them: each page ends before the one that it has. */
async function candles(client: StreamClient, intervalS: number): Promise<readonly Figures[]> {
  let found: Figures[] = [];
  for (let end = 4e9; ; end = (found[0]?.t ?? 0) - 1) {
    const { json } = await askStream(client, "candles_request", [market, 0, end, intervalS]);
    const page = (json["data"] as Tuple[]).map(figures);
    if (page.length === 0) return found;
    found = [...page, ...found];
  }
}

/** All bars of an interval from Finazon's REST, in small pages. */
async function timeSeries(here: ServerHere, interval: string): Promise<readonly Figures[]> {
  const found: Figures[] = [];
  for (let page = 0; ; page += 1) {
    const query = `dataset=local&ticker=BTC/USDT&interval=${interval}&order=asc&page=${page}&page_size=10`;
    const { demoKey = "" } = here.server;
    const reply = await fetch(`${here.http}/latest/time_series?${query}`, {
      headers: { authorization: `apikey ${demoKey}` },
    });
    const { data } = (await reply.json()) as { data: Figures[] };
    found.push(...data);
    if (data.length < 10) return found;
  }
}

/** The bars of a longer interval, made of those of seconds. */
function rolledUp(seconds: readonly Figures[], intervalS: number): readonly Figures[] {
  const groups = Map.groupBy(seconds, ({ t }) => t - (t % intervalS));
  return Array.from(groups, ([t, inside]) => ({
    t,
    o: inside[0]?.o ?? 0,
    h: Math.max(...inside.map(({ h }) => h)),
    l: Math.min(...inside.map(({ l }) => l)),
    c: inside.at(-1)?.c ?? 0,
    v: inside.reduce((sum, { v }) => sum + v, 0),
  }));
}

const finazonIntervals = { "1m": 60, "5m": 300, "1h": 3_600, "4h": 14_400, "1d": 86_400 };
const otherIntervals = [5, 30, 1_800, 604_800, 2_592_000];

/** Looks at all intervals over both protocols; gives the candles of a second. */
async function seconds(here: ServerHere, client: StreamClient): Promise<readonly Figures[]> {
  const finest = await candles(client, 1);
  for (const intervalS of otherIntervals) {
    expect(await candles(client, intervalS)).toEqual(rolledUp(finest, intervalS));
  }
  for (const [interval, intervalS] of Object.entries(finazonIntervals)) {
    const bars = await timeSeries(here, interval);
    expect(bars, interval).toEqual(await candles(client, intervalS));
    expect(bars, interval).toEqual(rolledUp(finest, intervalS));
  }
  return finest;
}

it("time_series and candles_request tell the same bars, from the first trade on, over a restart", async () => {
  const clock = new SteppedClock();
  const data = join(folder, "data");
  const first = await startExchangeHere(data, clock);
  const users = await addTraders(data);
  const [user] = users;
  const pauses = [1, 7, 61, 3, 3_700, 2, 2, 90_000, 31, 1, 700_000, 9];
  await tradeAfter(first, users, { clock, pauses });
  const before = await new CryptomusClient(first, user).open();
  expect(await seconds(first, before)).toHaveLength(pauses.length);
  await before.close();
  await first.server.stop();

  const second = await startExchangeHere(data, clock);
  const client = await new CryptomusClient(second, user).open();
  expect(await seconds(second, client)).toHaveLength(pauses.length);
  await tradeAfter(second, users, { clock, pauses: [1, 65, 4_000] });
  expect(await seconds(second, client)).toHaveLength(pauses.length + 3);
  await client.close();
  await second.server.stop();
});

it("a chart that subscribes and then asks has every candle once, whenever it comes", async () => {
  const clock = new SteppedClock();
  const data = join(folder, "data");
  const here = await startExchangeHere(data, clock);
  const users = await addTraders(data);
  const [user] = users;
  await tradeAfter(here, users, { clock, pauses: [1, 70, 200] });

  const client = await new CryptomusClient(here, user).open();
  await askStream(client, "candles_subscribe", [market, 60]);
  const seed = await candles(client, 60);
  await tradeAfter(here, users, { clock, pauses: [1, 50, 130, 1, 66] });
  const expected = await candles(client, 60);
  const last = expected.at(-1);
  await client.until((update) => updated(update)?.t === last?.t && updated(update)?.v === last?.v);

  const chart = new Map(seed.map((bar) => [bar.t, bar]));
  for (const candle of client.received.flatMap((update) => updated(update) ?? [])) {
    chart.set(candle.t, candle);
  }
  expect([...chart.values()]).toEqual(expected);
  await client.close();
  await here.server.stop();
});
