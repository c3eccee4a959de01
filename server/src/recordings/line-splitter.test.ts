import { describe, expect, it } from "vitest";
import { type Line, LineSplitter, lineLengthMax } from "./line-splitter.ts";

function linesOf(...chunks: string[]): Line[] {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.end()];
}

describe("lines", () => {
  it.each<[string, string[], Line[]]>([
    ["end with a line feed", ["a\nb\n"], ["a", "b"]],
    ["end with the file too", ["a\nb"], ["a", "b"]],
    ["may end with CRLF", ["a\r\nb\r\n"], ["a", "b"]],
    ["may end with CRLF cut in two", ["a\r", "\nb\r"], ["a", "b"]],
    ["may be empty", ["\n\na\n\n"], ["", "", "a", ""]],
    ["may lie across chunks", ["ab", "c", "d\ne", "f"], ["abcd", "ef"]],
    ["lose a byte order mark at the start only", ["\uFEFFa\n\uFEFFb"], ["a", "\uFEFFb"]],
    ["keep a carriage return inside", ["a\rb\n"], ["a\rb"]],
    ["are none in an empty file", [], []],
  ])("%s", (_what, chunks, lines) => {
    expect(linesOf(...chunks)).toEqual(lines);
  });

  it("keep characters whole that are cut in the middle of their bytes", () => {
    const bytes = Buffer.from("價格,€\n");
    const splitter = new LineSplitter();

    const lines = [...bytes].flatMap((byte) => splitter.push(Buffer.from([byte])));

    expect(lines).toEqual(["價格,€"]);
  });

  it("are taken up to the bound and given up beyond it", () => {
    const longest = "x".repeat(lineLengthMax);

    expect(linesOf(`${longest}\r\nb\n`)).toEqual([longest, "b"]);
    expect(linesOf(`a\n${longest}x\nb\n`)).toEqual(["a", undefined, "b"]);
    expect(linesOf(`${longest}x`)).toEqual([undefined]);
  });

  it("are measured in characters, however many bytes those take and wherever they are cut", () => {
    const longest = "€".repeat(lineLengthMax);

    expect(linesOf(longest, "\nb\n")).toEqual([longest, "b"]);
    expect(linesOf(`${longest}\nb\n`)).toEqual([longest, "b"]);
    expect(linesOf(longest, "€\nb\n")).toEqual([undefined, "b"]);
  });

  it("without an end are not collected", () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.alloc(lineLengthMax, "x");

    for (let at = 0; at < 100; at += 1) expect(splitter.push(chunk)).toEqual([]);

    expect(splitter.push(Buffer.from("\nb\n"))).toEqual([undefined, "b"]);
    expect(splitter.end()).toEqual([]);
  });
});
