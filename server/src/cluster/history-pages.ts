/** One answer made of several: what has no room in one message is asked for after the last row that had. */
import { ensureNever } from "../core/assert.ts";
import {
  type BarQuery,
  historyOffsetMax,
  type OrderQuery,
  type OrderRecord,
  type Place,
  type TradeQuery,
} from "../ports/history.ts";
import type { AnyQuery, ReadKind } from "./history-messages.ts";

/** A page of rows that is put together. */
export class HistoryPages {
  readonly #kind: ReadKind;
  readonly #rows: unknown[] = [];
  #query: AnyQuery;
  #lookedTo: number | undefined;
  #isWhole = false;

  constructor(kind: ReadKind, query: AnyQuery) {
    this.#kind = kind;
    this.#query = query;
  }

  /** What is to be asked next; undefined when the page is whole, or what follows cannot be asked for. */
  get next(): AnyQuery | undefined {
    if (this.#isWhole) return undefined;
    const { offset = 0 } = this.#query as Partial<OrderQuery>;
    return offset > historyOffsetMax ? undefined : this.#query;
  }

  /** The rows as they were asked for; undefined while there are more. */
  get whole(): readonly unknown[] | undefined {
    if (!this.#isWhole) return undefined;
    return isTold(this.#kind) ? [{ records: this.#rows, lookedTo: this.#lookedTo }] : this.#rows;
  }

  /** Takes an answer; false when it is none to what was asked. */
  take(rows: readonly unknown[], isCut: boolean): boolean {
    let taken = rows;
    if (isTold(this.#kind)) {
      const [page] = rows as readonly Partial<ToldPage>[];
      if (!Array.isArray(page?.records)) return false;
      taken = page.records;
      this.#lookedTo = page.lookedTo;
    }
    this.#add(taken);
    this.#isWhole = !isCut;
    if (!isCut) return true;
    const { limit } = this.#query as { readonly limit?: number };
    if (
      limit === undefined ||
      this.#kind === "tradeBars" ||
      taken.length === 0 ||
      taken.length >= limit
    )
      return false;
    this.#query = queryAfter(this.#kind, this.#query, taken);
    return true;
  }

  #add(rows: readonly unknown[]): void {
    if (this.#kind !== "closedOrders") {
      // Not spread: a call has room for so many arguments only.
      for (const row of rows) this.#rows.push(row);
      return;
    }
    // Orders that closed between two answers have moved those that were told already.
    const known = new Set((this.#rows as OrderRecord[]).map(({ order }) => order.id));
    for (const row of rows as readonly OrderRecord[]) {
      if (!known.has(row.order.id)) this.#rows.push(row);
    }
  }
}

interface ToldPage {
  readonly records: readonly Place[];
  readonly lookedTo: number | undefined;
}

function isTold(kind: ReadKind): boolean {
  return kind === "toldFills" || kind === "toldBalances";
}

/** The same query for what comes behind these rows. */
function queryAfter(kind: ReadKind, query: AnyQuery, rows: readonly unknown[]): AnyQuery {
  const { limit: asked = 0, offset = 0 } = query as Partial<OrderQuery>;
  const limit = asked - rows.length;
  const { sequence, ordinal } = rows.at(-1) as Place;
  const last = { sequence, ordinal };
  switch (kind) {
    case "closedOrders":
      return { ...query, limit, offset: offset + rows.length } as AnyQuery;
    case "orderFills":
    case "orderEvents":
    case "toldFills":
    case "toldBalances":
      return { ...query, limit, after: last } as AnyQuery;
    case "userFills":
    case "balanceChanges":
      return { ...query, limit, before: last } as AnyQuery;
    case "trades": {
      const isOldestFirst = (query as TradeQuery).order === "oldest-first";
      const beyond = isOldestFirst ? { after: last } : { before: last };
      return { ...query, limit, offset: 0, ...beyond } as AnyQuery;
    }
    case "bars":
      return { ...(query as BarQuery), limit, ...beyondBar(query as BarQuery, rows) };
    case "totals":
    case "tradeBars":
      return neverCut(kind);
    default:
      return ensureNever(kind);
  }
}

function neverCut(kind: ReadKind): never {
  throw new Error(`an answer of one row was cut: ${kind}`);
}

function beyondBar({ order, resolutionS }: BarQuery, rows: readonly unknown[]) {
  const { startUs } = rows.at(-1) as { readonly startUs: number };
  const startS = startUs / 1_000_000;
  return order === "oldest-first" ? { fromS: startS + resolutionS } : { beforeS: startS };
}
