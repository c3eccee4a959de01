import { describe, expect, it } from "vitest";
import { toldRowsMax } from "../../../ports/history.ts";
import { told } from "./told.ts";

/** Rows of commands 1, 2, 3 …: so many of each. */
function rowsOf(...counts: readonly number[]) {
  return counts.flatMap((count, at) =>
    Array.from({ length: count }, (_, ordinal) => ({ sequence: at + 1, ordinal })),
  );
}

/** Reads some rows, of which only those of certain commands were told. */
function readsOf(rows: ReturnType<typeof rowsOf>, isTold: (sequence: number) => boolean) {
  const toldRows = rows.filter(({ sequence }) => isTold(sequence));
  return {
    ofCommand: (of: { sequence: number; offset: number; limit: number }) =>
      toldRows
        .filter(({ sequence }) => sequence === of.sequence)
        .slice(of.offset, of.offset + of.limit),
    endOf: (of: { sequence: number; rows: number }) =>
      rows.filter(({ sequence }) => sequence > of.sequence)[of.rows]?.sequence,
    after: (of: { sequence: number; lookedTo: number; limit: number }) =>
      toldRows
        .filter(({ sequence }) => sequence > of.sequence && sequence <= of.lookedTo)
        .slice(0, of.limit),
  };
}

const places = (records: readonly { sequence: number; ordinal: number }[]) =>
  records.map(({ sequence, ordinal }) => [sequence, ordinal]);

describe("what a user was told", () => {
  it("goes on within a command, and counts anew with the next", () => {
    const page = told(
      { after: { sequence: 1, ordinal: 0 }, limit: 4 },
      readsOf(rowsOf(3, 2, 1), () => true),
    );

    expect(places(page.records)).toEqual([
      [1, 1],
      [1, 2],
      [2, 0],
      [2, 1],
    ]);
  });

  it("has nothing more of a command that was told whole", () => {
    const after = { sequence: 1, ordinal: Number.MAX_SAFE_INTEGER };
    const page = told(
      { after, limit: 4 },
      readsOf(rowsOf(3, 1), () => true),
    );

    expect([places(page.records), page.lookedTo]).toEqual([[[2, 0]], undefined]);
  });

  it("is looked for among so many rows at once, and goes on behind them", () => {
    const rows = rowsOf(1, toldRowsMax - 1, 2, 1);
    const reads = readsOf(rows, (sequence) => sequence !== 2);
    const first = told({ after: { sequence: 1, ordinal: 0 }, limit: 9 }, reads);
    const second = told(
      { after: { sequence: first.lookedTo ?? 0, ordinal: Number.MAX_SAFE_INTEGER }, limit: 9 },
      reads,
    );

    // The last row that was looked at is the first of the third command, which is taken whole.
    expect([places(first.records), first.lookedTo]).toEqual([
      [
        [3, 0],
        [3, 1],
      ],
      3,
    ]);
    expect([places(second.records), second.lookedTo]).toEqual([[[4, 0]], undefined]);
  });
});
