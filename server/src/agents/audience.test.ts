import { describe, expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Audience, audienceGraceMs } from "./audience.ts";

function audienceAt(clock: VirtualClock) {
  const audience = new Audience(clock);
  const changes: boolean[] = [];
  const end = audience.onChange((isThere) => changes.push(isThere));
  return { audience, changes, end };
}

describe("an audience", () => {
  it("counts as there for five minutes after a start and after the last sign of anybody", () => {
    const clock = new VirtualClock();
    const { audience, changes } = audienceAt(clock);
    clock.advanceBy(1_000 * (audienceGraceMs - 1));
    audience.look(0);
    expect(changes).toEqual([]);
    clock.advanceBy(1_000);
    audience.look(0);
    expect(changes).toEqual([false]);
    audience.look(1);
    expect(changes).toEqual([false, true]);
    clock.advanceBy(2_000 * audienceGraceMs);
    audience.look(1);
    audience.look(0);
    expect(changes).toEqual([false, true]);
    clock.advanceBy(1_000 * audienceGraceMs);
    audience.look(0);
    expect(changes).toEqual([false, true, false]);
  });

  it("is noticed at once when it asks over REST, also by who asks only there", () => {
    const clock = new VirtualClock();
    const { audience, changes, end } = audienceAt(clock);
    const reply = { status: 200, body: "{}" };
    const route = { method: "GET", path: "/x", summary: "", tag: "", security: [] } as const;
    const [noticing] = audience.noticing([{ ...route, handle: () => reply }]);
    clock.advanceBy(1_000 * audienceGraceMs);
    audience.look(0);
    expect(noticing?.handle({} as never, 0)).toBe(reply);
    expect(changes).toEqual([false, true]);
    end();
    clock.advanceBy(1_000 * audienceGraceMs);
    audience.look(0);
    expect(changes).toEqual([false, true]);
  });
});
