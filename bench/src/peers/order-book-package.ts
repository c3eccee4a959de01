/**
 * The npm package nodejs-order-book under the same flow of orders. What it is told is made ready
 * before the clock starts, and its own self-trade prevention is left off.
 */
import type { LimitOrder, OrderBook } from "nodejs-order-book";
import type { OrderFlow } from "../load/order-flow.ts";

/** One operation in the words of the package. */
export type PackageOperation =
  | { readonly kind: "limit"; readonly order: LimitOrder }
  | { readonly kind: "modify"; readonly id: string; readonly change: { readonly price: number } }
  | { readonly kind: "cancel"; readonly id: string };

/** Translates the first operations of a flow. The package keeps the id of an order that is moved. */
export function packageOperations(flow: OrderFlow, count: number): readonly PackageOperation[] {
  const ids: string[] = [];
  return Array.from({ length: count }, (_, at) => {
    const id = ids[flow.target[at]!] ?? String(at + 1);
    ids[at + 1] = id;
    return translate(flow, at, id);
  });
}

function translate(flow: OrderFlow, at: number, id: string): PackageOperation {
  const kind = flow.kind(at);
  const price = flow.price[at]!;
  if (kind === "cancel") return { kind, id };
  if (kind === "move") return { kind: "modify", id, change: { price } };
  const timeInForce = kind === "limit" ? "GTC" : "IOC";
  const order = { id, side: flow.side(at), size: flow.quantity[at]!, price, timeInForce } as const;
  return { kind: "limit", order };
}

/** Does one operation; an error of the package is one of the benchmark. */
export function drivePackage(book: OrderBook, operation: PackageOperation): void {
  switch (operation.kind) {
    case "limit":
      expectNone(book.limit(operation.order).err);
      break;
    case "modify":
      expectNone(book.modify(operation.id, operation.change).err);
      break;
    case "cancel":
      if (book.cancel(operation.id) === undefined) throw new Error(`no order ${operation.id}`);
  }
}

function expectNone(error: Error | null): void {
  if (error !== null) throw error;
}

/** Prices and sizes of both sides, lowest price first. */
export function packageDepth(book: OrderBook): string {
  const [asks, bids] = book.depth();
  return JSON.stringify([[...bids].sort(([a], [b]) => a - b), asks]);
}
