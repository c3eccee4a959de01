import { describe, expect, it } from "vitest";
import { digitPieces } from "./digits.ts";

/** Pieces as one text: a gap as `_`, zeros in `()`, changed digits in `[]`. */
function drawn(text: string, before?: string): string {
  return digitPieces(text, before)
    .map(({ text: piece, kind, isGroup }) => {
      const shown = kind === "zero" ? `(${piece})` : kind === "changed" ? `[${piece}]` : piece;
      return (isGroup ? "_" : "") + shown;
    })
    .join("");
}

describe("A figure in pieces", () => {
  it("has gaps between thousands", () => {
    expect(drawn("107152.55")).toBe("107_152.55");
    expect(drawn("1234567")).toBe("1_234_567");
    expect(drawn("-1000")).toBe("-1_000");
    expect(drawn("999")).toBe("999");
    expect(drawn("-999")).toBe("-999");
  });

  it("dims zeros behind the point that say nothing, and the point with them", () => {
    expect(drawn("0.50000000")).toBe("0.5(0000000)");
    expect(drawn("12.00")).toBe("12(.00)");
    expect(drawn("100")).toBe("100");
  });

  it("shows from which digit on it has changed", () => {
    expect(drawn("107152.57", "107152.55")).toBe("107_152.5[7]");
    expect(drawn("107252.50", "107152.55")).toBe("107_[252.5](0)");
    expect(drawn("99.5", "100.5")).toBe("[99.5]");
    expect(drawn("1.5", "1.5")).toBe("1.5");
  });

  it("leaves what is no decimal as it is", () => {
    expect(drawn("—")).toBe("—");
    expect(drawn("")).toBe("");
    expect(drawn("1e5")).toBe("1e5");
  });

  it("is, joined, the text that came", () => {
    for (const text of ["0", "107152.5500", "-1234567.000", "0.000001", "1000.0"]) {
      const pieces = digitPieces(text, "107152.5501");
      expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    }
  });
});
