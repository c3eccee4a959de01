import { describe, expect, it } from "vitest";
import { floodFactor, RequestRate } from "./request-rate.ts";

describe("the request rate", () => {
  it("begins a window with a request and forgets the count a minute later", () => {
    const rate = new RequestRate(1);

    expect(rate.count(59_000)).toBe("within");
    expect(rate.count(60_000)).toBe("over");
    expect(rate.count(118_999)).toBe("over");
    expect(rate.count(119_000)).toBe("within");
  });

  it("calls it a flood beyond a multiple of the limit", () => {
    const rate = new RequestRate(3);
    const verdicts = Array.from({ length: 3 * floodFactor + 1 }, () => rate.count(0));

    expect(verdicts.slice(0, 3)).toEqual(["within", "within", "within"]);
    expect(new Set(verdicts.slice(3, -1))).toEqual(new Set(["over"]));
    expect(verdicts.at(-1)).toBe("flood");
  });

  it("begins anew when the clock was set back", () => {
    const rate = new RequestRate(1);
    rate.count(1_000_000);

    expect(rate.count(10)).toBe("within");
    expect(rate.count(11)).toBe("over");
  });

  it("can be off", () => {
    const rate = new RequestRate("off");

    expect(Array.from({ length: 5_000 }, () => rate.count(0)).every((v) => v === "within")).toBe(
      true,
    );
  });
});
