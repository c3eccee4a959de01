/**
 * A venue as a live source, through ccxt: it subscribes, translates and says how a watch ended. It never
 * connects again by itself and holds no key of an account.
 */
import { inVenueOrder } from "../../marketdata/event-order.ts";
import type { StopSignal } from "../../ports/feed.ts";
import type {
  FrameTap,
  LiveQuote,
  LiveSource,
  LiveSourceContext,
  LiveTold,
  LiveTrade,
} from "../../ports/live-source.ts";
import type { CcxtFeedConfig } from "./config.ts";
import { Connections, type Watcher } from "./connection.ts";
import {
  type CcxtExchange,
  type CcxtLibrary,
  type CcxtTrade,
  type CcxtTrades,
  loadExchange,
} from "./library.ts";
import { mapQuote, mapTrade } from "./map.ts";
import { type VenueFacts, venueFacts } from "./venues.ts";

/** Trades of a ticker that ccxt keeps until they are taken; with so many at once some may be lost. */
export const keptTradesMax = 10_000;

/** How often it is told that a quiet ticker is alive, and how long a subscription takes at the most, in milliseconds. */
const aliveMs = 1_000;

/** A connection that was silent for so long when its watch ends is given up, in milliseconds. */
const deadAfterMs = 4_000;

/** How often a connection is pinged at the least, in milliseconds. */
const keepAliveMaxMs = 30_000;

/** How many trades of the past are asked for. */
const pastMax = 1_000;

/** What a source is made with. */
export interface CcxtSourceOptions {
  readonly library: CcxtLibrary;
  readonly config: CcxtFeedConfig;
  readonly venue: string;
}

/** Makes it; nothing is loaded yet. */
export function createCcxtSource(options: CcxtSourceOptions): LiveSource {
  return new CcxtSource(options);
}

interface Open {
  readonly exchange: CcxtExchange;
  readonly connections: Connections;
}

class CcxtSource implements LiveSource {
  readonly tickers: readonly string[];
  readonly pastStepUs: number | undefined;
  readonly #options: CcxtSourceOptions;
  readonly #facts: VenueFacts;
  readonly #taps = new Map<FrameTap, (() => void) | undefined>();
  #opening: Promise<Open> | undefined;

  constructor(options: CcxtSourceOptions) {
    this.#options = options;
    this.#facts = venueFacts(options.config.exchange);
    this.pastStepUs = this.#facts.pastStepUs;
    this.tickers = options.config.tickers;
  }

  async prepare(): Promise<string | undefined> {
    try {
      await this.#open();
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  async *watch(
    ticker: string,
    context: LiveSourceContext,
    signal: StopSignal,
  ): AsyncGenerator<LiveTold, string> {
    const { exchange, connections } = await this.#open();
    const life = new Life();
    const watcher = watcherOf(context, life, (reason) => life.lose(reason));
    const onAbort = () => life.stop();
    signal.addEventListener("abort", onAbort, { once: true });
    const quoting = this.#watchQuotes(ticker, { exchange, connections }, context, life);
    const ask = () => {
      const asking = connections.as(watcher, () => exchange.watchTrades(ticker));
      // Whether anybody still waits for it is not certain.
      asking.catch(() => {});
      return asking;
    };
    try {
      const kept = new KeptTrades(exchange, streamedSymbol(exchange, ticker), () => life.sign());
      for (let next = ask(); ; ) {
        const told = await Promise.race([next, life.next()]);
        if (signal.aborted) return "stopped";
        if (told !== undefined && life.end === undefined) next = ask();
        const came = kept.take(told);
        if (came.length >= keptTradesMax) return "more came than is kept";
        const trades = this.#mapped(came, (what) => context.malformed(1, what));
        // What came with it was taken when it came.
        if (told === undefined || came.length > 0) yield { trades, ...life.takeQuote() };
        if (life.end !== undefined) return life.end;
      }
    } catch (error) {
      return reasonOf(error);
    } finally {
      signal.removeEventListener("abort", onAbort);
      connections.leave(watcher, life.silentMs() >= deadAfterMs);
      life.stop();
      await quoting;
    }
  }

  async past(ticker: string): Promise<readonly LiveTrade[] | string> {
    const { exchange } = await this.#open();
    if (exchange.has["fetchTrades"] !== true) return `${exchange.id} has none`;
    try {
      const trades = await exchange.fetchTrades(ticker, undefined, pastMax);
      return this.#mapped(trades, () => {});
    } catch (error) {
      return reasonOf(error);
    }
  }

  tapFrames(tap: FrameTap): () => void {
    this.#taps.set(tap, undefined);
    void this.#opening?.then(({ connections }) => this.#attach(tap, connections)).catch(() => {});
    return () => {
      this.#taps.get(tap)?.();
      this.#taps.delete(tap);
    };
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    try {
      await (await opening)?.exchange.close();
    } catch {
      // What could not be opened needs no closing.
    }
  }

  #attach(tap: FrameTap, connections: Connections): void {
    if (this.#taps.has(tap)) this.#taps.set(tap, connections.tap(tap));
  }

  /** Loads ccxt and the venue's markets; who comes meanwhile waits for the same. */
  #open(): Promise<Open> {
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#load();
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #load(): Promise<Open> {
    const { library, config } = this.#options;
    const Exchange = await loadExchange(library);
    const { options = {}, ...settings } = config.settings ?? {};
    const exchange = new Exchange({
      newUpdates: true,
      ...settings,
      number: String,
      options: { ...this.#facts.options, ...(options as object), tradesLimit: keptTradesMax },
    });
    // Who may deposit what where is nothing that is streamed.
    exchange.has["fetchCurrencies"] = false;
    // Often enough that a silence is a silence.
    exchange.streaming.keepAlive = Math.min(
      exchange.streaming.keepAlive ?? keepAliveMaxMs,
      Math.floor((config.staleSeconds * 1_000) / 3),
    );
    const connections = new Connections(exchange);
    for (const tap of this.#taps.keys()) this.#attach(tap, connections);
    // Needed before a connection without TLS; does nothing else without a proxy.
    await exchange.loadHttpProxyAgent();
    await exchange.loadMarkets();
    return { exchange, connections };
  }

  #mapped(told: readonly CcxtTrade[], malformed: (what: string) => void): readonly LiveTrade[] {
    const trades: LiveTrade[] = [];
    for (const trade of told) {
      const mapped = mapTrade(this.#options.venue, trade, this.#facts.idFields);
      if (typeof mapped === "string") malformed(mapped);
      else trades.push(mapped);
    }
    // HTX tells what happened in one moment the newest first.
    return inVenueOrder(trades);
  }

  /** Notes the best prices until the watch is over; that they fail, or their connection ends, does not end it. */
  async #watchQuotes(
    ticker: string,
    { exchange, connections }: Open,
    context: LiveSourceContext,
    life: Life,
  ): Promise<void> {
    if (!this.#options.config.quotes) return;
    const watcher = watcherOf(context, life, () => {});
    while (!life.isOver) {
      try {
        const book = connections.as(watcher, () => exchange.watchOrderBook(ticker));
        book.catch(() => {});
        const told = await Promise.race([book, life.over]);
        if (told !== undefined) life.quote(mapQuote(told.bids[0], told.asks[0]));
      } catch (error) {
        context.malformed(0, reasonOf(error));
        await Promise.race([life.later(), life.over]);
      }
    }
    connections.leave(watcher, life.silentMs() >= deadAfterMs);
  }
}

/** The market as ccxt keeps it; throws where there is none, or none that is streamed. */
function streamedSymbol(exchange: CcxtExchange, ticker: string): string {
  if (exchange.has["watchTrades"] === true) return exchange.market(ticker).symbol;
  throw new Error(`ccxt streams no trades of ${exchange.id}`);
}

function watcherOf(
  context: LiveSourceContext,
  life: Life,
  lost: (reason: string) => void,
): Watcher {
  return { context, urls: new Set(), subscriptions: new Set(), heard: () => life.heard(), lost };
}

/**
 * The trades of a ticker from the moment on at which ccxt keeps them. ccxt itself tells of them with the next
 * message that comes after it was asked, so the last ones of a burst would wait for the trade that follows them.
 */
class KeptTrades {
  readonly #exchange: CcxtExchange;
  readonly #symbol: string;
  readonly #came: () => void;
  #cache: CcxtTrades | undefined;
  #untaken: CcxtTrade[] = [];

  constructor(exchange: CcxtExchange, symbol: string, came: () => void) {
    this.#exchange = exchange;
    this.#symbol = symbol;
    this.#came = came;
    // What an earlier connection told and nobody took: what follows it here would not follow it in truth.
    delete exchange.trades[symbol];
  }

  /** What has come since the last call; `told` where an exchange keeps its trades elsewhere. */
  take(told: readonly CcxtTrade[] = []): readonly CcxtTrade[] {
    const cache = this.#exchange.trades[this.#symbol];
    if (cache === undefined) return told;
    if (cache !== this.#cache) this.#follow(cache);
    const taken = this.#untaken;
    this.#untaken = [];
    return taken;
  }

  #follow(cache: CcxtTrades): void {
    this.#cache = cache;
    this.#untaken.push(...cache);
    const append = cache.append.bind(cache);
    cache.append = (trade) => {
      append(trade);
      if (this.#untaken.length < keptTradesMax) this.#untaken.push(trade);
      this.#came();
    };
  }
}

/** Whether anything is heard on the connections of one watch. */
class Life {
  isOver = false;
  /** Why the connection has ended. */
  end: string | undefined;
  /** Whether there is something that came while nobody waited for a sign. */
  #isDue = false;
  readonly #over = Promise.withResolvers<undefined>();
  #sign = Promise.withResolvers<undefined>();
  #toldMs = performance.now();
  #heardMs = performance.now();
  #quote: LiveQuote | undefined;
  #later: NodeJS.Timeout | undefined;

  get over(): Promise<undefined> {
    return this.#over.promise;
  }

  heard(): void {
    this.#heardMs = performance.now();
    if (this.isOver) return;
    const waitMs = aliveMs - (this.#heardMs - this.#toldMs);
    if (waitMs <= 0) this.#wake();
    else this.#later ??= setTimeout(() => this.#wake(), waitMs);
  }

  /** Something is to be told at once. */
  sign(): void {
    if (this.isOver) return;
    this.#isDue = true;
    this.#wake();
  }

  quote(quote: LiveQuote | undefined): void {
    if (quote === undefined) return;
    const isNew = quote.bid !== this.#quote?.bid || quote.ask !== this.#quote.ask;
    this.#quote = quote;
    if (isNew) this.sign();
  }

  /** The newest quote, once. */
  takeQuote(): { readonly quote?: LiveQuote } {
    const quote = this.#quote;
    this.#quote = undefined;
    this.#isDue = false;
    return quote === undefined ? {} : { quote };
  }

  /** Resolves at the next sign of life, not more often than once a second, or when it is over. */
  next(): Promise<undefined> {
    return this.#isDue ? Promise.resolve(undefined) : this.#sign.promise;
  }

  /** Resolves at a sign of life that is still to come, or when it is over. */
  later(): Promise<undefined> {
    return this.#sign.promise;
  }

  silentMs(): number {
    return performance.now() - this.#heardMs;
  }

  /** The connection has ended: what was told on it before is still to be taken. */
  lose(reason: string): void {
    this.end ??= reason;
    this.#wake();
  }

  stop(): void {
    this.isOver = true;
    clearTimeout(this.#later);
    this.#over.resolve(undefined);
    this.#sign.resolve(undefined);
  }

  #wake(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#toldMs = performance.now();
    this.#sign.resolve(undefined);
    this.#sign = Promise.withResolvers();
  }
}

/** Why something failed, in one line. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split("\n", 1)[0]?.slice(0, 300) ?? text;
}
