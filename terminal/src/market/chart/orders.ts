/**
 * Orders on the chart, for who knows them: lines are set from outside, and a line that somebody drags is told. The chart knows
 * nothing of orders but what is drawn, and moves no line by itself: it stays where it was set until it is set anew.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

/** A line of an open order. */
export interface OrderLine {
  /** Tells it from others. */
  readonly id: string;
  /** Exact price, a multiple of the market's price step. */
  readonly price: string;
  readonly direction: "buy" | "sell";
  /** Beside the line, such as `buy 0.01 BTC`. */
  readonly title: string;
  /** Whether the server has not said yet that it is so: it is drawn hollow. */
  readonly isPending: boolean;
}

/** Told of a line that was let go at another price: a multiple of the market's price step. */
export type MoveListener = (id: string, price: string) => void;

/** Most lines that are drawn: the nearest to the price would be enough for anybody. */
export const orderLinesMax = 200;

const drawn = signal<readonly OrderLine[]>([]);
const listeners = new Set<MoveListener>();

/** The lines as they were set last. */
export const orderLines: ReadonlySignal<readonly OrderLine[]> = drawn;

/** See the head of the file. */
export const chartOrders = {
  /** Draws these lines and no others, at most {@link orderLinesMax}. They are of the chosen market; another one begins without any. */
  set(lines: readonly OrderLine[]): void {
    drawn.value = lines.slice(0, orderLinesMax);
  },

  /** Listens to lines that are dragged, until the returned function is called. Without a listener no line can be. */
  onMove(listener: MoveListener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  /** Whether anybody would hear of a line that is dragged. */
  get canMove(): boolean {
    return listeners.size > 0;
  },

  /** A line was dragged to a price. */
  moved(id: string, price: string): void {
    for (const listener of listeners) listener(id, price);
  },
};
