import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { type ClockNotice, crawlRate, holdUs, MarketClock, stepMinUs } from "./market-clock.ts";

const second = 1_000_000;
const day = 86_400 * second;

function setUp() {
  const wall = new VirtualClock(1_700_000_000 * second);
  const notices: ClockNotice[] = [];
  const clock = new MarketClock({ clock: wall, told: (notice) => notices.push(notice) });
  const startUs = clock.nowUs();
  return {
    wall,
    clock,
    notices,
    /** Market time since the start, in seconds. */
    passedS: () => (clock.nowUs() - startUs) / second,
    /** Lets time pass, looking at the clock once a second as the server does. */
    pass(seconds: number): void {
      for (let left = seconds; left > 0; left -= 1) {
        wall.advanceBy(Math.min(left, 1) * second);
        clock.nowUs();
      }
    },
  };
}

describe("market time", () => {
  it("is wall time while nobody sets the clock, small corrections included", () => {
    const { wall, clock, notices } = setUp();
    for (let n = 0; n < 100; n += 1) {
      wall.advanceBy(second);
      wall.stepWallBy(n % 2 === 0 ? 400_000 : 500);
      expect(clock.nowUs()).toBe(wall.nowUs());
    }
    expect(notices).toEqual([]);
    expect(clock.standing).toEqual({ kind: "steady" });
  });

  it("takes a step forward whole once it has held, and goes on as before until then", () => {
    const { wall, clock, notices, pass, passedS } = setUp();
    wall.stepWallBy(day);
    expect(passedS()).toBe(0);
    expect(clock.standing).toEqual({ kind: "ahead", byUs: day });
    pass(holdUs / second - 1);
    expect(passedS()).toBe(4);
    pass(1);
    expect(passedS()).toBe(day / second + 5);
    expect(clock.nowUs()).toBe(wall.nowUs());
    expect(clock.standing).toEqual({ kind: "steady" });
    expect(notices).toEqual([
      { kind: "ahead", byUs: day },
      { kind: "taken", byUs: day },
    ]);
    expect(clock.steps).toEqual({ forward: 1, backward: 0 });
  });

  it("forgets a step forward that does not hold", () => {
    const { wall, clock, notices, pass, passedS } = setUp();
    wall.stepWallBy(day);
    pass(3);
    wall.stepWallBy(-day);
    expect(passedS()).toBe(3);
    pass(60);
    expect(passedS()).toBe(63);
    expect(notices.map(({ kind }) => kind)).toEqual(["ahead", "returned"]);
    expect(clock.standing).toEqual({ kind: "steady" });
  });

  it("crawls after a step back until the wall clock is there, and neither stands still nor goes back", () => {
    const { wall, clock, notices, pass, passedS } = setUp();
    wall.stepWallBy(-40 * second);
    const seen: number[] = [];
    for (let n = 0; n < 80; n += 1) {
      pass(1);
      seen.push(passedS());
    }
    expect(seen).toEqual(Array.from({ length: 80 }, (_, n) => (n + 1) * crawlRate));
    pass(1);
    expect(clock.nowUs()).toBe(wall.nowUs());
    expect(notices.map(({ kind }) => kind)).toEqual(["behind", "caught-up"]);
    expect(clock.steps).toEqual({ forward: 0, backward: 1 });
  });

  it("takes nothing for a step forward that passed while nobody looked", () => {
    const { wall, clock, notices } = setUp();
    wall.stepWallBy(-40 * second);
    clock.nowUs();
    wall.advanceBy(600 * second);
    expect(clock.nowUs()).toBe(wall.nowUs());
    expect(notices.map(({ kind }) => kind)).toEqual(["behind", "caught-up"]);
  });

  it("tells how far behind the wall clock is", () => {
    const { wall, clock, pass } = setUp();
    wall.stepWallBy(-40 * second);
    pass(10);
    expect(clock.standing).toEqual({ kind: "behind", byUs: 35 * second });
  });

  it("is told again of a step back within a step back, and of one forward", () => {
    const { wall, clock, notices, pass } = setUp();
    wall.stepWallBy(-10 * second);
    pass(5);
    wall.stepWallBy(day);
    pass(10);
    expect(notices.map(({ kind }) => kind)).toEqual(["behind", "ahead", "taken"]);
    expect(clock.nowUs()).toBe(wall.nowUs());
  });

  it("goes on from where the log is", () => {
    const { wall, clock, pass, passedS } = setUp();
    clock.startNotBefore(wall.nowUs() - second);
    expect(passedS()).toBe(0);
    clock.startNotBefore(wall.nowUs() + 30 * second);
    expect(passedS()).toBe(30);
    expect(clock.standing).toEqual({ kind: "behind", byUs: 30 * second });
    pass(61);
    expect(clock.nowUs()).toBe(wall.nowUs());
  });

  it("never goes back, passes at half its speed at least, and comes to the wall clock, whatever is done to that", () => {
    const action = fc.record({
      passUs: fc.integer({ min: 0, max: 20 * second }),
      stepUs: fc.oneof(
        fc.constant(0),
        fc.integer({ min: -60 * second, max: 60 * second }),
        fc.constantFrom(-day, day, stepMinUs, -stepMinUs, 1, -1),
      ),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { wall, clock } = setUp();
        for (const { passUs, stepUs } of actions) {
          const before = clock.nowUs();
          wall.stepWallBy(stepUs);
          wall.advanceBy(passUs);
          const passedUs = clock.nowUs() - before;
          // A few milliseconds are taken for jitter of the machine's clocks.
          expect(passedUs).toBeGreaterThanOrEqual(Math.floor(passUs * crawlRate) - 10_000);
          expect(passedUs).toBeGreaterThanOrEqual(0);
        }
        wall.advanceBy(200 * day);
        clock.nowUs();
        wall.advanceBy(holdUs);
        expect(clock.nowUs()).toBe(wall.nowUs());
      }),
    );
  });
});
