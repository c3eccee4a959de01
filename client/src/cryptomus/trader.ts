/**
 * Orders from the request to their end: placed over REST, never twice, and followed on the private stream. What was missed
 * while the stream was away is asked for.
 */
import { ClientError, type Fault, faultOf } from "../fault.ts";
import type { Feed } from "../feed.ts";
import { isPassing, pause } from "../http.ts";
import type { Platform } from "../platform.ts";
import type { Gap, OrderEnd, OrderUpdate } from "./messages.ts";
import { openOrders } from "./open-orders.ts";
import type { CryptomusRest } from "./rest.ts";
import type { ClosedOrder, NewOrder, OrderIds } from "./rest-messages.ts";
import type { CryptomusStream } from "./stream.ts";

/** How an order ended. */
export interface FinishedOrder extends OrderIds {
  readonly market: string;
  readonly filledQuantity: string;
  readonly filledValue: string;
  readonly end: OrderEnd;
  readonly finishedMs: number;
}

/** An order that was taken. */
export interface PlacedOrder extends OrderIds {
  /** What the stream said last of it. */
  readonly latest: OrderUpdate | undefined;
  /** Resolves when the order has ended; rejects when the trader is closed before, or the connection for good. */
  readonly finished: Promise<FinishedOrder>;
  cancel(): Promise<void>;
}

/** Most orders that are followed at once. */
const ordersMax = 10_000;
/** Most orders of which updates are kept while it is not known yet whether they are ours. */
const earlyMax = 10_000;
/** Until what was missed is asked for again when there was no answer, in milliseconds. */
const askAgainMs = 5_000;

interface Followed {
  readonly ids: OrderIds;
  latest: OrderUpdate | undefined;
  readonly resolve: (order: FinishedOrder) => void;
  readonly reject: (error: ClientError) => void;
}

/** See the head of the file. */
export class Trader {
  readonly #rest: CryptomusRest;
  readonly #feed: Feed<OrderUpdate | Gap>;
  readonly #platform: Platform;
  readonly #orders = new Map<string, Followed>();
  /** Updates that came before the answer to the request that caused them. */
  readonly #early = new Map<string, OrderUpdate>();
  #placing = 0;
  #isAsking = false;
  #mustAskAgain = false;
  #isOver = false;

  constructor(rest: CryptomusRest, stream: CryptomusStream) {
    this.#rest = rest;
    this.#platform = stream.platform;
    this.#feed = stream.orders("all", { gapAtStart: true });
    this.#feed.listen(
      (item) => {
        if (item.type === "gap") void this.#askForMissed();
        else this.#update(item);
      },
      (fault) => this.#end(fault),
    );
  }

  /** Orders that have not ended. */
  get open(): number {
    return this.#orders.size;
  }

  /** Places an order, as {@link CryptomusRest.place} does. */
  async place(order: NewOrder): Promise<PlacedOrder> {
    if (this.#orders.size + this.#placing >= ordersMax) {
      const message = `${ordersMax} orders are followed already`;
      throw new ClientError({ kind: "overflow", message, max: ordersMax });
    }
    this.#placing += 1;
    try {
      return this.#follow(await this.#rest.place(order));
    } finally {
      this.#placing -= 1;
      if (this.#placing === 0) this.#early.clear();
    }
  }

  /** Follows no order any more; those that are open stay so. */
  close(): void {
    this.#feed.close();
  }

  #follow(ids: OrderIds): PlacedOrder {
    const { id } = ids;
    let followed: Followed | undefined;
    const finished = new Promise<FinishedOrder>((resolve, reject) => {
      followed = { ids, latest: undefined, resolve, reject };
      this.#orders.set(id, followed);
    });
    // Who does not wait for the end is not told of a trader that was closed.
    finished.catch(() => {});
    const early = this.#early.get(id);
    if (early !== undefined) this.#update(early);
    const rest = this.#rest;
    return {
      ...ids,
      finished,
      cancel: () => rest.cancel(id),
      get latest() {
        return followed?.latest;
      },
    };
  }

  #update(update: OrderUpdate): void {
    const followed = this.#orders.get(update.id);
    if (followed === undefined) {
      if (this.#placing > 0 && this.#early.size < earlyMax) this.#early.set(update.id, update);
      return;
    }
    followed.latest = update;
    const { phase, end, finishedMs = 0 } = update;
    if (phase !== "finished" || end === undefined) return;
    this.#finish(followed, { ...update, end, finishedMs });
  }

  #finish(followed: Followed, order: Omit<FinishedOrder, keyof OrderIds>): void {
    const { market, filledQuantity, filledValue, end, finishedMs } = order;
    this.#orders.delete(followed.ids.id);
    followed.resolve({ ...followed.ids, market, filledQuantity, filledValue, end, finishedMs });
  }

  /** The orders that ended while the stream was away; one such question at a time. */
  async #askForMissed(): Promise<void> {
    this.#mustAskAgain = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#mustAskAgain && !this.#isOver) {
      this.#mustAskAgain = false;
      try {
        await this.#askOnce();
      } catch (error) {
        if (isPassing(faultOf(error))) {
          this.#mustAskAgain = true;
          await pause(this.#platform, askAgainMs);
        } else this.#end(faultOf(error));
      }
    }
    this.#isAsking = false;
  }

  async #askOnce(): Promise<void> {
    const asked = [...this.#orders.values()];
    if (asked.length === 0) return;
    const open = new Set((await openOrders(this.#rest)).map(({ id }) => id));
    for (const followed of asked) {
      const { id } = followed.ids;
      if (open.has(id) || !this.#orders.has(id)) continue;
      const [closed]: readonly ClosedOrder[] = await this.#rest.closedOrders({ orderId: id });
      if (closed !== undefined) this.#finish(followed, closed);
    }
  }

  #end(fault: Fault = { kind: "closed", message: "the trader was closed" }): void {
    this.#isOver = true;
    const orders = [...this.#orders.values()];
    this.#orders.clear();
    for (const { reject } of orders) reject(new ClientError(fault));
  }
}
