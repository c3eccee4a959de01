import { expect, it } from "vitest";
import { batchesOf } from "../ports/command-log.contract.ts";
import type { LogEntry } from "../ports/command-log.ts";
import { writerOf } from "../ports/shared-log.contract.ts";
import { MemoryBroker, MemorySharedLog } from "../testing/memory-shared-log.ts";
import { viewOf } from "./log-view.ts";

async function entriesFrom(log: AsyncIterable<LogEntry>): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of log) entries.push(entry);
  return entries;
}

it("begins where the shared log begins, and says what helps a node that has nothing to begin with there", async () => {
  const shared = new MemorySharedLog(new MemoryBroker());
  const writer = await writerOf(shared, "a");
  for (const batch of batchesOf([1, 2, 1])) await writer.append(batch);
  expect(await (await viewOf(shared)).firstSequence?.()).toBe(1);
  await shared.shorten(3, Number.MAX_SAFE_INTEGER);

  const view = await viewOf(shared);
  expect(await view.firstSequence?.()).toBe(4);
  expect(await entriesFrom(view.read(4))).toMatchObject([{ firstSequence: 4 }]);
  const [damage] = await entriesFrom(view.read(1));
  expect(damage).toMatchObject({ kind: "damage", fault: "shortened", sequence: 1 });
  expect(damage?.kind === "damage" && damage.message).toMatch(/snapshot.*start an engine/);
});
