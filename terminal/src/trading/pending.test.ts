import { expect, it } from "vitest";
import { inState, type PendingOrder, pendingMax, without, withPending } from "./pending.ts";

const sent = (clientOrderId: string): PendingOrder => ({
  ...{ clientOrderId, market: "BTC_USDT", sentMs: 0, state: "sent" },
  terms: { type: "market", direction: "buy", quantity: "1" },
});

it("an order that is sent again under its id is there once", () => {
  const list = withPending(withPending([], sent("a")), sent("b"));
  const again = withPending(inState(list, "a", "unknown"), sent("a"));
  expect(again.map(({ clientOrderId, state }) => [clientOrderId, state])).toEqual([
    ["a", "sent"],
    ["b", "sent"],
  ]);
});

it("an order that is heard of leaves, and one that nobody knows changes nothing", () => {
  const list = [sent("a"), sent("b")];
  expect(without(list, "a")).toEqual([sent("b")]);
  expect(without(list, undefined)).toEqual(list);
});

it("the list is bounded", () => {
  let list: readonly PendingOrder[] = [];
  for (let index = 0; index < pendingMax + 5; index += 1)
    list = withPending(list, sent(`${index}`));
  expect(list).toHaveLength(pendingMax);
});
