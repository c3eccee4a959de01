/** One user's private streams, checked against themselves as they come: nothing out of order, no gap. */
import { atomsOf } from "./cryptomus-client.ts";
import type { StreamClient } from "./stream-client.ts";

/** The state of one order as the stream told it last. */
export interface WatchedOrder {
  readonly phases: string[];
  // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
  info: any;
}

/** One fill as the stream told it. */
export interface WatchedDeal {
  readonly dealId: string;
  readonly transactionId: string;
  readonly filledPrice: string;
  readonly filledQuantity: string;
  readonly filledValue: string;
  readonly fee: string;
  readonly feeCurrency: string;
  readonly tradeRole: string;
}

/** Follows what a user is told. */
export class AccountWatcher {
  readonly client: StreamClient;
  readonly orders = new Map<string, WatchedOrder>();
  readonly deals = new Map<string, WatchedDeal>();
  /** Newest available balance by currency. */
  readonly balances = new Map<string, string>();
  readonly walletIds = new Map<string, string>();
  /** What contradicts what came before. */
  readonly faults: string[] = [];
  #seen = 0;

  constructor(client: StreamClient) {
    this.client = client;
  }

  /** Subscribes to everything private; resolves when that is acknowledged. */
  async subscribe(): Promise<void> {
    for (const [id, channel] of ["order", "deal", "balance"].entries()) {
      this.client.send({ id, method: `${channel}_subscribe`, params: ["all"] });
      await this.client.until(({ json }) => json["id"] === id && json["error"] === null);
    }
  }

  /** Resolves when everything that was sent before has come, and takes it in. */
  async settle(id: number): Promise<void> {
    const from = this.client.received.length;
    this.client.send({ id, method: "ping", params: [] });
    await this.client.until(({ json }) => json["id"] === id && json["method"] === "pong", from);
    this.takeIn();
  }

  /** Takes in what has come by now. */
  takeIn(): void {
    const messages = this.client.received.slice(this.#seen);
    this.#seen += messages.length;
    for (const { json } of messages) {
      // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
      const { method, data } = json as any;
      if (method === "order_update") this.#order(data.type, data.info);
      if (method === "deal_update") this.#deal(data.info);
      if (method === "balance_update") this.#balance(data.info);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
  #order(phase: string, info: any): void {
    const known = this.orders.get(info.id);
    if (known === undefined) {
      if (phase !== "created") this.faults.push(`order ${info.id} begins with ${phase}`);
      this.orders.set(info.id, { phases: [phase], info });
      return;
    }
    const last = known.phases.at(-1);
    if (phase === "created" || last === "finished") {
      this.faults.push(`order ${info.id} is ${phase} after it was ${last}`);
    }
    if (atomsOf(info.filledQuantity) < atomsOf(known.info.filledQuantity)) {
      this.faults.push(`order ${info.id} has less filled than before`);
    }
    known.phases.push(phase);
    known.info = info;
  }

  #deal(deal: WatchedDeal): void {
    if (this.deals.has(deal.transactionId)) this.faults.push(`${deal.transactionId} came twice`);
    this.deals.set(deal.transactionId, deal);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
  #balance(info: any): void {
    const { currencyCode, oldBalance, newBalance, amount, walletId } = info;
    const before = this.balances.get(currencyCode);
    if (before !== undefined && atomsOf(before) !== atomsOf(oldBalance)) {
      this.faults.push(`${currencyCode} was ${before} and now begins at ${oldBalance}`);
    }
    const change = atomsOf(newBalance) - atomsOf(oldBalance);
    if ((change < 0n ? -change : change) !== atomsOf(amount)) {
      this.faults.push(`${currencyCode} moved from ${oldBalance} to ${newBalance} by ${amount}`);
    }
    const wallet = this.walletIds.get(currencyCode) ?? walletId;
    if (wallet !== walletId) this.faults.push(`${currencyCode} has two wallets`);
    this.walletIds.set(currencyCode, walletId);
    this.balances.set(currencyCode, newBalance);
  }
}
