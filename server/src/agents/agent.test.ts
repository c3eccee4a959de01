import { describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import { type Agent, answerPatienceUs, type MarketView, Seat } from "./agent.ts";

const order: Command = { kind: "cancel-order", user: "eager", order: { id: 1 } };

/** Wants one thing at every step. */
class Eager implements Agent {
  readonly user = "eager";
  readonly unansweredMax: number;
  nextStep = 0;

  constructor(unansweredMax = 0) {
    this.unansweredMax = unansweredMax;
  }

  act(step: number): readonly Command[] {
    this.nextStep = step + 1;
    return [order];
  }

  observe(): void {}
}

/** Nobody here looks at the market. */
const market = {} as MarketView;

/** Gives a seat its turn at a step; 20 steps are a second. */
function turn(seat: Seat, step: number): readonly Command[] {
  return seat.nextStep <= step ? seat.act({ step, nowUs: step * 50_000 }, market) : [];
}

describe("a seat", () => {
  it("hands on what its agent wants, and nothing more before that is answered", () => {
    const seat = new Seat(new Eager());

    expect(turn(seat, 1)).toEqual([order]);
    expect(turn(seat, 2)).toEqual([]);

    seat.answered(undefined, 100_000);
    expect(turn(seat, 3)).toEqual([order]);
  });

  it("lets an agent go on that needs no answers, up to its bound", () => {
    const seat = new Seat(new Eager(2));
    const wanted = [1, 2, 3, 4, 5].map((step) => turn(seat, step).length);

    expect(wanted).toEqual([1, 1, 1, 0, 0]);
  });

  it.each([
    ["not at all for an order that is gone", "unknown-order", 0],
    ["a second after a refusal", "post-only-would-take", 20],
    ["a minute for want of money", "insufficient-funds", 1_200],
  ] as const)("pauses %s", (_, reason, steps) => {
    const seat = new Seat(new Eager());
    turn(seat, 1);
    seat.answered(reason, 50_000);

    let next = 2;
    while (turn(seat, next).length === 0) next += 1;
    expect(next).toBe(2 + steps);
  });

  it("takes back everything when answers do not come, and goes on after that", () => {
    const seat = new Seat(new Eager());
    turn(seat, 1);
    const lost = 1 + answerPatienceUs / 50_000;

    expect(turn(seat, lost)).toEqual([]);
    expect(turn(seat, lost + 1)).toEqual([{ kind: "cancel-all", user: "eager" }]);
    expect(turn(seat, lost + 2)).toEqual([]);

    seat.answered(undefined, (lost + 2) * 50_000);
    expect(turn(seat, lost + 3)).toEqual([order]);
  });

  it("is not confused by answers to what was done before its time", () => {
    const seat = new Seat(new Eager());
    seat.answered(undefined, 0);
    seat.answered(undefined, 0);

    expect(turn(seat, 1)).toEqual([order]);
    expect(turn(seat, 2)).toEqual([]);
  });
});
