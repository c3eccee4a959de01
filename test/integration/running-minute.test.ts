/** The running minute of the exchange's own dataset over a restart: bars equal the exchange's candles. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { askStream, CryptomusClient } from "../support/cryptomus-client.ts";
import { addFundedUsers, addMarket } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import { openStream } from "../support/stream-client.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-minute-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const market = "BTC_USDT";

/** Lets a minute begin a few seconds ago, so that all of the test falls into it. */
function atStartOfMinute(): SteppedClock {
  const clock = new SteppedClock();
  clock.step(60 - ((clock.nowUs() / 1e6) % 60) + 3);
  return clock;
}

function start(data: string, clock: SteppedClock): Promise<ServerHere> {
  const settings = { datasets: [], "exchange.participants.enabled": false, "demo.users": false };
  return startServerHere({ data, clock, settings });
}

/** One trade of each quantity. */
async function trade(
  here: ServerHere,
  users: Awaited<ReturnType<typeof addFundedUsers>>,
  quantities: readonly string[],
): Promise<void> {
  const [buyer, seller] = users.map((user) => new CryptomusClient(here, user));
  for (const [at, quantity] of quantities.entries()) {
    const price = String(100 + at);
    for (const [client, direction] of [
      [seller, "sell"],
      [buyer, "buy"],
    ] as const) {
      const answer = await client?.limitOrder({ market, direction, price, quantity });
      expect(answer?.status).toBe(200);
    }
  }
}

/** The first bar that a newcomer is sent, and the exchange's own candle of its minute, in the bar's terms. */
async function barAndCandle(here: ServerHere, users: Awaited<ReturnType<typeof addFundedUsers>>) {
  const watcher = await openStream(`${here.ws}/v1?apikey=${here.server.demoKey}`);
  const stream = { channel: "bars", frequency: "1s", aggregation: "1m" };
  watcher.send({ event: "subscribe", dataset: "local", tickers: ["BTC/USDT"], ...stream });
  const { t, o, h, l, c, v } = (await watcher.until(({ json }) => "o" in json)).json;
  await watcher.close();

  const [user] = users;
  if (user === undefined) throw new Error("there is no user");
  const client = await new CryptomusClient(here, user).open();
  const reply = await askStream(client, "candles_request", [market, t, Number(t) + 60, 60]);
  const [[startS, open, close, high, low, volume]] = reply.json["data"] as [[number, ...string[]]];
  await client.close();
  const candle = { t: startS, o: open, h: high, l: low, c: close, v: volume };
  const numbers = Object.entries(candle).map(([key, value]) => [key, Number(value)]);
  return { bar: { t, o, h, l, c, v }, candle: Object.fromEntries(numbers) };
}

it.each<["stopped" | "killed"]>([["stopped"], ["killed"]])(
  "is whole after the server was %s and started again",
  async (how) => {
    const clock = atStartOfMinute();
    const data = join(folder, "data");
    const first = await start(data, clock);
    await addMarket(data, { code: market, tick: "0.01", lot: "0.001" });
    const users = await addFundedUsers(data, 2, { BTC: "10", USDT: "100000" });
    await trade(first, users, ["0.1", "0.062"]);

    // What is on the disk while it runs is what a killed server leaves behind.
    const again = join(folder, "again");
    if (how === "killed") cpSync(data, again, { recursive: true });
    await first.server.stop();
    if (how === "stopped") cpSync(data, again, { recursive: true });

    const second = await start(again, clock);
    const restored = await barAndCandle(second, users);
    expect(restored.bar).toEqual(restored.candle);
    expect(restored.bar).toMatchObject({ o: 100, h: 101, l: 100, c: 101, v: 0.162 });
    await trade(second, users, ["0.116"]);
    const grown = await barAndCandle(second, users);
    expect(grown.bar).toEqual(grown.candle);
    expect(grown.bar).toMatchObject({ t: restored.bar.t, h: 101, c: 100, v: 0.278 });
    await second.server.stop();
  },
);
