/** A market of a real server follows a dataset that a producer pushes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addKey } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until, untilTrue } from "../support/until.ts";

let data: string;
let here: ServerHere;
let key: string;
let nextId = 0;

const mirror = {
  ...{ market: "BTC_USDT", dataset: "venue", ticker: "BTC/USDT" },
  ...{ tickSize: "0.1", lotSize: "0.0001", size: "0.05", staleSeconds: 3_600 },
};
const settings = {
  "exchange.participants.enabled": false,
  "exchange.mirrors": [mirror],
  datasets: [{ code: "venue", feed: { kind: "push" } }],
};

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "openbourse-mirror-"));
  here = await startServerHere({ data, settings });
  ({ key } = addKey(data, "desk", ["venue"]));
});
afterAll(async () => {
  await here.server.stop();
  rmSync(data, { recursive: true, force: true });
});

async function trade(price: string): Promise<void> {
  nextId += 1;
  const row = { ticker: "BTC/USDT", id: nextId, price, quantity: "0.01", time: Date.now() * 1_000 };
  const reply = await fetch(`${here.http}/openbourse/v1/ingest/venue`, {
    method: "POST",
    headers: { authorization: `apikey ${key}` },
    body: JSON.stringify(row),
  });
  expect(reply.status).toBe(200);
}

const distance = () => here.figure('openbourse_mirror_distance_ratio{market="BTC_USDT"}');

/** Best prices that everybody sees. */
async function touch(): Promise<readonly [string | undefined, string | undefined]> {
  const reply = await fetch(`${here.http}/v1/exchange/market/order-book/BTC_USDT?level=0`);
  if (reply.status !== 200) return [undefined, undefined];
  const { data: book } = (await reply.json()) as {
    data: Record<"bids" | "asks", readonly { price: string }[]>;
  };
  return [book.bids[0]?.price, book.asks[0]?.price];
}

/** Whether the best bid is a price, and the best ask a tick above it. */
const isAt = (bid: number) => async () => {
  const [best, cheapest] = await touch();
  return Number(best) === bid && Math.abs(Number(cheapest) - bid - 0.1) < 1e-6;
};

describe("a mirror in the configuration", () => {
  it("makes its market, and comes as near to each outside price as a tick allows", async () => {
    for (const price of ["63000.5", "63010", "62950.3"]) {
      await trade(price);
      await untilTrue(isAt(Number(price)));
    }
    await untilTrue(async () => ((await distance()) ?? 1) < 5e-6);
    await until(async () =>
      expect(await here.figure('openbourse_mirror_up{market="BTC_USDT"}')).toBe(1),
    );
    expect(await here.figure('openbourse_mirror_refused_total{market="BTC_USDT"}')).toBe(0);
  });

  it("takes its offers back at a stop, and goes on after it", async () => {
    await here.server.stop();
    here = await startServerHere({ data, settings });
    expect(await distance()).toBeNaN();
    await trade("61000");
    await untilTrue(isAt(61_000));
    await untilTrue(() =>
      here.log.some(({ phrase }) => phrase === "mirror BTC_USDT follows its source"),
    );
  });

  it.each([
    [{ dataset: "nowhere" }, /there is no dataset nowhere with a feed; there are: venue/],
    [{ tickSize: "0.01" }, /with another tick or lot size: leave tickSize and lotSize out/],
    [{ market: "ETH_USDT", tickSize: "0" }, /have to be above 0/],
  ])("that cannot be is refused at the start: %j", async (changes, text) => {
    await here.server.stop();
    const wrong = { ...settings, "exchange.mirrors": [{ ...mirror, ...changes }] };
    await expect(startServerHere({ data, settings: wrong })).rejects.toThrow(text);
    here = await startServerHere({ data, settings });
  });
});
