/**
 * The exchange: one pure state machine. A stamped command goes in, events come out; the same
 * commands always give the same events and the same state. It reads no clock, draws no random
 * number and does no input or output.
 */
import { assert, ensureNever } from "./assert.ts";
import type { Book, Level } from "./book/book.ts";
import { FastBook } from "./book/fast-book.ts";
import { IdIndex } from "./book/id-index.ts";
import { noSlot, OrderPool } from "./book/order-pool.ts";
import type { Command, Stamped } from "./commands.ts";
import { EventList, type ExchangeEvent, type OrderView } from "./events.ts";
import { type CurrencyTotals, Ledger } from "./ledger/ledger.ts";
import type { FeeRates, FeeSchedule, FeeStep } from "./market/fees.ts";
import type { MarketRules, Side } from "./market/rules.ts";
import { Turnover } from "./market/turnover.ts";
import type { Atoms } from "./num/money.ts";
import { type ExchangeLimits, implicitParameters } from "./parameters.ts";
import type { RejectReason } from "./reject.ts";
import {
  addMarket,
  setMarketState,
  setSelfTradePrevention,
  transfer,
} from "./trading/administration.ts";
import { Audit } from "./trading/audit.ts";
import { cancelAll, cancelOrder, reduceOrder } from "./trading/cancelling.ts";
import { findOrder } from "./trading/checks.ts";
import { checkState } from "./trading/invariants.ts";
import { LimitEntry } from "./trading/limit-entry.ts";
import { MarketEntry } from "./trading/market-entry.ts";
import { Matcher } from "./trading/matching.ts";
import { type OpenOrderQuery, openOrderPage, openOrdersOf, viewOf } from "./trading/orders.ts";
import { begin, setFees, setLimits, setMarketRules } from "./trading/parameters.ts";
import {
  type ExchangeSnapshot,
  restoreState,
  snapshotOf,
  stateHashInParts,
} from "./trading/snapshot.ts";
import { ownerOf, type TradingState } from "./trading/state.ts";
import { hashOf } from "./trading/state-hash.ts";

/** What an exchange is made with. Nothing of it decides what a command does: that is in the log. */
export interface ExchangeOptions {
  /** The book of each market; the fast one unless a test says otherwise. */
  readonly createBook?: (pool: OrderPool) => Book;
}

/** One balance of a user. */
export interface BalanceView {
  readonly currency: string;
  readonly available: Atoms;
  readonly held: Atoms;
}

/** What a user pays, and why; amounts in atoms of the reference currency. */
export interface Tariff {
  /** The schedule, and the step that the user has reached in it. */
  readonly schedule: FeeSchedule;
  readonly step: FeeStep;
  /** The user's own rates, or else those of the market that was asked about, which apply instead. */
  readonly own: FeeRates | undefined;
  readonly thirtyDays: bigint;
  readonly today: bigint;
}

/** A market as it stands. */
export interface MarketView {
  readonly rules: MarketRules;
  /** The market's own rates; undefined where the schedule applies. */
  readonly fees: FeeRates | undefined;
  readonly halted: boolean;
  /** Price of the latest trade in ticks; 0 before the first one. */
  readonly lastPrice: number;
}

/** A user with their own rates. */
export interface UserFees {
  readonly user: string;
  readonly rates: FeeRates;
}

/** Matching, wallets and fees of all markets. */
export class Exchange {
  readonly #state: TradingState;
  readonly #limits: LimitEntry;
  readonly #markets: MarketEntry;
  readonly #events = new EventList();
  /** The round of an audit that is under way. */
  #audit: Audit | undefined;

  constructor(options: ExchangeOptions = {}) {
    const { createBook = (pool) => new FastBook(pool) } = options;
    // Room for orders is made for the first market, when it is known how much.
    const pool = new OrderPool();
    this.#state = {
      ...implicitParameters,
      isExplicit: false,
      usersWithFees: new Set(),
      sink: this.#events,
      createBook,
      ledger: new Ledger(this.#events),
      pool,
      slots: new IdIndex(pool),
      users: [],
      usersByName: new Map(),
      markets: [],
      marketsByCode: new Map(),
      sequence: 0,
      timeUs: 0,
    };
    const matcher = new Matcher(this.#state);
    this.#limits = new LimitEntry(this.#state, matcher);
    this.#markets = new MarketEntry(this.#state, matcher);
  }

  /** Sequence of the last command that was applied; 0 before the first. */
  get sequence(): number {
    return this.#state.sequence;
  }

  /** Time of the last command that was applied. */
  get timeUs(): number {
    return this.#state.timeUs;
  }

  /**
   * Applies the next command and returns what happened. A refused command yields one `refused` event
   * and has changed nothing. An exception means that the exchange must not go on.
   */
  apply({ sequence, timeUs, command }: Stamped): readonly ExchangeEvent[] {
    const state = this.#state;
    assert(sequence === state.sequence + 1, "commands are applied without gaps");
    assert(Number.isSafeInteger(timeUs) && timeUs >= state.timeUs, "time never goes back");
    state.sequence = sequence;
    state.timeUs = timeUs;
    assert(this.#events.isEmpty, "the events of the last command were taken");
    const refusal = this.#dispatch(command);
    if (refusal !== undefined) {
      assert(this.#events.isEmpty, "a refused command changes nothing");
      this.#events.emit({ kind: "refused", reason: refusal });
    }
    state.ledger.checkTouched();
    return this.#events.take();
  }

  /**
   * Why an order or a cancel would be refused if it were applied now, and why a market order is not to
   * be let in: its value at the best price is outside the market's bounds, or the quantity that its value
   * comes to. Undefined for what would be taken, and for every other command. It changes nothing, and
   * neither sequence nor time decide it.
   */
  refusalOf(command: Command): RejectReason | undefined {
    switch (command.kind) {
      case "place-limit":
        return this.#limits.refusalOf(command);
      case "place-market":
        return this.#markets.refusalOf(command);
      case "cancel-order": {
        const user = this.#state.usersByName.get(command.user);
        const slot = findOrder(this.#state, user, command.order);
        return slot === undefined ? "unknown-order" : undefined;
      }
      default:
        return undefined;
    }
  }

  /** The whole state as plain data that survives JSON. */
  snapshot(): ExchangeSnapshot {
    return snapshotOf(this.#state);
  }

  /** Fills a new exchange from a snapshot. */
  restore(snapshot: ExchangeSnapshot): void {
    restoreState(this.#state, snapshot);
  }

  /**
   * Digest of the state: 16 hexadecimal digits, equal for equal states however they came about. From the
   * first command on that sets limits, fees or rules it covers those too; before that it is what it was
   * for the logs of 0.1.0.
   */
  stateHash(): string {
    return hashOf(this.snapshot());
  }

  /**
   * The same in parts of a few milliseconds. Whoever applies a command meanwhile has to begin again: it is the
   * digest of nothing then.
   */
  stateHashInParts(): Generator<void, string> {
    return stateHashInParts(this.#state);
  }

  /** The best levels of a side, best first; none for an unknown market. */
  depth(market: string, side: Side, count: number): readonly Level[] {
    return this.#state.marketsByCode.get(market)?.book.levels(side, count) ?? [];
  }

  /** All markets in the order in which they were added. */
  markets(): readonly MarketView[] {
    return this.#state.markets.map(({ rules, fees, halted, lastPrice }) => ({
      rules,
      fees,
      halted,
      lastPrice,
    }));
  }

  /** The open orders of a user, oldest first. */
  openOrders(name: string): readonly OrderView[] {
    const user = this.#state.usersByName.get(name);
    return user === undefined ? [] : openOrdersOf(this.#state, user);
  }

  /** A page of a user's open orders, newest first. Costs little however many they have. */
  openOrderPage(name: string, query: OpenOrderQuery): readonly OrderView[] {
    const user = this.#state.usersByName.get(name);
    return user === undefined ? [] : openOrderPage(this.#state, user, query);
  }

  /** An open order of a user; undefined when it is not open or not theirs. */
  openOrder(name: string, id: number): OrderView | undefined {
    const slot = findOrder(this.#state, this.#state.usersByName.get(name), { id });
    return slot === undefined ? undefined : viewOf(this.#state, slot);
  }

  /** Whose open order this is; undefined when none of this id is open. */
  ownerOfOrder(id: number): string | undefined {
    const slot = this.#state.slots.find(id);
    return slot === noSlot ? undefined : ownerOf(this.#state, slot).name;
  }

  /**
   * All of a user's closed orders whose client ids are forgotten were closed by a command up to this
   * sequence; 0 while none is forgotten. Never an older one than that, but perhaps a newer one.
   */
  clientIdsForgottenUpTo(name: string): number {
    return this.#state.usersByName.get(name)?.closedClientIds.lastForgotten ?? 0;
  }

  /** All of a user's transfers whose keys are forgotten have a sequence up to this one; 0 for none. */
  transferKeysForgottenUpTo(name: string): number {
    return this.#state.usersByName.get(name)?.transferKeys.lastForgotten?.sequence ?? 0;
  }

  /** Everybody who was ever named in a command that was carried out, in the order of coming. */
  userNames(): readonly string[] {
    return this.#state.users.map(({ name }) => name);
  }

  /** What a user has of each currency that they ever had. */
  balances(name: string): readonly BalanceView[] {
    const balances = this.#state.usersByName.get(name)?.wallet.balances ?? [];
    return balances.flatMap((balance, index) => {
      const currency = this.#state.ledger.currencies[index];
      if (balance === undefined || currency === undefined) return [];
      return [{ currency, available: balance.available, held: balance.held }];
    });
  }

  /** A user's fees, in a market where one is named, and turnover at the time of the last command. */
  tariff(name: string, market?: string): Tariff {
    const { timeUs, fees: schedule } = this.#state;
    const user = this.#state.usersByName.get(name);
    const turnover = user?.turnover ?? new Turnover();
    const step = turnover.stepAt(timeUs, schedule);
    const marketFees = this.#state.marketsByCode.get(market ?? "")?.fees;
    return { schedule, step, own: user?.fees ?? marketFees, ...turnover.totals(timeUs) };
  }

  /** The limits that apply. */
  get limits(): ExchangeLimits {
    return this.#state.limits;
  }

  /** The fees of everybody who has no own ones, in markets that have no own ones. */
  get fees(): FeeSchedule {
    return this.#state.fees;
  }

  /** Users with their own rates, at most `count` of them. */
  userFees(count: number): readonly UserFees[] {
    const found: UserFees[] = [];
    for (const { name, fees } of this.#state.usersWithFees) {
      if (found.length >= count) break;
      if (fees !== undefined) found.push({ user: name, rates: fees });
    }
    return found;
  }

  /** Where the money of a currency is; undefined for an unknown one. */
  totals(currency: string): Readonly<CurrencyTotals> | undefined {
    const index = this.#state.ledger.currency(currency);
    return index === undefined ? undefined : { ...this.#state.ledger.totals(index) };
  }

  /** Examines everything again; an assertion failure when anything does not add up. */
  checkInvariants(): void {
    checkState(this.#state);
  }

  /**
   * Examines the state in pieces of about `count` orders, users or levels, with commands between them;
   * an assertion failure when anything does not add up. Returns true at the end of a round.
   */
  audit(count: number): boolean {
    this.#audit ??= new Audit(this.#state);
    const isDone = this.#audit.step(count);
    if (isDone) this.#audit = undefined;
    return isDone;
  }

  #dispatch(command: Command): RejectReason | undefined {
    switch (command.kind) {
      case "place-limit":
        return this.#limits.place(command);
      case "place-market":
        return this.#markets.place(command);
      case "replace-order":
        return this.#limits.replace(command);
      case "cancel-order":
        return cancelOrder(this.#state, command);
      case "reduce-order":
        return reduceOrder(this.#state, command);
      case "cancel-all":
        return cancelAll(this.#state, command);
      case "deposit":
      case "withdraw":
        return transfer(this.#state, command);
      case "set-self-trade-prevention":
        return setSelfTradePrevention(this.#state, command);
      case "genesis":
        return begin(this.#state, command);
      case "set-limits":
        return setLimits(this.#state, command);
      case "set-fees":
        return setFees(this.#state, command);
      case "set-market-rules":
        return setMarketRules(this.#state, command);
      case "add-market":
        return addMarket(this.#state, command);
      case "halt-market":
      case "resume-market":
        return setMarketState(this.#state, command);
      default:
        return ensureNever(command);
    }
  }
}
