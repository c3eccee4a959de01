/** A recorded day trades on a real server, and a bot that moves by its clock has the same fills at any speed. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { StandingClock } from "../support/stepped-clock.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-day-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each second an order comes behind the bid and the first in the queue is executed; then the bid is one tick lower. */
const lines: string[] = [];
function tape(): string {
  const path = join(folder, "day.csv");
  lines.push("34200.5,1,1,10,1000000,1", "34200.6,1,2,10,1010000,-1");
  for (let second = 1; second < 120; second += 1) {
    const id = 100 + second;
    lines.push(`${34_200 + second}.0,1,${id},5,1000000,1`);
    if (second > 3) lines.push(`${34_200 + second}.5,4,${id - 3},5,1000000,1`);
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const day = {
  ...{ market: "AAPL_USD", format: "lobster", files: [tape()], midnight: "2012-06-21T04:00:00Z" },
  ...{ tickSize: "0.01", lotSize: "1", paused: true },
};
const settings = (changes: object) => ({
  "exchange.participants.enabled": false,
  "exchange.days": [{ ...day, ...changes }],
  datasets: [],
});

/** A signed request of a demo user. */
async function call(here: ServerHere, method: string, path: string, fields?: object) {
  const { userId, apiKey } = here.server.demoUsers[0]!;
  const body = fields === undefined ? "" : JSON.stringify(fields);
  const text = Buffer.from(body).toString("base64");
  const sign = createHash("md5")
    .update(text + apiKey)
    .digest("hex");
  const reply = await fetch(`${here.http}/v2/user-api/exchange${path}`, {
    method,
    headers: { userId, sign, "content-type": "application/json" },
    ...(body === "" ? {} : { body }),
  });
  expect(reply.status).toBeLessThan(300);
  return (await reply.json()) as { result: unknown };
}

/** Shares that the recording has executed until a second of it. */
function executedUntil(second: number): number {
  const until = lines.filter((line) => Number(line.split(",")[0]) <= 34_200 + second);
  return until.filter((line) => line.split(",")[1] === "4").length * 5;
}

/** Shares that were traded, whoever they were; the field of quantities is called so. */
async function traded({ http }: ServerHere): Promise<number> {
  const reply = await fetch(`${http}/v1/exchange/market/trades/AAPL_USD`);
  const { data } = (await reply.json()) as { data: readonly { quote_volume: string }[] };
  return data.reduce((sum, row) => sum + Number(row.quote_volume), 0);
}

/** How a bot's day is played: leapt through from look to look, or played by its clock for a part of each way. */
interface Way {
  readonly speed: number | "max";
  readonly isPlayed?: true;
}

/** What a bot has got, after each of its looks at the day. */
async function trade(name: string, { speed, isPlayed }: Way): Promise<string> {
  const data = join(folder, name);
  const clock = new StandingClock();
  const here = await startServerHere({ data, clock, settings: settings({ speed }) });
  const control = async (...args: readonly string[]) => {
    const answer = await runHere(["replay-control", ...args, "--data", data]);
    expect(answer).toMatchObject({ code: 0, stderr: "" });
  };
  let reached = 0.5;
  const seek = async (second: number) => {
    if (isPlayed) {
      await control("resume");
      // Ten times as fast as the clock of the server, which the test moves: never further than where the bot looks.
      clock.pass((second - reached - 0.9) / 10);
      await until(async () => expect(await traded(here)).toBe(executedUntil(second - 0.9)));
      await control("pause");
    }
    await control("seek", new Date(Date.UTC(2012, 5, 21, 13, 30, second)).toISOString());
    reached = second;
  };
  const seen: string[] = [];
  await seek(10);
  const order = { market: "AAPL_USD", direction: "buy", quantity: "7", price: "100" };
  await call(here, "POST", "/orders", order);
  for (const second of [12, 16, 20, 60]) {
    await seek(second);
    const open = await call(here, "GET", `/orders?market=AAPL_USD`);
    seen.push(
      JSON.stringify(open)
        .replaceAll(/"id":"[^"]*"/g, "ID")
        .replaceAll(/"\d{4}-[^"]*"|\d{10,}/g, "0"),
    );
  }
  const back = await runHere(["replay-control", "seek", "2012-06-21T13:30:00Z", "--data", data]);
  expect(back.stderr).toContain("a market does not go back");
  await here.server.stop();
  return seen.join("\n");
}

describe("a recorded day", () => {
  it("gives a bot that moves by its clock the same fills at any speed, leapt through or played", async () => {
    const slow = await trade("slow", { speed: 1 });
    expect(slow.split("\n")[0]).toContain("AAPL_USD");
    expect(await trade("fast", { speed: "max" })).toBe(slow);
    expect(await trade("played", { speed: 10, isPlayed: true })).toBe(slow);
  });

  it.each([
    [{ files: ["nowhere.csv"] }, /there is no file nowhere.csv/],
    [{ midnight: undefined }, /format lobster needs midnight/],
    [{ format: "bitstamp", book: day.files[0] }, /book belongs to format lobster alone/],
    [{ tickSize: undefined }, /the exchange has no such market/],
  ])("that cannot be is refused at the start: %j", async (changes, text) => {
    const given = Object.fromEntries(
      Object.entries({ ...day, ...changes }).filter(([, value]) => value !== undefined),
    );
    const wrong = { ...settings({}), "exchange.days": [given] };
    await expect(startServerHere({ data: join(folder, "wrong"), settings: wrong })).rejects.toThrow(
      text,
    );
  });
});
