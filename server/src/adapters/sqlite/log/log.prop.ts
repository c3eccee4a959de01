import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../../../test/support/rounds.ts";
import { appendAll, batchAt, readAll } from "../../../ports/command-log.contract.ts";
import type { CommandBatch, CommandLog } from "../../../ports/command-log.ts";
import { openCommandLog } from "./log.ts";

type Step =
  | { readonly kind: "append"; readonly sizes: readonly (readonly [number, number])[] }
  | { readonly kind: "read"; readonly from: number }
  | { readonly kind: "reopen" };

const size = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 30_000 }));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      sizes: fc.array(size, { maxLength: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      from: fc.integer({ min: 1, max: 200 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
);

describe("a command log, whatever is done to it", () => {
  it("holds what a plain list would hold", async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), likeAList), {
      numRuns: rounds(8, 25),
    });
  });
});

async function likeAList(steps: readonly Step[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-log-property-"));
  const open = async (): Promise<CommandLog> => {
    const opened = await openCommandLog({ file: join(folder, "commands.db") });
    if (opened.kind === "refused") throw new Error(opened.message);
    return opened.log;
  };
  const list: CommandBatch[] = [];
  let log = await open();
  try {
    for (const each of steps) {
      if (each.kind === "append") {
        const added = each.sizes.map(([count, bytes]) => {
          const batch = batchAt(endOf(list) + 1, count, bytes);
          list.push(batch);
          return batch;
        });
        await appendAll(log, added);
      } else if (each.kind === "read") {
        const expected = list.filter(
          ({ firstSequence, count }) => firstSequence + count > each.from,
        );
        expect(await readAll(log, each.from)).toEqual({ batches: expected, damage: undefined });
      } else {
        await log.close();
        log = await open();
      }
      expect(log.lastSequence).toBe(endOf(list));
    }
    expect(await readAll(log)).toEqual({ batches: list, damage: undefined });
  } finally {
    await log.close();
    rmSync(folder, { recursive: true });
  }
}

/** Sequence of the last command in the list. */
function endOf(list: readonly CommandBatch[]): number {
  const last = list.at(-1);
  return last === undefined ? 0 : last.firstSequence + last.count - 1;
}
