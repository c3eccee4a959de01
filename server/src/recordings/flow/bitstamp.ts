/**
 * Bitstamp's stream of orders as it was written down: `milliseconds event {json}`. An order that comes trades
 * with what it meets; `order_changed` and `order_deleted` tell what is left of both afterwards. A published book is
 * used once, for what rested before; trades are told by their orders already.
 */
import type { FlowEvent } from "../../ports/order-flow.ts";
import { parsedObject } from "../rows.ts";
import { integerOf, levelsOf, numberOf, positiveOf } from "./fields.ts";

const linePattern = /^(\d{13}) ([a-z_]+) (\{.*)$/;
const kinds = {
  order_created: "new",
  order_changed: "changed",
  order_deleted: "cancelled",
} as const;

/** Reads lines; it remembers whether there was a book. */
export class BitstampLines {
  #hasBook = false;

  /** A line as an event; `skipped` where orders tell it already, undefined where it is none of the format. */
  event(line: string): FlowEvent | "skipped" | undefined {
    const [, time = "", name = "", json = ""] = linePattern.exec(line) ?? [];
    const atUs = Number(time) * 1_000;
    if (name === "trade" || (name === "order_book" && this.#hasBook)) return "skipped";
    const value = json === "" ? undefined : parsedObject(json);
    if (value === undefined) return undefined;
    if (name === "order_book") {
      const [bids, asks] = [levelsOf(value["bids"]), levelsOf(value["asks"])];
      if (bids === undefined || asks === undefined) return undefined;
      this.#hasBook = true;
      return { kind: "snapshot", atUs, bids, asks };
    }
    const kind = kinds[name as keyof typeof kinds];
    const [price, quantity] = [positiveOf(value["price"]), numberOf(value["amount"])];
    const id = integerOf(value["id"]);
    const type = value["order_type"];
    if (kind === undefined || price === undefined || quantity === undefined || id === undefined)
      return undefined;
    if (type !== "0" && type !== "1") return undefined;
    return { kind, atUs, id: String(id), side: type === "0" ? "buy" : "sell", price, quantity };
  }
}
