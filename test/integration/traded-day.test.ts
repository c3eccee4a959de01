/** A recorded day trades on a real server, and a bot that moves by its clock has the same fills at any speed. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-day-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each second an order comes behind the bid and the first in the queue is executed; then the bid is one tick lower. */
function tape(): string {
  const path = join(folder, "day.csv");
  const lines: string[] = ["34200.5,1,1,10,1000000,1", "34200.6,1,2,10,1010000,-1"];
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

/** What a bot has got, after each of its looks at the day. */
async function trade(name: string, speed: number | "max"): Promise<string> {
  const data = join(folder, name);
  const here = await startServerHere({ data, settings: settings({ speed }) });
  const seek = async (time: string) => {
    const { code } = await runHere([
      "replay-control",
      "seek",
      `2012-06-21T${time}Z`,
      "--data",
      data,
    ]);
    expect(code).toBe(0);
  };
  const seen: string[] = [];
  await seek("13:30:10");
  const order = { market: "AAPL_USD", direction: "buy", quantity: "7", price: "100" };
  await call(here, "POST", "/orders", order);
  for (const time of ["13:30:12", "13:30:16", "13:30:20", "13:31:00"]) {
    await seek(time);
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
  it("gives a bot that moves by its clock the same fills at any speed", async () => {
    const slow = await trade("slow", 1);
    expect(slow.split("\n")[0]).toContain("AAPL_USD");
    expect(await trade("fast", "max")).toBe(slow);
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
