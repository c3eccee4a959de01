/** A copy of the order books that the depth stream builds, kept as a client would keep it. */
import type { StreamClient } from "./stream-client.ts";

/** Quantity by price, as texts. */
type Side = Map<string, string>;

/** Follows the depth of every market and scale that its connection subscribes to. */
export class DepthWatcher {
  readonly client: StreamClient;
  /** How many updates of each kind came. */
  readonly counts = { full: 0, partial: 0 };
  readonly faults: string[] = [];
  readonly #books = new Map<string, { asks: Side; bids: Side }>();
  #seen = 0;

  constructor(client: StreamClient) {
    this.client = client;
  }

  async subscribe(params: readonly string[]): Promise<void> {
    this.client.send({ id: 1, method: "depth_subscribe", params });
    await this.client.until(({ json }) => json["id"] === 1 && json["error"] === null);
  }

  /** The copy, in the form of the REST order book. */
  book(symbol: string, scaleIndex: number): unknown {
    this.takeIn();
    const book = this.#books.get(`${symbol}:${scaleIndex}`);
    const levels = (side: Side | undefined, sign: number) =>
      [...(side ?? [])]
        .map(([price, quantity]) => ({ price, quantity }))
        .toSorted((left, right) => sign * (Number(left.price) - Number(right.price)));
    return { bids: levels(book?.bids, -1), asks: levels(book?.asks, 1) };
  }

  /** Takes in what has come by now. */
  takeIn(): void {
    const messages = this.client.received.slice(this.#seen);
    this.#seen += messages.length;
    for (const { json } of messages) {
      // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
      const { method, data } = json as any;
      if (method === "depth_update") this.#apply(data);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
  #apply({ symbol, scale_index: index, full_reload: isFull, asks, bids }: any): void {
    const key = `${symbol}:${index}`;
    if (isFull) this.#books.set(key, { asks: new Map(), bids: new Map() });
    this.counts[isFull ? "full" : "partial"] += 1;
    const book = this.#books.get(key);
    if (book === undefined) {
      this.faults.push(`${key} begins with a partial update`);
      return;
    }
    change(book.asks, asks);
    change(book.bids, bids);
  }
}

function change(side: Side, levels: readonly (readonly [string, string])[]): void {
  for (const [price, quantity] of levels) {
    if (quantity === "0") side.delete(price);
    else side.set(price, quantity);
  }
}
