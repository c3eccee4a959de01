import { describe, expect, it } from "vitest";
import { Turns } from "./turns.ts";

function house(msPerTurn: number) {
  let nowMs = 0;
  const turns: (() => void)[] = [];
  const done: number[] = [];
  const queue = new Turns({
    msPerTurn,
    monotonicMs: () => nowMs,
    nextTurn: (task) => turns.push(task),
  });
  const work = (name: number, tookMs: number) =>
    queue.run(() => {
      nowMs += tookMs;
      done.push(name);
    });
  const turn = () => turns.shift()?.();
  return { queue, work, turn, turns, done };
}

describe("work for strangers", () => {
  it("is done at once while there is time for it in this turn", () => {
    const { work, done, queue } = house(4);
    for (const name of [1, 2, 3]) work(name, 1);
    expect(done).toEqual([1, 2, 3]);
    expect(queue.waiting).toBe(0);
  });

  it("waits in order for the turns that come, as much in each as there is time for", () => {
    const { work, turn, turns, done } = house(4);
    for (let name = 0; name < 7; name += 1) work(name, 2);
    expect(done).toEqual([0, 1]);
    turn();
    expect(done).toEqual([0, 1, 2, 3]);
    work(7, 2);
    turn();
    turn();
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    turn();
    turn();
    expect(turns).toEqual([]);
    work(8, 2);
    expect(done.at(-1)).toBe(8);
  });
});
