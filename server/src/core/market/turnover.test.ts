import { describe, expect, it } from "vitest";
import { AssertionError } from "../assert.ts";
import { atoms } from "../num/money.ts";
import { implicitParameters } from "../parameters.ts";
import { money } from "../scenario.fixture.ts";
import { type FeeSchedule, feeOn, feeStepFor, isFeeSchedule, rebateOn } from "./fees.ts";
import { Turnover } from "./turnover.ts";

const { fees } = implicitParameters;
const dayUs = 86_400_000_000;
/** 2023-11-14 09:00 UTC: a fee day begins. */
const morningUs = 1_699_952_400_000_000;

describe("a turnover window", () => {
  it("raises the step when the next fee day begins at 09:00 UTC", () => {
    const turnover = new Turnover();
    turnover.add(money("100001"), morningUs);

    expect(turnover.stepAt(morningUs + dayUs - 1, fees).takerPpm).toBe(1000);
    expect(turnover.stepAt(morningUs + dayUs, fees).takerPpm).toBe(950);
  });

  it("forgets a day after 30 more", () => {
    const turnover = new Turnover();
    turnover.add(money("100001"), morningUs);

    expect(turnover.stepAt(morningUs + 30 * dayUs, fees).makerPpm).toBe(600);
    expect(turnover.stepAt(morningUs + 31 * dayUs, fees).makerPpm).toBe(800);
  });

  it("forgets everything after a long silence", () => {
    const turnover = new Turnover();
    turnover.add(money("100001"), morningUs);

    expect(turnover.totals(morningUs + 400 * dayUs)).toEqual({ thirtyDays: 0n, today: 0n });
  });

  it("tells the running day apart from the 30 before it", () => {
    const turnover = new Turnover();
    turnover.add(5n, morningUs);
    turnover.add(7n, morningUs + dayUs);

    expect(turnover.totals(morningUs + dayUs)).toEqual({ thirtyDays: 5n, today: 7n });
  });

  it("is the same after a snapshot, whenever it was last looked at", () => {
    const nowUs = morningUs + 31 * dayUs;
    const turnover = new Turnover();
    turnover.add(5n, morningUs);
    turnover.add(7n, morningUs + dayUs);
    const snapshot = turnover.snapshot(nowUs);
    const restored = new Turnover();
    restored.restore(snapshot, nowUs);

    expect(snapshot.map(([, amount]) => amount)).toEqual(["7"]);
    expect(restored.totals(nowUs)).toEqual({ thirtyDays: 7n, today: 0n });
  });

  it("stops when time goes back", () => {
    const turnover = new Turnover();
    turnover.add(5n, morningUs);

    expect(() => turnover.stepAt(morningUs - 1, fees)).toThrow(AssertionError);
  });
});

describe("fee steps", () => {
  it.each([
    ["0", 800, 1000],
    ["100000.9999999999999999", 800, 1000],
    ["100001", 600, 950],
    ["250001", 550, 850],
    ["500001", 500, 750],
    ["2500001", 400, 700],
    ["999999999", 400, 700],
  ])("of %s are %i and %i millionths", (turnover, makerPpm, takerPpm) => {
    expect(feeStepFor(fees, money(turnover))).toMatchObject({ makerPpm, takerPpm });
  });

  const step = { fromTurnover: atoms(0n), makerPpm: 0, takerPpm: 0 };
  it.each<[string, FeeSchedule["steps"]]>([
    ["no step", []],
    ["a first step above nothing", [{ ...step, fromTurnover: atoms(1n) }]],
    ["two equal steps", [step, step]],
    ["a rate above 100 %", [{ ...step, takerPpm: 1_000_001 }]],
    ["a fraction of a millionth", [{ ...step, makerPpm: 0.5 }]],
  ])("with %s are no schedule", (_, steps) => {
    expect(isFeeSchedule({ referenceCurrency: "USDT", steps })).toBe(false);
  });

  it("round fees up and rebates down", () => {
    expect(feeOn(atoms(1n), 1)).toBe(1n);
    expect(feeOn(atoms(1n), -1)).toBe(0n);
    expect(feeOn(atoms(1n), 1_000_000)).toBe(1n);
    expect(rebateOn(atoms(999_999n), -1)).toBe(0n);
    expect(rebateOn(atoms(1_000_000n), -1)).toBe(1n);
  });
});
