/**
 * The open feeds of a Cryptomus stream: which update goes to which of them, what a newcomer is told at once, and which of
 * them may have missed something.
 */
import { ClientError, type Fault } from "../fault.ts";
import { BufferedFeed, type BufferOptions, type Feed } from "../feed.ts";
import type { Interest } from "../interest.ts";
import type { Routed } from "./decode.ts";
import type { Gap } from "./messages.ts";
import type { Channel } from "./wire.ts";

/** The name that means every market or currency. */
export const everything = "all";

/** Channels of which every message counts; of the others, the newest state. */
const histories: ReadonlySet<Channel> = new Set(["trade", "order", "deal", "balance"]);

interface OpenFeed {
  readonly channel: Channel;
  /** Without those that the server does not know. */
  readonly names: Set<string>;
  readonly feed: BufferedFeed<unknown>;
  /** When it was cut off, until that has been told to it. */
  lostMs: number | undefined;
}

/** What a feed is opened with. */
export interface FeedRequest<T> {
  readonly channel: Channel;
  readonly names: readonly string[];
  readonly buffer?: BufferOptions | undefined;
  readonly keyOf?: ((item: T) => string) | undefined;
  /** When it counts as cut off until its subscription runs; not at all when left out. */
  readonly lostMs?: number | undefined;
}

/** Names that run again, and of those that went on where they had stopped what was lost. */
export interface Resumption {
  readonly names: readonly string[];
  /** Undefined where all began anew. */
  readonly lost: readonly string[] | undefined;
  /** Since when something is missing of them, though the connection held; those who follow all lack it as well. */
  readonly missedMs?: number | undefined;
}

/** See the head of the file. */
export class FeedTable {
  readonly #interest: Interest;
  /** Told when what is wanted has changed. */
  readonly #changed: () => void;
  readonly #feeds = new Set<OpenFeed>();
  /** Who is told of an update, by channel and name. */
  readonly #routes = new Map<string, Set<OpenFeed>>();
  /** The newest state of what is subscribed to. */
  readonly #newest = new Map<string, unknown>();
  /** Of feeds that have ended. */
  #droppedBefore = 0;

  constructor(interest: Interest, changed: () => void) {
    this.#interest = interest;
    this.#changed = changed;
  }

  get size(): number {
    return this.#feeds.size;
  }

  /** Items that were thrown away because a buffer was full. */
  get dropped(): number {
    return [...this.#feeds].reduce(
      (sum, { feed }) => sum + feed.counts.dropped,
      this.#droppedBefore,
    );
  }

  open<T>({ channel, names, buffer, keyOf, lostMs }: FeedRequest<T>): Feed<T> {
    if (names.length === 0) {
      throw new ClientError({ kind: "misuse", message: "name at least one market or currency" });
    }
    const feed = new BufferedFeed<T>({
      ...buffer,
      ...(keyOf === undefined ? {} : { keyOf }),
      ended: () => this.#close(open),
    });
    const open: OpenFeed = {
      ...{ channel, names: new Set(names), lostMs },
      feed: feed as BufferedFeed<unknown>,
    };
    this.#feeds.add(open);
    for (const name of names) {
      this.#interest.want(channel, name);
      const key = keyFor(channel, name);
      this.#routes.set(key, (this.#routes.get(key) ?? new Set()).add(open));
      const known = this.#newest.get(key);
      if (known !== undefined) feed.push(known as T);
    }
    this.#changed();
    return feed;
  }

  #close(open: OpenFeed): void {
    if (!this.#feeds.delete(open)) return;
    this.#droppedBefore += open.feed.counts.dropped;
    for (const name of open.names) {
      this.#interest.unwant(open.channel, name);
      this.#unroute(open, name);
    }
    this.#changed();
  }

  #unroute(open: OpenFeed, name: string): void {
    const key = keyFor(open.channel, name);
    const routes = this.#routes.get(key);
    routes?.delete(open);
    if (routes?.size !== 0) return;
    this.#routes.delete(key);
    this.#newest.delete(key);
  }

  /** Hands an update to all who want it. */
  route(channel: Channel, { name, item }: Routed): void {
    const own = channel === "candles" ? (this.candlesOf(name) ?? name) : name;
    const key = keyFor(channel, own);
    const routes = this.#routes.get(key);
    if (routes !== undefined && !histories.has(channel)) this.#newest.set(key, item);
    for (const { feed } of routes ?? []) feed.push(item);
    for (const { feed } of this.#routes.get(keyFor(channel, everything)) ?? []) feed.push(item);
  }

  /** Market and interval of the candles of a market that run. */
  candlesOf(market: string): string | undefined {
    for (const { channel, names } of this.#feeds) {
      const [name] = channel === "candles" ? names : [];
      if (name?.startsWith(`${market}|`) === true) return name;
    }
    return undefined;
  }

  /** The connection is gone: histories miss what happens from now on. */
  lost(nowMs: number): void {
    for (const open of this.#feeds) if (histories.has(open.channel)) open.lostMs ??= nowMs;
  }

  /**
   * Names of a channel run again: who was cut off is told of a gap, unless its names went on without one. Returns how
   * many were told.
   */
  tellGaps(channel: Channel, nowMs: number, { names, lost, missedMs }: Resumption): number {
    if (!histories.has(channel)) return 0;
    let told = 0;
    const isOf = ({ names: own }: OpenFeed, name: string) =>
      own.has(name) || (missedMs !== undefined && own.has(everything));
    for (const open of this.#feeds) {
      if (open.channel !== channel || !names.some((name) => isOf(open, name))) continue;
      const fromMs = open.lostMs ?? missedMs;
      open.lostMs = undefined;
      if (fromMs === undefined) continue;
      if (lost !== undefined && !lost.some((name) => isOf(open, name))) continue;
      const gap: Gap = { type: "gap", fromMs, toMs: nowMs };
      told += 1;
      open.feed.push(gap);
    }
    return told;
  }

  /** Takes away what the server does not serve, and ends the feeds of which nothing is left. */
  refuse(channel: Channel, names: readonly string[], fault: Fault): void {
    for (const name of names) this.#interest.drop(channel, name);
    for (const open of [...this.#feeds]) {
      if (open.channel !== channel) continue;
      for (const name of names) if (open.names.delete(name)) this.#unroute(open, name);
      if (open.names.size === 0) open.feed.end(fault);
    }
  }

  /** Ends all feeds. */
  endAll(fault: Fault | undefined): void {
    for (const { feed } of [...this.#feeds]) feed.end(fault);
  }
}

function keyFor(channel: Channel, name: string): string {
  return `${channel}|${name}`;
}
