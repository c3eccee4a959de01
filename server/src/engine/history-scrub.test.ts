import { describe, expect, it } from "vitest";
import type { ExaminedPart, Unanswered } from "../ports/history.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { HistoryScrub } from "./history-scrub.ts";
import { pieceIntervalMs, roundIntervalMs } from "./scrub.ts";

/** A scrub of a history that gives these answers, one after the other. */
function scrubOf(answers: (readonly ExaminedPart[] | Unanswered)[]) {
  const clock = new VirtualClock();
  const errors: object[] = [];
  const report = {
    debug() {},
    info() {},
    warn() {},
    error: (_phrase: string, fields: object = {}) => void errors.push(fields),
  };
  const history = { examine: () => Promise.resolve(answers.shift() ?? ["end" as const]) };
  const scrub = new HistoryScrub({ history, clock, report });
  const pass = async (ms: number) => {
    clock.advanceBy(ms * 1_000);
    for (let settled = 0; settled < 20; settled += 1) await Promise.resolve();
  };
  return { scrub, errors, pass, answers };
}

describe("reading the history through", () => {
  it("pauses after each piece, waits where too much is asked, and begins again after an hour", async () => {
    const { scrub, pass, errors } = scrubOf([["piece"], { kind: "busy", asker: "all" }, ["end"]]);
    await pass(roundIntervalMs);
    expect([scrub.pieces, scrub.rounds]).toEqual([1, 0]);
    await pass(pieceIntervalMs);
    expect([scrub.pieces, scrub.rounds]).toEqual([1, 0]);
    await pass(pieceIntervalMs);
    expect([scrub.pieces, scrub.rounds]).toEqual([0, 1]);
    await pass(roundIntervalMs);
    expect([scrub.rounds, scrub.damage, errors]).toEqual([2, undefined, []]);
    scrub.stop();
  });

  it("says loudly that something is damaged, once, and reads no further", async () => {
    const failure = { kind: "failure", fault: "failed", message: "history.db is damaged" } as const;
    const { scrub, pass, errors, answers } = scrubOf([["piece"], failure, ["piece"]]);
    await pass(roundIntervalMs);
    await pass(pieceIntervalMs);
    await pass(roundIntervalMs);
    expect(scrub.damage).toBe("history.db is damaged");
    expect(errors).toEqual([{ reason: "history.db is damaged" }]);
    expect(answers).toHaveLength(1);
  });

  it("stops when it is told to", async () => {
    const { scrub, pass, answers } = scrubOf([["piece"], ["piece"]]);
    await pass(roundIntervalMs);
    scrub.stop();
    await pass(roundIntervalMs);
    expect(answers).toHaveLength(1);
  });
});
