import { describe, expect, it } from "vitest";
import { decodeMessage, idLengthMax } from "./decode.ts";
import { channels, queryMethods } from "./messages.ts";

function idTextOf(text: string): string | undefined {
  const message = decodeMessage(text);
  return message.kind === "invalid-json" ? undefined : message.tag.idText;
}

describe("a request's id", () => {
  it.each([
    ["in front of others", '{"id":3,"method":"ping","params":[{"id":9}]}', "3"],
    ["behind others", '{"params":[{"id":9}],"method":"ping","id":3}', "3"],
    ["of another object", '{"params":[{"id":9}],"method":"ping"}', "0"],
    ["named with an escape", '{"\\u0069d":3.0,"method":"ping"}', "3.0"],
  ])("%s is that of the message itself", (_name, text, id) => {
    expect(idTextOf(text)).toBe(id);
  });

  it.each([
    ["a text", `"${"x".repeat(idLengthMax)}"`],
    [
      "a text in which each character takes an escape",
      `"${String.raw`\u0061`.repeat(idLengthMax)}"`,
    ],
    ["a text of characters that are two units each", `"${"😀".repeat(idLengthMax)}"`],
    ["a number", "1".repeat(idLengthMax)],
  ])("%s is repeated up to a length in characters", (_what, id) => {
    expect(idTextOf(`{"id":${id},"method":"ping"}`)).toBe(id);
  });

  it("is repeated whatever the params hold", () => {
    const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;

    expect(idTextOf(`{"id":7,"method":"trade_subscribe","params":${deep}}`)).toBe("7");
  });

  it.each([
    `"${"x".repeat(idLengthMax + 1)}"`,
    `"${"😀".repeat(idLengthMax + 1)}"`,
    "1".repeat(idLengthMax + 1),
  ])("is not repeated when it is longer", (id) => {
    expect(decodeMessage(`{"id":${id},"method":"ping"}`)).toEqual({
      kind: "fault",
      tag: { idText: "0", method: undefined },
      error: { reason: "invalid-format" },
    });
  });
});

describe("a method", () => {
  it.each(queryMethods)("%s is a query", (method) => {
    const message = decodeMessage(JSON.stringify({ id: 1, method, params: [2] }));

    expect(message).toEqual({ kind: "query", tag: { idText: "1", method }, method, params: [2] });
  });

  it.each(channels)("of the channel %s starts or stops it", (channel) => {
    for (const kind of ["subscribe", "unsubscribe"] as const) {
      const method = `${channel}_${kind}`;
      const message = decodeMessage(JSON.stringify({ id: 1, method, params: ["all"] }));

      const tag = { idText: "1", method };
      expect(message).toEqual({ kind, tag, channel, params: ["all"] });
    }
  });
});
