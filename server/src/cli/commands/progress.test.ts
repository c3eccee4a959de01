import { describe, expect, it } from "vitest";
import { progressLine } from "./progress.ts";

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

describe("progress", () => {
  it("is one line that is rewritten when a percent has passed, and ends when all is done", () => {
    const output = terminal(true);
    const line = progressLine(output);
    for (const share of [0.001, 0.002, 0.011, 1]) line.show("binance", share);
    expect(output.written).toEqual([
      "\r\x1b[Kreplay: binance 0 %",
      "\r\x1b[Kreplay: binance 1 %",
      "\r\x1b[Kreplay: binance 100 %",
      "\n",
    ]);
  });

  it("is silent where nobody looks at a terminal", () => {
    const output = terminal(false);
    const line = progressLine(output);
    line.show("binance", 0.5);
    line.clear();
    expect(output.written).toEqual([]);
  });
});
