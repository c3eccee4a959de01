import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readSortedOnDisk } from "./disk-sort.ts";
import { inspectRecording } from "./recording.ts";

const folder = mkdtempSync(join(tmpdir(), "disk-sort-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The ids of a file in the order in which its rows are read, sorted in parts of so many rows. */
async function sortedIds(rows: readonly string[], rowsInPart: number): Promise<unknown[]> {
  const path = join(folder, "trades.csv");
  writeFileSync(path, `${["time,ticker,price,quantity,id", ...rows].join("\n")}\n`);
  const recording = await inspectRecording(path);
  if ("kind" in recording) throw new Error(recording.reason);
  const context = { count: () => undefined, warn: () => undefined };
  const options = { recording, format: { kind: "auto" }, context, isQuiet: true } as const;
  const ids = [];
  for await (const block of readSortedOnDisk(options, rowsInPart)) {
    if (block.kind === "failed") throw new Error(block.reason);
    for (const { id } of block.trades) ids.push(id);
  }
  return ids;
}

const at = (second: number, ticker: string, id: string) =>
  `2024-08-08T00:00:${String(second).padStart(2, "0")}Z,${ticker},1,1,${id}`;

describe("what is of one moment, in a file sorted on disk in parts", () => {
  const moment = ["a1", "a2", "a3", "a4", "a5", "a6"].map((id) => at(30, "A", id));

  it("keeps the order of the file where one ticker follows another", async () => {
    const rows = [...moment, at(1, "B", "b1"), at(2, "B", "b2")];
    for (const rowsInPart of [2, 3, 4, 5, 100]) {
      expect(await sortedIds(rows, rowsInPart)).toEqual([
        "b1",
        "b2",
        "a1",
        "a2",
        "a3",
        "a4",
        "a5",
        "a6",
      ]);
    }
  });

  it("is turned round where the file is newest first", async () => {
    const rows = [at(40, "A", "a0"), ...moment, at(20, "A", "a7"), at(10, "A", "a8")];
    for (const rowsInPart of [2, 3, 4, 5, 100]) {
      expect(await sortedIds(rows, rowsInPart)).toEqual([
        "a8",
        "a7",
        "a6",
        "a5",
        "a4",
        "a3",
        "a2",
        "a1",
        "a0",
      ]);
    }
  });
});
