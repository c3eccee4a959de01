import { beforeEach, describe, expect, it } from "vitest";
import { minuteInterval } from "../marketdata/bars/interval.ts";
import { isUnanswered } from "../ports/history.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { LiveHouse, MadeUpVenue, staleMs } from "./live-house.fixture.ts";
import { settled, storedTrades } from "./recorded-feed.fixture.ts";

const startUs = Date.UTC(2024, 7, 8, 12) * 1_000;

let clock: VirtualClock;
let store: MemoryDatasetStore;
let venue: MadeUpVenue;
beforeEach(() => {
  clock = new VirtualClock(startUs);
  store = new MemoryDatasetStore();
  venue = new MadeUpVenue(clock, ["A/B", "C/D"]);
});

const begin = () => LiveHouse.begin(venue, { clock, store });

/** Seconds since the start. */
const second = (us: number) => (us - startUs) / 1_000_000;

async function coverage(ticker: string) {
  const query = { dataset: "d", ticker, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  const found = await store.coverage(query);
  if (isUnanswered(found)) throw new Error("the store cannot be read");
  return {
    known: found.known.map(({ fromUs, toUs }) => [second(fromUs), second(toUs)]),
    gaps: found.gaps.map(({ fromUs, toUs, reason }) => [second(fromUs), second(toUs), reason]),
  };
}

const ids = async (ticker: string) => (await storedTrades(store, ticker)).map(({ id }) => id);

describe("a ticker whose connection ends", () => {
  it("is watched again after a while, and what was missed is a gap with its bounds", async () => {
    const house = await begin();
    await house.pass(10, () => venue.trade("A/B"));
    venue.behaviour.set("A/B", "refused");
    await venue.drop("A/B");
    await house.pass(3, () => venue.trade("A/B"));
    expect(house.watched("A/B")).toMatchObject({
      state: "lost",
      failure: "there is no such market",
    });
    venue.behaviour.set("A/B", "sound");
    await house.pass(20, () => venue.trade("A/B"));
    await house.stop();
    const { known, gaps } = await coverage("A/B");
    const [, until = 0] = known.at(-1) ?? [];
    const [[from, to, reason] = []] = gaps;
    expect(gaps).toHaveLength(1);
    expect([from, reason]).toEqual([10, "there is no such market"]);
    expect(known).toEqual([
      [1e-6, 10],
      [to, until],
    ]);
    // Whole seconds, since that is when this venue trades; none in the gap but at its first instant.
    const stored = (await storedTrades(store, "A/B")).map(({ eventTimeUs }) => second(eventTimeUs));
    expect(stored).toEqual([
      ...Array.from({ length: 10 }, (_, n) => n + 1),
      ...stored.filter((at) => at >= Number(to)),
    ]);
    expect(stored.at(-1)).toBe(33);
  });

  it("loses nothing where the venue tells its past", async () => {
    venue.pastMax = 100;
    const house = await begin();
    await house.pass(10, () => venue.trade("A/B"));
    venue.behaviour.set("A/B", "refused");
    await venue.drop("A/B");
    await house.pass(3, () => venue.trade("A/B"));
    venue.behaviour.set("A/B", "sound");
    await house.pass(20, () => venue.trade("A/B"));
    expect(house.watched("A/B").backfilled).toBeGreaterThan(2);
    await house.stop();
    expect((await coverage("A/B")).gaps).toEqual([]);
    expect(await ids("A/B")).toEqual(venue.traded.get("A/B")?.map(({ id }) => id));
  });

  it("has a gap for as much as the venue's past does not reach back", async () => {
    venue.pastMax = 4;
    const house = await begin();
    await house.pass(10, () => venue.trade("A/B"));
    venue.behaviour.set("A/B", "refused");
    await venue.drop("A/B");
    await house.pass(30, () => venue.trade("A/B"));
    venue.behaviour.set("A/B", "sound");
    await house.pass(60, () => venue.trade("A/B"));
    await house.stop();
    const { known, gaps } = await coverage("A/B");
    expect(gaps).toHaveLength(1);
    const [[from, to] = []] = gaps;
    expect(from).toBe(10);
    expect(known).toEqual([
      [1e-6, 10],
      [to, expect.anything()],
    ]);
    // Of what has the time of the oldest that was told, more may have been traded.
    const stored = await storedTrades(store, "A/B");
    expect(stored.filter(({ eventTimeUs }) => second(eventTimeUs) > 10)[0]?.eventTimeUs).toBe(
      startUs + Number(to) * 1_000_000 - 1,
    );
  });

  it("is not joined twice with what the venue repeats at a subscription", async () => {
    venue.repeats = 20;
    const house = await begin();
    await house.pass(10, () => venue.trade("A/B"));
    await venue.drop("A/B");
    await house.pass(10, () => venue.trade("A/B"));
    await house.stop();
    expect((await coverage("A/B")).gaps).toEqual([]);
    expect(await ids("A/B")).toEqual(venue.traded.get("A/B")?.map(({ id }) => id));
    expect(house.runner.figures.counts.duplicate).toBeGreaterThan(8);
  });
});

describe("trades of one moment", () => {
  const minuteUs = 60_000_000;

  /** Bars from a minute of the test on, as what they open and close with. */
  async function barsFrom(minute: number) {
    const query = { dataset: "d", ticker: "A/B", interval: minuteInterval };
    const from = { fromUs: startUs + minute * minuteUs, toUs: Number.MAX_SAFE_INTEGER };
    const found = await store.bars({ ...query, ...from, order: "oldest-first", limit: 9 });
    if (isUnanswered(found)) throw new Error("the store cannot be read");
    return found.bars.map(({ open, close }) => [open, close]);
  }

  it("open and close a bar by the venue's numbers, also where its past goes on beyond what it streamed", async () => {
    venue.pastMax = 100;
    venue.confirms = false;
    const house = await begin();
    await house.pass(1, () => venue.trade("A/B"));
    await house.pass(60, () => venue.heartbeat("A/B"));
    await venue.drop("A/B");
    await house.pass(3);
    // The past that is asked for when the first of them is told has the others as well.
    const [first, , last] = [1, 2, 3].map(() => venue.trade("A/B"));
    await house.pass(1);
    await house.stop();
    expect(await ids("A/B")).toEqual([1, 2, 3, 4]);
    expect(await barsFrom(1)).toEqual([[first?.price, last?.price]]);
  });

  it("close a bar by the venue's numbers, also where its past is told in whole seconds", async () => {
    venue.pastMax = 100;
    venue.pastStepUs = 1_000_000;
    const house = await begin();
    await house.pass(1);
    clock.advanceBy(400_000);
    venue.trade("A/B");
    await settled();
    await venue.drop("A/B");
    clock.advanceBy(300_000);
    const missed = venue.trade("A/B");
    await house.pass(20, () => venue.heartbeat("A/B"));
    expect(house.watched("A/B").backfilled).toBe(1);
    await house.stop();
    expect(await ids("A/B")).toEqual([1, 2]);
    expect((await barsFrom(0))[0]?.[1]).toBe(missed.price);
  });
});

describe("a ticker that is not heard any more", () => {
  it("is watched anew after a while", async () => {
    const house = await begin();
    await house.pass(5, () => venue.trade("A/B"));
    venue.behaviour.set("A/B", "half-open");
    await house.pass(staleMs / 1_000 - 1, () => venue.trade("A/B"));
    expect(house.watched("A/B").state).toBe("live");
    venue.behaviour.set("A/B", "sound");
    await house.pass(4, () => venue.trade("A/B"));
    expect(house.watched("A/B")).toMatchObject({ state: "live", reconnects: 1, gaps: 1 });
    expect(house.warnings).toContain("A/B is not watched: nothing was heard for 20 s");
    await house.stop();
  });

  it("but whose connection is alive is left alone, and known without a trade", async () => {
    const house = await begin();
    await house.pass(90, () => venue.heartbeat("A/B"));
    expect(house.watched("A/B")).toMatchObject({ state: "live", reconnects: 0 });
    await house.stop();
    const { known } = await coverage("A/B");
    expect(known).toHaveLength(1);
    expect(known[0]?.[1]).toBeGreaterThan(80);
  });
});

describe("tickers of one source", () => {
  it("go on while one of them is refused again and again", async () => {
    venue.behaviour.set("C/D", "refused");
    const house = await begin();
    await house.pass(120, () => venue.trade("A/B"));
    expect(house.watched("A/B")).toMatchObject({ state: "live", reconnects: 0 });
    expect(house.watched("C/D").reconnects).toBeGreaterThan(3);
    // Said once, not at each try.
    expect(house.warnings.filter((line) => line.includes("C/D"))).toEqual([
      "C/D is not watched: there is no such market",
    ]);
    await house.stop();
    expect(await ids("A/B")).toHaveLength(120);
    expect((await coverage("C/D")).known).toEqual([]);
  });
});

describe("a server that was not running", () => {
  it("asks for what it missed, and goes on with what it had", async () => {
    venue.pastMax = 1_000;
    const first = await begin();
    await first.pass(30, () => venue.trade("A/B"));
    await first.stop();
    for (let n = 0; n < 10; n += 1) {
      clock.advanceBy(1_000_000);
      venue.trade("A/B");
    }
    const next = await begin();
    await next.pass(10, () => venue.trade("A/B"));
    await next.stop();
    expect((await coverage("A/B")).gaps).toEqual([]);
    expect(await ids("A/B")).toEqual(venue.traded.get("A/B")?.map(({ id }) => id));
  });

  it("says so where the venue has no past to tell", async () => {
    const first = await begin();
    await first.pass(30, () => venue.trade("A/B"));
    await first.stop();
    clock.advanceBy(10_000_000);
    const next = await begin();
    await next.pass(10, () => venue.trade("A/B"));
    await next.stop();
    expect((await coverage("A/B")).gaps).toEqual([[30, 40.000_001, "the server was not running"]]);
  });
});

it("lets the source go when it is stopped, and leaves no timer", async () => {
  const house = await begin();
  await house.pass(3);
  await house.stop();
  expect([venue.closed, venue.isConnected("A/B"), house.runner.state]).toEqual([
    1,
    false,
    "stopped",
  ]);
  expect(clock.pendingTimers).toBe(0);
});
