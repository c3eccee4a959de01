/**
 * A recorded day that is traded twice, by the same clock: all that clients are sent of it is the same, byte for byte, the
 * bot's own orders and fills included.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Random } from "../../server/src/simulation/random.ts";
import { runHere } from "../support/command-here.ts";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import { startServerHere } from "../support/server-here.ts";
import { StandingClock } from "../support/stepped-clock.ts";
import { openStream } from "../support/stream-client.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-day-streams-"));
afterAll(() => rmSync(folder, { recursive: true }));

const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const seconds = 40;
const startUs = Date.UTC(2026, 0, 1) * 1_000;

/** In each second somebody bids another quantity, and somebody is executed. */
function tape(): string {
  const random = new Random(seed, "day");
  const rows: string[] = [];
  for (let second = 0; second <= seconds; second += 1) {
    const time = 34_200 + second;
    const price = (100 - random.below(3)) * 10_000;
    rows.push(`${time}.1,1,${1_000 + second},${1 + random.below(9)},${price},1`);
    rows.push(`${time}.2,1,${2_000 + second},${5 + random.below(9)},${2_020_000 - price},-1`);
    if (second > 2) rows.push(`${time}.6,4,${1_000 + second - 3},1,${100 * 10_000},1`);
    if (second > 2) rows.push(`${time}.7,4,${2_000 + second - 3},2,${102 * 10_000},-1`);
  }
  const path = join(folder, "day.csv");
  writeFileSync(path, `${rows.join("\n")}\n`);
  return path;
}

const day = {
  ...{ market: "AAPL_USD", format: "lobster", files: [tape()], midnight: "2012-06-21T04:00:00Z" },
  ...{ tickSize: "0.01", lotSize: "1", paused: true },
};
const channels = [
  ["depth_subscribe", ["AAPL_USD:0"]],
  ["trade_subscribe", ["AAPL_USD"]],
  ["candles_subscribe", ["AAPL_USD", 60]],
  ["lastprice_subscribe", ["AAPL_USD"]],
  ["ticker_subscribe", ["AAPL_USD"]],
  ["order_subscribe", ["AAPL_USD"]],
  ["deal_subscribe", ["AAPL_USD"]],
  ["balance_subscribe", ["USD", "AAPL"]],
] as const;

/** All that a client is sent while the day is played, a second at a time, and its bot trades. */
async function framesOf(name: string, speed: number | "max"): Promise<readonly string[]> {
  const data = join(folder, name);
  const clock = new StandingClock(startUs);
  const settings = {
    "exchange.participants.enabled": false,
    "exchange.days": [{ ...day, speed }],
    datasets: [],
  };
  const here = await startServerHere({ data, clock, settings });
  const bot = new CryptomusClient(here, here.server.demoUsers[0]!);
  const { body } = await bot.call("GET", "/v2/user-api/exchange/account/web-socket/token");
  const stream = await openStream(`${here.ws}/ws?token=${body.token}`);
  for (const [id, [method, params]] of channels.entries()) {
    await stream.ask({ id, method, params });
  }
  for (let second = 1; second < seconds; second += 1) {
    const moment = new Date(Date.UTC(2012, 5, 21, 13, 30, second)).toISOString();
    const { code } = await runHere(["replay-control", "seek", moment, "--data", data]);
    expect(code).toBe(0);
    if (second % 5 === 0) {
      const direction = second % 2 === 0 ? "buy" : "sell";
      const price = direction === "buy" ? "101" : "99";
      const order = { market: "AAPL_USD", direction, quantity: "3", price };
      expect((await bot.limitOrder(order)).status).toBe(200);
    }
    const from = stream.received.length;
    clock.pass(1);
    // What goes by the clock of the server is told at its next tick.
    await stream.until(({ json }) => json["method"] === "depth_update", from);
  }
  await stream.ask({ id: 99, method: "ping", params: [] });
  await stream.close();
  await here.server.stop();
  // Wallets are named after their users, whom each data folder makes for itself.
  return stream.received.map(({ text }) => text.replace(/"walletId":"\w+"/, '"walletId":"…"'));
}

describe(`a recorded day that is traded twice (seed ${seed})`, () => {
  it("sends its clients the same bytes, whatever its speed", async () => {
    const [slow, fast] = await Promise.all([framesOf("slow", 1), framesOf("fast", "max")]);
    for (const method of ["depth", "trade", "candles", "lastprice", "ticker", "order", "deal"]) {
      const ofMethod = slow.filter((text) => text.includes(`"${method}_update"`));
      expect(ofMethod.length, method).toBeGreaterThan(2);
    }
    expect(fast).toEqual(slow);
  });
});
