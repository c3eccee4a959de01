/**
 * A house for the tests of REST: the real exchange and the history in memory behind a desk that has
 * everything durable at once, a plain board, and requests called as the HTTP adapter calls them.
 */
import { Value } from "typebox/value";
import { expect } from "vitest";
import type { Identity, Refused, StreamDoor } from "../../access/identity.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { assert } from "../../core/assert.ts";
import type { Command } from "../../core/commands.ts";
import type { ExchangeEvent } from "../../core/events.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { FeeSchedule } from "../../core/market/fees.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import { formatFixed, powersOfTen } from "../../core/num/decimal.ts";
import { atoms, parseAtoms } from "../../core/num/money.ts";
import { lots } from "../../core/num/units.ts";
import { exchangeWith } from "../../core/scenario.fixture.ts";
import { depthScalesMax } from "../../marketdata/depth-scales.ts";
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import { TickerWindow } from "../../marketdata/ticker.ts";
import { type DepthLevel, type PublicTrade, unitsOf } from "../../marketdata/updates.ts";
import { type Answer, type HistoryBusy, isUnanswered } from "../../ports/history.ts";
import type { Submission } from "../../ports/released.ts";
import type { RestReply, RestRequest, RestRoute } from "../../ports/rest.ts";
import type { Admission, PastAnswer, TradingDesk, Unavailable } from "../../ports/trading-desk.ts";
import { MemoryHistory } from "../../testing/memory-history.ts";
import { cryptomusNotFound, cryptomusRoutes } from "./rest.ts";
import type { SigningAuthenticator, SigningRefusal } from "./signing.ts";

export const secrets = systemSecrets();

/** 2024-12-12 11:40:19 UTC, the time of the sample of the history. */
export const startMs = 1_734_003_619_000;

/** Client ids of closed orders that the exchange of a house remembers. */
export const closedClientIdsMax = 10;

/** Two users, and one who is disabled. */
export const alice = "8b03432e-385b-4670-8d06-064591096795";
export const bob = "fe992253-e6ba-4127-8d55-01ddeb1b2da2";
export const secret = "fixture-api-key";

const money = (text: string) => atoms(parseAtoms(text) ?? -1n);

/** A market like that of the samples: `TRX_USDT` with two decimals of quantity and four of price. */
export const trxUsdt: MarketRules = {
  code: "TRX_USDT",
  base: "TRX",
  quote: "USDT",
  tickSize: { coefficient: 1, scale: 4 },
  lotSize: { coefficient: 1, scale: 2 },
  baseMin: lots(1_000),
  baseMax: lots(1_000_000_000_000),
  quoteMin: money("1"),
  quoteMax: money("10000000"),
  marketOrderBandPpm: 500_000,
};

/** A market whose steps are not powers of ten, and whose least value has 16 decimals. */
export const btcUsdt: MarketRules = {
  code: "BTC_USDT",
  base: "BTC",
  quote: "USDT",
  tickSize: { coefficient: 5, scale: 2 },
  lotSize: { coefficient: 1, scale: 8 },
  baseMin: lots(1_000),
  baseMax: lots(1_000_000_000_000),
  quoteMin: money("0.1000000000000001"),
  quoteMax: money("99999999"),
  marketOrderBandPpm: 500_000,
};

/** One request besides its method and target. */
export interface CallOptions {
  /** Undefined for a request that is not signed. */
  readonly user?: string | undefined;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A reply with its body read. */
export interface CallResult {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into bodies of every shape
  readonly json: any;
}

/** What may differ from house to house. */
export interface HouseOptions {
  readonly fees?: FeeSchedule;
  /** Whom to refuse, whatever they show. */
  readonly refusal?: SigningRefusal;
}

/** Everything that the routes need, and the means to call them. */
export class House {
  readonly exchange: Exchange;
  readonly history = new MemoryHistory();
  readonly board = new PlainBoard(this);
  readonly routes: readonly RestRoute[];
  nowMs: number = startMs;
  /** What the desk answers instead of what it would: set by tests of its troubles. */
  trouble: Submission | Unavailable | HistoryBusy | undefined;
  #transfers = 0;

  constructor(options: HouseOptions = {}) {
    this.exchange = exchangeWith({
      ...(options.fees === undefined ? {} : { fees: options.fees }),
      limits: {
        openOrdersMax: 1_024,
        openOrdersPerUserMax: 150,
        closedClientIdsPerUserMax: closedClientIdsMax,
      },
    });
    this.routes = cryptomusRoutes({
      board: this.board,
      desk: this.#desk(),
      authenticator: plainAuthenticator(options.refusal),
      door: plainDoor(),
      secrets,
    });
    for (const rules of [trxUsdt, btcUsdt]) this.apply({ kind: "add-market", rules });
  }

  /** Applies a command and stores what happened. */
  apply(command: Command): Submission & { readonly kind: "released" } {
    const sequence = this.exchange.sequence + 1;
    const timeUs = this.nowMs * 1_000;
    const events = this.exchange.apply({ sequence, timeUs, command });
    const released = { sequence, timeUs, command, events };
    this.history.record([released]);
    this.board.take(events, timeUs);
    return { kind: "released", released };
  }

  deposit(user: string, currency: string, amount: string): void {
    this.#transfers += 1;
    const key = `transfer ${this.#transfers}`;
    this.apply({ kind: "deposit", user, currency, amount: money(amount), key });
  }

  /** Both users with enough of everything. */
  endow(): this {
    for (const user of [alice, bob]) {
      for (const currency of ["TRX", "USDT", "BTC"]) this.deposit(user, currency, "100000");
    }
    return this;
  }

  /** Calls a route; a success is held against the schema that describes it. */
  async call(
    method: string,
    target: string,
    { user, body = "", headers = {} }: CallOptions = {},
  ): Promise<CallResult> {
    const url = new URL(target, "http://test.invalid");
    const shown = user === undefined ? headers : { ...signature(user, body), ...headers };
    const match = this.#find(method, url.pathname);
    if (match === undefined) return result(cryptomusNotFound(url.pathname));
    const request: RestRequest = {
      method,
      path: url.pathname,
      target,
      params: match.params,
      query: firstValues(url.searchParams),
      header: (name) => shown[name.toLowerCase()],
      body,
    };
    const answer = result(await match.route.handle(request, this.nowMs));
    if (answer.status === 200) {
      const schema = match.route.replySchema ?? {};
      expect([...Value.Errors(schema, answer.json)], `${method} ${target}`).toEqual([]);
    }
    return answer;
  }

  /** Places an order of a user and gives its id. */
  async order(user: string, fields: object, path = ""): Promise<string> {
    const body = JSON.stringify(fields);
    const placed = await this.call("POST", `${ordersPath}${path}`, { user, body });
    expect(placed, body).toMatchObject({ status: 200 });
    return placed.json.order_id;
  }

  #find(method: string, path: string) {
    const parts = path.split("/");
    for (const route of this.routes) {
      const names = route.path.split("/");
      const params: Record<string, string> = {};
      const matches = names.every((name, index) => {
        const part = parts[index] ?? "";
        if (!name.startsWith(":")) return name === part;
        params[name.slice(1)] = decodeURIComponent(part);
        return part !== "";
      });
      if (matches && names.length === parts.length && route.method === method) {
        return { route, params };
      }
    }
    return undefined;
  }

  /** Why a command is not let in. */
  #refusal(command: Command): Admission | undefined {
    const { clientId = undefined } = "clientId" in command ? command : {};
    const isUsed =
      clientId !== undefined &&
      "user" in command &&
      this.history.clientIdUse(command.user, clientId) !== undefined;
    const reason = isUsed ? "duplicate-client-id" : this.exchange.refusalOf(command);
    return reason && { kind: "refused", reason };
  }

  #desk(): TradingDesk {
    const answer = async <Value>(read: () => Value): Promise<Value | Unavailable> =>
      this.trouble?.kind === "unavailable" ? this.trouble : read();
    const past = async <Row>(rows: Answer<Row>): Promise<PastAnswer<Row>> => {
      if (this.trouble?.kind === "unavailable") return this.trouble;
      if (this.trouble !== undefined && "asker" in this.trouble) return this.trouble;
      const found = await rows;
      assert(!isUnanswered(found), "the history in memory always answers");
      return found;
    };
    return {
      submit: async (command) => this.trouble ?? this.#refusal(command) ?? this.apply(command),
      openOrders: (user, query) => answer(() => this.exchange.openOrderPage(user, query)),
      openOrder: (user, id) => answer(() => this.exchange.openOrder(user, id)),
      balances: (user) => answer(() => this.exchange.balances(user)),
      tariff: (user, market) => answer(() => this.exchange.tariff(user, market)),
      closedOrders: (query) => past(this.history.closedOrders(query)),
      fillsOfClosed: (query) => past(this.history.orderFills(query)),
    };
  }
}

export const ordersPath = "/v2/user-api/exchange/orders";

/** Headers of a signed request (docs/protocols/cryptomus, Signing). */
export function signature(user: string, body: string): Readonly<Record<string, string>> {
  return { userid: user, sign: secrets.md5Hex(secrets.base64(body) + secret) };
}

function result({ status, body }: RestReply): CallResult {
  return { status, text: body, json: JSON.parse(body) };
}

function firstValues(parameters: URLSearchParams): Readonly<Record<string, string>> {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of parameters) query[name] ??= value;
  return query;
}

/** Knows every user by one secret. What the real one takes and refuses has its own tests. */
function plainAuthenticator(refusal: SigningRefusal | undefined): SigningAuthenticator {
  return {
    authenticate(credentials, { body }): Identity | Refused<SigningRefusal> {
      if (refusal !== undefined) return { refusal, waitMs: 1_500 };
      const { scheme, userId, signature: shown } = credentials;
      if (userId === undefined || shown === undefined) return { refusal: "missing-credentials" };
      if (scheme === "hmac-sha256" && credentials.timestamp === undefined) {
        return { refusal: "bad-timestamp" };
      }
      const isGood = scheme === "hmac-sha256" || shown === signature(userId, body)["sign"];
      return isGood ? { userId, createdAtMs: startMs } : { refusal: "bad-signature" };
    },
  };
}

function plainDoor(): StreamDoor {
  return {
    issueToken: () => ({ token: secrets.randomHex(32) }),
    admit: () => "unknown-token",
  };
}

/** The public side of a house's exchange, read again for every question. */
class PlainBoard implements MarketBoardView {
  readonly depthScales: number = depthScalesMax;
  readonly #house: House;
  readonly #windows = new Map<string, TickerWindow>();
  readonly #lastUs = new Map<string, number>();

  constructor(house: House) {
    this.#house = house;
  }

  take(events: readonly ExchangeEvent[], timeUs: number): void {
    for (const event of events) {
      if (event.kind !== "traded") continue;
      const rules = this.#rules(event.market);
      const window = this.#windows.get(rules.code) ?? new TickerWindow();
      this.#windows.set(rules.code, window);
      this.#lastUs.set(rules.code, timeUs);
      window.apply(
        {
          price: event.price * rules.tickSize.coefficient,
          priceScale: rules.tickSize.scale,
          quantity: event.quantity * rules.lotSize.coefficient,
          quantityScale: rules.lotSize.scale,
          eventTimeUs: timeUs,
          // biome-ignore lint/suspicious/noExplicitAny: the window reads nothing else of a trade
        } as any,
        timeUs,
      );
    }
  }

  markets() {
    return this.#house.exchange.markets();
  }

  market(code: string) {
    return this.markets().find(({ rules }) => rules.code === code);
  }

  currencies() {
    return [...new Set(this.markets().flatMap(({ rules }) => [rules.base, rules.quote]))];
  }

  lastPrice(code: string) {
    const timeUs = this.#lastUs.get(code);
    const market = this.markets().find(({ rules }) => rules.code === code);
    if (market === undefined || timeUs === undefined) return undefined;
    return { ...unitsOf(market.rules), timeUs, price: market.lastPrice };
  }

  ticker(code: string, nowUs: number) {
    const last = this.lastPrice(code);
    if (last === undefined) return undefined;
    const figures = this.#windows.get(code)?.read(nowUs);
    return { ...last, timeUs: nowUs, figures };
  }

  depth(code: string, depthScale: number) {
    const rules = this.market(code)?.rules;
    if (rules === undefined) return undefined;
    const unit = powersOfTen[depthScale] ?? 1;
    const side = (name: "buy" | "sell", round: (value: number) => number) => {
      const groups = new Map<number, number>();
      for (const { price, quantity } of this.#house.exchange.depth(code, name, 1_000)) {
        const group = round(price / unit) * unit;
        groups.set(group, (groups.get(group) ?? 0) + quantity);
      }
      return [...groups].map(([price, quantity]): DepthLevel => ({ price, quantity }));
    };
    const asks = side("sell", Math.ceil);
    const bids = side("buy", Math.floor);
    return {
      ...unitsOf(rules),
      timeUs: this.#house.exchange.timeUs,
      depthScale,
      full: true,
      asks,
      bids,
    };
  }

  recentTrades(market: string): readonly PublicTrade[] {
    return this.#house.history.tradesNow({ market, limit: 100 });
  }

  candlesKnownFromS() {
    return 0;
  }

  candles() {
    return [];
  }

  #rules(code: string): MarketRules {
    const rules = this.market(code)?.rules;
    if (rules === undefined) throw new Error(`no market ${code}`);
    return rules;
  }
}

/** `0.1` as 16 decimals. */
export function sixteen(text: string): string {
  return formatFixed(money(text), 16);
}
