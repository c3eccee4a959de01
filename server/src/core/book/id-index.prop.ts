import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssertionError } from "../assert.ts";
import { IdIndex } from "./id-index.ts";
import { noSlot, OrderPool } from "./order-pool.ts";

const capacity = 16;

describe("the id index", () => {
  it("finds exactly what a map finds, through any adding and removing", () => {
    // Few ids and a small table make long runs of colliding places.
    const ids = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 300 });
    fc.assert(
      fc.property(ids, fc.nat({ max: 2 ** 40 }), (steps, offset) => {
        const pool = new OrderPool(capacity);
        const index = new IdIndex(pool);
        const twin = new Map<number, number>();
        for (const id of steps.map((step) => step + offset)) {
          toggle(id, { pool, index, twin });
          expect(index.size).toBe(twin.size);
          for (let other = offset + 1; other <= offset + 40; other += 1) {
            expect(index.find(other)).toBe(twin.get(other) ?? noSlot);
          }
        }
      }),
    );
  });

  it("stops when an id is added twice", () => {
    const pool = new OrderPool(capacity);
    const index = new IdIndex(pool);
    index.add(open(pool, 1));

    expect(() => index.add(open(pool, 1))).toThrow(AssertionError);
  });
});

/** Takes an id out when it is in, else puts it in when there is room. */
function toggle(
  id: number,
  { pool, index, twin }: { pool: OrderPool; index: IdIndex; twin: Map<number, number> },
): void {
  const known = twin.get(id);
  if (known !== undefined) {
    index.remove(known);
    pool.close(known);
    twin.delete(id);
  } else if (!pool.isFull) {
    const slot = open(pool, id);
    index.add(slot);
    twin.set(id, slot);
  }
}

function open(pool: OrderPool, id: number): number {
  return pool.open({
    id,
    user: 0,
    market: 0,
    side: "buy",
    price: 1,
    quantity: 1,
    value: 0n,
    stopPrice: 0,
    clientId: undefined,
    createdUs: 0,
  });
}
