import { expect, it } from "vitest";
import { appendAll, batchesOf } from "../ports/command-log.contract.ts";
import type { LogEntry } from "../ports/command-log.ts";
import { writerOf } from "../ports/shared-log.contract.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { MemoryRequestLine, MemoryRequests } from "../testing/memory-request-line.ts";
import { MemoryBroker, MemorySharedLog } from "../testing/memory-shared-log.ts";
import { answerPages } from "./log-service.ts";
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

it("asks an engine when the log was begun, where the shared one was shortened", async () => {
  const shared = new MemorySharedLog(new MemoryBroker());
  const writer = await writerOf(shared, "a");
  const batches = batchesOf([1, 2, 1]);
  for (const batch of batches) await writer.append(batch);
  const requests = new MemoryRequests();
  const pages = { line: new MemoryRequestLine(requests), cluster: "test" };
  const view = await viewOf(shared, pages);
  expect(await view.begunUs?.()).toBeUndefined();
  await shared.shorten(3, Number.MAX_SAFE_INTEGER);
  expect(await view.begunUs?.()).toBeUndefined();

  const own = new MemoryCommandLog(new MemoryLogStorage());
  await appendAll(own, batches);
  await answerPages({ log: own, ...pages });
  expect(await view.begunUs?.()).toBe(batches[0]?.timeUs);
});
