import { describe, expect, it } from "vitest";
import { inEventOrder, inVenueOrder, sourceOrder } from "./event-order.ts";

interface Row {
  readonly ticker: string;
  readonly eventTimeUs: number;
  readonly id: number | string | undefined;
}

const row = (ticker: string, eventTimeUs: number, id?: number | string): Row => ({
  ticker,
  eventTimeUs,
  id,
});
const tickerOf = ({ ticker }: Row) => ticker;
const ids = (rows: readonly Row[]) => inEventOrder(rows, tickerOf).map(({ id }) => id);

describe("trades in the order of their times", () => {
  it("are the same array where they came so", () => {
    const rows = [row("A", 1, 2), row("B", 1, 1), row("A", 2, 0)];
    expect(inEventOrder(rows, tickerOf)).toBe(rows);
  });

  it("keep the order of each ticker where one ticker follows another", () => {
    const rows = [row("A", 1, 5), row("A", 9, 4), row("A", 9, 3), row("B", 1, 2), row("B", 9, 1)];
    expect(sourceOrder(rows, tickerOf)).toBe("oldest-first");
    expect(ids(rows)).toEqual([5, 2, 4, 3, 1]);
  });

  it("are turned round where all came newest first, whatever their ids", () => {
    const rows = [row("A", 9, "z"), row("A", 9, "y"), row("B", 9, "x"), row("A", 1, "w")];
    expect(sourceOrder(rows, tickerOf)).toBe("newest-first");
    expect(ids(rows)).toEqual(["w", "x", "y", "z"]);
  });

  it("are ordered by number within a moment where a ticker came out of order", () => {
    const rows = [row("A", 9, 3), row("A", 1, 1), row("A", 9, 2)];
    expect(sourceOrder(rows, tickerOf)).toBe("mixed");
    expect(ids(rows)).toEqual([1, 2, 3]);
  });

  it("keep their order within a moment where an id is no number", () => {
    const rows = [row("A", 9, 3), row("A", 1, 1), row("A", 9), row("A", 9, 2), row("A", 9, "b")];
    expect(ids(rows)).toEqual([1, 3, undefined, 2, "b"]);
  });
});

it("trades of a venue are ordered by time, and by number where all of a moment have one", () => {
  const rows = [row("A", 9, 3), row("A", 9, 2), row("A", 1, 7), row("A", 5, "b"), row("A", 5, 1)];
  expect(inVenueOrder(rows).map(({ id }) => id)).toEqual([7, "b", 1, 2, 3]);
  expect(rows[0]?.id).toBe(3);
});
