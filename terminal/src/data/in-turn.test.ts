import { expect, it } from "vitest";
import { InTurn, waitingTasksMax } from "./in-turn.ts";

it("does one task after another, also after one that failed", async () => {
  const turns = new InTurn();
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  expect(turns.isIdle).toBe(true);
  turns.do(() => first.promise.then(() => void done.push("first")));
  turns.do(() => Promise.reject(new Error("refused")));
  const last = Promise.withResolvers<void>();
  turns.do(async () => {
    done.push("last");
    last.resolve();
  });
  expect(turns.isIdle).toBe(false);

  first.resolve();
  await last.promise;

  expect(done).toEqual(["first", "last"]);
});

it("takes no more than a bound, and goes on once there is room", async () => {
  const turns = new InTurn();
  const held = Promise.withResolvers<void>();
  for (let task = 0; task < waitingTasksMax; task += 1) {
    expect(turns.do(() => held.promise)).toBe(true);
  }
  expect(turns.do(() => held.promise)).toBe(false);

  held.resolve();
  await expect.poll(() => turns.isIdle).toBe(true);

  expect(turns.do(() => held.promise)).toBe(true);
});
