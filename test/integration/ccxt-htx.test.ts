/** HTX through the real ccxt, played on this machine: what it tells is what is stored, whatever goes wrong. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { recordedDataFolder, recordedDataMissing } from "../support/recorded-data.ts";
import { startServerHere } from "../support/server-here.ts";
import { openStream } from "../support/stream-client.ts";
import { until } from "../support/until.ts";
import { expectBars, expectTrades } from "../support/venues/equal.ts";
import { type Followed, follow } from "../support/venues/followed.ts";
import { madeUpHtx, recordedHtx } from "../support/venues/htx.ts";
import { VenuePlayer } from "../support/venues/player.ts";

const markets = ["BTC/USDT", "BTT/ETH"];

/** What a test has begun is ended when it is over, the last of it first. */
type Test = Pick<TestContext, "onTestFinished">;

async function playing({ onTestFinished }: Test, venue = madeUpHtx(markets, 40)) {
  const player = await VenuePlayer.open(venue);
  onTestFinished(() => player.close());
  return player;
}

async function following(
  { onTestFinished }: Test,
  player: VenuePlayer,
  tickers = markets,
  staleSeconds = 60,
) {
  const followed = await follow(player, "htx", tickers, staleSeconds);
  onTestFinished(() => followed.stop());
  await until(() => expect(player.topics.size).toBe(tickers.length));
  return followed;
}

const stored = async (followed: Followed, player: VenuePlayer) => {
  for (const ticker of markets) await expectTrades(followed, player, ticker);
};

describe.concurrent("HTX, played from frames of our making", () => {
  const venue = madeUpHtx(markets, 40);
  const some = (from: number, to: number) => venue.frames.slice(from, to);

  it("is stored with every digit, and its bars are those of what was traded", async (test) => {
    const player = await playing(test);
    const followed = await following(test, player);
    await player.play({ speed: 20 });
    await until(() => stored(followed, player));
    for (const ticker of markets) await expectBars(followed, player, ticker);
    // 63000.123456789012345 is longer than a double holds.
    expect(player.traded.some(({ price }) => price === "63000.123456789012345")).toBe(true);
  });

  it("is answered when it pings, and told again and in a burst without harm", async (test) => {
    const player = await playing(test);
    const followed = await following(test, player);
    for (const frame of some(0, 20)) player.tell(frame);
    for (const frame of some(0, 4))
      player.repeat(
        frame,
        player.traded.filter(({ id }) => frame.trades.some((trade) => trade.id === id)),
      );
    await until(() => stored(followed, player));
    await until(() => expect(player.heard.some((text) => text.includes('"pong"'))).toBe(true));
    await until(() => expect(followed.runner.figures.unused.counts.duplicate).toBe(4));
  });

  it("that hangs up is watched again, and what was missed is asked for", async (test) => {
    const player = await playing(test);
    const followed = await following(test, player);
    for (const frame of some(0, 10)) player.tell(frame);
    await until(() => stored(followed, player));
    player.isClosed = true;
    player.drop();
    await until(() =>
      expect(followed.runner.watched.map(({ failure }) => failure)).not.toContain(undefined),
    );
    for (const frame of some(10, 20)) player.tell(frame);
    player.isClosed = false;
    await until(() => expect(player.topics.size).toBe(2));
    for (const frame of some(20, 30)) player.tell(frame);
    await until(() => stored(followed, player));
    for (const ticker of markets) expect(await followed.gaps(ticker)).toEqual([]);
    expect(followed.runner.watched.map(({ backfilled }) => backfilled > 0)).toEqual([true, true]);
  });

  it("that has no past to tell leaves a gap, which holds all that is missing", async (test) => {
    const player = await playing(test);
    player.hidesPast = true;
    const followed = await following(test, player);
    player.tell(some(0, 1)[0]!);
    await until(async () => expect(await followed.trades("BTC/USDT")).toHaveLength(1));
    player.isClosed = true;
    player.drop();
    await until(() => expect(followed.runner.watched[0]?.failure).toBeDefined());
    // At a time of now, however long it took to come here.
    await player.play({ fromMs: 200, toMs: 300, speed: 1_000 });
    const missedMs = player.traded.at(-1)?.timeMs ?? 0;
    player.isClosed = false;
    await until(() => expect(followed.runner.watched[0]).toMatchObject({ state: "live", gaps: 1 }));
    const [gap] = await followed.gaps("BTC/USDT");
    expect(gap?.fromUs).toBeLessThanOrEqual(missedMs * 1_000);
    expect(gap?.toUs).toBeGreaterThan(missedMs * 1_000);
  });

  it("that sends no message of its protocol is connected to anew", async (test) => {
    const player = await playing(test);
    const followed = await following(test, player);
    player.garble();
    await until(() => expect(player.connections).toBe(2));
    await until(() => expect(player.topics.size).toBe(2));
    for (const frame of some(0, 6)) player.tell(frame);
    await until(() => stored(followed, player));
    expect(followed.runner.figures.counts.malformed).toBeGreaterThan(0);
  });

  it("whose connection is half-open is connected to anew", async (test) => {
    const player = await playing(test);
    const followed = await following(test, player, markets, 5);
    player.freeze();
    await until(() => expect(player.connections).toBeGreaterThan(1));
    await until(() =>
      expect(followed.runner.watched.map(({ state }) => state)).toEqual(["live", "live"]),
    );
    for (const frame of some(0, 6)) player.tell(frame);
    await until(() => stored(followed, player));
    // By the policy, or by the pings of ccxt: both see it at about the same time.
    expect(followed.warnings.join()).toMatch(/nothing was heard for 5 s|timed out/);
  });

  it("tells of a market that it does not have, and streams the others", async (test) => {
    const player = await playing(test);
    const followed = await follow(player, "htx", [...markets, "NO/SUCH"]);
    test.onTestFinished(() => followed.stop());
    await until(() => expect(player.topics.size).toBe(2));
    for (const frame of some(0, 6)) player.tell(frame);
    await until(() => stored(followed, player));
    expect(followed.warnings.join()).toContain("NO/SUCH is not watched: BadSymbol");
  });

  it("shows its raw frames to whoever records them", async (test) => {
    const player = await playing(test);
    const followed = await following(test, player);
    const seen: string[] = [];
    test.onTestFinished(async () => leave());
    const leave =
      followed.source.tapFrames?.(({ kind, data }) =>
        seen.push(`${kind} ${data instanceof Uint8Array ? "bytes" : "text"}`),
      ) ?? (() => {});
    for (const frame of some(0, 2)) player.tell(frame);
    await until(() => expect(seen).toContain("receive bytes"));
  });
});

const folder = recordedDataFolder();
describe.skipIf(folder === undefined)(
  `HTX, played from the recording of 2021-04-17${folder === undefined ? ` (${recordedDataMissing})` : ""}`,
  { concurrent: true },
  () => {
    it("is stored with every digit, and its bars are those of the file", async (test) => {
      const venue = recordedHtx(folder ?? "");
      const player = await playing(test, venue);
      const tickers = [
        ...new Set(venue.frames.flatMap(({ trades }) => trades.map(({ ticker }) => ticker))),
      ];
      const followed = await following(test, player, tickers);
      await player.play({ speed: 20 });
      for (const ticker of tickers) {
        await until(() => expectTrades(followed, player, ticker));
        await expectBars(followed, player, ticker);
      }
      expect(player.traded).toHaveLength(73);
    });
  },
);

it.concurrent("a server with a dataset of HTX shows living bars at once", async (test) => {
  const player = await playing(test);
  const data = mkdtempSync(join(tmpdir(), "openbourse-htx-"));
  test.onTestFinished(async () => rmSync(data, { recursive: true, force: true }));
  const feed = { kind: "ccxt", exchange: "htx", tickers: markets, settings: player.settings };
  const here = await startServerHere({
    data,
    settings: { "exchange.enabled": false, datasets: [{ code: "htx", feed }] },
  });
  test.onTestFinished(() => here.server.stop());
  const readyMs = performance.now();
  // What is told before anybody listens is told to nobody.
  await until(() => expect(player.topics.size).toBe(markets.length));
  const played = player.play({ speed: 2 });
  const stream = await openStream(`${here.ws}/v1?apikey=${here.server.demoKey}`);
  test.onTestFinished(() => stream.close());
  stream.send({
    ...{ event: "subscribe", dataset: "htx", tickers: ["BTC/USDT"] },
    ...{ channel: "bars", frequency: "1s", aggregation: "1m" },
  });
  const { json } = await stream.until((message) => "o" in message.json);
  const tookMs = performance.now() - readyMs;
  expect(json).toMatchObject({ s: "BTC/USDT" });
  // Not a bound of a test, since the machine may be crowded: it is said for whoever wants to know.
  process.stdout.write(`first bar ${Math.round(tookMs)} ms after the server was ready\n`);
  await played;
});
