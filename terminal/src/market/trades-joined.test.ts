import { describe, expect, it } from "vitest";
import { type ListedTrade, linesMax, TradeList } from "./trades-joined.ts";

const trade = (price: string, quantity = "1", timeMs = 1_000): ListedTrade => ({
  ...{ timeMs, price, quantity, direction: "buy" },
});

function shown(list: TradeList): string {
  return list.lines.map((line) => (line.kind === "gap" ? "gap" : line.price)).join(" ");
}

describe("the list of trades", () => {
  it("has each trade once, whether it was told before or after the earlier ones came", () => {
    const list = new TradeList();
    list.told(trade("3", "1.50"));
    list.told(trade("4"));
    list.earlier([trade("1"), trade("2"), trade("3", "1.5")]);
    list.told(trade("5"));
    expect(shown(list)).toBe("5 4 3 2 1");
  });

  it("does not take equal trades for one", () => {
    const list = new TradeList();
    list.told(trade("7"));
    list.told(trade("7"));
    list.earlier([trade("7"), trade("7"), trade("7")]);
    expect(shown(list)).toBe("7 7 7");
  });

  it("joins nothing where the earlier ones end before what is told", () => {
    const list = new TradeList();
    list.told(trade("9", "1", 5_000));
    list.earlier([trade("9", "1", 1_000)]);
    expect(shown(list)).toBe("9 9");
  });

  it("tells where some may be missing, and keeps a bounded number", () => {
    const list = new TradeList();
    for (let at = 0; at < linesMax; at += 1) list.told(trade("1"));
    list.gap(1, 2);
    expect(list.lines).toHaveLength(linesMax);
    expect(list.lines[0]?.kind).toBe("gap");
    expect(new Set(list.lines.map(({ seq }) => seq)).size).toBe(linesMax);
  });
});
