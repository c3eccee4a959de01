/**
 * The user's open orders and balances, kept up to date: read over REST when the private stream runs, changed by what that
 * tells, and read again after each time that it was away. It shows nothing that the server has not said.
 */
import { compare } from "../decimal.ts";
import { ClientError, type Fault, faultOf } from "../fault.ts";
import type { Feed } from "../feed.ts";
import { isPassing, pause } from "../http.ts";
import type { Platform } from "../platform.ts";
import { Signal } from "../signal.ts";
import type { BalanceChange, Fill, Gap, OrderEnd, OrderUpdate } from "./messages.ts";
import { openOrders } from "./open-orders.ts";
import type { CryptomusRest } from "./rest.ts";
import type { Balance, OrderRow } from "./rest-messages.ts";
import type { CryptomusStream } from "./stream.ts";

/** What can be said of an account. */
export type AccountState =
  /** Orders and balances have not come yet. */
  | "loading"
  /** They are what the server said last. */
  | "live"
  /** The connection is not live: they are what the server said before. */
  | "stale"
  /** The connection is back, and they are being read again. */
  | "resyncing"
  /** Nothing comes any more. */
  | "closed";

/** What happened to an account. */
export type AccountChange =
  | { readonly type: "state"; readonly state: AccountState }
  /** An order was opened, filled or ended; `end` says how. */
  | { readonly type: "order"; readonly order: OrderRow; readonly end?: OrderEnd }
  | { readonly type: "fill"; readonly fill: Fill }
  | { readonly type: "balances" }
  /** Orders and balances were read anew. `ended` are no longer open, and it was not heard how they ended. */
  | { readonly type: "synced"; readonly ended: readonly OrderRow[] };

/** Most updates that are kept while orders are read; beyond it they are read once more. */
const seenMax = 10_000;
/** Until what was not answered is asked again, in milliseconds. */
const askAgainMs = 2_000;
/** Between two readings of balances, in milliseconds. */
const balancesEveryMs = 200;
/** Until an order that was opened is read for what the stream does not tell of it, in milliseconds. */
const termsAfterMs = 1_000;

/** See the head of the file. */
export class LiveAccount {
  /** Each change, after it is in {@link orders} or {@link balances}. */
  readonly changes: Signal<AccountChange> = new Signal();
  readonly #rest: CryptomusRest;
  readonly #stream: CryptomusStream;
  readonly #platform: Platform;
  readonly #feeds: readonly Feed<unknown>[];
  readonly #unlisten: () => void;
  readonly #work: Readonly<Record<"orders" | "balances", Repeated>>;
  #orders: ReadonlyMap<string, OrderRow> = new Map();
  #balances: ReadonlyMap<string, Balance> = new Map();
  /** What came while orders are read. */
  #seen: Map<string, OrderUpdate> | undefined;
  /** Open orders of which the stream does not tell all. */
  readonly #partial = new Set<string>();
  #cancelLook: (() => void) | undefined;
  #syncedMs: number | undefined;
  /** Whether every update comes. */
  #isHeard = false;
  /** Whether all was read since then. */
  #isCurrent = false;
  #told: AccountState = "loading";
  #end: Fault | undefined;

  constructor(rest: CryptomusRest, stream: CryptomusStream) {
    this.#rest = rest;
    this.#stream = stream;
    this.#platform = stream.platform;
    this.#work = {
      orders: new Repeated(this.#platform, 0, () => this.#readAll()),
      balances: new Repeated(this.#platform, balancesEveryMs, () => this.#readBalances()),
    };
    const orders = stream.orders("all", { gapAtStart: true });
    const fills = stream.fills("all");
    const balances = stream.balances("all");
    this.#feeds = [orders, fills, balances];
    const stops = [
      stream.states.listen(({ state }) => {
        if (state !== "live" && state !== "stale") this.#lost();
        this.#tellState();
      }),
      stream.resumptions.listen((channel) => {
        if (channel === "order") this.#heard();
      }),
    ];
    this.#unlisten = () => {
      for (const stop of stops) stop();
    };
    orders.listen(
      (item) => this.#orderItem(item),
      (fault) => this.#close(fault),
    );
    fills.listen((item) => this.#fillItem(item));
    balances.listen((item) => this.#balanceItem(item));
  }

  get state(): AccountState {
    if (this.#end !== undefined) return "closed";
    if (this.#syncedMs === undefined) return "loading";
    if (this.#stream.state.state !== "live") return "stale";
    return this.#isCurrent ? "live" : "resyncing";
  }

  /** Why nothing comes any more, once that is so. */
  get fault(): Fault | undefined {
    return this.#end;
  }

  /** Milliseconds since everything was last read; undefined before the first time. */
  get sinceReadMs(): number | undefined {
    return this.#syncedMs === undefined ? undefined : this.#platform.monotonicMs() - this.#syncedMs;
  }

  /** Open orders by id, the newest first. Another map after each change. */
  get orders(): ReadonlyMap<string, OrderRow> {
    return this.#orders;
  }

  /** By currency. Another map after each change. */
  get balances(): ReadonlyMap<string, Balance> {
    return this.#balances;
  }

  /** Reads orders and balances again, as after a loss. */
  refresh(): void {
    this.#isCurrent = false;
    this.#tellState();
    this.#ask("orders");
  }

  /** Keeps nothing up to date any more; the stream stays open. */
  close(): void {
    this.#close(undefined);
  }

  #orderItem(item: OrderUpdate | Gap): void {
    if (item.type === "gap") {
      this.#heard();
      return;
    }
    if (this.#seen !== undefined && this.#seen.size < seenMax) this.#seen.set(item.id, item);
    const known = this.#orders.get(item.id);
    const order = updated(known, item);
    if (item.end === undefined) this.#opened(order, known === undefined);
    else this.#ended(item.id);
    const end = item.end === undefined ? {} : { end: item.end };
    this.changes.emit({ type: "order", order, ...end });
    this.#ask("balances");
  }

  /** Every update comes from now on, or again; what there is now is read. */
  #heard(): void {
    this.#isHeard = true;
    this.refresh();
  }

  #opened(order: OrderRow, isNew: boolean): void {
    if (isNew) {
      this.#partial.add(order.id);
      this.#planLook();
      this.#orders = new Map([[order.id, order], ...this.#orders]);
    } else this.#orders = new Map(this.#orders).set(order.id, order);
  }

  #ended(id: string): void {
    const orders = new Map(this.#orders);
    orders.delete(id);
    this.#partial.delete(id);
    this.#orders = orders;
  }

  #lost(): void {
    this.#isHeard = false;
    this.#isCurrent = false;
  }

  #fillItem(item: Fill | Gap): void {
    if (item.type === "fill") this.changes.emit({ type: "fill", fill: item });
  }

  #balanceItem(_item: BalanceChange | Gap): void {
    this.#ask("balances");
  }

  /** The stream does not tell the stop price of an order: what stays open is read once more. */
  #planLook(): void {
    this.#cancelLook ??= this.#platform.after(termsAfterMs, () => {
      this.#cancelLook = undefined;
      if (this.#partial.size > 0) this.#ask("orders");
    });
  }

  #ask(what: "orders" | "balances"): void {
    if (this.#end !== undefined) return;
    this.#work[what].ask((fault) => this.#close(fault));
  }

  async #readAll(): Promise<void> {
    const seen = new Map<string, OrderUpdate>();
    this.#seen = seen;
    const asked = new Set(this.#orders.keys());
    const rows = await openOrders(this.#rest);
    const balances = await this.#rest.balances();
    this.#seen = undefined;
    if (this.#end !== undefined) return;
    if (seen.size >= seenMax) this.#ask("orders");
    const before = this.#orders;
    this.#partial.clear();
    this.#orders = joined(rows, seen);
    const ended = [...before.values()].filter(
      ({ id }) => asked.has(id) && !this.#orders.has(id) && seen.get(id)?.end === undefined,
    );
    this.#balances = byCurrency(balances);
    this.#syncedMs = this.#platform.monotonicMs();
    this.#isCurrent = this.#isHeard;
    this.changes.emit({ type: "synced", ended });
    this.#tellState();
    if (seen.size > 0) this.#ask("balances");
  }

  async #readBalances(): Promise<void> {
    const balances = await this.#rest.balances();
    if (this.#end !== undefined) return;
    this.#balances = byCurrency(balances);
    this.changes.emit({ type: "balances" });
  }

  #tellState(): void {
    const { state } = this;
    if (state === this.#told) return;
    this.#told = state;
    this.changes.emit({ type: "state", state });
  }

  #close(fault: Fault | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = fault ?? { kind: "closed", message: "the account was closed" };
    this.#cancelLook?.();
    this.#unlisten();
    for (const feed of this.#feeds) feed.close();
    this.#tellState();
  }
}

/** A question that is asked again whenever there is a reason, one at a time and not too often. */
class Repeated {
  readonly #platform: Platform;
  readonly #everyMs: number;
  readonly #once: () => Promise<void>;
  #isAsking = false;
  #again = false;

  constructor(platform: Platform, everyMs: number, once: () => Promise<void>) {
    this.#platform = platform;
    this.#everyMs = everyMs;
    this.#once = once;
  }

  /** `failed` is told of what asking again cannot help. */
  ask(failed: (fault: Fault) => void): void {
    this.#again = true;
    if (!this.#isAsking) void this.#run(failed);
  }

  async #run(failed: (fault: Fault) => void): Promise<void> {
    this.#isAsking = true;
    while (this.#again) {
      this.#again = false;
      try {
        await this.#once();
        if (this.#everyMs > 0) await pause(this.#platform, this.#everyMs);
      } catch (error) {
        const fault = faultOf(error);
        if (!(error instanceof ClientError) || !isPassing(fault)) {
          failed(fault);
          break;
        }
        this.#again = true;
        await pause(this.#platform, askAgainMs);
      }
    }
    this.#isAsking = false;
  }
}

/** Rows that were read, and what was told while they were. */
function joined(
  rows: readonly OrderRow[],
  seen: ReadonlyMap<string, OrderUpdate>,
): ReadonlyMap<string, OrderRow> {
  const orders = new Map(rows.map((row) => [row.id, row]));
  const newer: [string, OrderRow][] = [];
  for (const [id, update] of seen) {
    const known = orders.get(id);
    if (update.end !== undefined) orders.delete(id);
    else if (known === undefined) newer.unshift([id, updated(undefined, update)]);
    else orders.set(id, furthest(known, updated(known, update)));
  }
  return new Map([...newer, ...orders]);
}

/** An order after an update. */
function updated(known: OrderRow | undefined, update: OrderUpdate): OrderRow {
  const { id, market, direction, createdMs, clientOrderId } = update;
  const price = update.orderType === "limit" ? { price: update.price } : {};
  const named = clientOrderId === undefined ? {} : { clientOrderId };
  const { quantity, filledQuantity, filledValue } = update;
  return {
    ...known,
    ...{ id, market, direction, createdMs, quantity, filledQuantity, filledValue },
    ...price,
    ...named,
  };
}

/** Of two states of an order, the one in which more is filled. */
function furthest(read: OrderRow, told: OrderRow): OrderRow {
  return compare(told.filledQuantity, read.filledQuantity) < 0 ? read : told;
}

function byCurrency(balances: readonly Balance[]): ReadonlyMap<string, Balance> {
  return new Map(balances.map((balance) => [balance.currency, balance]));
}
