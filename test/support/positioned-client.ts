/**
 * A client of the exchange's stream that follows positions by the rules of docs/protocols/positions.md and
 * by nothing else, and notes whatever is not as they say.
 */
import { crc32 } from "node:zlib";
import type { CryptomusClient } from "./cryptomus-client.ts";
import type { ServerHere } from "./server-here.ts";
import { openStream, type StreamClient } from "./stream-client.ts";

interface Position {
  readonly seq: number;
  readonly tick?: number;
  readonly ord: number;
}

interface Place extends Position {
  readonly epoch: string;
}

/** Whether one position comes after another one. */
export function isAfter(one: Position, other: Position): boolean {
  const order = one.seq - other.seq || (one.tick ?? 0) - (other.tick ?? 0) || one.ord - other.ord;
  return order > 0;
}

/** What is subscribed to: channels, each with its parameters. */
export type Wanted = Readonly<Record<string, readonly unknown[]>>;

/** Follows everything that it wants over any number of connections. */
export class PositionedClient {
  readonly faults: string[] = [];
  /** The texts of each stream's messages, repeats left out. */
  readonly told = new Map<string, string[]>();
  readonly counts = { recovered: 0, lost: 0, repeats: 0, positions: 0, checksums: 0 };
  stream: StreamClient | undefined;
  readonly #wanted: Wanted;
  readonly #user: CryptomusClient;
  /** Everything of every stream up to here has come. */
  #whole: Place | undefined;
  readonly #held = new Map<string, Position>();
  readonly #books = new Map<string, { asks: Map<string, string>; bids: Map<string, string> }>();
  #read = 0;

  constructor(user: CryptomusClient, wanted: Wanted) {
    this.#user = user;
    this.#wanted = wanted;
  }

  /** Comes, or comes back; resolves when everything that it wants has been answered. */
  async come({ ws }: ServerHere): Promise<void> {
    this.stream = await openStream(`${ws}/ws?token=${await this.#user.token()}&positions=1`);
    this.#read = 0;
    const since = this.#whole;
    const channels = Object.entries(this.#wanted);
    for (const [at, [channel, params]] of channels.entries()) {
      this.stream.send({ id: at + 1, method: `${channel}_subscribe`, params, since });
    }
    for (const at of channels.keys()) {
      await this.stream.until(({ json }) => json["id"] === at + 1);
    }
    this.read();
  }

  /** Loses the connection, and what was on its way. */
  cut(): void {
    this.read();
    this.stream?.socket.terminate();
    this.stream = undefined;
  }

  /** Reads what has come. */
  read(): void {
    const { received = [] } = this.stream ?? {};
    for (; this.#read < received.length; this.#read += 1) {
      // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
      const { text, json } = received[this.#read] as { text: string; json: any };
      if (json.error !== null) this.faults.push(text);
      else if (String(json.method).endsWith("_subscribe") || json.method === undefined) {
        this.#reply(json);
      } else if (json.method === "position_update") {
        this.counts.positions += 1;
        this.#whole = json;
      } else this.#message(text, json);
    }
  }

  /** Best levels of a book that it built, as REST has them. */
  book(key: string): unknown {
    const side = (levels: Map<string, string> | undefined, sign: number) =>
      [...(levels ?? [])]
        .toSorted(([left], [right]) => sign * (Number(left) - Number(right)))
        .map(([price, quantity]) => ({ price, quantity }));
    const book = this.#books.get(key);
    return { bids: side(book?.bids, -1), asks: side(book?.asks, 1) };
  }

  // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
  #reply({ epoch, seq, tick = 0, ord, recovered }: any): void {
    if (recovered === true) this.counts.recovered += 1;
    if (recovered === false) this.counts.lost += 1;
    if (recovered !== true) {
      // What follows begins anew.
      if (recovered === false) this.#held.clear();
      this.#whole ??= { epoch, seq, tick, ord };
    }
    if (this.#whole?.epoch !== epoch) this.faults.push(`epoch ${epoch}`);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
  #message(text: string, json: any): void {
    const key = keyOf(json);
    const held = this.#held.get(key);
    const { prev } = json;
    if (held !== undefined && prev !== undefined) {
      if (!isAfter(json, held)) {
        this.counts.repeats += 1;
        return;
      }
      const isWhole = this.#whole !== undefined && !isAfter(prev, this.#whole);
      if (isAfter(prev, held) && !isWhole) this.faults.push(`gap before ${text}`);
    }
    if (held !== undefined && isAfter(held, json)) this.faults.push(`back to ${text}`);
    this.#held.set(key, json);
    this.told.set(key, [...(this.told.get(key) ?? []), text]);
    if (json.method === "depth_update") this.#depth(key, json);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
  #depth(key: string, { data, crc }: any): void {
    let book = this.#books.get(key);
    if (data.full_reload || book === undefined) {
      if (!data.full_reload) this.faults.push(`${key} begins with changes`);
      book = { asks: new Map(), bids: new Map() };
      this.#books.set(key, book);
    }
    for (const side of ["asks", "bids"] as const) {
      for (const [price, quantity] of data[side]) {
        if (Number(quantity) === 0) book[side].delete(price);
        else book[side].set(price, quantity);
      }
    }
    this.counts.checksums += 1;
    const best = ([levels, sign]: [Map<string, string>, number]) =>
      [...levels].toSorted(([left], [right]) => sign * (Number(left) - Number(right))).slice(0, 10);
    const digits = (number: string) => number.replace(".", "").replace(/^0+/, "");
    const levels = [best([book.asks, 1]), best([book.bids, -1])].flat();
    const sum = crc32(levels.map(([price, size]) => digits(price) + digits(size)).join(""));
    if (sum !== crc) this.faults.push(`${key}: the book's checksum is ${sum}, not ${crc}`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
function keyOf({ method, data }: any): string {
  switch (method) {
    case "depth_update":
      return `depth ${data.symbol}:${data.scale_index}`;
    case "candles_update":
      return "candles";
    case "order_update":
    case "deal_update":
      return `${method} ${data.info.symbol}`;
    case "balance_update":
      return `${method} ${data.info.currencyCode}`;
    default:
      return `${method} ${data.symbol}`;
  }
}
