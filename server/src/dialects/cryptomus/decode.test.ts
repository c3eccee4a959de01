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

  it("is repeated up to a length, quotes included", () => {
    const text = "x".repeat(idLengthMax - 2);

    expect(idTextOf(`{"id":"${text}","method":"ping"}`)).toBe(`"${text}"`);
    expect(decodeMessage(`{"id":"${text}x","method":"ping"}`)).toEqual({
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
