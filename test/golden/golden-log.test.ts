import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Command } from "../../server/src/core/commands.ts";
import { decodeCommands } from "../../server/src/sequencer/command-codec.ts";
import {
  batchesOf,
  type GoldenBatch,
  type GoldenOutcome,
  goldenLogs,
  outcomeOf,
} from "../support/golden-log.ts";

function read(name: string) {
  const lines = readFileSync(new URL(`${name}.jsonl`, import.meta.url), "utf8")
    .trim()
    .split("\n");
  const batches = lines.slice(0, -1).map((line) => JSON.parse(line) as GoldenBatch);
  const outcome = JSON.parse(lines.at(-1) ?? "") as GoldenOutcome;
  return { batches, outcome };
}

describe.each([
  ["of 0.1.0", "exchange-log", 1_014],
  ["with a genesis, and fees, limits and rules that change", "parameters-log", 1_059],
])("the golden log %s", (_, name, count) => {
  const { batches, outcome } = read(name);

  it("replays to the same events, byte for byte, and the same state hash", () => {
    expect(batches.reduce((sum, batch) => sum + batch.count, 0)).toBe(count);
    expect(outcomeOf(batches)).toEqual(outcome);
  });

  it("is what the same commands are written as today", () => {
    expect(batchesOf(goldenLogs[name]?.() ?? [])).toEqual(batches);
  });
});

describe("the golden log with a genesis", () => {
  it("holds every command that sets something, some of them refused", () => {
    const kinds = read("parameters-log").batches.flatMap(({ payload, count }) =>
      (decodeCommands(Buffer.from(payload, "base64"), count) as readonly Command[]).map(kindOf),
    );

    expect(kinds[0]).toBe("genesis");
    expect(new Set(kinds)).toEqual(
      new Set(["genesis", "set-limits", "set-fees", "set-market-rules", "other"]),
    );
  });
});

function kindOf({ kind }: Command): string {
  return kind.startsWith("set-") && kind !== "set-self-trade-prevention" ? kind : nameOf(kind);
}

function nameOf(kind: Command["kind"]): string {
  return kind === "genesis" ? kind : "other";
}
