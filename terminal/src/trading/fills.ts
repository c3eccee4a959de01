/** Fills as lines of a list and as a sentence, from the stream and from the history alike. */
import {
  add,
  type ClosedOrder,
  type Direction,
  divide,
  type Fill,
  type Market,
  normalized,
} from "@openbourse/client";

/** A fill as it is shown. */
export interface FillLine extends Omit<Fill, "type" | "dealId"> {
  readonly direction: Direction;
}

/** Most fills of one list. */
const linesMax = 2_000;

/** A fill of the stream, which does not say its direction: the fee is in the currency that was received. */
export function fillLine(fill: Fill, market: Pick<Market, "base"> | undefined): FillLine {
  const base = market?.base ?? fill.market.split("_")[0];
  const { id, price, quantity, value, fee, feeCurrency, role, timeMs } = fill;
  return {
    ...{ id, market: fill.market, price, quantity, value, fee, feeCurrency, role, timeMs },
    direction: feeCurrency === base ? "buy" : "sell",
  };
}

/** The fills of orders that have ended. */
export function linesOf(orders: readonly ClosedOrder[]): readonly FillLine[] {
  return orders.flatMap(({ market, direction, fills }) =>
    fills.map((fill) => ({ ...fill, market, direction })),
  );
}

/** Both lists as one, each fill once, the newest first. */
export function joinedFills(
  session: readonly FillLine[],
  past: readonly FillLine[],
): readonly FillLine[] {
  const byId = new Map([...past, ...session].map((line) => [line.id, line]));
  return [...byId.values()]
    .toSorted((a, b) => b.timeMs - a.timeMs || (a.id < b.id ? 1 : -1))
    .slice(0, linesMax);
}

/** What screen readers hear: the fills of a moment added up, one sentence for each market and direction. */
export function fillWords(lines: readonly FillLine[]): string {
  const sums = new Map<string, { line: FillLine; quantity: string; value: string }>();
  for (const line of lines) {
    const key = `${line.market} ${line.direction}`;
    const sum = sums.get(key) ?? { line, quantity: "0", value: "0" };
    sums.set(key, {
      ...{ line, quantity: add(sum.quantity, line.quantity), value: add(sum.value, line.value) },
    });
  }
  return [...sums.values()].map(sentence).join(" ");
}

interface FillSum {
  readonly line: FillLine;
  readonly quantity: string;
  readonly value: string;
}

function sentence({ line, quantity, value }: FillSum): string {
  const [base = "", quote = ""] = line.market.split("_");
  const verb = line.direction === "buy" ? "Bought" : "Sold";
  const decimals = (line.price.split(".")[1] ?? "").replace(/0+$/, "").length;
  const price = divide(value, quantity, decimals);
  return `${verb} ${normalized(quantity)} ${base} at ${price} ${quote}.`;
}
