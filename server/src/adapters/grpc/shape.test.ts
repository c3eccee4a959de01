import { describe, expect, it } from "vitest";
import { shapeReply } from "./shape.ts";

const reply = (body: object, names = {}) => ({
  ...({ kind: "reply", body: JSON.stringify(body), names } as const),
});

describe("a message", () => {
  it("has what its shape says, and not what is null or not there", () => {
    const shape = {
      time: { key: "t" },
      price: { key: "p", as: "number" },
      day: { key: "d", as: { open: { key: "o", as: "number" }, close: { key: "c" } } },
      name: { key: "who", as: "name" },
      gone: { key: "g" },
    } as const;
    const body = { t: 1, p: "0.1", d: { o: "1.5", c: null }, who: "a", more: 2 };

    expect(shapeReply(reply(body, { a: "Ann" }), shape)).toEqual({
      message: { time: 1, price: 0.1, day: { open: 1.5 }, name: "Ann" },
      inexact: 0,
    });
  });

  it("has the whole part of a quantity, and says how many were more than that", () => {
    const shape = {
      result: { key: "data", item: { quantity: { key: "s", as: "whole" } } },
    } as const;
    const data = [3, 3.999, "0.4", "7", 2 ** 60, 0].map((s) => ({ s }));

    const { message, inexact } = shapeReply(reply({ data }), shape);

    expect(message).toEqual({
      result: [3, 3, 0, 7, 2 ** 60, 0].map((quantity) => ({ quantity })),
    });
    expect(inexact).toBe(3);
  });
});
