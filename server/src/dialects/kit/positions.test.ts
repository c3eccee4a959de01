/** Positions as they are written and read, with the vectors of docs/protocols/positions.md. */
import { describe, expect, it } from "vitest";
import { bookChecksum, type LevelTexts } from "./book-checksum.ts";
import { crc32 } from "./crc32.ts";
import { messageFields, readPlace, withFields } from "./positions.ts";

const pairs = (text: string): readonly LevelTexts[] =>
  text.split(" · ").map((pair) => {
    const [price = "", quantity = ""] = pair.split(" ");
    return [price, quantity];
  });

describe("the checksum of a book", () => {
  it("is that of Kraken's published example", () => {
    const asks = pairs(
      "45285.2 0.00100000 · 45286.4 1.54571953 · 45286.6 1.54571109 · 45289.6 1.54560911 · 45290.2 0.15890660 · " +
        "45291.8 1.54553491 · 45294.7 0.04454749 · 45296.1 0.35380000 · 45297.5 0.09945542 · 45299.5 0.18772827",
    );
    const bids = pairs(
      "45283.5 0.10000000 · 45283.4 1.54582015 · 45282.1 0.10000000 · 45281.0 0.10000000 · 45280.3 1.54592586 · " +
        "45279.0 0.07990000 · 45277.6 0.03310103 · 45277.5 0.30000000 · 45277.3 1.54602737 · 45276.6 0.15445238",
    );
    expect(bookChecksum(asks, bids)).toBe(3_310_070_434);
  });

  it("is that of the digits in their order, and 0 of an empty book", () => {
    expect(bookChecksum([["100", "1"]], [])).toBe(3_273_692_033);
    expect(bookChecksum([["0.05", "1.50"]], [["0.04", "10"]])).toBe(crc32("5150410"));
    expect(bookChecksum([], [])).toBe(0);
  });

  it("uses the usual CRC-32", () => {
    expect(crc32("123456789")).toBe(0xcbf43926);
  });
});

describe("a position", () => {
  const position = { sequence: 7, tick: 0, ordinal: 1 };

  it("is written behind a message, without a tick of 0", () => {
    const previous = { sequence: 6, tick: 17_957_670_127, ordinal: 0 };
    expect(withFields('{"a":1}', messageFields({ epoch: "9f2c", position, previous }))).toBe(
      '{"a":1,"epoch":"9f2c","seq":7,"ord":1,"prev":{"seq":6,"tick":17957670127,"ord":0}}',
    );
    expect(messageFields({ epoch: '"', position, previous: undefined })).toBe(
      '"epoch":"\\"","seq":7,"ord":1',
    );
  });

  it("is read as it was written, whatever else stands beside it", () => {
    expect(readPlace({ epoch: "9f2c", seq: 7, ord: 1, crc: 5 })).toEqual({
      epoch: "9f2c",
      position,
    });
    expect(readPlace({ epoch: "e", seq: 1 })?.position).toEqual({
      sequence: 1,
      tick: 0,
      ordinal: 0,
    });
  });

  it.each([
    ...[null, 5, "e", [], {}, { epoch: "e" }, { seq: 1 }, { epoch: 1, seq: 1 }],
    ...[-1, 1.5, "1", 2 ** 53, null].map((seq) => ({ epoch: "e", seq })),
    { epoch: "e".repeat(129), seq: 1 },
    { epoch: "e", seq: 1, tick: -1 },
    { epoch: "e", seq: 1, ord: "0" },
  ])("is not read from %j", (value) => {
    expect(readPlace(value)).toBeUndefined();
  });
});
