/** Recorded time that runs, stands still, steps and leaps forward. */
import { describe, expect, it } from "vitest";
import { stopSource } from "../../ports/feed.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { FlowClock } from "./flow-clock.ts";

/** A recording with an event at each second, and what of it was played. */
function playing(options: { readonly speed: number | "max"; readonly isPaused?: boolean }) {
  const wall = new VirtualClock();
  const clock = new FlowClock(wall, { market: "A_B", isPaused: false, ...options });
  const played: number[] = [];
  const stop = stopSource();
  const play = async () => {
    for (let second = 10; second < 200; second += 1) {
      await clock.reach(second * 1_000_000, stop.signal);
      if (stop.signal.aborted) return;
      played.push(second);
    }
    clock.end();
  };
  const done = play();
  const settle = async () => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  };
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      wall.advanceBy(1_000_000);
      await settle();
    }
  };
  return { clock, played, pass, settle, done, stop };
}

describe("the clock of a recorded day", () => {
  it("plays each event when it is due, at its speed and at another", async () => {
    const { clock, played, pass, settle, done, stop } = playing({ speed: 1 });
    await settle();
    expect(played).toEqual([10]);
    await pass(2);
    expect(played).toEqual([10, 11, 12]);
    await clock.act({ kind: "speed", speed: 10 });
    await pass(1);
    expect(played.at(-1)).toBe(22);
    stop.abort();
    await done;
  });

  it("stands still from the start where it is told to, and steps", async () => {
    const { clock, played, settle, done, stop } = playing({ speed: 1, isPaused: true });
    await settle();
    expect(played).toEqual([]);
    await clock.act({ kind: "step", step: "trade" });
    expect(played).toEqual([10]);
    await clock.act({ kind: "step", step: "trade" });
    await clock.act({ kind: "step", step: "second" });
    expect(played).toEqual([10, 11, 12]);
    await clock.act({ kind: "step", step: "bar" });
    expect(played.at(-1)).toBe(60);
    stop.abort();
    await done;
  });

  it("leaps forward over everything between, and never back", async () => {
    const { clock, played, settle, done, stop } = playing({ speed: 1 });
    await settle();
    await clock.act({ kind: "pause" });
    await clock.act({ kind: "seek", toUs: 100_500_000 });
    expect(played.at(-1)).toBe(100);
    expect(clock.status()).toMatchObject({ state: "paused", marketUs: 100_500_000 });
    const answer = await clock.act({ kind: "seek", toUs: 20_000_000 });
    expect(answer).toContain("does not go back");
    stop.abort();
    await done;
  });

  it("says when it is over", async () => {
    const { clock, done } = playing({ speed: "max" });
    await done;
    expect(clock.status().state).toBe("ended");
    expect(await clock.act({ kind: "pause" })).toContain("the recording is over");
  });
});
