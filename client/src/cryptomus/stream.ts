/**
 * The Cryptomus stream: every channel as a feed, order books that mend themselves, and queries, over one connection that
 * comes back. What is wanted is kept here and told to the server again after each reconnection.
 */
import { closingMeaning } from "../closing.ts";
import { Connection, type ConnectionState, closedError } from "../connection.ts";
import { fieldsOf, parseExact } from "../exact-json.ts";
import { ClientError, type Fault, faultOf } from "../fault.ts";
import type { BufferOptions, Feed } from "../feed.ts";
import { type Asking, GoingOn, type ReplyFields } from "../going-on.ts";
import { Interest, type InterestChange } from "../interest.ts";
import { onceATurn } from "../once-a-turn.ts";
import type { DepthUpdate } from "../order-book.ts";
import { type Platform, systemPlatform } from "../platform.ts";
import type { Place } from "../positions.ts";
import { Signal } from "../signal.ts";
import { Addresses } from "./address.ts";
import { AskedRequests, type Unheard } from "./asked-requests.ts";
import { CandleGate } from "./candle-gate.ts";
import { decoders, type Routed } from "./decode.ts";
import { everything, FeedTable } from "./feed-table.ts";
import { goingOnRules } from "./going-on-rules.ts";
import { type LiveBook, OwnedBook } from "./live-book.ts";
import type {
  BalanceChange,
  Candle,
  Fill,
  Gap,
  LastPrice,
  OrderUpdate,
  Ticker,
  Trade,
} from "./messages.ts";
import { isNamed, isTooMany, namesOf, refusalOf, requestsOf, unknownIn } from "./requests.ts";
import type {
  CryptomusStreamOptions,
  Names,
  StartOptions,
  StreamCounts,
} from "./stream-options.ts";
import type { Channel, ErrorObject, QueryMethod } from "./wire.ts";

/** Reasons of a closing after which it is of no use to come back. */
const banned = /disabled|Far too many/;
/** Most feeds and books at once. */
const feedsMax = 10_000;
/** Until what was refused as too much is asked for again, in milliseconds. */
const tooManyWaitMs = 15_000;

/** A stream of which a message is missing. */
interface Missed {
  readonly channel: Channel;
  readonly name: string;
  /** When that was noticed. */
  readonly fromMs: number;
}

/** See the head of the file. */
export class CryptomusStream {
  /** Each change of the connection's state. */
  readonly states: Signal<ConnectionState>;
  /** What the server refuses that no call waits for, such as an unknown market of a feed. */
  readonly refusals: Signal<Fault> = new Signal();
  /** Channels of which something goes on without a gap after a loss; what was missed is told next. */
  readonly resumptions: Signal<Channel> = new Signal();
  /** What it was lent, for who works with it. */
  readonly platform: Platform;
  readonly #connection: Connection;
  readonly #requests: AskedRequests;
  readonly #interest = new Interest();
  readonly #feeds: FeedTable = new FeedTable(this.#interest, () => this.#planFlush());
  readonly #gate = new CandleGate();
  readonly #goingOn = new GoingOn(goingOnRules((name) => this.#canGoOn(name)));
  readonly #addresses: Addresses;
  readonly #books = new Set<OwnedBook>();
  /** What has to be asked for again; bounded by what is subscribed to, as each stream is asked for once at a time. */
  readonly #missed = new Set<Missed>();
  readonly #counts = { gaps: 0, resyncs: 0 };
  /** Tells the server of all that changed in this turn, once it is over. */
  readonly #planFlush = onceATurn(() => this.#flush());
  #heardMs = 0;
  #cancelWait: () => void = () => {};

  constructor(options: CryptomusStreamOptions) {
    const { patience, platform } = options;
    this.#addresses = new Addresses(options);
    this.platform = { ...systemPlatform, ...platform };
    this.#requests = new AskedRequests(this.platform, (text) => this.#connection.send(text));
    const use = {
      address: () => this.#addresses.next(),
      heartbeat: () => this.#requests.ping(),
      meaningOf: (code: number, reason: string) => closingMeaning({ code, reason }, banned),
      opened: () => this.#opened(),
      lost: () => this.#lost(),
      received: (text: string) => this.#received(text),
    };
    this.#connection = new Connection(use, this.platform, patience);
    this.states = this.#connection.states;
    this.states.listen((state) => {
      if (state.state === "closed") this.#ended(state.why);
    });
    this.#connection.start();
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  get counts(): StreamCounts {
    const resyncs = [...this.#books].reduce((sum, { bookCounts }) => sum + bookCounts.resyncs, 0);
    return {
      ...this.#connection.counts,
      gaps: this.#counts.gaps,
      resumes: this.#goingOn.resumes,
      resyncs: this.#counts.resyncs + resyncs,
      dropped: this.#feeds.dropped,
    };
  }

  /** Last prices; the newest of each market. */
  lastPrices(markets: Names, buffer?: BufferOptions): Feed<LastPrice> {
    return this.#open<LastPrice>("lastprice", markets, buffer, ({ market }) => market);
  }

  /** Figures of 24 hours; the newest of each market. */
  tickers(markets: Names, buffer?: BufferOptions): Feed<Ticker> {
    return this.#open<Ticker>("ticker", markets, buffer, ({ market }) => market);
  }

  /** Every trade, and a {@link Gap} where some may be missing. */
  trades(markets: Names, buffer?: BufferOptions): Feed<Trade | Gap> {
    return this.#open<Trade | Gap>("trade", markets, buffer);
  }

  /**
   * Candles of one market and interval in seconds; the newest state of each. An update does not say which interval it
   * is of, so a stream takes one interval of a market at a time.
   */
  candles(market: string, intervalS: number, buffer?: BufferOptions): Feed<Candle> {
    const name = `${market}|${intervalS}`;
    const running = this.#feeds.candlesOf(market);
    if (running !== undefined && running !== name) {
      const message = `candles of ${market} run at another interval: use a second stream`;
      throw new ClientError({ kind: "misuse", message });
    }
    return this.#open<Candle>("candles", name, buffer, ({ startMs }) => String(startMs));
  }

  /** The order book of a market at a scale: the index of a price step, 0 the finest. */
  orderBook(
    market: string,
    { scale = 0, ...buffer }: { scale?: number } & BufferOptions = {},
  ): LiveBook {
    this.#refuseMore();
    const book = new OwnedBook(
      {
        platform: this.platform,
        isLive: () => this.#connection.state.state === "live",
        silentMs: () => this.platform.monotonicMs() - this.#heardMs,
        follow: (own) => this.#follow(own),
        unfollow: (own) => this.#unfollow(own),
        askAgain: (parameter) => this.#askForBook(parameter),
      },
      { market, scale, buffer },
    );
    this.#follow(book);
    return book;
  }

  /** Every step of the user's orders, and a {@link Gap} where some may be missing. */
  orders(
    markets: Names = everything,
    { gapAtStart = false, ...buffer }: StartOptions & BufferOptions = {},
  ): Feed<OrderUpdate | Gap> {
    const lostMs = gapAtStart ? this.platform.wallMs() : undefined;
    return this.#feeds.open<OrderUpdate | Gap>({
      ...{ channel: "order", names: this.#listOf(markets), buffer, lostMs },
    });
  }

  /** Every fill of the user's orders, and a {@link Gap} where some may be missing. */
  fills(markets: Names = everything, buffer?: BufferOptions): Feed<Fill | Gap> {
    return this.#open<Fill | Gap>("deal", markets, buffer);
  }

  /** Every change of what is available, and a {@link Gap} where some may be missing. */
  balances(currencies: Names = everything, buffer?: BufferOptions): Feed<BalanceChange | Gap> {
    return this.#open<BalanceChange | Gap>("balance", currencies, buffer);
  }

  /** Asks once; resolves with `data` as it came. */
  async query(method: QueryMethod, params: readonly unknown[] = []): Promise<unknown> {
    const { data, error } = await this.#requests.ask(method, params);
    if (error !== null) throw new ClientError(refusalOf(error));
    return data;
  }

  /** Ends the connection and all feeds. */
  close(): void {
    this.#connection.close();
  }

  #open<T>(
    channel: Channel,
    names: Names,
    buffer?: BufferOptions,
    keyOf?: (item: T) => string,
  ): Feed<T> {
    return this.#feeds.open<T>({ channel, names: this.#listOf(names), buffer, keyOf });
  }

  #listOf(names: Names): readonly string[] {
    this.#refuseMore();
    return typeof names === "string" ? [names] : [...new Set(names)];
  }

  #refuseMore(): void {
    const error = closedError(this.#connection.state);
    if (error !== undefined) throw error;
    if (this.#feeds.size + this.#books.size >= feedsMax) {
      const message = `a stream has at most ${feedsMax} feeds`;
      throw new ClientError({ kind: "misuse", message });
    }
  }

  #follow(book: OwnedBook): void {
    this.#books.add(book);
    this.#interest.want("depth", book.parameter);
    // Who comes second needs a whole book too, which a repeated subscription brings.
    this.#askForBook(book.parameter);
  }

  #unfollow(book: OwnedBook): void {
    if (!this.#books.delete(book)) return;
    this.#counts.resyncs += book.bookCounts.resyncs;
    this.#interest.unwant("depth", book.parameter);
    this.#planFlush();
  }

  #askForBook(parameter: string): void {
    this.#interest.unsend("depth", [parameter]);
    this.#planFlush();
  }

  #flush(): void {
    if (!this.#connection.isOpen) return;
    for (const change of this.#interest.takeChanges()) this.#tell(change);
    const missed = [...this.#missed];
    this.#missed.clear();
    for (const each of missed) this.#mend(each);
  }

  #tell({ group, add, remove }: InterestChange): void {
    const channel = group as Channel;
    for (const params of requestsOf(channel, remove)) void this.#unsubscribe(channel, params);
    // Whatever ran beside `all` was stopped with it.
    if (remove.includes(everything)) this.#interest.unsend(group);
    for (const { names, since } of this.#goingOn.ask(channel, add)) {
      if (channel === "depth" && since === undefined) this.#eachBook(names, (book) => book.asked());
      for (const params of requestsOf(channel, names)) void this.#subscribe(channel, params, since);
    }
    if (remove.includes(everything)) this.#planFlush();
  }

  #canGoOn(parameter: string): boolean {
    return [...this.#books].every((book) => book.parameter !== parameter || book.canGoOn);
  }

  async #unsubscribe(channel: Channel, params: readonly unknown[]): Promise<void> {
    const names = namesOf(channel, params);
    this.#goingOn.forget(channel, names);
    const answered = this.#gate.shut(channel, "off", names);
    const asked = { channel, names, answered };
    // After a loss of the connection there is nothing to take back.
    const reply = await this.#requests
      .ask(`${channel}_unsubscribe`, params, asked)
      .catch(() => undefined);
    if (reply === undefined) answered(true);
    if (!isTooMany(reply?.error)) return;
    this.#interest.unwanted(channel, names);
    this.#flushLater();
  }

  async #subscribe(
    channel: Channel,
    params: readonly unknown[],
    since: Place | undefined,
    missed?: Missed,
  ): Promise<void> {
    const names = namesOf(channel, params);
    const answered = this.#gate.shut(channel, "on", names);
    const began = (fields: ReplyFields) => this.#began(channel, { names, since }, fields, missed);
    const asked = { channel, names, answered, began, since };
    const again = () => {
      if (missed === undefined) this.#interest.unsend(channel, names);
      else this.#missed.add(missed);
    };
    try {
      const { error } = await this.#requests.ask(`${channel}_subscribe`, params, asked);
      if (error === null) return;
      if (isTooMany(error)) {
        again();
        this.#flushLater();
      } else this.#refused(channel, names, error);
    } catch (error) {
      // After a loss of the connection the next one asks for everything by itself, and after the last one nobody does.
      const { kind } = faultOf(error);
      if (kind !== "timeout" && kind !== "overflow") return;
      again();
      if (kind === "timeout") this.#planFlush();
      else this.#flushLater();
    } finally {
      answered(false);
    }
  }

  /** In the very moment of the reply: what comes behind it belongs to what goes on or begins. */
  #began(channel: Channel, asking: Asking, fields: ReplyFields, missed?: Missed): void {
    const lost = this.#goingOn.replied(channel, asking, fields);
    const { names, since } = asking;
    const resumption = { names, lost: since && lost, missedMs: missed?.fromMs };
    this.#counts.gaps += this.#feeds.tellGaps(channel, this.platform.wallMs(), resumption);
    if (since !== undefined && lost.length < names.length) this.resumptions.emit(channel);
    if (channel !== "depth" || since === undefined) return;
    for (const name of names) {
      this.#eachBook([name], (book) => (lost.includes(name) ? book.asked() : book.wentOn()));
    }
  }

  #flushLater(): void {
    this.#cancelWait();
    this.#cancelWait = this.platform.after(tooManyWaitMs, () => this.#planFlush());
  }

  /** A refusal names what it is about, or is about all that was asked for. */
  #refused(channel: Channel, names: readonly string[], error: ErrorObject): void {
    const named = unknownIn(error);
    const meant = named === undefined ? names : names.filter((name) => isNamed(name, named));
    const fault: Fault =
      named === undefined
        ? refusalOf(error)
        : { kind: "unknown-name", message: error.message, names: named };
    this.refusals.emit(fault);
    this.#feeds.refuse(channel, meant, fault);
    if (channel === "depth") this.#eachBook(meant, (book) => book.end(fault));
  }

  /** An error right behind a success is about names that were left out of it. */
  #unheard({ error, asked }: Unheard): void {
    if (asked === undefined) this.refusals.emit(refusalOf(error));
    else this.#refused(asked.channel, asked.names, error);
  }

  #eachBook(parameters: readonly string[], act: (book: OwnedBook) => void): void {
    for (const book of [...this.#books]) if (parameters.includes(book.parameter)) act(book);
  }

  #opened(): void {
    this.#addresses.opened();
    this.#heardMs = this.platform.monotonicMs();
    this.#interest.unsend();
    this.#planFlush();
  }

  #lost(): void {
    this.#gate.clear();
    this.#missed.clear();
    this.#goingOn.lost();
    this.#feeds.lost(this.platform.wallMs());
    for (const book of this.#books) book.lost();
    this.#requests.failAll({
      kind: "network",
      message: "the connection was lost before the reply",
    });
  }

  #ended(why: Fault): void {
    this.#cancelWait();
    const fault = why.kind === "closed" ? undefined : why;
    this.#feeds.endAll(fault);
    for (const book of [...this.#books]) book.end(fault);
    this.#requests.failAll(why);
  }

  #received(text: string): void {
    this.#heardMs = this.platform.monotonicMs();
    const isTrade = text.includes('"method":"trade_update"');
    const fields = fieldsOf(isTrade ? parseExact(text) : JSON.parse(text));
    const { id, method, data, error } = fields;
    if (method === "position_update") this.#goingOn.told(fields);
    else if (typeof method === "string" && method.endsWith("_update")) {
      const channel = method.slice(0, -"_update".length) as Channel;
      this.#update(channel, decoders[channel]?.(data) ?? [], fields);
    } else {
      const reply = { data, error: (error as ErrorObject | null | undefined) ?? null, fields };
      const unheard = this.#requests.replied(id, reply);
      if (unheard !== undefined) this.#unheard(unheard);
    }
  }

  #update(channel: Channel, items: readonly Routed[], fields: ReplyFields): void {
    const [first] = items;
    if (first === undefined) return;
    const verdict = this.#goingOn.take(channel, first.name, fields);
    if (verdict === "gap") this.#missing(channel, first.name);
    if (verdict !== "next") return;
    const checksum = typeof fields["crc"] === "number" ? fields["crc"] : undefined;
    for (const routed of items) this.#route(channel, routed, checksum);
  }

  /** Something is missing before a message that came. */
  #missing(channel: Channel, market: string): void {
    if (channel === "depth") this.#eachBook([market], (book) => book.missed());
    const name = channel === "candles" ? this.#feeds.candlesOf(market) : market;
    if (channel === "depth" || name === undefined) return;
    this.#mend({ channel, name, fromMs: this.platform.wallMs() });
  }

  /** That one stream is asked for again, unless nobody wants it any more. */
  #mend(missed: Missed): void {
    const { channel, name } = missed;
    if (![name, everything].some((each) => this.#interest.wants(channel, each))) return;
    const since = this.#goingOn.mend(channel, name);
    const [params = []] = requestsOf(channel, [name]);
    void this.#requests.ask(`${channel}_unsubscribe`, params).catch(() => {});
    void this.#subscribe(channel, params, since, missed);
  }

  #route(channel: Channel, routed: Routed, checksum?: number): void {
    if (channel === "depth") {
      this.#eachBook([routed.name], (book) => book.take(routed.item as DepthUpdate, checksum));
      return;
    }
    if (channel === "candles" && this.#gate.isShut(routed.name)) return;
    this.#feeds.route(channel, routed);
  }
}
