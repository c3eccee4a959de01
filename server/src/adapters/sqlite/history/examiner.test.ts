import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import type { Atoms } from "../../../core/num/money.ts";
import { type History, isUnanswered } from "../../../ports/history.ts";
import type { Released } from "../../../ports/released.ts";
import { examinedRowsMax } from "./examiner.ts";
import { openHistory } from "./history.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-examine-"));
afterAll(() => rmSync(folder, { recursive: true }));

const changes = 2 * examinedRowsMax + 10;

/** One command that moves a balance many times, each of which is a row. */
const moved: Released = {
  sequence: 1,
  timeUs: 1_750_000_000_000_000,
  command: { kind: "cancel-all", user: "a" },
  events: Array.from({ length: changes }, (_, index) => ({
    ...{ kind: "balance-changed", user: "a", currency: "USDT", reason: "deposit" },
    oldAvailable: BigInt(index) as Atoms,
    newAvailable: BigInt(index + 1) as Atoms,
    oldHeld: 0n as Atoms,
    newHeld: 0n as Atoms,
  })),
};

async function historyIn(file: string): Promise<History> {
  const opened = await openHistory({ file, epoch: "e" });
  if (opened.kind === "refused") throw new Error(opened.message);
  return opened.history;
}

async function filled(name: string): Promise<string> {
  const file = join(folder, name);
  const history = await historyIn(file);
  history.record([moved]);
  await history.flushed();
  await history.close();
  return file;
}

/** Examines one round; the pieces that were read, or why it ended. */
async function round(history: History): Promise<number | string> {
  for (let pieces = 1; pieces < 100; pieces += 1) {
    const answer = await history.examine();
    if (isUnanswered(answer)) return answer.kind === "failure" ? answer.message : answer.kind;
    if (answer[0] === "end") return pieces;
  }
  return "no end";
}

describe("reading a history through", () => {
  it("goes piece by piece through every table, and begins again behind the last one", async () => {
    const history = await historyIn(await filled("whole.db"));

    // Six tables, of which one takes three pieces.
    expect(await round(history)).toBe(9);
    expect(await round(history)).toBe(9);
    await history.close();
  });

  it("finds a row that is never written so", async () => {
    const file = await filled("row.db");
    const database = new DatabaseSync(file);
    database.exec(`UPDATE balance_change SET new_held = 'many' WHERE ordinal = ${changes - 1}`);
    database.close();
    const history = await historyIn(file);

    expect(await round(history)).toMatch(/row\.db.*a row holds what is never written/);
    await history.close();
  });

  it("finds a page that was written over", async () => {
    const file = await filled("page.db");
    const { length } = readFileSync(file);
    const descriptor = openSync(file, "r+");
    writeSync(descriptor, Buffer.alloc(4_096, 0x5a), 0, 4_096, Math.floor(length / 8_192) * 4_096);
    closeSync(descriptor);
    const history = await historyIn(file);

    expect(await round(history)).toMatch(/page\.db/);
    await history.close();
  });
});
