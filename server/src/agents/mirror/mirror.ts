/**
 * Mirrors one ticker of the outside in one market: a maker quotes around the outside price, and a taker
 * repeats the trades there and takes what users offer beyond that price. Both are ordinary users with
 * bounded wallets, who learn what happened from events. There is no clock here.
 */
import type { Command } from "../../core/commands.ts";
import type { ExchangeEvent, OrderView } from "../../core/events.ts";
import { lotAtoms, type MarketRules, notionalAtoms, type Side } from "../../core/market/rules.ts";
import { type Atoms, atomsMax } from "../../core/num/money.ts";
import { type Lots, ticks } from "../../core/num/units.ts";
import type { Released } from "../../ports/released.ts";
import { Random } from "../../simulation/random.ts";
import { BookView } from "../book-view.ts";
import { OrderSizes } from "../parts.ts";
import { type Offer, planSide, type Target } from "./ladder.ts";
import { MarketUsers } from "./market-users.ts";
import type { OutsidePrice, OutsideTrade, Touch } from "./outside.ts";
import type { RecoveredExchange } from "./recovered.ts";
import type { MirrorSetup } from "./setup.ts";
import { approximately, stepAbove, stepBelow } from "./snap.ts";
import { Wallets } from "./wallets.ts";

/** Without an answer for so long, commands count as lost and everything is taken back, in microseconds. */
export const answerPatienceUs = 10_000_000;

/** Nothing more is asked for so long after a refusal for which waiting is the only remedy, in microseconds. */
const pauseUs = 1_000_000;

/** Levels of a side that are looked at when it begins. */
const recoveredLevelsMax = 100_000;

/** A wallet begins with so many times what is offered. */
const fundedTimes = 100n;

/** Share of a wallet that is offered: what is moved is held twice for a moment. */
const offeredShare = { numerator: 9n, denominator: 10n };

const secondUs = 1_000_000;

/** Names of the participants of a market's mirror; real users have UUIDs. */
export function mirrorNames(market: string): { readonly maker: string; readonly taker: string } {
  return { maker: `mirror-maker-${market}`, taker: `mirror-taker-${market}` };
}

/** Whether it quotes as it should, and why not. */
export type MirrorState = "quoting" | "widened" | "pulled";

/** What it counts. */
export interface MirrorFigures {
  /** Trades outside that were repeated, and those that were not: no counterpart within the price, or no money. */
  repeated: number;
  unrepeated: number;
  /** Commands that were refused. */
  refused: number;
}

/** One mirror. */
export class Mirror {
  readonly figures: MirrorFigures = { repeated: 0, unrepeated: 0, refused: 0 };
  readonly market: string;
  readonly outside: OutsidePrice;
  state: MirrorState = "pulled";
  /** Currencies of which the maker has too little for all its offers. */
  short: readonly string[] = [];
  readonly #setup: MirrorSetup;
  readonly #maker: string;
  readonly #taker: string;
  readonly #wallets: Wallets;
  readonly #users: MarketUsers;
  readonly #book = new BookView();
  readonly #factors: readonly number[];
  readonly #offers: Record<Side, Map<number, Offer>> = { buy: new Map(), sell: new Map() };
  #rules: MarketRules;
  #sizes: OrderSizes;
  #isOpen: boolean;
  #unanswered = 0;
  #silentSinceUs = 0;
  #pausedUntilUs = 0;
  #notes: string[] = [];
  #isFunded = false;

  constructor(setup: MirrorSetup, outside: OutsidePrice, exchange: RecoveredExchange) {
    const { options, rules } = setup;
    this.#setup = setup;
    this.outside = outside;
    this.market = rules.code;
    const { maker, taker } = mirrorNames(rules.code);
    this.#maker = maker;
    this.#taker = taker;
    this.#wallets = new Wallets([maker, taker], (user) => exchange.balances(user));
    this.#users = new MarketUsers([maker, taker], exchange);
    const random = new Random(options.seed, maker);
    this.#factors = Array.from({ length: options.levels }, () => random.between(0.5, 1.5));
    this.#rules = rules;
    this.#sizes = new OrderSizes(rules);
    const found = exchange.markets().find((market) => market.rules.code === rules.code);
    this.#isOpen = found !== undefined && !found.halted;
    for (const side of ["buy", "sell"] as const) {
      for (const level of exchange.depth(rules.code, side, recoveredLevelsMax)) {
        this.#book.change(side, level);
      }
    }
  }

  /** What has to be done before anything else. Doing it again after a restart changes no balance. */
  setUp(): readonly Command[] {
    return this.#users.setUp(this.#setup);
  }

  /** What an operator should know since this was asked last, a sentence each. */
  takeNotes(): readonly string[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  /** How far the middle of its offers is from that outside, as a share of it; undefined without either. */
  get distance(): number | undefined {
    const touch = this.outside.touch();
    const [bid, ask] = [this.#sorted("buy")[0]?.price, this.#sorted("sell")[0]?.price];
    if (touch === undefined || bid === undefined || ask === undefined) return undefined;
    const middle = (approximately(touch.bid) + approximately(touch.ask)) / 2;
    const { coefficient, scale } = this.#rules.tickSize;
    const own = ((bid + ask) / 2) * (coefficient / 10 ** scale);
    return Math.abs(own - middle) / middle;
  }

  /** Learns what happened: all that the exchange releases has to be told, in its order. */
  observe({ command, events, timeUs }: Released): void {
    const first = events[0];
    const isOwn =
      "user" in command && (command.user === this.#maker || command.user === this.#taker);
    if (isOwn) {
      this.#unanswered = Math.max(this.#unanswered - 1, 0);
      this.#silentSinceUs = timeUs;
    }
    if (first?.kind === "refused") {
      if (isOwn) this.#refused(first.reason, timeUs);
      return;
    }
    for (const event of events) this.#happened(event);
  }

  /** What it wants now. */
  act(nowUs: number): readonly Command[] {
    if (this.#unanswered > 0) return this.#wait(nowUs);
    if (nowUs < this.#pausedUntilUs) return [];
    const commands = this.#wanted(nowUs);
    if (commands.length > 0) this.#silentSinceUs = nowUs;
    this.#unanswered += commands.length;
    return commands;
  }

  #wanted(nowUs: number): readonly Command[] {
    const trades = this.outside.takeTrades();
    if (!this.#isOpen) return [];
    const { options } = this.#setup;
    const fault = this.outside.fault(nowUs, options.staleSeconds * secondUs);
    const touch = this.outside.touch();
    const isPulled = fault !== undefined && options.whenStale === "pull";
    this.#become(fault === undefined ? "quoting" : isPulled ? "pulled" : "widened", fault);
    if (touch === undefined || isPulled) return this.#pull();
    if (!this.#isFunded) return this.#fund(touch);
    const quotes = this.#quotes(touch, fault === undefined ? 0 : options.widenPpm);
    if (quotes === undefined) return this.#pull();
    return this.#follow(quotes, fault === undefined ? trades : []);
  }

  /** Retreats first, takes what users offer beyond the price, comes after it, and repeats trades last. */
  #follow(quotes: Record<Side, readonly Target[]>, trades: readonly OutsideTrade[]): Command[] {
    const [bid, ask] = [quotes.buy[0]?.price, quotes.sell[0]?.price];
    const isRising = (bid ?? 0) > (this.#sorted("buy")[0]?.price ?? 0);
    const away: Side = isRising ? "sell" : "buy";
    const plan = (side: Side) =>
      planSide({ user: this.#maker, market: this.market, side }, this.#sorted(side), quotes[side]);
    return [
      ...plan(away),
      ...this.#takeCrossing("buy", bid),
      ...this.#takeCrossing("sell", ask),
      ...plan(isRising ? "buy" : "sell"),
      ...(this.#setup.options.trades ? this.#repeat(trades, { buy: ask, sell: bid }) : []),
    ];
  }

  /** Targets on both sides; undefined where the outside price is none that the market has. */
  #quotes(touch: Touch, widerPpm: number): Record<Side, readonly Target[]> | undefined {
    const { tickSize } = this.#rules;
    const { levels, spreadPpm, stepPpm } = this.#setup.options;
    const prices: Record<Side, number[]> = { buy: [], sell: [] };
    for (let level = 0; level < levels; level += 1) {
      const ppm = Math.min(spreadPpm + widerPpm + level * stepPpm, 999_999);
      const bid = stepBelow(touch.bid, tickSize, -ppm);
      const ask = stepAbove(touch.ask, tickSize, ppm);
      if (ask === undefined) return undefined;
      if (bid !== undefined) prices.buy.push(Math.min(bid, (prices.buy.at(-1) ?? bid + 1) - 1));
      prices.sell.push(Math.max(ask, (prices.sell.at(-1) ?? Math.max(bid ?? 0, ask - 1)) + 1));
    }
    const [best, cheapest] = [prices.buy[0], prices.sell[0]];
    if (best === undefined || cheapest === undefined || cheapest <= best) return undefined;
    const { base, quote } = this.#rules;
    const targets = {
      buy: this.#targets("buy", prices.buy, this.#offered(quote)),
      sell: this.#targets("sell", prices.sell, this.#offered(base)),
    };
    const lacking = [
      ...(targets.sell.length < prices.sell.length ? [base] : []),
      ...(targets.buy.length < prices.buy.filter((price) => price > 0).length ? [quote] : []),
    ];
    this.#tellShort(lacking);
    return targets;
  }

  #offered(currency: string): bigint {
    const { numerator, denominator } = offeredShare;
    return (this.#wallets.has(this.#maker, currency) * numerator) / denominator;
  }

  /** The best levels first, as long as there is money for them. */
  #targets(side: Side, prices: readonly number[], money: bigint): readonly Target[] {
    const targets: Target[] = [];
    let left = money;
    const step = prices.length > 1 ? Math.abs(prices[1]! - prices[0]!) : 0;
    for (const [level, price] of prices.entries()) {
      if (price < 1) break;
      const wanted = Math.max(Math.round(this.#setup.sizeLots * this.#factors[level]!), 1);
      const lots = this.#sizes.within(wanted, price);
      const cost = this.#cost(side, lots, price);
      if (cost > left) break;
      left -= cost;
      targets.push({ price, lots, toleranceTicks: level === 0 ? 0 : Math.floor(step / 4) });
    }
    return targets;
  }

  #cost(side: Side, lots: number, price: number): bigint {
    return side === "sell"
      ? BigInt(lots) * lotAtoms(this.#rules)
      : BigInt(lots) * BigInt(price) * notionalAtoms(this.#rules);
  }

  /** Takes offers of users that outside would have been traded through. */
  #takeCrossing(side: Side, limit: number | undefined): readonly Command[] {
    const other = side === "buy" ? "sell" : "buy";
    const best = this.#book.best(other);
    if (limit === undefined || best === undefined) return [];
    const isCrossing = side === "buy" ? best.price <= limit : best.price >= limit;
    if (!isCrossing) return [];
    const own = this.#sorted(other).filter(({ price }) => price === best.price);
    if (own.reduce((sum, { lots }) => sum + lots, 0) >= best.quantity) return [];
    const most = this.#setup.sizeLots * this.#setup.options.levels;
    return this.#take(side, limit, most) ?? [];
  }

  /** Repeats trades, those of each side in one order. */
  #repeat(
    trades: readonly OutsideTrade[],
    touch: Record<Side, number | undefined>,
  ): readonly Command[] {
    return (["buy", "sell"] as const).flatMap((side) => {
      const meant = trades.filter((trade) => trade.side === side);
      if (meant.length === 0) return [];
      const order = this.#repeatSide(side, meant, touch[side]);
      this.figures[order === undefined ? "unrepeated" : "repeated"] += meant.length;
      return order ?? [];
    });
  }

  /** Within the worst of their prices, and at least up to the maker's offers. */
  #repeatSide(
    side: Side,
    trades: readonly OutsideTrade[],
    touch: number | undefined,
  ): readonly Command[] | undefined {
    const { tickSize, lotSize } = this.#rules;
    const toTicks = side === "buy" ? stepAbove : stepBelow;
    const limits = [touch, ...trades.map(({ price }) => toTicks(price, tickSize))].filter(
      (limit) => limit !== undefined,
    );
    const lots = trades.reduce((sum, { quantity }) => sum + (stepBelow(quantity, lotSize) ?? 0), 0);
    if (lots < 1 || limits.length === 0) return undefined;
    const most = this.#setup.sizeLots * this.#setup.options.levels;
    const limit = side === "buy" ? Math.max(...limits) : Math.min(...limits);
    return this.#take(side, limit, Math.min(lots, most));
  }

  /** An order of the taker for this moment; undefined where there is no money for the least that the market takes. */
  #take(side: Side, limit: number, wanted: number): readonly Command[] | undefined {
    const { base, quote } = this.#rules;
    const money = this.#wallets.has(this.#taker, side === "sell" ? base : quote);
    const affordable = Number(money / this.#cost(side, 1, limit));
    const quantity = this.#sizes.within(Math.min(wanted, affordable), limit);
    if (quantity > affordable) return undefined;
    const terms = { side, price: ticks(limit), quantity: quantity as Lots } as const;
    const { market } = this;
    return [{ kind: "place-limit", user: this.#taker, market, ...terms, timeInForce: "ioc" }];
  }

  /** Money for both, once: whoever has had a currency is given none of it again. */
  #fund(touch: Touch): readonly Command[] {
    const { sizeLots, options, base, quote } = this.#setup;
    const price = stepAbove(touch.ask, this.#rules.tickSize);
    if (price === undefined) return [];
    this.#isFunded = true;
    const lots = BigInt(sizeLots) * BigInt(options.levels) * fundedTimes;
    const most = atomsMax / 10_000n;
    const amounts = {
      [this.#rules.base]: base ?? least(lots * lotAtoms(this.#rules), most),
      [this.#rules.quote]: quote ?? least(lots * BigInt(price) * notionalAtoms(this.#rules), most),
    };
    return [this.#maker, this.#taker].flatMap((user) =>
      Object.entries(amounts)
        .filter(([currency]) => !this.#wallets.knows(user, currency))
        .map(([currency, amount]): Command => {
          const key = `mirror-start-${currency}`;
          return { kind: "deposit", user, currency, amount: amount as Atoms, key };
        }),
    );
  }

  #pull(): readonly Command[] {
    if (this.#offers.buy.size + this.#offers.sell.size === 0) return [];
    return [{ kind: "cancel-all", user: this.#maker, market: this.market }];
  }

  #become(state: MirrorState, fault: string | undefined): void {
    if (state === this.state) return;
    this.state = state;
    const what = {
      quoting: "follows its source",
      widened: `is without its source and quotes wider: ${fault}`,
      pulled: `is without its source and quotes nothing: ${fault}`,
    };
    this.#notes.push(`mirror ${this.market} ${what[state]}`);
  }

  #tellShort(lacking: readonly string[]): void {
    if (lacking.join() === this.short.join()) return;
    this.short = lacking;
    if (lacking.length === 0) {
      this.#notes.push(`mirror ${this.market} can make all its offers again`);
      return;
    }
    this.#notes.push(
      `mirror ${this.market} has too little ${lacking.join(" and ")} for all its offers: deposit some for ${this.#maker}`,
    );
  }

  #wait(nowUs: number): readonly Command[] {
    if (nowUs - this.#silentSinceUs <= answerPatienceUs) return [];
    this.#silentSinceUs = nowUs;
    this.#unanswered = 1;
    return [{ kind: "cancel-all", user: this.#maker }];
  }

  #refused(reason: string, timeUs: number): void {
    this.figures.refused += 1;
    if (reason === "market-halted") this.#isOpen = false;
    // An order that was filled or met before it could be moved is nothing to wait for.
    const isPassing = reason === "unknown-order" || reason === "post-only-would-take";
    if (!isPassing) this.#pausedUntilUs = timeUs + pauseUs;
  }

  #happened(event: ExchangeEvent): void {
    switch (event.kind) {
      case "level-changed":
        if (event.market === this.market) this.#book.change(event.side, event);
        break;
      case "order-opened":
      case "order-updated":
        this.#note(event.order, true);
        break;
      case "order-closed":
        this.#note(event.order, false);
        break;
      case "balance-changed":
        this.#wallets.changed(event);
        break;
      case "market-added":
        if (event.rules.code === this.market) this.#isOpen = true;
        break;
      case "market-state-changed":
        if (event.market === this.market) this.#isOpen = !event.halted;
        break;
      case "market-rules-set":
        if (event.market === this.market) this.#obey(event.rules);
        break;
      default:
    }
  }

  #obey(rules: MarketRules): void {
    this.#rules = rules;
    this.#sizes = new OrderSizes(rules);
  }

  #note({ id, user, side, price, quantity, filled }: OrderView, isOpen: boolean): void {
    if (user !== this.#maker) return;
    if (isOpen) this.#offers[side].set(id, { id, price, lots: quantity - filled });
    else this.#offers[side].delete(id);
  }

  /** Own offers of a side, best first. */
  #sorted(side: Side): readonly Offer[] {
    const sign = side === "buy" ? -1 : 1;
    return [...this.#offers[side].values()].toSorted((a, b) => sign * (a.price - b.price));
  }
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
