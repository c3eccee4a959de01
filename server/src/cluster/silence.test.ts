import { expect, it } from "vitest";
import type { LogEnd } from "../ports/shared-log.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { nextTurn } from "../ports/timers.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Silence } from "./silence.ts";

const there: LogEnd = { at: 1, lastSequence: 1, chain: 0, term: 1 };
const away: StorageFailure = { kind: "failure", fault: "failed", message: "nobody leads it" };

/** A log that falls silent now, with a broker that the test answers for. */
function opened() {
  const clock = new VirtualClock();
  const beganMs = clock.monotonicMs();
  const asked: ((end: LogEnd | StorageFailure) => void)[] = [];
  const shared = {
    end: () => new Promise<LogEnd | StorageFailure>((resolve) => asked.push(resolve)),
  };
  const silence = new Silence({ clock, shared, node: "first", takeoverAfterMs: 500 });
  const isEnoughAfter = (ms: number) => {
    clock.advanceBy(ms * 1_000);
    return silence.isEnough(clock.monotonicMs() - beganMs);
  };
  return { asked, isEnoughAfter, silence };
}

it("is enough when it has lasted, and the broker was there meanwhile", async () => {
  const { asked, isEnoughAfter } = opened();
  expect(isEnoughAfter(249)).toBe(false);
  expect(asked).toHaveLength(0);
  expect(isEnoughAfter(1)).toBe(false);
  asked[0]?.(there);
  await nextTurn();
  expect(isEnoughAfter(249)).toBe(false);
  expect(isEnoughAfter(1)).toBe(true);
  expect(asked).toHaveLength(1);
});

it("says nothing of who writes while the broker is away, and counts from when it is back", async () => {
  const { asked, isEnoughAfter } = opened();
  isEnoughAfter(250);
  expect(isEnoughAfter(1_750)).toBe(false);
  asked[0]?.(away);
  await nextTurn();
  expect(isEnoughAfter(90)).toBe(false);
  expect(asked).toHaveLength(1);
  expect(isEnoughAfter(10)).toBe(false);
  asked[1]?.(there);
  await nextTurn();
  expect(isEnoughAfter(399)).toBe(false);
  expect(isEnoughAfter(1)).toBe(true);
});

it("is looked at seldom while something is heard, and closely once it has lasted half as long as it has to", () => {
  const { silence } = opened();
  const looks = [0, 150, 200, 245, 250, 499, 10_000].map((ms) => silence.untilLookMs(ms));
  expect(looks).toEqual([100, 100, 50, 10, 10, 10, 10]);
});
