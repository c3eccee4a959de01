import { describe, expect, it } from "vitest";
import type { RecordedTrade } from "./map.ts";
import type { RecordingFailure } from "./recording.ts";
import { Tape, type TapeOptions, type TapeRows } from "./tape.ts";

const rowAt = (line: number): RecordedTrade => ({
  ...{ id: line, price: 100 + (line % 7), priceScale: 1, quantity: 1, quantityScale: 0, line },
  ...{
    eventTimeUs: 1_000 * line,
    receiveTimeUs: 1_000 * line,
    aggressor: "buy",
    symbol: undefined,
  },
});

/** A tape of rows that are read in runs; how often the files were opened is counted. */
function tapeOf(runs: readonly number[], options: Partial<TapeOptions> = {}) {
  const opened: boolean[] = [];
  const warnings: string[] = [];
  async function* source(isAgain: boolean): AsyncGenerator<TapeRows | RecordingFailure, void> {
    opened.push(isAgain);
    let line = 0;
    for (const rows of runs) {
      const trades = Array.from({ length: rows }, () => rowAt(line++));
      yield { kind: "rows", trades, path: "a.csv", done: 1 };
    }
  }
  const tape = new Tape({ source, warn: (message) => warnings.push(message), ...options });
  return { tape, opened, warnings };
}

async function restOf(reader: ReturnType<Tape["reader"]>): Promise<number[]> {
  const lines: number[] = [];
  for (;;) {
    const next = await reader.next();
    if (next.kind === "failed") throw new Error(next.reason);
    if (next.kind === "over") return lines;
    expect(next.row).toBe(next.trades[0]!.line);
    for (const { line } of next.trades) lines.push(line);
  }
}

const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe("a tape", () => {
  it.each([
    ["in memory", {}],
    ["on disk", { memoryBytes: 10_000 }],
  ])("reads the files once, for all who play it, %s", async (_, options) => {
    const { tape, opened } = tapeOf([3_000, 1, 0, 70_000, 5_000], options);
    const readers = [tape.reader(), tape.reader(), tape.reader()];
    const played = await Promise.all(readers.map(restOf));
    for (const each of played) expect(each).toEqual(lines(0, 78_001));
    expect(await restOf(tape.reader())).toHaveLength(78_001);
    expect(opened).toEqual([false]);
    await tape.close();
  });

  it("finds rows by their time", async () => {
    const { tape } = tapeOf([10_000, 10_000], { memoryBytes: 10_000 });
    await restOf(tape.reader());
    for (const line of [0, 1, 2_047, 2_048, 9_999, 10_000, 19_999]) {
      expect(await tape.placeOf(1_000 * line)).toBe(line);
      expect(await tape.placeOf(1_000 * line + 1)).toBe(line + 1);
      const reader = tape.reader();
      await reader.moveTo(line);
      expect(await restOf(reader)).toEqual(lines(line, 20_000));
    }
    await tape.close();
  });

  it("reads the files again for those who are behind, where it has become too long", async () => {
    const { tape, opened, warnings } = tapeOf([5_000, 5_000, 5_000], { bytesMax: 10_000 });
    await restOf(tape.reader());
    expect(warnings).toEqual([expect.stringContaining("going back is slower from row 5000")]);
    const late = tape.reader();
    await late.moveTo(7_000);
    expect(await restOf(late)).toEqual(lines(7_000, 15_000));
    await late.moveTo(4_000);
    expect(await restOf(late)).toEqual(lines(4_000, 15_000));
    expect(opened).toEqual([false, true, true]);
    await late.close();
    await tape.close();
  });
});
