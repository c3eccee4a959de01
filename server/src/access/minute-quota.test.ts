import { describe, expect, it } from "vitest";
import { MinuteQuota } from "./minute-quota.ts";

const minuteMs = 60_000;
const startMs = 1_000 * minuteMs;

describe("a quota by the minute", () => {
  it("allows as many calls as the limit says, to the last millisecond of the minute", () => {
    const quota = new MinuteQuota();
    const calls = [0, 1, 59_998, 59_999].map((ms) => quota.take("desk", 3, startMs + ms));

    expect(calls).toEqual([true, true, true, false]);
  });

  it("starts over at the start of the minute, not a minute after the first call", () => {
    const quota = new MinuteQuota();

    expect(quota.take("desk", 1, startMs + 59_999)).toBe(true);
    expect(quota.take("desk", 1, startMs + 60_000)).toBe(true);
    expect(quota.take("desk", 1, startMs + 60_001)).toBe(false);
  });

  it("tells how many were counted, without those that were refused and those of the minute before", () => {
    const quota = new MinuteQuota();
    for (let n = 0; n < 5; n += 1) quota.take("desk", 3, startMs);

    expect(quota.count("desk", startMs)).toBe(3);
    expect(quota.count("other", startMs)).toBe(0);
    expect(quota.count("desk", startMs + minuteMs)).toBe(0);
  });

  it("counts each caller by itself", () => {
    const quota = new MinuteQuota();

    expect(quota.take("desk", 1, startMs)).toBe(true);
    expect(quota.take("other", 1, startMs)).toBe(true);
    expect(quota.take("desk", 1, startMs)).toBe(false);
  });

  it("does not count a refused call, so a raised limit counts at once", () => {
    const quota = new MinuteQuota();
    quota.take("desk", 1, startMs);
    for (let n = 0; n < 10; n += 1) quota.take("desk", 1, startMs);

    expect(quota.take("desk", 2, startMs)).toBe(true);
  });

  it.each([
    ["no limit", undefined, true],
    ["a limit of nothing", 0, false],
  ])("with %s", (_, max, isAllowed) => {
    expect(new MinuteQuota().take("desk", max, startMs)).toBe(isAllowed);
  });

  it("starts over when the clock was set back, instead of refusing until it has caught up", () => {
    const quota = new MinuteQuota();
    quota.take("desk", 1, startMs);

    expect(quota.take("desk", 1, startMs - 60 * minuteMs)).toBe(true);
  });
});
