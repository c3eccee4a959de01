import { describe, expect, it } from "vitest";
import { floodFactor, MessageRate } from "./message-rate.ts";

describe("the message rate", () => {
  it("begins a window with a message and forgets the count a minute later", () => {
    const rate = new MessageRate(1);

    expect(rate.count(59_000)).toBe("within");
    expect(rate.count(60_000)).toBe("over");
    expect(rate.count(118_999)).toBe("over");
    expect(rate.count(119_000)).toBe("within");
  });

  it("begins the next window with the next message, however late that is", () => {
    const rate = new MessageRate(1);
    rate.count(0);

    expect(rate.count(90_000)).toBe("within");
    expect(rate.count(149_999)).toBe("over");
    expect(rate.count(150_000)).toBe("within");
  });

  it("calls it a flood beyond a multiple of the limit", () => {
    const rate = new MessageRate(3);
    const verdicts = Array.from({ length: 3 * floodFactor + 1 }, () => rate.count(0));

    expect(verdicts.slice(0, 3)).toEqual(["within", "within", "within"]);
    expect(new Set(verdicts.slice(3, -1))).toEqual(new Set(["over"]));
    expect(verdicts.at(-1)).toBe("flood");
  });

  it("begins again when the clock was set back", () => {
    const rate = new MessageRate(1);
    rate.count(1_000_000);

    expect(rate.count(10)).toBe("within");
    expect(rate.count(11)).toBe("over");
  });

  it("never runs out where there is no limit", () => {
    const rate = new MessageRate(Number.POSITIVE_INFINITY);
    const verdicts = Array.from({ length: 5_000 }, () => rate.count(0));

    expect(new Set(verdicts)).toEqual(new Set(["within"]));
  });

  it("answers nothing where nothing is allowed", () => {
    expect(new MessageRate(0).count(0)).toBe("flood");
  });
});
