/**
 * Markets of the exchange that are kept busy: orders at a steady rate over signed REST, each of which
 * changes the book of its market. It measures nothing.
 */

import { type CryptomusUser, signatureOf } from "../../../test/support/cryptomus-client.ts";
import { addMarket, addUsers, deposit } from "../../../test/support/operator.ts";
import type { ServerProcess } from "../../../test/support/server-process.ts";
import { HttpCaller } from "./http-caller.ts";

/** HTTP connections that carry the orders. */
const connections = 16;
const tickMs = 5;
const middlePrice = 10_000;
/** Bids stand at this many prices below the middle. */
const priceLevels = 40;
const plenty = "10000000000000";

/** What the traders need besides the server. */
export interface HotMarketsOptions {
  readonly server: ServerProcess;
  readonly markets: number;
  /** Orders a second in each market. */
  readonly ordersPerSecond: number;
}

/** Opens markets and gives money to the two who trade in them, one buying, one selling. */
export class HotMarkets {
  readonly codes: readonly string[];
  readonly #options: HotMarketsOptions;
  readonly #traders: readonly CryptomusUser[];
  readonly #caller: HttpCaller;
  #timer: NodeJS.Timeout | undefined;
  #placed = 0;
  /** Orders that were not accepted; a load that is refused is none. */
  refused = 0;

  private constructor(
    options: HotMarketsOptions,
    traders: readonly CryptomusUser[],
    caller: HttpCaller,
  ) {
    this.#options = options;
    this.#traders = traders;
    this.#caller = caller;
    this.codes = marketCodes(options.markets);
  }

  static async open(options: HotMarketsOptions): Promise<HotMarkets> {
    const { server, markets } = options;
    const traders = addUsers(server.data, 2);
    const [buyer, seller] = traders;
    const { data } = server;
    for (const code of marketCodes(markets)) {
      await addMarket(data, { code, tick: "0.01", lot: "0.001" });
    }
    await deposit(data, { user: buyer!.userId, currency: "USDT", amount: plenty });
    for (const code of marketCodes(markets)) {
      const [base = ""] = code.split("_");
      await deposit(data, { user: seller!.userId, currency: base, amount: plenty });
    }
    return new HotMarkets(options, traders, await HttpCaller.open(server.port, connections));
  }

  /** Begins to trade. */
  start(): void {
    const startMs = performance.now();
    const perMs = (this.#options.ordersPerSecond * this.codes.length) / 1_000;
    this.#timer = setInterval(() => {
      const due = (performance.now() - startMs) * perMs;
      while (this.#placed < due) this.#place();
    }, tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#caller.close();
  }

  /** Bids fill all levels, then as many orders sell into the best of them: each changes the book. */
  #place(): void {
    const number = this.#placed;
    this.#placed += 1;
    const round = Math.floor(number / this.codes.length);
    const isBid = Math.floor(round / priceLevels) % 2 === 0;
    const ticks = isBid ? round % priceLevels : priceLevels;
    const price = (middlePrice - ticks).toString();
    const body = `{"market":"${this.codes[number % this.codes.length]}","direction":"${isBid ? "buy" : "sell"}","quantity":"1","price":"${price}"}`;
    this.#caller.call(this.#request(isBid ? 0 : 1, body), ({ status }) => {
      if (status !== 200) this.refused += 1;
    });
  }

  #request(trader: number, body: string): string {
    const { userId, apiKey } = this.#traders[trader]!;
    const sign = signatureOf(body, apiKey);
    return `POST /v2/user-api/exchange/orders HTTP/1.1\r\nHost: localhost\r\nuserId: ${userId}\r\nsign: ${sign}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }
}

function marketCodes(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `HOT${String(at).padStart(2, "0")}_USDT`);
}
