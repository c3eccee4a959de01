import { expect, it } from "vitest";
import { OrderPool } from "./order-pool.ts";

it("reserves room for a million orders without the collector taking it for memory in use", () => {
  const before = process.memoryUsage().external;

  const pool = new OrderPool(1_048_576);

  const counted = process.memoryUsage().external - before;
  expect(pool.capacity).toBe(1_048_576);
  expect(counted).toBeLessThan(8 * 2 ** 20);
});
