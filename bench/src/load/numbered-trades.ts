/**
 * Trades at a steady pace that can be told apart by anybody: the first one is of one lot, each next one of a
 * lot more. One user offers, another one takes, over signed REST.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type CryptomusUser, signatureOf } from "../../../test/support/cryptomus-client.ts";
import { HttpCaller } from "./http-caller.ts";

/** Where and how fast to trade. */
export interface TradePace {
  readonly port: number;
  /** Two users with money. */
  readonly users: readonly CryptomusUser[];
  readonly market: string;
  readonly perSecond: number;
}

/** Lots of a unit of the base currency. */
export const lotsPerUnit = 100_000;

const price = "100.00";
const waitMs = 5;

/** Trades until told to stop. */
export class NumberedTrades {
  readonly #pace: TradePace;
  readonly #caller: HttpCaller;
  #made = 0;
  #stops = false;
  #ended: Promise<void> | undefined;

  private constructor(pace: TradePace, caller: HttpCaller) {
    this.#pace = pace;
    this.#caller = caller;
  }

  static async open(pace: TradePace): Promise<NumberedTrades> {
    // With one connection orders come one after the other.
    return new NumberedTrades(pace, await HttpCaller.open(pace.port, 1));
  }

  /** Number of the newest trade. */
  get made(): number {
    return this.#made;
  }

  start(): void {
    this.#stops = false;
    this.#ended = this.#run();
  }

  /** Resolves when the last trade has been answered. */
  async stop(): Promise<void> {
    this.#stops = true;
    await this.#ended;
  }

  close(): void {
    this.#caller.close();
  }

  async #run(): Promise<void> {
    const startMs = performance.now();
    for (let done = 0; !this.#stops; done += 1) {
      const dueMs = startMs + (done * 1_000) / this.#pace.perSecond;
      while (performance.now() < dueMs && !this.#stops) await delay(waitMs);
      if (this.#stops) return;
      const next = this.#made + 1;
      await this.#order(0, "sell", next);
      await this.#order(1, "buy", next);
      this.#made = next;
    }
  }

  #order(userAt: number, direction: string, lots: number): Promise<void> {
    const { users, market } = this.#pace;
    const { userId, apiKey } = users[userAt]!;
    const quantity = (lots / lotsPerUnit).toFixed(5);
    const body = JSON.stringify({ market, direction, quantity, price });
    const sign = signatureOf(body, apiKey);
    const request = `POST /v2/user-api/exchange/orders HTTP/1.1\r\nHost: localhost\r\nuserId: ${userId}\r\nsign: ${sign}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    return new Promise((resolve, reject) => {
      this.#caller.call(request, ({ status, body: reply }) => {
        if (status === 200) resolve();
        else reject(new Error(`an order was answered with ${status}: ${reply}`));
      });
    });
  }
}
