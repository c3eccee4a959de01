import { describe, expect, it } from "vitest";
import type { Instrument } from "../../marketdata/instrument.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { FeedContext, FeedEvent, FeedOutcome, StopSignal } from "../../ports/feed.ts";
import { defaultTickers } from "../../simulation/default-market.ts";
import type { SimulatedTicker } from "../../simulation/market.ts";
import { catchUpMaxUs, createSimulatorFeed } from "./feed.ts";

const startUs = Date.UTC(2025, 5, 26) * 1000;
const secondUs = 1_000_000;
const dataset = { code: "huobi", name: "Huobi (simulated)", publisher: "huobi" };

/** A virtual clock and a dataset with room for `room` tickers. */
class World implements FeedContext {
  nowIs = startUs;
  counted = 0;
  readonly warnings: string[] = [];
  readonly #instruments = new Map<string, Instrument>();
  readonly #room: number;

  constructor(room = 100) {
    this.#room = room;
  }

  instrument(ticker: string): Instrument | undefined {
    const index = this.#instruments.size;
    if (index >= this.#room) return undefined;
    const instrument = { dataset, ticker, index };
    this.#instruments.set(ticker, instrument);
    return instrument;
  }

  count(_counter: string, by: number): void {
    this.counted += by;
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  progress(): void {
    throw new Error("an endless source has no progress");
  }

  nowUs(): number {
    return this.nowIs;
  }

  async sleep(ms: number, signal: StopSignal): Promise<void> {
    expect(ms).toBeGreaterThan(0);
    if (!signal.aborted) this.nowIs += ms * 1_000;
  }

  async remembered(): Promise<undefined> {
    return undefined;
  }

  async stored(): Promise<{ kind: "stored"; position: undefined }> {
    return { kind: "stored", position: undefined };
  }

  async storePast() {
    const counts = { tradesStored: 0, tradesKnown: 0, barsStored: 0, barsKnown: 0 };
    return { kind: "imported" as const, ...counts };
  }
}

interface Run {
  readonly seed?: number;
  readonly tickers?: readonly SimulatedTicker[];
  readonly world?: World;
}

function open({ seed = 1, tickers = defaultTickers, world = new World() }: Run) {
  const feed = createSimulatorFeed({ seed, venue: "simulator", tickers });
  if (typeof feed === "string") throw new Error(feed);
  const stop = new AbortController();
  return { feed, world, stop, events: feed.run(world, stop.signal) };
}

/** The next batch of a feed that goes on. */
async function pull(events: ReturnType<typeof open>["events"]): Promise<readonly FeedEvent[]> {
  const { done, value } = await events.next();
  if (done) throw new Error(`the feed has ${value.kind}`);
  return value;
}

const tradesOf = (batch: readonly FeedEvent[]): readonly Trade[] =>
  batch.flatMap((event) => (event.kind === "trades" ? event.trades : []));

/** All trades of the first seconds; after each pull the consumer is busy for a while. */
async function record(seconds: number, run: Run = {}, busyUs = 0): Promise<Trade[]> {
  const { events, world } = open(run);
  const endUs = world.nowIs + seconds * secondUs;
  const trades: Trade[] = [];
  while ((trades.at(-1)?.eventTimeUs ?? 0) <= endUs) {
    trades.push(...tradesOf(await pull(events)));
    world.nowIs += busyUs;
  }
  return trades.filter((trade) => trade.eventTimeUs <= endUs);
}

const of = (trades: readonly Trade[], ticker: string) =>
  trades.filter((trade) => trade.instrument.ticker === ticker);

/** What of a trade does not depend on which other tickers there are. */
const facts = ({ id, price, quantity, eventTimeUs, aggressor }: Trade) =>
  `${id} ${price} ${quantity} ${eventTimeUs} ${aggressor}`;

describe("a simulator feed", () => {
  it("runs on wall time and knows its tickers beforehand", () => {
    const { feed } = open({});

    expect(feed.time).toBe("wall");
    expect(feed.tickers).toEqual(defaultTickers.map((each) => each.ticker));
  });

  it("says what is wrong with its options instead of opening", () => {
    expect(createSimulatorFeed({ seed: 1, venue: "v", tickers: [] })).toBe(
      "there are no tickers to simulate",
    );
  });

  it("yields trades in the order of their times, none before its time, all within a millisecond", async () => {
    const trades = await record(120);

    expect(trades.length).toBeGreaterThan(1_000);
    trades.reduce((before, trade) => {
      expect(trade.eventTimeUs).toBeGreaterThanOrEqual(before.eventTimeUs);
      return trade;
    });
    for (const { eventTimeUs, receiveTimeUs } of trades) {
      expect(receiveTimeUs - eventTimeUs).toBeGreaterThanOrEqual(0);
      expect(receiveTimeUs - eventTimeUs).toBeLessThan(1_000);
    }
  });

  it("counts what it yields", async () => {
    const { events, world } = open({});
    let yielded = 0;
    for (let batch = 0; batch < 100; batch += 1) yielded += tradesOf(await pull(events)).length;

    expect(world.counted).toBe(yielded);
  });

  it("writes prices in ticks and quantities in lots of each ticker", async () => {
    const [trade] = of(await record(30), "BTC/USDT");

    expect(trade).toMatchObject({
      venue: "simulator",
      priceScale: 2,
      quantityScale: 6,
      instrument: { ticker: "BTC/USDT", dataset: { code: "huobi" } },
    });
    expect(Math.abs(Number(trade?.price) / 10_700_000 - 1)).toBeLessThan(0.01);
    expect(trade?.quantity).toBeGreaterThan(0);
  });

  it("lets every default ticker trade within its first ten seconds", async () => {
    const traded = new Set((await record(10)).map((trade) => trade.instrument.ticker));

    expect([...traded].sort()).toEqual(defaultTickers.map((each) => each.ticker).sort());
  });

  it("numbers each ticker's trades without a hole, above those of any earlier start", async () => {
    const first = of(await record(60), "AI/USDT").map((trade) => trade.id);
    const later = new World();
    later.nowIs = startUs + 3_600 * secondUs;
    const second = of(await record(60, { world: later }), "AI/USDT").map((trade) => trade.id);

    expect(first).toEqual(first.map((_, at) => startUs + 1 + at));
    expect(second[0]).toBeGreaterThan(Number(first.at(-1)));
  });

  it("repeats itself for the same seed and differs for another", async () => {
    const [once, again, other] = await Promise.all([
      record(60),
      record(60),
      record(60, { seed: 2 }),
    ]);

    expect(again.map(facts)).toEqual(once.map(facts));
    expect(other.map(facts)).not.toEqual(once.map(facts));
  });

  it("is not disturbed by a ticker more, or by another order of tickers", async () => {
    const two = defaultTickers.slice(0, 2);
    const few = await record(60, { tickers: two });
    const many = await record(60, { tickers: defaultTickers.toReversed() });

    for (const { ticker } of two) {
      expect(of(few, ticker).length).toBeGreaterThan(100);
      expect(of(many, ticker).map(facts)).toEqual(of(few, ticker).map(facts));
    }
  });

  it("gives a busy consumer the same trades later", async () => {
    const prompt = await record(60);
    const busy = await record(60, {}, 90_000);

    expect(busy.map(facts)).toEqual(prompt.map(facts));
    expect(busy.some((trade) => trade.receiveTimeUs - trade.eventTimeUs > 50_000)).toBe(true);
  });

  it("catches up ten seconds after a pause and reports the rest as a gap", async () => {
    const { events, world } = open({});
    for (let batch = 0; batch < 50; batch += 1) await pull(events);
    const pausedAt = world.nowIs;
    world.nowIs += 3_600 * secondUs;
    const backAt = world.nowIs;
    const resumeUs = backAt - catchUpMaxUs;

    const [gap] = await pull(events);
    const caughtUp: Trade[] = [];
    while (world.nowIs === backAt) caughtUp.push(...tradesOf(await pull(events)));

    if (gap?.kind !== "gap") throw new Error(`unexpected ${gap?.kind}`);
    expect(gap.toUs).toBe(resumeUs);
    expect(gap.fromUs).toBeGreaterThanOrEqual(pausedAt);
    expect(gap.fromUs).toBeLessThan(pausedAt + secondUs);
    expect(caughtUp.length).toBeGreaterThan(50);
    for (const trade of caughtUp) expect(trade.eventTimeUs).toBeGreaterThan(resumeUs);
  });

  it("keeps each batch to a tenth of a second of trades while it catches up", async () => {
    const { events, world } = open({});
    await pull(events);
    world.nowIs += 9 * secondUs;

    for (let batch = 0; batch < 60; batch += 1) {
      const times = tradesOf(await pull(events)).map((trade) => trade.eventTimeUs);
      expect(times.length).toBeGreaterThan(0);
      expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(100_000);
    }
  });

  it("ends as stopped, before the first trade and at once while it sleeps", async () => {
    const before = open({});
    before.stop.abort();
    expect(await before.events.next()).toEqual({ done: true, value: { kind: "stopped" } });

    const asleep = open({ world: new AsleepWorld() });
    const pending = asleep.events.next();
    asleep.stop.abort();
    expect(await pending).toEqual({ done: true, value: { kind: "stopped" } });
  });

  it("leaves out tickers for which the dataset has no room, and says so", async () => {
    const world = new World(3);
    const traded = new Set((await record(20, { world })).map((trade) => trade.instrument.ticker));

    expect([...traded].sort()).toEqual(["AI/USDT", "BTC/USDT", "ETH/USDT"]);
    expect(world.warnings).toHaveLength(defaultTickers.length - 3);
    expect(world.warnings[0]).toContain("SOL/USDT");
  });

  it("fails as a value when the dataset has room for none", async () => {
    const { events } = open({ world: new World(0) });
    const outcome: FeedOutcome = { kind: "failed", reason: "the dataset has room for no ticker" };

    expect(await events.next()).toEqual({ done: true, value: outcome });
  });
});

/** Sleeps until it is told to stop, as a real clock does. */
class AsleepWorld extends World {
  override sleep(_ms: number, signal: StopSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
