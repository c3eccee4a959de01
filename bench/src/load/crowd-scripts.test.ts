import { describe, expect, it } from "vitest";
import { clientFrame, decodeScripts, encodeScripts } from "./crowd-scripts.ts";

describe("the scripts of a crowd", () => {
  it("are read back as they were written", () => {
    const [first, second] = decodeScripts(
      encodeScripts([
        { target: "/a?b=c", messages: ["hi"] },
        { target: "/", messages: [] },
      ]),
    );
    expect(String(first?.request)).toMatch(/^GET \/a\?b=c HTTP\/1\.1\r\nHost: .*\r\n\r\n$/s);
    expect([...first!.after]).toEqual([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
    expect(second?.after).toHaveLength(0);
  });

  it("that end too early are refused", () => {
    const bytes = encodeScripts([{ target: "/", messages: ["hello"] }]);
    expect(() => decodeScripts(bytes.subarray(0, -1))).toThrow(RangeError);
  });

  it.each([
    [125, [0x82, 0x80 | 125, 0, 0, 0, 0]],
    [126, [0x82, 0x80 | 126, 0, 126, 0, 0, 0, 0]],
    [300, [0x82, 0x80 | 126, 1, 44, 0, 0, 0, 0]],
  ])("frame a binary message of %d bytes with this header", (length, header) => {
    const frame = clientFrame("x".repeat(length), true);
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame).toHaveLength(header.length + length);
  });

  it("hold no message of more than 65,535 bytes", () => {
    expect(() => clientFrame("x".repeat(65_536), false)).toThrow(RangeError);
  });
});
