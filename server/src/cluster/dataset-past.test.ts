import { beforeEach, describe, expect, it } from "vitest";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import type { DatasetReader, StoredTrade } from "../ports/dataset-reader.ts";
import { MemoryRequestLine, MemoryRequests } from "../testing/memory-request-line.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { answerPast, behindMaxMs, pastRowsMax, remotePast } from "./dataset-past.ts";

const epoch = "e".repeat(32);
const trades: readonly StoredTrade[] = Array.from({ length: 2 * pastRowsMax + 5 }, (_, at) => ({
  ...{ ticker: "A/B", venue: "v", id: at, price: 2n ** 70n, priceScale: 0 },
  ...{ quantity: 1, quantityScale: 0, eventTimeUs: at, aggressor: "buy" as const },
}));
const unknown = [{ fromUs: 0, toUs: 5, reason: undefined }];

/** A store that has these trades. */
const store: DatasetReader = {
  bars: () => Promise.resolve({ bars: [], unknown }),
  trades: ({ limit, offset = 0 }) => Promise.resolve(trades.slice(offset, offset + limit)),
  coverage: () =>
    Promise.resolve({
      known: [],
      gaps: Array.from({ length: 20_000 }, () => ({ fromUs: 1, toUs: 2, reason: "x".repeat(60) })),
    }),
  tickers: () => Promise.resolve([]),
};

const query = {
  dataset: "spot",
  ticker: "A/B",
  fromUs: 0,
  toUs: 9,
  order: "oldest-first",
} as const;

describe("the past of a dataset, asked of a feed node", () => {
  const clock = new VirtualClock();
  let line: MemoryRequestLine;
  let folded: number;
  let shown: number;
  let past: DatasetReader;
  beforeEach(async () => {
    line = new MemoryRequestLine(new MemoryRequests());
    folded = 7;
    shown = 7;
    await answerPast({
      ...{ line, clock, cluster: "test" },
      kept: (dataset) =>
        dataset === "spot" ? { epoch, reader: store, folded: () => folded } : undefined,
    });
    past = remotePast({
      ...{ line, cluster: "test", dataset: "spot", epoch, shown: () => shown },
    });
  });

  it("has as many rows as were asked for, over as many answers as that takes", async () => {
    expect(await past.trades({ ...query, limit: 10_000 })).toEqual(trades);
    expect(await past.trades({ ...query, limit: 3, offset: 999 })).toEqual(
      trades.slice(999, 1_002),
    );
  });

  it("says what is not known of bars", async () => {
    const bars = await past.bars({ ...query, limit: 10, interval: secondsInterval(60) });
    expect(bars).toEqual({ bars: [], unknown: [{ fromUs: 0, toUs: 5 }] });
  });

  it("is waited for until all that was shown is there, and busy where that takes too long", async () => {
    shown = 8;
    const asked = past.tickers("spot");
    await Promise.resolve();
    folded = 8;
    clock.advanceBy(20_000);
    expect(await asked).toEqual([]);
    shown = 9;
    const late = past.tickers("spot");
    await new Promise((resolve) => setImmediate(resolve));
    for (let ms = 0; ms <= behindMaxMs; ms += 10) {
      clock.advanceBy(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await late).toEqual({ kind: "busy", asker: "all" });
  });

  it("is refused in words where it is too much for a message, is of another stream, or nobody keeps it", async () => {
    expect(await past.coverage({ dataset: "spot", fromUs: 0, toUs: 9 })).toMatchObject({
      kind: "failure",
      message: expect.stringContaining("too long"),
    });
    const parts = { line, cluster: "test", shown: () => 0 };
    const other = remotePast({ ...parts, dataset: "spot", epoch: "f".repeat(32) });
    expect(await other.tickers("spot")).toMatchObject({
      message: expect.stringContaining("another one"),
    });
    const unkept = remotePast({ ...parts, dataset: "else", epoch });
    expect(await unkept.tickers("else")).toMatchObject({
      message: expect.stringContaining("not kept"),
    });
    const nobody = remotePast({ ...parts, cluster: "elsewhere", dataset: "spot", epoch });
    expect(await nobody.tickers("spot")).toMatchObject({
      message: expect.stringContaining("no feed node"),
    });
  });

  it.each([
    "",
    "[]",
    "null",
    '{"epoch":"e","dataset":"spot","at":0,"kind":"constructor","query":{}}',
    '{"epoch":"e","dataset":"spot","at":-1,"kind":"tickers","query":{"dataset":"spot"}}',
    '{"epoch":"e","dataset":"spot","at":0,"kind":"tickers","query":{"dataset":"other"}}',
    '{"epoch":"e","dataset":"spot","at":0,"kind":"trades","query":{"dataset":"spot","limit":1e9}}',
  ])("is not told to who asks nonsense: %s", async (question) => {
    const answer = await line.ask("test.datasets", new TextEncoder().encode(question));
    expect(new TextDecoder().decode(answer as Uint8Array)).toContain("none of this release");
  });
});
