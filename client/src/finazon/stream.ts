/**
 * The Finazon stream: bars of any datasets and tickers as feeds, over one connection that comes back. A ticker that the
 * server does not know is told for itself and leaves the others alone.
 */
import { closingMeaning, httpUrl, socketUrl } from "../closing.ts";
import {
  Connection,
  type ConnectionCounts,
  type ConnectionState,
  closedError,
  type Patience,
} from "../connection.ts";
import { isDecimal } from "../decimal.ts";
import { fieldsOf, parseExact } from "../exact-json.ts";
import { ClientError, type Fault, faultOf } from "../fault.ts";
import { BufferedFeed, type BufferOptions, type Feed } from "../feed.ts";
import { GoingOn, type ReplyFields } from "../going-on.ts";
import { queryOf } from "../http.ts";
import { Interest } from "../interest.ts";
import { onceATurn } from "../once-a-turn.ts";
import { type Platform, systemPlatform } from "../platform.ts";
import type { Place } from "../positions.ts";
import { replyMs } from "../requests.ts";
import { Signal } from "../signal.ts";
import { type FinazonKey, keyNow } from "./key.ts";
import type { Bar, BarsRequest, Frequency } from "./messages.ts";
import { FinazonRest } from "./rest.ts";
import type { BarData, ControlReply } from "./wire.ts";

/** Where to connect and with which key. */
export interface FinazonStreamOptions {
  /** Address of the server, `http` or `ws`; `/v1` is added where it has no path. */
  readonly url: string;
  /** The key, or who gives the one that is good now; asked at each connection. */
  readonly key: FinazonKey;
  /** A clock of one's own by which recordings are played; see {@link FinazonRest.replay}. */
  readonly session?: string;
  /** Address of REST, which is asked why a connection is refused; that of the stream when left out. */
  readonly restUrl?: string;
  /**
   * Asks for positions, which an openbourse tells: after a loss bars go on where they stopped, and one that is missing is
   * asked for again. Off by default: other servers need not know it.
   */
  readonly positions?: boolean;
  readonly patience?: Partial<Patience>;
  readonly platform?: Partial<Platform>;
}

/** What has happened on a stream. */
export interface FinazonCounts extends ConnectionCounts {
  /** Times that bars may have been missed; the missing ones are in `time_series`. */
  readonly gaps: number;
  /** Tickers whose bars went on without a gap where they had stopped; only with positions. */
  readonly resumes: number;
  /** Items that were thrown away by feeds whose buffer was full. */
  readonly dropped: number;
}

/** A ticker that is not served, or no longer, and why. */
export interface TickerRefusal {
  readonly dataset: string;
  readonly ticker: string;
  readonly fault: Fault;
}

/** Reasons of a closing after which it is of no use to come back. */
const banned = /revoked|newer connection|Far too many/;
/** Most characters of tickers in one request; the server takes 102,400 bytes. */
const tickerCharsMax = 20_000;
const feedsMax = 10_000;
/** Most requests of which it is known what they asked for. */
const askedMax = 1_000;
/** Until a request that was one too many is sent again, in milliseconds. */
const tooManyWaitMs = 20_000;
/** Until what the server sends already, though it was not heard from where, is asked for once more, in milliseconds. */
const alreadyWaitMs = 500;

interface OpenFeed {
  readonly dataset: string;
  readonly frequency: Frequency;
  readonly tickers: Set<string>;
  readonly feed: BufferedFeed<Bar>;
}

interface Asked {
  readonly event: "subscribe" | "unsubscribe";
  readonly group: string;
  readonly tickers: readonly string[];
  /** From where they go on. */
  readonly since: Place | undefined;
  /** Calls off what is planned for it. */
  cancel: () => void;
}

/** See the head of the file. */
export class FinazonStream {
  /** Each change of the connection's state. */
  readonly states: Signal<ConnectionState>;
  /** Each ticker that is not served. */
  readonly refusals: Signal<TickerRefusal> = new Signal();
  readonly #platform: Platform;
  readonly #connection: Connection;
  readonly #rest: FinazonRest;
  readonly #interest = new Interest();
  readonly #feeds = new Set<OpenFeed>();
  readonly #asked = new Map<number, Asked>();
  readonly #counts = { gaps: 0, dropped: 0 };
  readonly #positions: boolean;
  /** Where the bars of each dataset are; bounded by the datasets that are asked for. */
  readonly #goingOn = new Map<string, GoingOn<string>>();
  #lastId = 0;
  /** Tells the server of all that changed in this turn, once it is over. */
  readonly #planFlush = onceATurn(() => this.#flush());

  constructor(options: FinazonStreamOptions) {
    const { url, restUrl = url, key, session, positions = false, patience, platform } = options;
    this.#positions = positions;
    this.#platform = { ...systemPlatform, ...platform };
    const calls = { tries: 1 };
    this.#rest = new FinazonRest({ url: httpUrl(restUrl), key, calls, platform: this.#platform });
    const use = {
      address: async () => {
        const asked = { apikey: await keyNow(key), session, positions: positions ? 1 : undefined };
        return socketUrl(url, "/v1") + queryOf(asked);
      },
      heartbeat: () => JSON.stringify({ event: "heartbeat" }),
      meaningOf: (code: number, reason: string) => closingMeaning({ code, reason }, banned),
      whyRefused: () => this.#whyRefused(),
      opened: () => this.#opened(),
      lost: () => this.#lost(),
      received: (text: string) => this.#received(text),
    };
    this.#connection = new Connection(use, this.#platform, patience);
    this.states = this.#connection.states;
    this.states.listen((state) => {
      if (state.state === "closed") this.#ended(state.why);
    });
    this.#connection.start();
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  get counts(): FinazonCounts {
    const dropped = [...this.#feeds].reduce((sum, { feed }) => sum + feed.counts.dropped, 0);
    const resumes = [...this.#goingOn.values()].reduce((sum, each) => sum + each.resumes, 0);
    const { gaps, dropped: before } = this.#counts;
    return { ...this.#connection.counts, gaps, resumes, dropped: before + dropped };
  }

  /**
   * Bars of tickers: while they wait for a loop, the newest state of each minute. The feed ends when its recording is over,
   * and with a fault when none of its tickers is served.
   */
  bars({ dataset, tickers, frequency = "1s" }: BarsRequest, buffer: BufferOptions = {}): Feed<Bar> {
    const error = closedError(this.#connection.state);
    if (error !== undefined) throw error;
    if (tickers.length === 0 || this.#feeds.size >= feedsMax) {
      const message =
        tickers.length === 0
          ? "name at least one ticker"
          : `a stream has at most ${feedsMax} feeds`;
      throw new ClientError({ kind: "misuse", message });
    }
    const feed = new BufferedFeed<Bar>({
      ...buffer,
      keyOf: ({ ticker, startMs }) => `${ticker}|${startMs}`,
      ended: () => this.#close(open),
    });
    const open: OpenFeed = { dataset, frequency, tickers: new Set(tickers), feed };
    this.#feeds.add(open);
    for (const ticker of open.tickers) this.#interest.want(groupOf(open), ticker);
    this.#planFlush();
    return feed;
  }

  /** Ends the connection and all feeds. */
  close(): void {
    this.#connection.close();
  }

  #close(open: OpenFeed): void {
    if (!this.#feeds.delete(open)) return;
    this.#counts.dropped += open.feed.counts.dropped;
    for (const ticker of open.tickers) this.#interest.unwant(groupOf(open), ticker);
    this.#planFlush();
  }

  #flush(): void {
    if (!this.#connection.isOpen) return;
    for (const { group, add, remove } of this.#interest.takeChanges()) {
      for (const tickers of piecesOf(remove)) this.#unsubscribe(group, tickers);
      for (const { names, since } of this.#of(group).ask(group, add)) {
        for (const tickers of piecesOf(names)) this.#ask("subscribe", group, tickers, since);
      }
    }
  }

  #unsubscribe(group: string, tickers: readonly string[]): void {
    this.#of(group).forget(group, tickers);
    this.#ask("unsubscribe", group, tickers);
  }

  #ask(event: Asked["event"], group: string, tickers: readonly string[], since?: Place): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const [dataset, frequency] = JSON.parse(group) as [string, Frequency];
    const start = since === undefined ? {} : { since };
    const bars = { channel: "bars", frequency, aggregation: "1m", ...start };
    const request = { event, dataset, tickers, ...bars };
    const again = () => this.#again(id);
    const cancel = event === "subscribe" ? this.#platform.after(replyMs, again) : () => {};
    this.#asked.set(id, { event, group, tickers, since, cancel });
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > askedMax && oldest !== undefined) this.#forget(oldest);
    this.#connection.send(JSON.stringify({ ...request, request_id: id }));
  }

  #again(id: number): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#forget(id);
    const { event, group, tickers } = asked;
    if (event === "subscribe") this.#interest.unsend(group, tickers);
    else this.#interest.unwanted(group, tickers);
    this.#planFlush();
  }

  /** Does something about a request after a while, unless it is answered or the connection is lost until then. */
  #putOff(asked: Asked | undefined, delayMs: number, task: () => void): void {
    if (asked === undefined) return;
    asked.cancel();
    asked.cancel = this.#platform.after(delayMs, task);
  }

  #forget(id: number): void {
    this.#asked.get(id)?.cancel();
    this.#asked.delete(id);
  }

  #opened(): void {
    this.#interest.unsend();
    this.#planFlush();
  }

  #lost(): void {
    // With positions the server says afterwards whether anything is lost.
    const isTold = [...this.#goingOn.values()].some(({ tellsPositions }) => tellsPositions);
    if (this.#feeds.size > 0 && !isTold) this.#counts.gaps += 1;
    for (const each of this.#goingOn.values()) each.lost();
    for (const id of [...this.#asked.keys()]) this.#forget(id);
  }

  #ended(why: Fault): void {
    const fault = why.kind === "closed" ? undefined : why;
    for (const { feed } of [...this.#feeds]) feed.end(fault);
  }

  #received(text: string): void {
    const message = fieldsOf(parseExact(text));
    if ("status" in message) this.#control(message as unknown as ControlReply);
    else if ("o" in message) this.#bar(message as unknown as BarData, message);
    else if (message["ch"] === "position") {
      this.#goingOn.get(String(message["d"]))?.told(message);
    }
  }

  /** Where the bars of a group's dataset are. */
  #of(group: string): GoingOn<string> {
    const [dataset] = JSON.parse(group) as [string];
    const known = this.#goingOn.get(dataset) ?? new GoingOn({ isResumable: () => this.#positions });
    this.#goingOn.set(dataset, known);
    return known;
  }

  #bar(data: BarData, fields: ReplyFields): void {
    const startMs = Number(data.t) * 1_000;
    if (!Number.isFinite(startMs) || ![data.o, data.h, data.l, data.c, data.v].every(isDecimal)) {
      throw new ClientError({ kind: "unreadable", message: "a bar has other fields" });
    }
    const { d: dataset, p: publisher, s: ticker } = data;
    const bar: Bar = {
      ...{ dataset, publisher, ticker, frequency: data.f as Frequency, startMs },
      ...{ open: data.o, high: data.h, low: data.l, close: data.c, volume: data.v },
    };
    const group = groupOf(bar);
    const verdict = this.#goingOn.get(dataset)?.take(group, ticker, fields) ?? "next";
    if (verdict === "gap") this.#mend(group, ticker);
    if (verdict !== "next") return;
    for (const open of this.#feeds) {
      const isWanted = open.dataset === dataset && open.frequency === bar.frequency;
      if (isWanted && open.tickers.has(ticker)) open.feed.push(bar);
    }
  }

  /** Asks for a ticker's bars again, from where they are. */
  #mend(group: string, ticker: string): void {
    this.#afresh(group, [ticker], this.#of(group).mend(group, ticker));
  }

  /** Asks for bars from a place, or for what there is, though the server may send them already. */
  #afresh(group: string, tickers: readonly string[], since: Place | undefined): void {
    this.#ask("unsubscribe", group, tickers);
    this.#ask("subscribe", group, tickers, since);
  }

  #control(reply: ControlReply): void {
    const { status, code, message = "", request_id: idText } = reply;
    const id = Number(idText);
    const asked = this.#asked.get(id);
    if (status === "success") {
      this.#forget(id);
      if (asked?.event !== "subscribe") return;
      const { group, tickers: names, since } = asked;
      const lost = this.#of(group).replied(group, { names, since }, fieldsOf(reply));
      if (lost.length > 0) this.#counts.gaps += 1;
      return;
    }
    switch (code) {
      case "API_RATE_LIMIT_EXCEEDED":
        this.#putOff(asked, tooManyWaitMs, () => this.#again(id));
        return;
      case "ALREADY_SUBSCRIBED":
        if (this.#positions) this.#putOff(asked, alreadyWaitMs, () => this.#already(id));
        else this.#forget(id);
        return;
      case "NOT_SUBSCRIBED":
        this.#forget(id);
        return;
      case "DATA_UNAVAILABLE":
        this.#datasetEnded(message);
        return;
      case "INVALID_TICKER":
      case "UNAUTHORIZED_ACCESS":
      case "INVALID_PARAMETER":
        if (asked?.event === "subscribe") this.#refused(asked, code, message);
        return;
      default:
    }
  }

  /**
   * The server sends some of these tickers already: an answer was lost or came late. They are asked for once more, since
   * nothing has said from where they go on.
   */
  #already(id: number): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#forget(id);
    const { group, tickers, since } = asked;
    const wanted = tickers.filter((ticker) => this.#interest.wants(group, ticker));
    if (wanted.length > 0) this.#afresh(group, wanted, since);
  }

  /** An error names the tickers that it is about, or is about the whole request. */
  #refused({ group, tickers }: Asked, code: string, message: string): void {
    const [, one] = /^The ticker (.*) you have specified /.exec(message) ?? [];
    const [, leftOut] = / Left out: (.*)\.$/.exec(message) ?? [];
    const named = one === undefined ? leftOut?.split(", ") : [one];
    // How many more are unknown is told without their names.
    if (named === undefined && / more of the requested tickers /.test(message)) return;
    const names = named ?? tickers;
    const fault: Fault =
      code === "INVALID_TICKER"
        ? { kind: "unknown-name", message, names }
        : { kind: "refused", message, code };
    for (const ticker of names) this.#refuse(group, ticker, fault);
  }

  #refuse(group: string, ticker: string, fault: Fault): void {
    const [dataset] = JSON.parse(group) as [string];
    this.refusals.emit({ dataset, ticker, fault });
    this.#interest.drop(group, ticker);
    this.#of(group).forget(group, [ticker]);
    for (const open of [...this.#feeds]) {
      if (groupOf(open) !== group || !open.tickers.delete(ticker)) continue;
      if (open.tickers.size === 0) open.feed.end(fault);
    }
  }

  /** Nothing follows of a dataset: its recording is over, which is in order, or its feed has failed. */
  #datasetEnded(message: string): void {
    const [, dataset] = / dataset "?(.+?)"? (?:is over|has failed)\./.exec(message) ?? [];
    const isOver = message.includes(" is over.");
    for (const open of [...this.#feeds]) {
      if (open.dataset === dataset)
        open.feed.end(isOver ? undefined : { kind: "unavailable", message });
    }
  }

  /** A WebSocket does not tell why it was refused; REST tells what it thinks of the key. */
  async #whyRefused(): Promise<Fault | undefined> {
    try {
      await this.#rest.datasets();
    } catch (error) {
      return faultOf(error);
    }
    const message =
      "refused, although the key is taken: the workspace may have all its connections";
    return { kind: "network", message };
  }
}

function groupOf({ dataset, frequency }: Pick<OpenFeed, "dataset" | "frequency">): string {
  return JSON.stringify([dataset, frequency]);
}

function piecesOf(tickers: readonly string[]): readonly (readonly string[])[] {
  const pieces: string[][] = [];
  let chars = tickerCharsMax;
  for (const ticker of tickers) {
    if (chars >= tickerCharsMax) {
      pieces.push([]);
      chars = 0;
    }
    pieces.at(-1)?.push(ticker);
    chars += ticker.length + 3;
  }
  return pieces;
}
