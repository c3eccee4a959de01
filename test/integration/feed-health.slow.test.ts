/** How a live feed is doing, as an operator sees it, while a venue refuses, is silent, hangs up and comes back. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPage } from "../support/built-page.ts";
import { runHere } from "../support/command-here.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";
import { madeUpHtx } from "../support/venues/htx.ts";
import { VenuePlayer } from "../support/venues/player.ts";

const markets = ["BTC/USDT", "BTT/ETH"];
const venue = madeUpHtx(markets, 40);
const data = mkdtempSync(join(tmpdir(), "openbourse-feed-health-"));
let player: VenuePlayer;
let here: ServerHere;

beforeAll(async () => {
  await buildPage();
  player = await VenuePlayer.open(venue);
  // What a venue says to whoever asks too often, or from a country that it does not like.
  player.restFault = { status: 429, body: "<html><h1>Too Many Requests</h1></html>" };
  const tickers = [...markets, "NO/SUCH"];
  const { settings } = player;
  const feed = { kind: "ccxt", exchange: "htx", tickers, staleSeconds: 5, settings };
  here = await startServerHere({
    data,
    settings: {
      "exchange.enabled": false,
      // What is had again after a silence is of the minute before, now and then.
      "bars.latenessMs": 600_000,
      datasets: [{ code: "htx", feed }],
    },
  });
});
afterAll(async () => {
  await here.server.stop();
  await player.close();
  rmSync(data, { recursive: true, force: true });
});

/** At times of now, however long it took to come here: what is too late for its bar would be told as late. */
const tellSome = (from: number, to: number) =>
  player.play({ fromMs: from * 100, toMs: to * 100, speed: 1_000 });

/** The feed's part of `/readyz`, whose status is 200 whatever a feed does. */
async function readiness() {
  const reply = await fetch(`${here.http}/readyz`);
  expect(reply.status).toBe(200);
  return await reply.text();
}

/** A figure of one ticker. */
async function figure(name: string, ticker: string): Promise<number> {
  const text = await (await fetch(`${here.http}/metrics`)).text();
  const found = text
    .split("\n")
    .find((line) => line.startsWith(`openbourse_feed_ticker_${name}{`) && line.includes(ticker));
  return Number(found?.split(" ").at(-1));
}

/** What the page is told of the dataset's tickers. */
async function toldToThePage(): Promise<unknown> {
  const reply = await fetch(`${here.http}/terminal/config.json`);
  const { datasets } = (await reply.json()) as { datasets: { code: string; tickers: unknown }[] };
  return datasets.find(({ code }) => code === "htx")?.tickers;
}

/** Waits until both markets are watched and the venue has heard it. */
async function areUp(): Promise<void> {
  await until(() => expect(player.topics.size).toBe(markets.length));
  for (const market of markets) {
    await until(async () => expect(await figure("up", market)).toBe(1));
  }
}

async function listed(): Promise<string> {
  const { stdout, code } = await runHere(["feeds", "--data", data]);
  expect(code).toBe(0);
  return stdout;
}

it("is shown from a venue that refuses at first to one that comes back with a backlog", async () => {
  expect(await readiness()).toContain('"feed htx"');
  await until(async () => expect(await listed()).toMatch(/BTC\/USDT {2}lost .*429/));
  expect(await figure("up", "BTC/USDT")).toBe(0);
  await until(async () => expect(await toldToThePage()).toEqual({ all: 3, lost: 3 }));

  player.restFault = undefined;
  await areUp();
  // One that the venue does not have stops none of the others.
  expect(await figure("up", "NO/SUCH")).toBe(0);
  await until(async () =>
    expect(await listed()).toMatch(/NO\/SUCH {2}(lost|connecting) .*BadSymbol/),
  );
  await until(async () => expect(await toldToThePage()).toEqual({ all: 3, lost: 1 }));
  await tellSome(0, 10);
  await until(async () => expect(await listed()).toContain("htx  running  10 trades"));

  const before = await figure("reconnects_total", "BTC/USDT");
  player.freeze();
  await tellSome(10, 14);
  await until(async () => expect(await figure("silence_seconds", "BTC/USDT")).toBeGreaterThan(1));
  for (const market of markets)
    await until(async () => expect(await figure("backfilled_total", market)).toBe(2));
  expect(await figure("reconnects_total", "BTC/USDT")).toBeGreaterThan(before);

  player.hidesPast = true;
  player.isClosed = true;
  player.drop();
  await until(async () => expect(await figure("up", "BTC/USDT")).toBe(0));
  await tellSome(14, 18);
  player.isClosed = false;
  await areUp();
  await tellSome(18, 40);
  await until(async () => expect(await figure("gaps_total", "BTC/USDT")).toBe(1));
  await until(async () => expect(await listed()).toContain("htx  running  36 trades"));
  expect(await readiness()).toContain('"gaps":2');
  expect(await figure("lag_seconds", "BTC/USDT")).toBeGreaterThanOrEqual(-5);
});
