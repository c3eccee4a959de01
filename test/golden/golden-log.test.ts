import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exampleCommands, opening } from "../../server/src/sequencer/example-stream.fixture.ts";
import {
  batchesOf,
  type GoldenBatch,
  type GoldenOutcome,
  outcomeOf,
} from "../support/golden-log.ts";

const lines = readFileSync(new URL("exchange-log.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n");
const batches = lines.slice(0, -1).map((line) => JSON.parse(line) as GoldenBatch);
const outcome = JSON.parse(lines.at(-1) ?? "") as GoldenOutcome;

describe("the golden log", () => {
  it("replays to the same events, byte for byte, and the same state hash", () => {
    expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(1_014);
    expect(outcomeOf(batches)).toEqual(outcome);
  });

  it("is what the same commands are written as today", () => {
    expect(batchesOf([...opening, ...exampleCommands(2026, 1_000)])).toEqual(batches);
  });
});
