/**
 * The Cryptomus REST interface: market data, orders and accounts. What is only read is asked again when there was no
 * answer; an order is asked for again under the same client order id, so that it is never placed twice.
 */
import { normalized } from "../decimal.ts";
import { fieldsOf } from "../exact-json.ts";
import { ClientError, type Fault, faultOf } from "../fault.ts";
import {
  type CallOptions,
  call,
  callOnce,
  defaultCallOptions,
  type Outcome,
  parsed,
  queryOf,
  waitForNext,
} from "../http.ts";
import type { Level } from "../order-book.ts";
import { type Platform, systemPlatform } from "../platform.ts";
import {
  closedOrderOf,
  levelOf,
  marketOf,
  openOrderOf,
  readRefusal,
  rowsOf,
  tariffsOf,
  textOf,
  tradeOf,
} from "./rest-decode.ts";
import type {
  Balance,
  ClosedOrder,
  DepthScale,
  Market,
  NewOrder,
  OrderFilter,
  OrderIds,
  OrderRow,
  Tariffs,
  TickerRow,
  TradeRow,
} from "./rest-messages.ts";
import { type CryptomusUser, hmacSigner, type Signer } from "./signing.ts";

/** Where to ask and as whom. */
export interface CryptomusRestOptions {
  readonly url: string;
  /** Signs with HMAC-SHA-256; left out where only public data is read. */
  readonly user?: CryptomusUser;
  /** Another way of signing, such as `md5Signer(user)` for the service itself. */
  readonly signer?: Signer;
  readonly calls?: Partial<CallOptions>;
  readonly platform?: Partial<Platform>;
}

/** A whole order book of REST. */
export interface BookRows {
  readonly timeMs: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

interface Request {
  readonly method: "GET" | "POST" | "DELETE";
  readonly target: string;
  readonly body?: string;
  readonly isSigned: boolean;
}

const api = "/v2/user-api/exchange";
/** Codes of refusals (docs/protocols/cryptomus, Refusals). */
const orderNotFound = "5";
const clientOrderIdInUse = "7";

/** See the head of the file. */
export class CryptomusRest {
  readonly #url: string;
  readonly #signer: Signer | undefined;
  readonly #options: CallOptions;
  readonly #platform: Platform;
  /** How far the server's clock is ahead of ours, as far as it has complained. */
  #aheadMs = 0;

  constructor({ url, user, signer, calls, platform }: CryptomusRestOptions) {
    this.#url = url.replace(/\/$/, "");
    this.#signer = signer ?? (user === undefined ? undefined : hmacSigner(user));
    this.#options = { ...defaultCallOptions, ...calls };
    this.#platform = { ...systemPlatform, ...platform };
  }

  async markets(): Promise<readonly Market[]> {
    return rowsOf(await this.#result(`${api}/markets`)).map(marketOf);
  }

  /** The steps to which depth can be grouped, the finest first. */
  async depthScales(market: string): Promise<readonly DepthScale[]> {
    const { data } = fieldsOf(
      await this.#read(`/api/v2/symbol-scales${queryOf({ symbol: market })}`),
    );
    return rowsOf(data).map((row) => ({
      index: Number(row["index"]),
      step: textOf(row, "scale"),
    }));
  }

  /** The last price; refused with code 1 before the first trade. */
  async price(market: string): Promise<string> {
    const body = await this.#read(`${api}/markets/price${queryOf({ symbol: market })}`);
    return textOf(fieldsOf(body), "price");
  }

  /** The best 200 levels of each side at a depth scale. */
  async orderBook(market: string, scale = 0): Promise<BookRows> {
    const path = `/v1/exchange/market/order-book/${encodeURIComponent(market)}`;
    const book = fieldsOf(await this.#dataOrResult(path + queryOf({ level: scale })));
    return {
      timeMs: Number(book["timestamp"]) * 1_000,
      bids: rowsOf(book["bids"]).map(levelOf),
      asks: rowsOf(book["asks"]).map(levelOf),
    };
  }

  async tickers(): Promise<readonly TickerRow[]> {
    return rowsOf(await this.#dataOrResult("/v1/exchange/market/tickers")).map((row) => ({
      market: textOf(row, "currency_pair"),
      lastPrice: textOf(row, "last_price"),
      volume: textOf(row, "base_volume"),
      quoteVolume: textOf(row, "quote_volume"),
    }));
  }

  /** The newest trades, the newest first. */
  async trades(market: string): Promise<readonly TradeRow[]> {
    const path = `/v1/exchange/market/trades/${encodeURIComponent(market)}`;
    return rowsOf(await this.#dataOrResult(path)).map(tradeOf);
  }

  /** The server's time in milliseconds since 1970. */
  async serverTimeMs(): Promise<number> {
    return Number(fieldsOf(await this.#result(`${api}/time`))["timestamp"]);
  }

  /** A token that opens one connection of the stream. */
  async token(): Promise<string> {
    const path = `${api}/account/web-socket/token`;
    return textOf(fieldsOf(await this.#read(path, true)), "token");
  }

  async balances(currency?: string): Promise<readonly Balance[]> {
    const path = `${api}/account/balance${queryOf({ ticker: currency })}`;
    return rowsOf(await this.#result(path, true)).map((row) => ({
      currency: textOf(row, "ticker"),
      available: textOf(row, "available"),
      held: textOf(row, "held"),
    }));
  }

  /** The user's fees; with a market, its own rates count too, which the service itself does not tell. */
  async tariffs(market?: string): Promise<Tariffs> {
    const path = `${api}/account/tariffs${queryOf({ market })}`;
    return tariffsOf(fieldsOf(await this.#result(path, true)));
  }

  async openOrders(filter: OrderFilter = {}): Promise<readonly OrderRow[]> {
    const path = `${api}/orders${filterQuery(filter)}`;
    return rowsOf(await this.#result(path, true)).map(openOrderOf);
  }

  /** Orders that have ended, the last one first. */
  async closedOrders(filter: OrderFilter = {}): Promise<readonly ClosedOrder[]> {
    const path = `${api}/orders/history${filterQuery(filter)}`;
    return rowsOf(await this.#result(path, true)).map(closedOrderOf);
  }

  /**
   * Places an order; resolves when it is durable. Without an answer it is asked for again under the same client order id.
   * Rejects with `unknown-outcome` when it cannot be known whether it was taken, and with another fault when it was not.
   */
  async place(order: NewOrder): Promise<OrderIds> {
    const clientOrderId = order.clientOrderId ?? this.#platform.randomHex(16);
    const request = placeRequest(order, clientOrderId);
    let mayBeTaken = false;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.#once(request);
      if (outcome.ok) {
        const body = fieldsOf(parsed(outcome.text, JSON.parse));
        return { id: textOf(body, "order_id"), clientOrderId };
      }
      if (mayBeTaken && codeOf(outcome.fault) === clientOrderIdInUse) {
        return this.#taken(order, clientOrderId, outcome.fault);
      }
      mayBeTaken ||= outcome.mayBeDone;
      try {
        await waitForNext(this.#platform, this.#options, { outcome, attempt });
      } catch (error) {
        if (!mayBeTaken) throw error;
        const message = `it is not known whether the order was taken: ${outcome.fault.message}`;
        throw new ClientError({ kind: "unknown-outcome", message, clientOrderId });
      }
    }
  }

  /** Cancels an order that is open; resolves when that is durable, and when it is not open after a lost answer. */
  async cancel(orderId: string): Promise<void> {
    const target = `${api}/orders/${encodeURIComponent(orderId)}`;
    let mayBeDone = false;
    await call(this.#platform, this.#options, async () => {
      const outcome = await this.#once({ method: "DELETE", target, isSigned: true });
      if (outcome.ok) return outcome;
      if (mayBeDone && codeOf(outcome.fault) === orderNotFound) return { ok: true, text: "" };
      mayBeDone ||= outcome.mayBeDone;
      return outcome;
    });
  }

  /** The order of an id that is in use, when it can be the one that was asked for. */
  async #taken(order: NewOrder, clientOrderId: string, refusal: Fault): Promise<OrderIds> {
    const [open] = await this.openOrders({ clientOrderId });
    const found = open ?? (await this.closedOrders({ clientOrderId }))[0];
    if (found === undefined || !isSame(order, found)) throw new ClientError(refusal);
    return { id: found.id, clientOrderId };
  }

  async #read(target: string, isSigned = false): Promise<unknown> {
    const request = { method: "GET", target, isSigned } as const;
    const { text } = await call(this.#platform, this.#options, () => this.#once(request));
    return parsed(text, JSON.parse);
  }

  async #result(target: string, isSigned = false): Promise<unknown> {
    return fieldsOf(await this.#read(target, isSigned))["result"];
  }

  /** The documents say `result`, the live service `data`. */
  async #dataOrResult(target: string): Promise<unknown> {
    const { data, result } = fieldsOf(await this.#read(target));
    return data ?? result;
  }

  /** Asks once, and once more with the server's time when ours is told to be wrong. */
  async #once(request: Request): Promise<Outcome> {
    const outcome = await this.#send(request);
    const isTimeOff = !outcome.ok && outcome.fault.message.startsWith("Invalid timestamp.");
    if (!isTimeOff) return outcome;
    try {
      this.#aheadMs = (await this.serverTimeMs()) - this.#platform.wallMs();
    } catch (error) {
      return { ok: false, fault: faultOf(error), mayBeDone: false };
    }
    return this.#send(request);
  }

  async #send({ method, target, body, isSigned }: Request): Promise<Outcome> {
    const timeMs = this.#platform.wallMs() + this.#aheadMs;
    let signature = {};
    if (isSigned) {
      if (this.#signer === undefined) {
        const message = "this needs a user: give `user` or `signer` to CryptomusRest";
        return { ok: false, fault: { kind: "misuse", message }, mayBeDone: false };
      }
      signature = await this.#signer({ method, target, body: body ?? "", timeMs }, this.#platform);
    }
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const request = {
      ...{ method, headers: { ...signature, ...type } },
      ...(body === undefined ? {} : { body }),
    };
    return callOnce(this.#platform, this.#url + target, request, {
      timeoutMs: this.#options.timeoutMs,
      readRefusal,
    });
  }
}

function placeRequest(order: NewOrder, clientOrderId: string): Request {
  const { type, market, direction } = order;
  const head = { market, direction, client_order_id: clientOrderId };
  const fields =
    type === "market"
      ? { ...head, quantity: order.quantity, value: order.value }
      : {
          ...{ ...head, price: order.price, quantity: order.quantity },
          stop_loss_price: order.stopLossPrice,
        };
  const target = type === "market" ? `${api}/orders/market` : `${api}/orders`;
  return { method: "POST", target, body: JSON.stringify(fields), isSigned: true };
}

function filterQuery(filter: OrderFilter): string {
  const { market, direction, orderId, clientOrderId, limit, offset } = filter;
  return queryOf({
    ...{ market, direction, limit, offset },
    ...{ order_id: orderId, client_order_id: clientOrderId },
  });
}

function codeOf(fault: Fault): string | undefined {
  return fault.kind === "refused" ? fault.code : undefined;
}

/** Whether an order that was found can be the one that was asked for. */
function isSame(order: NewOrder, found: OrderRow): boolean {
  if (order.market !== found.market || order.direction !== found.direction) return false;
  if (order.type === "market") return true;
  const isEqual = (asked: string, has: string | undefined) =>
    has !== undefined && normalized(asked) === normalized(has);
  return isEqual(order.price, found.price) && isEqual(order.quantity, found.quantity);
}
