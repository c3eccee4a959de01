import type { ConnectionState } from "@openbourse/client";
import { expect, it } from "vitest";
import { Signal } from "../../../client/src/signal.ts";
import { whenOpened } from "./opened.ts";

it("a question follows the subscriptions of a connection that is being opened, in the same turn", async () => {
  const order: string[] = [];
  const states = new Signal<ConnectionState>();
  const stream = { state: { state: "connecting", attempt: 0 } as const, states };
  const asked = whenOpened(stream).then(() => order.push("asked"));
  expect(order).toEqual([]);

  let isNextTurn = false;
  setTimeout(() => {
    isNextTurn = true;
  });
  states.emit({ state: "live", sinceMs: 0 });
  void Promise.resolve().then(() => order.push("subscribed"));
  await asked;

  expect(order).toEqual(["subscribed", "asked"]);
  expect(isNextTurn).toBe(false);
});
