/**
 * The client's stream with positions, against a real server and through a proxy that spoils what passes: it goes on where
 * it stopped, and finds by itself what is missing.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CryptomusRest, CryptomusStream, type Fill, type Trade } from "../../client/src/index.ts";
import { mendsMax } from "../../client/src/positions.ts";
import { Random } from "../../server/src/simulation/random.ts";
import {
  type ClientHouse,
  impatient,
  openClientHouse,
  quick,
  tradeAtRandom,
} from "../support/client-house.ts";
import { FaultyProxy, type FrameFate } from "../support/faulty-proxy.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-client-positions-"));
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const market = "TRX_USDT";
const calm = { "streams.depthSnapshotIntervalMs": 86_400_000 };

let house: ClientHouse;
let proxy: FaultyProxy;
let stream: CryptomusStream;

beforeAll(async () => {
  house = await openClientHouse(join(folder, "data"), calm);
});
afterAll(async () => {
  await house.server.server.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  proxy = await FaultyProxy.open(house.server.server.port);
  const token = () => house.direct.token();
  stream = new CryptomusStream({ url: proxy.url, token, positions: true, patience: quick });
});
afterEach(async () => {
  stream.close();
  await proxy.close();
});

/** Trades so much: two orders of one user would not meet. */
async function traded(quantity: string): Promise<string> {
  const [, second] = house.users;
  const other = new CryptomusRest({ url: house.server.http, user: second });
  const order = { type: "limit", market, price: "0.27", quantity } as const;
  await other.place({ ...order, direction: "sell" });
  await house.direct.place({ ...order, direction: "buy" });
  return quantity;
}

/** What is traded, one after the other; each quantity once. */
const quantities = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => `${from + at}.5`);

const begun = (replies: number) =>
  until(() => expect(stream.counts.received).toBeGreaterThanOrEqual(replies));

describe("a stream with positions", () => {
  it(`gives every trade and fill once and in order, whatever is cut, lost or doubled (seed ${seed})`, async () => {
    const seen: string[] = [];
    const filled: string[] = [];
    stream.trades(market).listen((item) => seen.push((item as Trade).quantity ?? "gap"));
    stream.fills().listen((item) => filled.push((item as Fill).quantity ?? "gap"));
    await begun(2);
    await traded("1.5");
    await until(() => expect([seen.length, filled.length]).toEqual([1, 1]));
    const faults = new Random(seed, "faults");
    // What was told to be whole and was lost on its way, nobody can tell from silence: not before a cut.
    const stories: readonly (readonly FrameFate[])[] = [
      ["drop", "twice", "late"],
      ["twice", "cut"],
    ];
    const all = ["1.5"];
    for (const [at, fates] of stories.entries()) {
      proxy.onFrame = (text) => {
        const isStream = text.includes("trade_update") || text.includes("deal_update");
        const isSpoiled = isStream && faults.below(3) === 0;
        return isSpoiled ? (fates[faults.below(fates.length)] ?? "pass") : "pass";
      };
      for (const quantity of quantities(2 + at * 25, 20)) all.push(await traded(quantity));
      proxy.onFrame = () => "pass";
      for (const quantity of quantities(22 + at * 25, 5)) all.push(await traded(quantity));
      await until(() => {
        expect(seen).toEqual(all);
        expect(filled.map(Number)).toEqual(all.map(Number));
      });
    }
    expect(stream.counts.gaps).toBe(0);
    expect(stream.counts.resumes).toBeGreaterThan(0);
  });

  it("asks again for what is missing of one market where nobody answers, also under all", async () => {
    stream.close();
    const token = () => house.direct.token();
    stream = new CryptomusStream({
      ...{ url: proxy.url, token, positions: true, patience: quick, platform: impatient },
    });
    const filled: string[] = [];
    stream.fills().listen((item) => filled.push((item as Fill).quantity ?? "gap"));
    await begun(1);
    const all = [await traded("1.5")];
    await until(() => expect(filled.map(Number)).toEqual(all.map(Number)));
    let unheard = 3;
    proxy.onFrame = (text) => {
      const isNext = unheard === 3 ? text.includes("deal_update") : !text.includes("_update");
      if (unheard === 0 || !isNext) return "pass";
      unheard -= 1;
      return "drop";
    };
    for (const quantity of quantities(2, 3)) all.push(await traded(quantity));
    await until(() => expect(filled.map(Number)).toEqual(all.map(Number)));
    expect(unheard).toBe(0);
    expect(stream.counts.gaps).toBe(0);
  });

  it("tells a gap of what does not come however often it is asked for, also under all", async () => {
    const seen: string[] = [];
    stream.trades("all").listen((item) => {
      seen.push(item.type === "gap" ? `gap ${item.fromMs <= item.toMs}` : item.quantity);
    });
    await begun(1);
    await traded("1.5");
    await until(() => expect(seen).toEqual(["1.5"]));
    let asked = 0;
    proxy.onFrame = (text) => {
      if (text.includes("trade_subscribe")) asked += 1;
      return text.includes("trade_update") && text.includes('"quantity":2.5') ? "drop" : "pass";
    };
    for (const quantity of ["2.5", "3.5"]) await traded(quantity);
    await until(() => expect(seen).toEqual(["1.5", "gap true"]));
    await traded("4.5");
    await until(() => expect(seen).toEqual(["1.5", "gap true", "4.5"]));
    expect([asked, stream.counts.gaps]).toEqual([mendsMax + 1, 1]);
  });

  it("goes on with its books after a cut, without another whole one", async () => {
    const live = stream.orderBook("BTC_USDT");
    await tradeAtRandom(house.direct, new Random(seed, "before"), 20);
    await equal();
    for (let round = 0; round < 3; round += 1) {
      proxy.isDown = true;
      proxy.cut();
      await tradeAtRandom(house.direct, new Random(seed, `away ${round}`), 10);
      proxy.isDown = false;
      await equal();
    }
    expect(live.bookCounts).toMatchObject({ wholes: 1, resyncs: 0, faults: {} });
    expect(stream.counts.resumes).toBeGreaterThanOrEqual(3);

    async function equal(): Promise<void> {
      await until(async () => {
        const { bids, asks } = await house.direct.orderBook("BTC_USDT", 0);
        expect([live.state, live.book.top(200)]).toEqual(["live", { bids, asks }]);
      });
    }
  });

  it("notices changes of a book that were lost, though nothing in it is impossible", async () => {
    const live = stream.orderBook("ETH_USDT");
    const bid = (price: string) =>
      house.direct.place({
        ...{ type: "limit", market: "ETH_USDT", direction: "buy" },
        ...{ price, quantity: "0.1" },
      });
    await bid("2000");
    await until(() => expect(live.book.bids.at(-1)?.[0]).toBe("2000"));
    let dropped = 0;
    proxy.onFrame = (text) => {
      if (!text.includes('"2001"')) return "pass";
      dropped += 1;
      return "drop";
    };
    await bid("2001");
    await until(() => expect(dropped).toBe(1));
    proxy.onFrame = () => "pass";
    await bid("2002");
    await until(() => {
      expect(live.bookCounts.faults).toEqual({ gap: 1 });
      const prices = live.book.bids.map(([price]) => price);
      expect(prices).toEqual(expect.arrayContaining(["2002", "2001", "2000"]));
    });
    expect(stream.counts.resyncs).toBe(1);
  });

  it("compares its books with their checksums", async () => {
    const live = stream.orderBook("ETH_USDT", { scale: 1 });
    await until(() => expect(live.state).toBe("live"));
    const change = live.book.top(1).bids[0] ?? ["1", "1"];
    const { timeMs } = live.book;
    const update = {
      market: "ETH_USDT",
      scale: 1,
      timeMs,
      isWhole: false,
      bids: [change],
      asks: [],
    };
    expect(live.book.apply(update, live.book.checksum)).toBeUndefined();
    expect(live.book.apply(update, live.book.checksum + 1)).toBe("checksum");
    expect(live.book.isWhole).toBe(false);
  });
});
