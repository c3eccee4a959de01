import { describe, expect, it } from "vitest";
import { FairQueue } from "./fair-queue.ts";

const bounds = { perAskerMax: 3, totalMax: 5 };

function all(queue: FairQueue<string>): readonly string[] {
  const tasks: string[] = [];
  for (let task = queue.take(); task !== undefined; task = queue.take()) tasks.push(task);
  return tasks;
}

describe("a fair queue", () => {
  it("gives each asker a turn, and the tasks of one in the order in which they came", () => {
    const queue = new FairQueue<string>(bounds);
    for (const task of ["ann 1", "ann 2", "ann 3", "bob 1", "cid 1"]) {
      expect(queue.add(task.slice(0, 3), task)).toBeUndefined();
    }

    expect(all(queue)).toEqual(["ann 1", "bob 1", "cid 1", "ann 2", "ann 3"]);
  });

  it("lets who comes back wait for the others' turns", () => {
    const queue = new FairQueue<string>(bounds);
    for (const task of ["ann 1", "ann 2", "bob 1"]) queue.add(task.slice(0, 3), task);
    expect(queue.take()).toBe("ann 1");
    queue.add("bob", "bob 2");

    expect(all(queue)).toEqual(["bob 1", "ann 2", "bob 2"]);
  });

  it("bounds what waits of one asker and of all, and says which bound it is", () => {
    const queue = new FairQueue<string>(bounds);
    expect(["1", "2", "3", "4"].map((task) => queue.add("ann", task))).toEqual([
      undefined,
      undefined,
      undefined,
      "this",
    ]);
    expect(["1", "2", "3"].map((task) => queue.add("bob", task))).toEqual([
      undefined,
      undefined,
      "all",
    ]);

    expect(queue.take()).toBe("1");
    expect(queue.add("cid", "1")).toBeUndefined();
  });
});
