import { expect, it } from "vitest";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { OwnCopy } from "./own-copy.ts";

it("a log with a copy wants its next batch when its writer does, so that batches grow", async () => {
  const due = Promise.resolve();
  let isBusy = true;
  const writer = Object.assign(new MemoryCommandLog(new MemoryLogStorage()), {
    nextDue: (): Promise<void> | undefined => (isBusy ? due : undefined),
  });
  const copied = new OwnCopy(new MemoryCommandLog(new MemoryLogStorage())).behind(writer);

  expect(copied.nextDue()).toBe(due);
  isBusy = false;
  expect(copied.nextDue()).toBeUndefined();
});
