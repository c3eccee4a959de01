import { describe, expect, it } from "vitest";
import { createOrderFlow } from "../load/order-flow.ts";
import { packageOperations } from "./order-book-package.ts";

const flow = createOrderFlow({ seed: 3, markets: 1, users: 10, resting: 20, operations: 500 });
const operations = packageOperations(flow, flow.length);

describe("a flow of orders in the words of nodejs-order-book", () => {
  it("has an operation for each of the first so many", () => {
    expect(operations).toHaveLength(flow.length);
    expect(packageOperations(flow, 30)).toEqual(operations.slice(0, 30));
  });

  it("keeps the first id of an order however often it is moved", () => {
    const placed = new Set<string>();
    for (const operation of operations) {
      if (operation.kind === "limit") placed.add(operation.order.id);
      else expect(placed).toContain(operation.id);
    }
  });

  it("says limit orders, immediate ones, cancels and moves as they are", () => {
    const words = { limit: "GTC", immediate: "IOC", cancel: "cancel", move: "modify" };
    for (const [at, operation] of operations.entries()) {
      const word = operation.kind === "limit" ? operation.order.timeInForce : operation.kind;
      expect(word).toBe(words[flow.kind(at)]);
    }
  });
});
