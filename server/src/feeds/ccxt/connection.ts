/**
 * Puts itself between ccxt and its sockets, where ccxt offers no place for it: sees each frame before it
 * is parsed, knows which connection a ticker is watched on, and lets the policy outside decide about waits.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { gunzipSync, inflateRawSync } from "node:zlib";
import type { FrameTap, LiveSourceContext } from "../../ports/live-source.ts";
import { exactJson } from "./exact-json.ts";
import type { CcxtClient, CcxtExchange } from "./library.ts";

/** Largest frame after unpacking, in bytes. */
export const frameBytesMax = 16_777_216;

/** Whoever watches a ticker, and on what. */
export interface Watcher {
  readonly context: LiveSourceContext;
  readonly urls: Set<string>;
  /** What ccxt calls its subscriptions. */
  readonly subscriptions: Set<string>;
  /** Told of each frame on its connections. */
  heard(): void;
  /** Told that one of its connections has ended: ccxt would make another one without a word. */
  lost(reason: string): void;
}

/** The connections of one exchange. */
export class Connections {
  readonly #exchange: CcxtExchange;
  readonly #asking = new AsyncLocalStorage<Watcher>();
  readonly #watchers = new Set<Watcher>();
  readonly #taps = new Set<FrameTap>();
  /** Numbers of the connections that were made. */
  readonly #numbers = new WeakMap<CcxtClient, number>();
  #made = 0;

  constructor(exchange: CcxtExchange) {
    this.#exchange = exchange;
    // Waits before a new try are made outside, for all sources alike.
    exchange.calculateWsBackoffDelay = () => 0;
    exchange.parseJson = (text) => parsedOr(text);
    const open = exchange.client.bind(exchange);
    exchange.client = (url) => this.#see(open(url));
    const watch = exchange.watch.bind(exchange);
    exchange.watch = (url, hash, message, subscription = hash, ...more) => {
      this.#note(url, [subscription]);
      return watch(url, hash, message, subscription, ...more);
    };
    const watchMultiple = exchange.watchMultiple.bind(exchange);
    exchange.watchMultiple = (url, hashes, message, subscriptions = hashes, ...more) => {
      this.#note(url, subscriptions);
      return watchMultiple(url, hashes, message, subscriptions, ...more);
    };
  }

  /** Runs what subscribes for a watcher. */
  as<Result>(watcher: Watcher, subscribe: () => Result): Result {
    this.#watchers.add(watcher);
    return this.#asking.run(watcher, subscribe);
  }

  /** It does not watch any more: what it subscribed to is asked for again by the next one. */
  leave(watcher: Watcher, isDead: boolean): void {
    this.#watchers.delete(watcher);
    for (const url of watcher.urls) {
      const client = this.#exchange.clients[url];
      if (client === undefined) continue;
      for (const name of watcher.subscriptions) delete client.subscriptions[name];
      if (!isDead) continue;
      delete this.#exchange.clients[url];
      client.onError(new Error("nothing was heard on the connection"));
      client.close();
    }
  }

  tap(tap: FrameTap): () => void {
    for (const client of Object.values(this.#exchange.clients)) {
      const connection = this.#numbers.get(client);
      if (connection === undefined || this.#taps.has(tap)) continue;
      tap({ kind: "open", connection, url: client.url, data: undefined });
    }
    this.#taps.add(tap);
    return () => void this.#taps.delete(tap);
  }

  #note(url: string, subscriptions: readonly string[]): void {
    const watcher = this.#asking.getStore();
    watcher?.urls.add(url);
    for (const name of subscriptions) watcher?.subscriptions.add(name);
  }

  #see(client: CcxtClient): CcxtClient {
    if (this.#numbers.has(client)) return client;
    this.#made += 1;
    const number = this.#made;
    this.#numbers.set(client, number);
    const { url } = client;
    // What it would print to the console is counted instead.
    client.log = (...words) => this.#malformed(url, String(words[2] ?? words[0]));
    const receive = client.onMessage.bind(client);
    client.onMessage = ({ data }) => {
      const text = this.#read(client, number, data);
      if (text !== undefined) receive({ data: text });
    };
    for (const sign of ["onPing", "onPong"] as const) {
      const take = client[sign].bind(client);
      client[sign] = () => {
        this.#heard(url, 0);
        take();
      };
    }
    const send = client.send.bind(client);
    client.send = (message) => {
      const data = typeof message === "string" ? message : JSON.stringify(message);
      this.#show({ kind: "send", connection: number, url, data });
      // On a connection that has just ended ccxt would leave this failure to nobody, which ends a program.
      return send(message).catch((error: Error) => client.onError(error));
    };
    const close = client.onClose.bind(client);
    client.onClose = (event) => {
      this.#show({ kind: "close", connection: number, url, data: undefined });
      this.#lost(url, "the connection was closed");
      close(event);
    };
    const fail = client.onError.bind(client);
    client.onError = (error) => {
      this.#lost(url, error.message);
      fail(error);
    };
    this.#show({ kind: "connect", connection: number, url, data: undefined });
    return client;
  }

  /** The text of a frame; undefined where it cannot be unpacked, which ends the connection. */
  #read(client: CcxtClient, connection: number, data: unknown): string | undefined {
    const frame = data instanceof Uint8Array ? data : String(data);
    const { url, gunzip, inflate } = client;
    this.#show({ kind: "receive", connection, url, data: frame });
    this.#heard(url, frame.length);
    if (typeof frame === "string") return exactJson(frame);
    try {
      const bound = { maxOutputLength: frameBytesMax };
      const bytes = gunzip
        ? gunzipSync(frame, bound)
        : inflate
          ? inflateRawSync(frame, bound)
          : frame;
      return exactJson(Buffer.from(bytes).toString("utf8"));
    } catch {
      this.#malformed(url, "a frame that cannot be unpacked");
      client.onError(new Error("a frame could not be unpacked"));
      client.close();
      return undefined;
    }
  }

  #heard(url: string, bytes: number): void {
    const watchers = [...this.#watchers].filter(({ urls }) => urls.has(url));
    watchers[0]?.context.received(bytes);
    for (const watcher of watchers) watcher.heard();
  }

  #lost(url: string, reason: string): void {
    for (const watcher of this.#watchers) if (watcher.urls.has(url)) watcher.lost(reason);
  }

  #malformed(url: string, what: string): void {
    const watcher = [...this.#watchers].find(({ urls }) => urls.has(url));
    watcher?.context.malformed(1, what);
  }

  #show(frame: Parameters<FrameTap>[0]): void {
    for (const tap of this.#taps) tap(frame);
  }
}

/** What an answer over HTTP says; undefined where it is no JSON, as ccxt wants it. */
function parsedOr(text: string): unknown {
  try {
    return JSON.parse(exactJson(text));
  } catch {
    return undefined;
  }
}
