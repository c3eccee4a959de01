/** Price levels that come and go, against a map of what rests at each price. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ladder } from "./ladder.ts";
import { OrderPool, type OrderSlot } from "./order-pool.ts";

const capacity = 256;
/** Many more prices than levels may stay vacant, so that vacant ones are also taken out. */
const prices = 400;

const steps = fc.array(fc.nat(2 * prices), { minLength: 600, maxLength: 600, size: "max" });

describe("a ladder", () => {
  it.each(["buy", "sell"] as const)(
    "holds exactly the %s levels with orders, best first",
    (side) => {
      fc.assert(
        fc.property(steps, (words) => {
          const pool = new OrderPool(capacity);
          const ladder = new Ladder(pool, side);
          const resting: OrderSlot[] = [];
          for (const word of words) {
            if (resting.length === 0 || (word % 2 === 0 && !pool.isFull)) {
              resting.push(place(pool, ladder, 1 + Math.floor(word / 2)));
            } else {
              const [slot] = resting.splice(word % resting.length, 1);
              take(pool, ladder, slot!);
            }
            ladder.checkInvariants();
          }

          expect(levelsOf(ladder)).toEqual(expected(pool, resting, side));
          for (const slot of resting) take(pool, ladder, slot);
          ladder.checkInvariants();
          expect(ladder.best).toBeUndefined();
        }),
        { numRuns: 30 },
      );
    },
  );
});

function place(pool: OrderPool, ladder: Ladder, price: number): OrderSlot {
  const order = { id: 1, user: 0, market: 0, quantity: 3, value: 0n, stopPrice: 0, createdUs: 0 };
  const slot = pool.open({ ...order, price, side: "buy", clientId: undefined });
  ladder.append(slot);
  return slot;
}

function take(pool: OrderPool, ladder: Ladder, slot: OrderSlot): void {
  const price = pool.price[slot]!;
  const before = ladder.find(price)?.quantity;
  const { quantity } = ladder.remove(slot);
  expect(quantity).toBe((before ?? 0) - 3);
  expect(ladder.find(price)?.quantity ?? 0).toBe(quantity);
  pool.close(slot);
}

function levelsOf(ladder: Ladder): [number, number][] {
  return [...ladder.levels()].map(({ price, quantity }) => [price, quantity]);
}

function expected(pool: OrderPool, resting: readonly OrderSlot[], side: string) {
  const levels = new Map<number, number>();
  for (const slot of resting) {
    levels.set(pool.price[slot]!, (levels.get(pool.price[slot]!) ?? 0) + 3);
  }
  const direction = side === "buy" ? -1 : 1;
  return [...levels].sort(([left], [right]) => (left - right) * direction);
}
