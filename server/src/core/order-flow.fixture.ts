/**
 * What the tests on recorded order flow share. The recordings are not part of the repository; they are
 * looked for in `../shared/data` and in the folder that OPENBOURSE_TEST_DATA names.
 */
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { assert } from "./assert.ts";
import type { Command } from "./commands.ts";
import type { ExchangeEvent, Traded } from "./events.ts";
import type { Side } from "./market/rules.ts";
import type { Decimal } from "./num/decimal.ts";
import type { Lots, Ticks } from "./num/units.ts";
import { exchangeWith, money, noFees, rulesOf } from "./scenario.fixture.ts";

const folder =
  process.env["OPENBOURSE_TEST_DATA"] ??
  new URL("../../../../shared/data", import.meta.url).pathname;
/** Whether the recordings are here. */
export const hasData: boolean = existsSync(`${folder}/orderflow`);
/** Says so in the report when they are not. */
export const title: string = hasData
  ? "recorded order flow"
  : `recorded order flow (skipped: no ${folder})`;

/** The lines of a recording. */
export function linesOf(file: string): string[] {
  const bytes = gunzipSync(readFileSync(`${folder}/orderflow/${file}`));
  return bytes.toString("utf8").trimEnd().split("\n");
}

const market = "BTC_USDT";

/** One market in which one user buys, another one sells, and neither runs out of money. */
export class Venue {
  readonly exchange = exchangeWith({
    fees: noFees,
    limits: { openOrdersMax: 65_536, openOrdersPerUserMax: 65_536 },
  });

  readonly #open = new Map<number, number>();

  constructor(tickSize: Decimal, lotSize: Decimal) {
    const most = {
      baseMax: (10 ** 15) as Lots,
      quoteMin: money("0"),
      quoteMax: money(`${10n ** 17n}`),
    };
    this.apply({
      kind: "add-market",
      rules: rulesOf("BTC", "USDT", { tickSize, lotSize, ...most }),
    });
    for (const user of ["buyer", "seller"]) {
      for (const currency of ["BTC", "USDT"]) {
        const amount = money(`${10n ** 17n}`);
        this.apply({ kind: "deposit", user, currency, amount, key: currency });
      }
    }
  }

  apply(command: Command): readonly ExchangeEvent[] {
    const sequence = this.exchange.sequence + 1;
    const events = this.exchange.apply({ sequence, timeUs: sequence, command });
    for (const event of events) {
      if (event.kind === "order-closed") this.#open.delete(event.order.id);
      else if (event.kind === "order-opened" || event.kind === "order-updated") {
        this.#open.set(event.order.id, event.order.quantity - event.order.filled);
      }
    }
    return events;
  }

  /** Rests an order under the recording's id; returns ours. */
  place(order: { side: Side; price: number; quantity: number; ioc?: boolean }) {
    const { side } = order;
    const user = side === "buy" ? "buyer" : "seller";
    const events = this.apply({
      kind: "place-limit",
      user,
      market,
      side,
      price: order.price as Ticks,
      quantity: order.quantity as Lots,
      timeInForce: order.ioc === true ? "ioc" : "gtc",
    });
    const trades = events.filter((event): event is Traded => event.kind === "traded");
    return { id: this.exchange.sequence, trades };
  }

  /** Takes lots off an open order. */
  reduce(id: number, side: Side, by: number): void {
    const user = side === "buy" ? "buyer" : "seller";
    const [event] = this.apply({ kind: "reduce-order", user, order: { id }, by: by as Lots });
    assert(event?.kind !== "refused", `order ${id} is reduced by ${by}`);
  }

  /** Lots that an order of ours has left. */
  remaining(id: number): number {
    return this.#open.get(id) ?? 0;
  }

  best(side: Side): { price: number; quantity: number } {
    return this.exchange.depth(market, side, 1)[0] ?? { price: 0, quantity: 0 };
  }
}

/**
 * The recording's orders on our venue. Where ours executes another order than the recording, both
 * are mended, so that one difference does not cause the next ones: an order of ours may then consist
 * of several parts.
 */
export class Orders {
  readonly #venue: Venue;
  readonly #parts = new Map<string, number[]>();
  readonly #names = new Map<number, string>();
  readonly #sides = new Map<string, Side>();
  readonly #prices = new Map<string, number>();

  constructor(venue: Venue) {
    this.#venue = venue;
  }

  place(name: string, order: { side: Side; price: number; quantity: number }): void {
    const { id } = this.#venue.place(order);
    this.#parts.set(name, [...(this.#parts.get(name) ?? []), id]);
    this.#names.set(id, name);
    this.#sides.set(name, order.side);
    this.#prices.set(name, order.price);
  }

  has(name: string): boolean {
    return this.#parts.has(name);
  }

  /** Lots that an order has left. */
  remaining(name: string): number {
    const parts = this.#parts.get(name) ?? [];
    return parts.reduce((sum, part) => sum + this.#venue.remaining(part), 0);
  }

  /** The latest price that an order was placed at. */
  priceOf(name: string): number | undefined {
    return this.#prices.get(name);
  }

  nameOf(id: number): string {
    return this.#names.get(id) ?? "";
  }

  /** Takes lots off an order; false when it has not that many. */
  reduce(name: string, by: number): boolean {
    let left = by;
    for (const part of this.#parts.get(name) ?? []) {
      const open = this.#venue.remaining(part);
      if (open > 0) this.#venue.reduce(part, this.#sides.get(name)!, Math.min(open, left));
      left -= Math.min(open, left);
      if (left === 0) return true;
    }
    return false;
  }
}
