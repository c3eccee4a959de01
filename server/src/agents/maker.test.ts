import { describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import type { OrderOpened } from "../core/events.ts";
import type { Side } from "../core/market/rules.ts";
import { noAtoms } from "../core/num/money.ts";
import type { Lots } from "../core/num/units.ts";
import { Random } from "../simulation/random.ts";
import type { MarketView } from "./agent.ts";
import { BookView } from "./book-view.ts";
import { Maker } from "./maker.ts";

const style = { cells: 1, gapCells: 1, levels: 3, sizeFactor: 1, turnSeconds: 1 };
const sizes = { within: (wanted: number) => wanted as Lots };

/** A market with cells of 10 ticks whose price is what the test says. */
const at = (quoteTicks: number, book = new BookView()): MarketView => ({
  code: "AAA_BBB",
  book,
  sizes,
  medianLots: 100,
  cellTicks: 10,
  fairTicks: quoteTicks,
  quoteTicks,
  intensity: 1,
  unrest: 1,
});

const opened = (id: number, side: Side, price: number): OrderOpened => ({
  kind: "order-opened",
  order: {
    id,
    user: "maker",
    market: "AAA_BBB",
    side,
    type: "limit",
    price,
    quantity: 1,
    value: noAtoms,
    filled: 0,
    filledValue: noAtoms,
    stopPrice: 0,
    clientId: undefined,
    createdUs: 0,
  },
});

/** What it does, as `buy 97x`: the side or order, and the cell of the price. */
const told = (commands: readonly Command[]) =>
  commands.map((command) => {
    if (command.kind === "place-limit") return `${command.side} ${Math.floor(command.price / 10)}x`;
    if (command.kind === "replace-order" && "id" in command.order) {
      return `#${command.order.id} to ${Math.floor(command.price / 10)}x`;
    }
    return command.kind;
  });

/** A maker whose ladder stands around 1000: bids 96x 97x 98x, asks 101x 102x 103x. */
function settled() {
  const maker = new Maker("maker", style, new Random(1, "maker"));
  [985, 975, 965].forEach((price, index) => void maker.observe(opened(1 + index, "buy", price)));
  [1_015, 1_025, 1_035].forEach((price, index) => {
    maker.observe(opened(4 + index, "sell", price));
  });
  return maker;
}

describe("a maker", () => {
  it("quotes the nearest cells first, a gap away from the price", () => {
    const maker = new Maker("maker", style, new Random(1, "maker"));

    expect(told(maker.act(1, at(1_000)))).toEqual([
      "buy 98x",
      "buy 97x",
      "buy 96x",
      "sell 101x",
      "sell 102x",
      "sell 103x",
    ]);
  });

  it("at most refreshes one quote in its place while the price stays", () => {
    const maker = settled();
    for (let step = 1; step < 100; step += 1) {
      for (const line of told(maker.act(step, at(1_002)))) {
        expect(line).toMatch(/^#(1 to 98x|2 to 97x|3 to 96x|4 to 101x|5 to 102x|6 to 103x)$/);
      }
    }
  });

  it("takes back what is exposed first, and offers what is missing at the very next step", () => {
    const maker = settled();

    expect(told(maker.act(1, at(1_012)))).toEqual(["#4 to 105x"]);
    expect(maker.nextStep).toBe(2);

    maker.observe({ ...opened(4, "sell", 1_015), kind: "order-closed", reason: "replaced" });
    maker.observe(opened(7, "sell", 1_055));
    expect(told(maker.act(2, at(1_012)))).toEqual(["#3 to 99x", "#7 to 104x"]);
    expect(maker.nextStep).toBeGreaterThan(2);
  });

  it("never offers what would meet the other side", () => {
    const book = new BookView();
    book.change("sell", { price: 975, quantity: 1 });
    const maker = new Maker("maker", style, new Random(1, "maker"));
    const commands = maker.act(1, at(1_000, book));

    for (const command of commands) {
      if (command.kind === "place-limit" && command.side === "buy") {
        expect(command.price).toBeLessThan(975);
      }
    }
    expect(told(commands).slice(0, 2)).toEqual(["buy 97x", "buy 96x"]);
  });
});
