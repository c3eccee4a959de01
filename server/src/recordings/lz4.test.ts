import { describe, expect, it } from "vitest";
import { unpackHadoopLz4, unpackLz4 } from "./lz4.ts";

/** Twelve rows of a CSV, and the block that the program `lz4 -9` makes of them. */
const rows = Array.from({ length: 12 }, (_, at) => {
  return `${1_722_000_000_000 + at * 7},${61_000 + (at % 5)}.25\n`;
});
const text = `time,price\n${rows.join("")}`;
const block = Buffer.from(
  "f40174696d652c70726963650a31373232300100992c36313030302e32351700113717001b31170021313417001b32170021323117001c331700113817001b3417002f33357300022f34327300022f34397300022f35367300022f36337300021f37e60003c037372c36313030312e32350a",
  "hex",
);

function framed(...blocks: readonly (readonly [length: number, packed: Buffer])[]): Buffer {
  return Buffer.concat(
    blocks.flatMap(([length, packed]) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(length, 0);
      head.writeUInt32BE(packed.length, 4);
      return [head, packed];
    }),
  );
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("LZ4 of Parquet", () => {
  it("is unpacked, matches within what they make and all", () => {
    expect(textOf(unpackLz4(block, text.length))).toBe(text);
    const sevens = Buffer.from([0x1f, 0x37, 1, 0, 255, 26, 0x50, ...Buffer.from("77777")]);
    expect(textOf(unpackLz4(sevens, 306))).toBe("7".repeat(306));
  });

  it("is unpacked from frames of Hadoop, and from a block without one", () => {
    const twice = framed([text.length, block], [text.length, block]);
    expect(textOf(unpackHadoopLz4(twice, 2 * text.length))).toBe(text + text);
    expect(textOf(unpackHadoopLz4(block, text.length))).toBe(text);
  });

  it("is refused when it is cut off, goes on, or points beyond its beginning", () => {
    for (let end = 0; end < block.length; end += 1) {
      expect(() => unpackLz4(block.subarray(0, end), text.length)).toThrow("damaged LZ4");
    }
    expect(() => unpackLz4(block, text.length - 1)).toThrow("damaged LZ4");
    expect(() => unpackLz4(block, text.length + 1)).toThrow("damaged LZ4");
    expect(() => unpackLz4(Buffer.from([0x10, 0x37, 2, 0, 0x10, 0x37]), 6)).toThrow("damaged LZ4");
    expect(() => unpackHadoopLz4(framed([3, block]), 3)).toThrow("damaged LZ4");
  });
});
