import { describe, expect, it } from "vitest";
import { readRows } from "./rows.ts";

const nowUs = Date.UTC(2024, 7, 8, 12) * 1_000;
const options = { venue: "desk", nowUs, rowsMax: 600 };
const trade = { ticker: "A/B", id: 1, price: "1.5", quantity: "2", time: nowUs - 1 };
const bar = {
  start: "2024-08-08T11:58:00Z",
  open: "1",
  high: "2.5",
  low: "0.5",
  close: "2",
  volume: "0",
};
const read = (...rows: readonly object[]) =>
  readRows(rows.map((row) => JSON.stringify(row)).join("\n"), options);

describe("rows that are pushed", () => {
  it("are trades in all their digits, at microseconds or at a time in words", async () => {
    const rows = await read(trade, {
      ...trade,
      id: "x-2",
      price: "63000.123456789012345678",
      time: "2024-08-08T11:59:59.123456Z",
      side: "sell",
    });
    expect(rows).toMatchObject([
      {
        kind: "trade",
        ticker: "A/B",
        trade: { id: 1, price: 15, priceScale: 1, aggressor: "unknown" },
      },
      {
        trade: {
          id: "x-2",
          price: 63_000_123_456_789_012_345_678n,
          priceScale: 18,
          eventTimeUs: nowUs - 876_544,
          aggressor: "sell",
        },
      },
    ]);
  });

  it("are finished bars at one scale, and what is known and missing", async () => {
    expect(
      await read(
        { ticker: "A/B", bar },
        { ticker: "A/B", known: { from: nowUs - 9, to: nowUs } },
        { ticker: "A/B", gap: { from: nowUs - 9, to: nowUs, reason: "we slept" } },
      ),
    ).toMatchObject([
      { kind: "bar", bar: { priceScale: 1, open: 10, high: 25, low: 5, close: 20, volume: 0 } },
      { kind: "known", fromUs: nowUs - 9, toUs: nowUs },
      { kind: "gap", reason: "we slept" },
    ]);
  });

  it.each<[object, string]>([
    [{ ...trade, price: 1.5 }, "price: a decimal text"],
    [{ ...trade, price: "0" }, "price: a decimal text"],
    [{ ...trade, quantity: "-1" }, "quantity: a decimal text"],
    [{ ...trade, id: undefined }, "id: a text"],
    [{ ...trade, id: 1.5 }, "id: a text"],
    [{ ...trade, ticker: "" }, "ticker: a text"],
    [{ ...trade, side: "bid" }, "side: buy, sell or unknown"],
    [{ ...trade, time: 1_723_075_200_000 }, "or of another unit"],
    [{ ...trade, time: "yesterday" }, "time: microseconds since 1970"],
    [{ ...trade, time: nowUs + 60_000_000 }, "time: it is in the future"],
    [
      { ticker: "A/B", bar: { ...bar, start: "2024-08-08T11:58:01Z" } },
      "bar.start: the start of a minute",
    ],
    [{ ticker: "A/B", bar: { ...bar, start: "2024-08-08T12:00:00Z" } }, "its minute has not ended"],
    [{ ticker: "A/B", bar: { ...bar, high: "0.4" } }, "open and close lie between"],
    [{ ticker: "A/B", bar: { ...bar, trades: 0 } }, "bar.trades: an integer"],
    [{ ticker: "A/B", known: { from: nowUs, to: nowUs } }, "known.to: after from"],
    [[], "it is no JSON object"],
  ])("that are wrong are named with what would be right: %j", async (row, problem) => {
    expect(await read(trade, row)).toEqual({
      faults: [{ row: 2, problem: expect.stringContaining(problem) }],
    });
  });

  it("are named ten at a time, by their numbers in the text", async () => {
    const rows = await readRows("\n{}\n".repeat(40), options);
    expect("faults" in rows && rows.faults.map(({ row }) => row)).toEqual([
      2, 4, 6, 8, 10, 12, 14, 16, 18, 20,
    ]);
  });

  it("are bounded", async () => {
    const rows = Array.from({ length: 601 }, (_, id) => ({ ...trade, id: id + 1 }));
    expect(await read(...rows)).toEqual({
      faults: [{ row: 601, problem: "a batch has at most 600 rows" }],
    });
  });
});
