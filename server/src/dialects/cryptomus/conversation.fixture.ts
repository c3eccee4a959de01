/**
 * A client's conversation with the dialect over a real hub, and the rules that every conversation
 * keeps whatever is said in it. Tests talk through this, so each of them checks the rules at every step.
 */

import { expect } from "vitest";
import { atOnce } from "../../access/doors.fixture.ts";
import type { Identity, StreamDoor } from "../../access/identity.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { assert } from "../../core/assert.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import { parseAtoms } from "../../core/num/money.ts";
import { lots } from "../../core/num/units.ts";
import { Hub } from "../../hub/hub.ts";
import type { Outbox } from "../../hub/outbox.ts";
import type { Bar } from "../../marketdata/bars/bar.ts";
import { depthScalesMax } from "../../marketdata/depth-scales.ts";
import type { CandleQuery, ListedMarket, MarketBoardView } from "../../marketdata/market-board.ts";
import {
  type Topic,
  type TopicOf,
  topicKey,
  type Update,
  type UpdateOf,
} from "../../marketdata/topic.ts";
import type {
  DepthUpdate,
  LastPriceUpdate,
  PublicTrade,
  TickerUpdate,
} from "../../marketdata/updates.ts";
import type { Encoding, Session, SessionEffect, SessionInput } from "../../ports/dialect.ts";
import type { StoredMarketBars } from "../../ports/protocol.ts";
import type { Frame } from "../../ports/transport.ts";
import { type CryptomusDialect, createCryptomusDialect } from "./dialect.ts";
import type { SessionOptions } from "./session.ts";

/** The user of a conversation when a test says nothing. */
export const exampleUser: Identity = {
  userId: "7b1f3c52-0a5e-4c43-9d57-2f6f3bb0c001",
  createdAtMs: 1_700_000_000_000,
};

/** Rules of a market with the given decimals of price and quantity. */
export function marketRules(code: string, tickScale = 2, lotScale = 6): MarketRules {
  const [base = "", quote = ""] = code.split("_");
  return {
    code,
    base,
    quote,
    tickSize: { coefficient: 1, scale: tickScale },
    lotSize: { coefficient: 1, scale: lotScale },
    baseMin: lots(1),
    baseMax: lots(1_000_000_000_000),
    quoteMin: parseAtoms("0.1")!,
    quoteMax: parseAtoms("99999999")!,
    marketOrderBandPpm: 500_000,
  };
}

/** A board that shows what a test puts on it. */
export class ExampleBoard implements MarketBoardView {
  readonly depthScales: number = depthScalesMax;
  readonly lastPrices = new Map<string, LastPriceUpdate>();
  readonly tickers = new Map<string, TickerUpdate>();
  /** By `topicKey`. */
  readonly depths = new Map<string, DepthUpdate>();
  readonly trades = new Map<string, readonly PublicTrade[]>();
  readonly candleLists = new Map<string, readonly Bar[]>();
  /** What the last query for candles asked for. */
  candleQuery: CandleQuery | undefined;
  /** Second from which it knows all candles. */
  candlesFromS = 0;
  readonly #markets = new Map<string, ListedMarket>();
  readonly #currencies = new Set<string>();

  constructor(
    listed: readonly MarketRules[] = [
      marketRules("BTC_USDT"),
      marketRules("ETH_USDT"),
      marketRules("TRX_USDT", 6, 4),
    ],
  ) {
    for (const rules of listed) this.add(rules);
  }

  add(rules: MarketRules): void {
    this.#markets.set(rules.code, { rules, halted: false });
    this.#currencies.add(rules.base).add(rules.quote);
  }

  markets(): readonly ListedMarket[] {
    return [...this.#markets.values()];
  }

  market(code: string): ListedMarket | undefined {
    return this.#markets.get(code);
  }

  currencies(): readonly string[] {
    return [...this.#currencies];
  }

  lastPrice(market: string): LastPriceUpdate | undefined {
    return this.lastPrices.get(market);
  }

  ticker(market: string, nowUs: number): TickerUpdate | undefined {
    const update = this.tickers.get(market);
    return update === undefined ? undefined : { ...update, timeUs: nowUs };
  }

  depth(market: string, depthScale: number): DepthUpdate | undefined {
    return this.depths.get(topicKey({ kind: "depth", market, depthScale }));
  }

  recentTrades(market: string): readonly PublicTrade[] | undefined {
    return this.trades.get(market);
  }

  candles(market: string, query: CandleQuery): readonly Bar[] | undefined {
    this.candleQuery = query;
    return this.candleLists.get(market);
  }

  candlesKnownFromS(): number {
    return this.candlesFromS;
  }

  /** What a newcomer to a topic is sent. */
  state(topic: Topic): Update | undefined {
    switch (topic.kind) {
      case "last-price":
        return this.lastPrices.get(topic.market);
      case "ticker":
        return this.tickers.get(topic.market);
      case "depth":
        return this.depths.get(topicKey(topic));
      default:
        return undefined;
    }
  }
}

/** A door that lets everybody in, with what it was told. */
export class ExampleDoor implements StreamDoor {
  confirmed = 0;
  released = 0;
  revoke: () => void = () => {};
  readonly #identity: Identity | undefined;

  constructor(identity: Identity | undefined) {
    this.#identity = identity;
  }

  issueToken(): never {
    throw new Error("the stream issues no tokens");
  }

  admit(_token: string | undefined, events: { revoked(): void }): ReturnType<StreamDoor["admit"]> {
    this.revoke = () => events.revoked();
    return {
      identity: this.#identity,
      confirm: () => {
        this.confirmed += 1;
      },
      release: () => {
        this.released += 1;
      },
    };
  }
}

/** How a conversation differs from the usual one. */
export interface ConversationOptions {
  readonly board?: ExampleBoard;
  /** `null` for a connection without a token. */
  readonly identity?: Identity | null;
  readonly options?: Partial<SessionOptions>;
  /** What is stored; by default nothing. */
  readonly bars?: StoredMarketBars;
}

const nothingStored: StoredMarketBars = () => Promise.resolve({ bars: [], unknown: [] });

const secrets = systemSecrets();
/** Frames that are told apart by a character that no message contains. */
const frameText = (text: string): Frame => {
  const plain = new TextEncoder().encode(`${text}\n`);
  return { plain, compressed: plain };
};
const textsOf = (frames: Uint8Array): readonly string[] =>
  new TextDecoder().decode(frames).split("\n").slice(0, -1);
const outboxBytesMax = 100_000_000;

/** One connection, seen from the client. */
export class Conversation {
  /** Time of the next input, in milliseconds. */
  nowMs = 1_750_953_000_000;
  /** How the connection was closed; undefined while it is open. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly board: ExampleBoard;
  readonly door: ExampleDoor;
  readonly dialect: CryptomusDialect;
  readonly session: Session;
  readonly hub: Hub;
  readonly #user: string | undefined;
  readonly #outbox: Outbox;
  readonly #active = new Map<string, { topic: Topic; encoding: Encoding }>();
  #sent: string[] = [];
  #replies = 0;
  #asked: Extract<SessionEffect, { kind: "ask" }> | undefined;

  constructor({
    board,
    identity = exampleUser,
    options = {},
    bars = nothingStored,
  }: ConversationOptions = {}) {
    this.board = board ?? new ExampleBoard();
    this.door = new ExampleDoor(identity ?? undefined);
    this.#user = identity?.userId;
    this.hub = new Hub({
      frameText,
      allocate: (bytes) => new Uint8Array(bytes),
      schedule: () => {},
      current: (topic) => {
        const state = this.board.state(topic);
        return state && { state, isNews: false };
      },
    });
    const transport = {
      write: (frames: Uint8Array) => {
        this.#sent.push(...textsOf(frames));
        return "sent" as const;
      },
      close: (code: number, reason: string) => {
        this.closed = { code, reason };
      },
    };
    this.#outbox = this.hub.join({ transport, bytesMax: outboxBytesMax, compresses: false });
    const parts = { board: this.board, bars, door: this.door };
    this.dialect = createCryptomusDialect({ ...parts, secrets, options });
    const request = { path: "/ws", query: (name: string) => (name === "token" ? "t" : undefined) };
    const handle = { inject: (input: SessionInput) => void this.input(input) };
    const decision = atOnce(this.dialect.open(request, handle, this.nowMs));
    if (decision.kind !== "accepted") throw new Error(`refused with ${decision.status}`);
    this.session = decision.session;
    this.#carryOut(this.session.started(this.nowMs));
  }

  /** Keys of the topics that are running. */
  get active(): readonly string[] {
    return [...this.#active.keys()];
  }

  /** Sends one message, an object as compact JSON; gives the texts that come back. */
  send(message: string | object): readonly string[] {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    const repliesBefore = this.#replies;
    const texts = this.input({ kind: "text", text, byteLength: text.length });
    const replies = this.#replies - repliesBefore;
    const tellsUnknown = texts[1]?.includes('"error":{"code":2,"message":"Unknown ') === true;
    assert(replies <= (tellsUnknown ? 2 : 1), "one reply, and what it left out");
    return texts;
  }

  /** Sends a request of the usual envelope and gives the reply as a value; no other text may come. */
  ask(method: string, params: readonly unknown[] = [], id: number | string = 7): Reply {
    const [reply] = this.send({ id, method, params });
    if (reply === undefined) throw new Error(`no reply to ${method}`);
    return JSON.parse(reply);
  }

  input(input: SessionInput): readonly string[] {
    this.#sent = [];
    const wasClosed = this.closed !== undefined;
    const effects = this.session.receive(input, this.nowMs);
    if (wasClosed) expect(effects).toEqual([]);
    // What the past is read for may be followed by requests that waited.
    this.#carryOut(effects, input.kind === "bars");
    this.hub.flush();
    return this.#sent;
  }

  /** Lets what the session has asked be answered; gives what this client is sent then. */
  async answer(): Promise<readonly string[]> {
    const asked = this.#asked;
    if (asked === undefined) throw new Error("nothing is asked");
    this.#asked = undefined;
    return this.input({ kind: "bars", answer: await asked.bars() });
  }

  /** Publishes an update as the exchange would; gives what this client is sent. */
  publish<Kind extends Topic["kind"]>(
    topic: TopicOf<Kind>,
    update: UpdateOf[Kind],
  ): readonly string[] {
    this.#sent = [];
    const position = { sequence: 1, tick: 0, ordinal: 0 };
    this.hub.publish(
      topic,
      { position, previous: position, update: structuredClone(update) },
      { kind: "history" },
    );
    this.hub.flush();
    return this.#sent;
  }

  /** Lists a market; gives what this client is sent. */
  list(rules: MarketRules): readonly string[] {
    this.board.add(rules);
    this.#sent = [];
    this.dialect.marketListed(rules);
    return this.#sent;
  }

  /** Ends the connection; nothing may be left running. */
  end(): void {
    this.session.ended();
    this.hub.leave(this.#outbox);
    expect(this.hub.subscriptions).toBe(0);
    expect(this.door.released).toBe(1);
  }

  #carryOut(effects: readonly SessionEffect[], isOfMany = false): void {
    let hasStarted = false;
    for (const effect of effects) {
      if (effect.kind !== "unsubscribe") assert(this.closed === undefined, "nothing follows");
      switch (effect.kind) {
        case "send":
          assert(isOfMany || !hasStarted, "a reply goes out ahead of what it announces");
          expectReply(effect.text);
          this.#replies += 1;
          this.hub.send(this.#outbox, effect.text);
          break;
        case "close":
          this.#outbox.close(effect.code, effect.reason);
          break;
        case "ask":
          expect(this.#asked, "one question at a time").toBeUndefined();
          this.#asked = effect;
          break;
        case "subscribe":
          hasStarted = true;
          this.#start(effect.topic, effect.encoding);
          break;
        case "unsubscribe":
          assert(
            this.#active.get(topicKey(effect.topic))?.encoding === effect.encoding,
            "what has started ends, as it was told",
          );
          this.#active.delete(topicKey(effect.topic));
          this.hub.unsubscribe(this.#outbox, effect.topic, effect.encoding);
          break;
      }
    }
  }

  #start(topic: Topic, encoding: Encoding): void {
    const key = topicKey(topic);
    assert(topic.kind === "depth" || !this.#active.has(key), "starts once");
    assert(!("user" in topic) || topic.user === this.#user, "nobody is told about others");
    this.#active.set(key, { topic, encoding });
    this.hub.subscribe(this.#outbox, topic, encoding);
  }
}

/** A reply as a value. */
export interface Reply {
  readonly id: number | string;
  readonly method?: string;
  readonly data: unknown;
  readonly error: { readonly code: number; readonly message: string } | null;
}

/** Every reply has these keys in this order, and one of data and error is null (reference, rules 41–44). */
function expectReply(text: string): void {
  const reply: Reply = JSON.parse(text);
  const keys = Object.keys(reply).join();
  assert(keys === "id,data,error" || keys === "id,method,data,error", `the keys of ${text}`);
  if (reply.error === null) return;
  assert(reply.data === null, `an error has no data: ${text}`);
  assert(Object.keys(reply.error).join() === "code,message", `the keys of an error: ${text}`);
  assert([1, 2].includes(reply.error.code), `the code of an error: ${text}`);
}
