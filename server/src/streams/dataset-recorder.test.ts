import { beforeEach, describe, expect, it } from "vitest";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import type { Span } from "../marketdata/bars/span.ts";
import type { Coverage } from "../ports/dataset-reader.ts";
import type { DatasetBatch } from "../ports/dataset-store.ts";
import { isUnanswered } from "../ports/history.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { gatheringMs } from "./dataset-recorder.ts";
import {
  Life,
  type LifeOptions,
  settled,
  storedTrades,
  type ToldTrade,
} from "./recorded-feed.fixture.ts";
import { retryMs } from "./store-queue.ts";

const startUs = Date.UTC(2024, 7, 8, 12) * 1_000;
const all: Span = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
const minute = secondsInterval(60);
/** So many seconds after the start. */
const at = (seconds: number) => startUs + seconds * 1_000_000;

let store: MemoryDatasetStore;
let clock: VirtualClock;
beforeEach(() => {
  store = new MemoryDatasetStore();
  clock = new VirtualClock(startUs);
});

const begin = (options: Partial<LifeOptions> = {}) => Life.begin({ store, clock, ...options });

async function storedBars() {
  const query = { dataset: "d", ticker: "A/B", ...all, order: "oldest-first" } as const;
  const answer = await store.bars({ ...query, interval: minute, limit: 1_000 });
  if (isUnanswered(answer)) throw new Error(`the store cannot be read: ${answer.kind}`);
  return answer.bars.map(({ startUs: of, tradeCount, open, close, revision }) => ({
    minute: (of - startUs) / 60_000_000,
    tradeCount,
    open,
    close,
    revision,
  }));
}

/** The time of a trade alone. */
const span = (second: number) => ({ fromUs: at(second), toUs: at(second) + 1 });

/** Minutes that were published, counted from the start, with the number of their trades. */
const minutesOf = ({ published }: Life) =>
  published.map((bar) => [(bar.startUs - startUs) / 60_000_000, bar.tradeCount, bar.state]);

/** A store that is told to fail, and to work again. */
class FailingStore extends MemoryDatasetStore {
  failure: StorageFailure | undefined;
  readonly puts: DatasetBatch[] = [];

  override put(batch: DatasetBatch): Promise<StorageFailure | undefined> {
    if (this.failure !== undefined) return Promise.resolve(this.failure);
    this.puts.push(batch);
    return super.put(batch);
  }
}

const diskFull: StorageFailure = { kind: "failure", fault: "disk-full", message: "no room" };

describe("what a live feed says", () => {
  it("is stored a moment later: trades, the running bar, and until when all is known", async () => {
    const life = await begin();
    await life.pass(1);
    await life.trades({ id: 1, atUs: at(1) }, { id: 2, atUs: at(1), price: 7 });
    expect(await storedTrades(store)).toEqual([]);
    clock.advanceBy(gatheringMs * 1_000);
    await settled();

    expect((await storedTrades(store)).map(({ id }) => id)).toEqual([1, 2]);
    expect(await storedBars()).toEqual([
      { minute: 0, tradeCount: 2, open: 5, close: 7, revision: 0 },
    ]);
    await life.pass(1);
    await life.trades({ id: 3, atUs: at(2) });
    await life.recorder.flushed();
    expect(await store.coverage({ dataset: "d", ...all })).toEqual({
      known: [{ fromUs: at(1), toUs: clock.nowUs() }],
      gaps: [],
    });
  });

  it("is stored at once for whoever asks", async () => {
    const life = await begin();
    await life.trades({ id: 1, atUs: at(0) });
    expect(await life.recorder.flushed()).toBeUndefined();
    expect(await storedTrades(store)).toHaveLength(1);
  });

  it("is not stored twice though a trade is told twice", async () => {
    const life = await begin();
    await life.trades({ id: 1, atUs: at(0) }, { id: 1, atUs: at(0) });
    await life.stop();
    expect(await storedTrades(store)).toHaveLength(1);
  });

  it("revises the stored bar of a minute that has ended", async () => {
    const life = await begin();
    await life.trades({ id: 1, atUs: at(58) - 50_000_000 });
    await life.pass(61);
    await life.trades({ id: 2, atUs: at(59), price: 9 });
    await life.stop();
    expect(await storedBars()).toEqual([
      { minute: 0, tradeCount: 2, open: 5, close: 9, revision: 1 },
    ]);
  });

  it("is stored as bars alone where no trades are kept", async () => {
    const life = await begin({ keepsTrades: false });
    await life.trades({ id: 1, atUs: at(0) });
    await life.stop();
    expect(await storedTrades(store)).toEqual([]);
    expect(await storedBars()).toHaveLength(1);
  });

  it("is not known where the feed tells of a gap", async () => {
    const life = await begin();
    await life.trades({ id: 1, atUs: at(0) });
    await life.pass(30);
    await life.tell({ kind: "gap", fromUs: at(10), toUs: at(20), reason: "lost the line" });
    await life.stop();
    expect(await store.coverage({ dataset: "d", ...all })).toMatchObject({
      known: [
        { fromUs: at(0), toUs: at(10) },
        { fromUs: at(20), toUs: at(30) },
      ],
      gaps: [{ fromUs: at(10), toUs: at(20), reason: "lost the line" }],
    });
  });
});

describe("a start after an end or a death", () => {
  it("goes on with the running minute, and publishes it once", async () => {
    const first = await begin();
    await first.trades({ id: 1, atUs: at(0), price: 4 });
    await first.recorder.flushed();
    // It dies here.
    clock.advanceBy(20_000_000);
    const second = await begin();
    await second.trades({ id: 2, atUs: at(20), price: 6 });
    await second.pass(45);
    await second.stop();

    expect(first.published).toEqual([]);
    expect(minutesOf(second)).toEqual([[0, 2, "closed"]]);
    expect(second.published[0]).toMatchObject({ open: 4, close: 6 });
    expect(await storedBars()).toMatchObject([{ minute: 0, tradeCount: 2, revision: 0 }]);
  });

  it("publishes a minute that ended meanwhile once, and none that was published before", async () => {
    const first = await begin();
    await first.trades({ id: 1, atUs: at(0) });
    await first.pass(70);
    await first.trades({ id: 2, atUs: at(70) });
    await first.recorder.flushed();
    clock.advanceBy(3_600_000_000);
    const second = await begin();
    await second.pass(65);
    const third = await begin();
    await third.pass(65);

    expect(minutesOf(first)).toEqual([[0, 1, "closed"]]);
    expect(minutesOf(second)).toEqual([[1, 1, "closed"]]);
    expect(minutesOf(third)).toEqual([]);
  });

  it("publishes again what was revised and stored, and perhaps not published any more", async () => {
    const first = await begin();
    await first.trades({ id: 1, atUs: at(1) });
    await first.recorder.flushed();
    // An hour later the source tells of its past, and the server dies before the minute is over.
    clock = new VirtualClock(at(3_605));
    const second = await begin();
    await second.trades({ id: 2, atUs: at(2) });
    await second.pass(20);
    clock = new VirtualClock(clock.nowUs());
    const third = await begin();
    await third.pass(120);
    await third.stop();
    clock = new VirtualClock(clock.nowUs());
    const fourth = await begin();
    await fourth.pass(120);

    expect(minutesOf(second)).toEqual([[0, 1, "closed"]]);
    expect(minutesOf(third)).toEqual([[0, 2, "revised"]]);
    expect(minutesOf(fourth)).toEqual([]);
  });

  it("publishes the minute that was running however long it was down", async () => {
    const first = await begin();
    await first.trades({ id: 1, atUs: at(1) });
    await first.recorder.flushed();
    clock = new VirtualClock(startUs + 40 * 86_400_000_000);
    const second = await begin();
    await second.pass(60);

    expect(minutesOf(second)).toEqual([[0, 1, "closed"]]);
  });

  it("stores nothing where another server has gone on, and says so", async () => {
    const first = await begin();
    await first.trades({ id: 1, atUs: at(0) });
    await first.recorder.flushed();
    const second = await begin();
    await second.trades({ id: 2, atUs: at(1) });
    await second.recorder.flushed();
    await first.trades({ id: 2, atUs: at(1) });

    expect(await first.recorder.flushed()).toMatchObject({
      message: expect.stringContaining("another one records it too"),
    });
    expect(first.lines).toEqual([
      "the dataset cannot be stored and is not stored any more; its streams go on",
    ]);
    expect((await storedTrades(store)).map(({ id }) => id)).toEqual([1, 2]);
  });

  it("says of the time between why it is not known", async () => {
    const first = await begin();
    await first.trades({ id: 1, atUs: at(0) });
    await first.pass(5);
    await first.trades({ id: 2, atUs: at(5) });
    await first.stop();
    clock.advanceBy(100_000_000);
    const second = await begin();
    await second.trades({ id: 3, atUs: at(105) });
    await second.stop();

    expect(await store.coverage({ dataset: "d", fromUs: 0, toUs: at(104) })).toMatchObject({
      known: [{ fromUs: at(0), toUs: at(5) }],
      gaps: [{ fromUs: at(5), toUs: at(104), reason: "the server was not running" }],
    });
  });

  it("counts no trade twice that the source tells again, and takes those that it has missed", async () => {
    const first = await begin();
    await first.trades(...[1, 2, 3].map((id) => ({ id, atUs: at(id) })));
    await first.pass(5);
    await first.recorder.flushed();
    clock.advanceBy(90_000_000);
    const second = await begin();
    await second.trades(...[1, 2, 3, 4, 5].map((id) => ({ id, atUs: at(id * 10 - 9) })));
    await second.trades(...[2, 3, 6].map((id) => ({ id, atUs: at(id < 6 ? id : 80) })));
    await second.pass(30);
    await second.stop();

    // Under the ids 2 to 5 were other trades at other times, which are trades of their own.
    const stored = (await storedTrades(store)).map(({ id, eventTimeUs }) => [
      id,
      (eventTimeUs - startUs) / 1_000_000,
    ]);
    expect(stored.filter(([id]) => id === 1)).toEqual([[1, 1]]);
    expect(stored.filter(([id]) => id === 2)).toHaveLength(2);
    expect(stored.filter(([id]) => id === 6)).toEqual([[6, 80]]);
    expect(new Set(stored.map(String)).size).toBe(stored.length);
  });

  it("takes nothing twice of older minutes that the source tells again, and all that is missing", async () => {
    const past = Array.from({ length: 40 }, (_, index) => ({ id: index, atUs: at(index * 10) }));
    const first = await begin();
    for (const trade of past.slice(0, 20)) {
      await first.trades(trade);
      await first.pass(10);
    }
    await first.recorder.flushed();
    clock.advanceBy(100_000_000);
    // It closes the running minute, which is stored, and dies before the source has told anything.
    const second = await begin();
    await second.pass(2);
    await second.recorder.flushed();
    clock.advanceBy(100_000_000);
    const third = await begin();
    await third.trades(...past);
    await third.stop();

    expect((await storedTrades(store)).map(({ id }) => id)).toEqual(past.map(({ id }) => id));
    expect((await storedBars()).map(({ tradeCount }) => tradeCount)).toEqual([6, 6, 6, 6, 6, 6, 4]);
  });

  it("never uses a sequence again, whether its batch was stored or not", async () => {
    const first = await begin();
    await first.trades({ id: 1, atUs: at(0) });
    await first.recorder.flushed();
    for (let id = 2; id < 200; id += 1) await first.trades({ id, atUs: at(0) });
    await first.pass(3);
    const second = await begin();
    await second.trades({ id: 200, atUs: at(3) });
    await second.pass(60);

    const highest = Math.max(...first.causes.map(({ sequence }) => sequence));
    expect(Math.min(...second.causes.map(({ sequence }) => sequence))).toBeGreaterThan(highest);
    expect(second.runner.numbering.epoch).toBe(first.runner.numbering.epoch);
  });

  it("counts anew under another name when the clock is behind what was used", async () => {
    const first = await begin();
    await first.trades({ id: 1, atUs: at(0) });
    await first.stop();
    clock = new VirtualClock(startUs - 7_200_000_000);
    const second = await begin();
    expect(second.runner.numbering.epoch).not.toBe(first.runner.numbering.epoch);
  });
});

describe("a store that does not work", () => {
  it("leaves the streams as they are, is tried again and gets everything", async () => {
    const failing = new FailingStore();
    store = failing;
    const life = await begin();
    failing.failure = diskFull;
    await life.trades({ id: 1, atUs: at(0) });
    expect(await life.recorder.flushed()).toEqual(diskFull);
    await life.pass(65);
    expect(minutesOf(life)).toEqual([[0, 1, "closed"]]);
    expect(life.lines).toHaveLength(1);

    failing.failure = undefined;
    clock.advanceBy(retryMs * 1_000);
    await settled();
    expect(await life.recorder.flushed()).toBeUndefined();
    expect(await storedTrades(store)).toHaveLength(1);
    expect(life.lines.at(-1)).toContain("stored again");
  });

  it("is given up when it is damaged, and says so to whoever asks", async () => {
    const failing = new FailingStore();
    store = failing;
    const life = await begin();
    failing.failure = { kind: "failure", fault: "failed", message: "damaged" };
    await life.trades({ id: 1, atUs: at(0) });
    expect(await life.recorder.flushed()).toEqual(failing.failure);
    await life.trades({ id: 2, atUs: at(0) });
    expect(life.recorder.queue.unstoredTrades).toBe(0);
  });

  it("that is behind costs the oldest trades, which are a gap and are counted; bars stay whole", async () => {
    const failing = new FailingStore();
    store = failing;
    const life = await begin({ unstoredTradesMax: 3 });
    failing.failure = diskFull;
    for (let id = 1; id <= 9; id += 1) {
      await life.trades({ id, atUs: at(id - 1) });
      await life.recorder.flushed();
      await life.pass(1);
    }
    failing.failure = undefined;
    await life.pass(3);
    await life.trades({ id: 10, atUs: at(11) });
    await life.recorder.flushed();

    expect(life.recorder.queue.givenUp).toBeGreaterThan(0);
    const stored = await storedTrades(store);
    expect(stored).toHaveLength(10 - life.recorder.queue.givenUp);
    expect(await storedBars()).toMatchObject([{ tradeCount: 10 }]);
    const coverage = await store.coverage({ dataset: "d", ...all });
    const reason = "trades came faster than they were stored";
    expect(coverage).toMatchObject({ gaps: expect.arrayContaining([{ ...span(1), reason }]) });
  });
});

describe("a recording on its own clock", () => {
  const told = [0, 1, 61, 62, 130].map((second, index) => ({ id: index, atUs: at(second) }));
  const options = { time: "feed", source: "the same files" } as const;

  const play = async (life: Life, trades: readonly ToldTrade[]) => {
    for (const trade of trades) {
      await life.tell({ kind: "time", atUs: trade.atUs });
      await life.trades(trade);
    }
  };

  it("is stored once, however often it is played, and wholly though it was cut off", async () => {
    const first = await begin(options);
    await play(first, told.slice(0, 3));
    await first.recorder.flushed();
    const second = await begin(options);
    await play(second, told);
    await second.tell({ kind: "time", atUs: at(300) });
    await second.end({ kind: "finished" });
    await second.stop();
    const third = await begin(options);
    await play(third, told);
    await third.tell({ kind: "time", atUs: at(300) });
    await third.end({ kind: "finished" });
    await third.stop();

    expect((await storedTrades(store)).map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
    expect((await storedBars()).map((bar) => [bar.minute, bar.tradeCount])).toEqual([
      [0, 2],
      [1, 2],
      [2, 1],
    ]);
    expect(minutesOf(third).map(([of]) => of)).toEqual([0, 1, 2]);
    // Of the time after its last trade it knows nothing.
    expect(await store.coverage({ dataset: "d", ...all })).toEqual({
      known: [{ fromUs: at(0), toUs: at(130) + 1, ticker: undefined }],
      gaps: [],
    });
  });

  it.each([1, 2, 3, 4])(
    "is stored once when it is moved back after %i trades, twice, and goes on beyond them",
    async (count) => {
      const life = await begin(options);
      await play(life, told.slice(0, count));
      await life.runner.again();
      await play(life, told.slice(0, count - 1));
      await life.recorder.flushed();
      await life.runner.again();
      await play(life, told.slice(0, count));
      expect(await life.recorder.flushed()).toBeUndefined();
      expect((await storedTrades(store)).map(({ id }) => id)).toEqual(
        told.slice(0, count).map(({ id }) => id),
      );
      await play(life, told.slice(count));
      await life.tell({ kind: "time", atUs: at(300) });
      await life.end({ kind: "finished" });
      await life.stop();

      expect((await storedTrades(store)).map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
      expect((await storedBars()).map((bar) => [bar.minute, bar.tradeCount])).toEqual([
        [0, 2],
        [1, 2],
        [2, 1],
      ]);
      expect(life.recorder.queue.failure).toBeUndefined();
      const { known, gaps } = (await store.coverage({ dataset: "d", ...all })) as Coverage;
      expect([known[0]?.fromUs, known.at(-1)?.toUs, gaps]).toEqual([at(0), at(130) + 1, []]);
    },
  );

  it("does not store again what is known from others", async () => {
    const first = await begin(options);
    await play(first, told);
    await first.end({ kind: "finished" });
    await first.stop();
    const second = await begin({ ...options, source: "more files" });
    await play(second, [...told, { id: 9, atUs: at(190) }]);
    await second.end({ kind: "finished" });
    await second.stop();

    expect((await storedTrades(store)).map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 9]);
  });

  it("that is shifted onto wall time is stored anew, with the times that it was played at", async () => {
    const shifted = { time: "feed" } as const;
    const first = await begin(shifted);
    await first.trades({ id: 1, atUs: at(0) });
    await first.stop();
    clock.advanceBy(600_000_000);
    const second = await begin(shifted);
    await second.trades({ id: 1, atUs: at(600) });
    await second.stop();

    expect((await storedTrades(store)).map(({ eventTimeUs }) => eventTimeUs)).toEqual([
      at(0),
      at(600),
    ]);
    expect(second.runner.numbering.epoch).not.toBe(first.runner.numbering.epoch);
  });
});
