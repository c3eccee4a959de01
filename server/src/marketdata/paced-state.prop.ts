import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PacedState } from "./paced-state.ts";

interface Price {
  readonly price: number;
}

type Step = "join" | "tick" | "leave" | number;

const step = fc.oneof(
  fc.constantFrom<Step>("join", "tick", "leave"),
  fc.integer({ min: 1, max: 3 }),
);

/** A listener as the hub serves it: one who was told an object is not sent that object again. */
class Listener {
  readonly told: Price[] = [];

  send(state: Price): void {
    if (this.told.at(-1) !== state) this.told.push(state);
  }
}

/** A market with listeners who come, stay and go together. */
class Stage {
  readonly #paced = new PacedState<Price>((one, other) => one.price === other.price);
  #now: Price | undefined;
  #listeners: Listener[] = [];

  carryOut(next: Step): void {
    if (typeof next === "number") this.#now = { price: next };
    else if (next === "join") this.#join();
    else if (next === "leave") this.#listeners = [];
    else if (this.#listeners.length === 0) this.#paced.leave();
    else this.#tick();
  }

  #join(): void {
    const listener = new Listener();
    const told = this.#paced.join(this.#now);
    if (told !== undefined) listener.send(told.state);
    expect(listener.told[0]?.price).toBe(this.#now?.price);
    this.#listeners.push(listener);
  }

  #tick(): void {
    const update = this.#paced.take(this.#now);
    for (const listener of this.#listeners) {
      if (update !== undefined) listener.send(update);
      expect(listener.told.at(-1)?.price).toBe(this.#now?.price);
    }
  }
}

describe("a state that is sent in a rhythm", () => {
  it("is the newest one for each newcomer, and right for all after each tick", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const stage = new Stage();
        for (const next of steps) stage.carryOut(next);
      }),
    );
  });

  it("is news to the others as long as they have not been told", () => {
    const paced = new PacedState<Price>((one, other) => one.price === other.price);
    const [first, second] = [{ price: 1 }, { price: 2 }];

    expect(paced.join(first)).toEqual({ state: first, isNews: false });
    expect(paced.take({ price: 1 })).toBeUndefined();
    expect(paced.join({ price: 1 })).toEqual({ state: first, isNews: false });
    expect(paced.join(second)).toEqual({ state: second, isNews: true });
    expect(paced.join({ price: 2 })?.state).toBe(second);
    expect(paced.take({ price: 2 })).toBe(second);
    expect(paced.take({ price: 2 })).toBeUndefined();
    expect(paced.join({ price: 2 })).toEqual({ state: second, isNews: false });
  });

  it("that nobody could be told at first is told to all of them", () => {
    const paced = new PacedState<Price>((one, other) => one.price === other.price);
    const first = { price: 1 };

    expect(paced.join(undefined)).toBeUndefined();
    expect(paced.join(first)).toEqual({ state: first, isNews: true });
    expect(paced.take(first)).toBe(first);
    expect(paced.take(first)).toBeUndefined();
  });

  it("that was news and is as before is told again, so that newcomers know", () => {
    const paced = new PacedState<Price>((one, other) => one.price === other.price);
    paced.join({ price: 1 });
    paced.join({ price: 2 });

    expect(paced.take({ price: 1 })).toEqual({ price: 1 });
    expect(paced.take({ price: 1 })).toBeUndefined();
  });
});
