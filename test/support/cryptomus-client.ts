/** A client of the Cryptomus protocol: signed REST, one-time tokens and the stream. */
import { hash } from "node:crypto";
import { openStream, type Received, type StreamClient } from "./stream-client.ts";

/** Who a client is. */
export interface CryptomusUser {
  readonly userId: string;
  readonly apiKey: string;
}

/** Where a server is. */
export interface ServerAddress {
  readonly http: string;
  readonly ws: string;
}

/** What a REST call was answered with. */
export interface Answer {
  readonly status: number;
  // Tests look at single fields of bodies whose shape is what they test.
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test checks.
  readonly body: any;
}

/** One order as the REST lists show it. */
export interface RestOrder {
  readonly id: string;
  readonly symbol: string;
  readonly direction: "buy" | "sell";
  readonly price?: string;
  readonly quantity: string;
  readonly filledQuantity: string;
  readonly filledValue: string;
  readonly state: string;
  readonly internalState: string;
  readonly clientOrderId?: string;
  readonly deal: {
    readonly id: string;
    readonly transactions: readonly RestTransaction[];
  } | null;
}

/** One fill as the order history shows it. */
export interface RestTransaction {
  readonly id: string;
  readonly tradeRole: string;
  readonly filledPrice: string;
  readonly filledQuantity: string;
  readonly filledValue: string;
  readonly fee: string;
  readonly feeCurrency: string;
}

const api = "/v2/user-api/exchange";

/** Largest page of an order list. */
const pageMax = 100;

/** The `sign` header of a body. */
export function signatureOf(body: string, apiKey: string): string {
  const base64 = Buffer.from(body, "utf8").toString("base64");
  return hash("md5", base64 + apiKey, "hex");
}

/** One user's calls to one server. */
export class CryptomusClient {
  readonly user: CryptomusUser;
  readonly #server: ServerAddress;

  constructor(server: ServerAddress, user: CryptomusUser) {
    this.#server = server;
    this.user = user;
  }

  async call(method: string, path: string, fields?: object): Promise<Answer> {
    const body = fields === undefined ? "" : JSON.stringify(fields);
    const response = await fetch(this.#server.http + path, {
      method,
      headers: {
        userId: this.user.userId,
        sign: signatureOf(body, this.user.apiKey),
        ...(body === "" ? {} : { "content-type": "application/json" }),
      },
      ...(body === "" ? {} : { body }),
    });
    return { status: response.status, body: await response.json() };
  }

  limitOrder(fields: object): Promise<Answer> {
    return this.call("POST", `${api}/orders`, fields);
  }

  marketOrder(fields: object): Promise<Answer> {
    return this.call("POST", `${api}/orders/market`, fields);
  }

  cancel(orderId: string): Promise<Answer> {
    return this.call("DELETE", `${api}/orders/${orderId}`);
  }

  async activeOrders(): Promise<readonly RestOrder[]> {
    return this.#pages(`${api}/orders`);
  }

  async history(): Promise<readonly RestOrder[]> {
    return this.#pages(`${api}/orders/history`);
  }

  /** Available and held by currency. */
  async balances(): Promise<
    ReadonlyMap<string, { readonly available: string; readonly held: string }>
  > {
    const { body } = await this.call("GET", `${api}/account/balance`);
    return new Map(
      (body.result as { ticker: string; available: string; held: string }[]).map((row) => [
        row.ticker,
        row,
      ]),
    );
  }

  async token(): Promise<string> {
    const { status, body } = await this.call("GET", `${api}/account/web-socket/token`);
    if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
    return body.token;
  }

  /** Opens the stream with a new token. */
  async open(): Promise<StreamClient> {
    return openStream(`${this.#server.ws}/ws?token=${await this.token()}`);
  }

  async #pages(path: string): Promise<readonly RestOrder[]> {
    const orders: RestOrder[] = [];
    for (;;) {
      const { status, body } = await this.call(
        "GET",
        `${path}?limit=${pageMax}&offset=${orders.length}`,
      );
      if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
      orders.push(...body.result);
      if (body.result.length < pageMax) return orders;
    }
  }
}

let lastRequestId = 1_000;

/** Sends a request on the stream and resolves with its reply, which is told from updates by its id. */
export async function askStream(
  client: StreamClient,
  method: string,
  params?: readonly unknown[],
): Promise<Received> {
  lastRequestId += 1;
  const id = lastRequestId;
  const from = client.received.length;
  client.send({ id, method, params });
  return client.until(({ json }) => json["id"] === id, from);
}

/** Subscribes, and fails when that is refused. */
export async function subscribeTo(
  client: StreamClient,
  channel: string,
  params: readonly unknown[],
): Promise<void> {
  const { json, text } = await askStream(client, `${channel}_subscribe`, params);
  if (json["error"] !== null) throw new Error(text);
}

/** The `data` of each update of a channel that came from message number `from` on. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what the test checks.
export function updatesOf(client: StreamClient, channel: string, from = 0): readonly any[] {
  return client.received
    .slice(from)
    .filter(({ json }) => json["method"] === `${channel}_update`)
    .map(({ json }) => json["data"]);
}

/** An exact decimal text in units of 10⁻¹⁶. */
export function atomsOf(text: string): bigint {
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d{1,16}))?$/.exec(text) ?? [];
  if (whole === "") throw new Error(`"${text}" is no plain decimal`);
  const value = BigInt(whole + fraction.padEnd(16, "0"));
  return sign === "-" ? -value : value;
}
