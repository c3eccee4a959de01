import { randomBytes } from "node:crypto";
import type { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import * as ws from "ws";
import { compressedBytesMin, frameText } from "./frame.ts";

/** The client side's parser of `ws`, which its types leave out. */
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable;
};

describe("a text frame", () => {
  it.each([
    ["", [0x81, 0x00]],
    ["hi", [0x81, 0x02, 0x68, 0x69]],
    ["é", [0x81, 0x02, 0xc3, 0xa9]],
  ])("of %j is these bytes", (text, bytes) => {
    expect([...frameText(text).plain]).toEqual(bytes);
  });

  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
    "of %d characters is read back by another implementation",
    async (length) => {
      const text = "x".repeat(length);
      const receiver = new Receiver({ isServer: false, maxPayload: 0 });
      const message = new Promise((resolve) => {
        receiver.on("message", (data: Buffer, isBinary: boolean) =>
          resolve([data.toString(), isBinary]),
        );
      });
      receiver.write(frameText(text).plain);
      expect(await message).toEqual([text, false]);
    },
  );

  it("is compressed once, however often it is asked for", () => {
    const frame = frameText("abc".repeat(1_000));
    expect(frame.compressed).toBe(frame.compressed);
    expect(frame.compressed.length).toBeLessThan(frame.plain.length / 10);
    expect(frame.compressed[0]).toBe(0xc1);
  });

  it("stays as it is where compressing it gains nothing", () => {
    const small = frameText("a".repeat(compressedBytesMin - 3));
    expect(small.compressed).toBe(small.plain);
    const noise = frameText(randomBytes(1_000).toString("latin1"));
    expect(noise.compressed.length).toBeLessThanOrEqual(noise.plain.length);
  });
});
