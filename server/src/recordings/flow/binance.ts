/**
 * Binance depth and trades: a REST snapshot (`lastUpdateId`), then `depthUpdate` messages, bare or as streams
 * wrap them, with a receive time before each line or not; `trade` and `aggTrade` among them, or rows of a file of
 * trades (`…,price,qty,…,time_ms,is_buyer_maker`). Updates are absolute; those that the snapshot contains are skipped.
 */
import type { FlowEvent } from "../../ports/order-flow.ts";
import { parsedObject } from "../rows.ts";
import { integerOf, type JsonObject, levelsOf, positiveOf } from "./fields.ts";

const framePattern = /^(?:\d{10,19} )?(\{.*)$/;

/** What a line says; a gap stands before an update that does not follow the one before it. */
export type BinanceLine = FlowEvent | "skipped" | "gap" | undefined;

/** Reads lines; it remembers how far the book has come. */
export class BinanceLines {
  /** Last update that is in the book; undefined before the snapshot. */
  #lastId: number | undefined;
  #timeUs = 0;
  /** A snapshot that came before any time was told. */
  #waiting: FlowEvent | undefined;
  #columns: readonly string[] | undefined;

  /** The events of a line. */
  events(line: string): readonly BinanceLine[] {
    const [, json] = framePattern.exec(line) ?? [];
    if (json === undefined) return [this.#row(line)];
    const frame = parsedObject(json);
    if (frame === undefined) return [undefined];
    const data = frame["data"];
    const message = typeof data === "object" && data !== null ? (data as JsonObject) : frame;
    if ("lastUpdateId" in message) return this.#snapshot(message);
    switch (message["e"]) {
      case "depthUpdate":
        return this.#update(message);
      case "trade":
      case "aggTrade":
        return [trade({ ...message, time: message["T"], isMaker: message["m"] })];
      default:
        return ["skipped"];
    }
  }

  #snapshot(message: JsonObject): readonly BinanceLine[] {
    const lastId = integerOf(message["lastUpdateId"]);
    const [bids, asks] = [levelsOf(message["bids"]), levelsOf(message["asks"])];
    if (lastId === undefined || bids === undefined || asks === undefined) return [undefined];
    this.#lastId = lastId;
    const snapshot = { kind: "snapshot", atUs: this.#timeUs, bids, asks } as const;
    if (this.#timeUs > 0) return [snapshot];
    this.#waiting = snapshot;
    return [];
  }

  #update(message: JsonObject): readonly BinanceLine[] {
    const [first, last, time] = ["U", "u", "E"].map((key) => integerOf(message[key]));
    const previous = integerOf(message["pu"]);
    const [bids, asks] = [levelsOf(message["b"]), levelsOf(message["a"])];
    if (first === undefined || last === undefined || time === undefined) return [undefined];
    if (bids === undefined || asks === undefined) return [undefined];
    this.#timeUs = time * 1_000;
    const known = this.#lastId;
    if (known === undefined || last <= known) return ["skipped"];
    this.#lastId = last;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const before = waiting === undefined ? [] : [{ ...waiting, atUs: this.#timeUs }];
    const follows = first <= known + 1 || previous === known;
    const event = { kind: "levels", atUs: this.#timeUs, bids, asks } as const;
    return follows ? [...before, event] : [...before, "gap", event];
  }

  /** A row of a file of trades, whose first row names the columns. */
  #row(line: string): BinanceLine {
    const fields = line.split(",");
    if (fields.includes("price") && fields.includes("time_ms")) {
      this.#columns = fields;
      return "skipped";
    }
    const field = (name: string) => fields[this.#columns?.indexOf(name) ?? -1];
    const isMaker = field("is_buyer_maker");
    // What an insurance fund takes over was never in the book.
    if ((field("type") ?? "MARKET") !== "MARKET") return "skipped";
    const [p, q, time] = [field("price"), field("qty"), field("time_ms")];
    return trade({
      p,
      q,
      time,
      isMaker: isMaker === "1" ? true : isMaker === "0" ? false : undefined,
    });
  }
}

/** `isMaker` says that the buyer was there first, so a seller came. */
function trade(message: JsonObject): BinanceLine {
  const { p, q, time: told, isMaker, X } = message;
  const [price, quantity, time] = [positiveOf(p), positiveOf(q), integerOf(told)];
  if (X !== undefined && X !== "MARKET") return "skipped";
  if (price === undefined || quantity === undefined || time === undefined) return undefined;
  if (typeof isMaker !== "boolean") return undefined;
  return { kind: "traded", atUs: time * 1_000, side: isMaker ? "sell" : "buy", price, quantity };
}
