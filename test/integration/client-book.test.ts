/**
 * The client's order books against a real server, through a proxy that spoils what passes. Whatever it did, each book is
 * the server's own once the market is quiet, and only the market that was spoiled asked again.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CryptomusStream, type LiveBook } from "../../client/src/index.ts";
import { Random } from "../../server/src/simulation/random.ts";
import {
  type ClientHouse,
  openClientHouse,
  prices,
  quick,
  tradeAtRandom,
} from "../support/client-house.ts";
import { FaultyProxy, type FrameFate } from "../support/faulty-proxy.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-client-book-"));
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const markets = Object.keys(prices);

let house: ClientHouse;
let proxy: FaultyProxy;
let stream: CryptomusStream;

beforeAll(async () => {
  house = await openClientHouse(join(folder, "data"));
});
afterAll(async () => {
  await house.server.server.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  proxy = await FaultyProxy.open(house.server.server.port);
  const token = () => house.direct.token();
  stream = new CryptomusStream({ url: proxy.url, token, patience: quick });
});
afterEach(async () => {
  stream.close();
  await proxy.close();
});

const trade = (name: string, count: number) =>
  tradeAtRandom(house.direct, new Random(seed, name), count);

async function expectEqual(books: readonly LiveBook[], rest = house.direct): Promise<void> {
  for (const live of books) {
    await until(async () => {
      const { bids, asks } = await rest.orderBook(live.book.market, live.book.scale);
      expect([live.state, live.book.top(200)]).toEqual(["live", { bids, asks }]);
    });
  }
}

describe("order books of the client", () => {
  it(`are the server's after drops, repetitions, delays and cuts (seed ${seed})`, async () => {
    const faults = new Random(seed, "faults");
    const fates: readonly FrameFate[] = ["drop", "twice", "late"];
    proxy.onFrame = () => {
      if (faults.below(80) === 0) return "cut";
      return faults.below(5) === 0 ? (fates[faults.below(fates.length)] ?? "pass") : "pass";
    };
    const books = markets.flatMap((market) =>
      [0, 2].map((scale) => stream.orderBook(market, { scale })),
    );
    await trade("spoiled", 300);
    proxy.cut();
    proxy.onFrame = () => "pass";
    // What was lost without a trace is mended by the next whole book, which comes where something has changed.
    await trade("after", 30);
    await expectEqual(books);
    expect(stream.counts.reconnects).toBeGreaterThan(0);
  });

  it("never show a side that would meet the other", async () => {
    const faults = new Random(seed, "crossing");
    proxy.onFrame = () => (faults.below(3) === 0 ? "drop" : "pass");
    const live = stream.orderBook("BTC_USDT");
    const crossings: unknown[] = [];
    live.listen(({ bestBid, bestAsk, isWhole }) => {
      const isCrossed = Number(bestBid?.[0] ?? 0) >= Number(bestAsk?.[0] ?? Infinity);
      if (isCrossed || !isWhole) crossings.push([bestBid, bestAsk]);
    });
    await trade("crossing", 150);
    proxy.onFrame = () => "pass";
    // A fast machine is done before the book has been told often. The same few orders again might leave this book alone.
    const more = new Random(seed, "more");
    await until(async () => {
      await tradeAtRandom(house.direct, more, 5);
      expect(live.counts.delivered).toBeGreaterThan(3);
    });
    expect(crossings).toEqual([]);
  });

  it("ask again for the market that is wrong, and for no other", async () => {
    // Here the server sends no whole book unasked, which would mend it as well.
    const calm = await openClientHouse(join(folder, "calm"), {
      "streams.depthSnapshotIntervalMs": 86_400_000,
    });
    const { direct, server } = calm;
    const spoiler = await FaultyProxy.open(server.server.port);
    const token = () => direct.token();
    const stream = new CryptomusStream({ url: spoiler.url, token, patience: quick });
    const books = markets.map((market) => stream.orderBook(market));
    const [spoiled, ...others] = books;
    await tradeAtRandom(direct, new Random(seed, "before"), 30);
    await expectEqual(books, direct);
    // A level that was never told is taken away: something must be missing.
    let dropped = 0;
    spoiler.onFrame = (text) => {
      if (!/depth_update.*BTC_USDT.*"90000"/.test(text)) return "pass";
      dropped += 1;
      return "drop";
    };
    const market = "BTC_USDT";
    const order = { type: "limit", direction: "buy", price: "90000", quantity: "0.001" } as const;
    const { id } = await direct.place({ market, ...order });
    await until(() => expect(dropped).toBe(1));
    spoiler.onFrame = () => "pass";
    await direct.cancel(id);
    await until(() => expect(spoiled?.bookCounts.faults).toEqual({ "unknown-level": 1 }));
    await expectEqual(books, direct);
    expect(spoiled?.bookCounts.resyncs).toBe(1);
    for (const { bookCounts } of others)
      expect(bookCounts).toMatchObject({ resyncs: 0, faults: {} });
    expect(stream.counts).toMatchObject({ resyncs: 1, reconnects: 0 });
    stream.close();
    await spoiler.close();
    await server.server.stop();
  });

  it("ask again when the whole book that was asked for does not come", async () => {
    let dropped = 0;
    proxy.onFrame = (text) => {
      if (dropped > 0 || !/"full_reload":true/.test(text)) return "pass";
      dropped += 1;
      return "cut";
    };
    await expectEqual([stream.orderBook("ETH_USDT")]);
    expect(dropped).toBe(1);
  });

  it("show another scale of their market on demand", async () => {
    const live = stream.orderBook("BTC_USDT");
    await expectEqual([live]);
    live.setScale(3);
    expect([live.state, live.book.scale]).toEqual(["loading", 3]);
    await trade("scale", 20);
    await expectEqual([live]);
  });

  it("are stale while the connection is away, and say how old they are", async () => {
    const live = stream.orderBook("BTC_USDT");
    await expectEqual([live]);
    const shown = live.book.top(200);
    proxy.isDown = true;
    proxy.cut();
    await until(() => expect(live.state).toBe("stale"));
    const age = live.ageMs ?? 0;
    await until(() => expect(live.ageMs).toBeGreaterThan(age));
    expect(live.book.top(200)).toEqual(shown);
    proxy.isDown = false;
    await expectEqual([live]);
  });

  it("of the same market are two, each of which can be closed", async () => {
    const [one, two] = [stream.orderBook("TRX_USDT"), stream.orderBook("TRX_USDT")];
    await expectEqual([one, two]);
    one.close();
    await trade("two", 15);
    await expectEqual([two]);
    expect(one.state).toBe("closed");
  });
});
