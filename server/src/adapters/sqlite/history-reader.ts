/**
 * Answers queries from the history's file through a connection that cannot write. Every row is checked
 * on the way out: what the writer cannot have written is an error, never an answer.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Atoms } from "../../core/num/money.ts";
import { parseAtoms } from "../../core/num/money.ts";
import type {
  BalanceQuery,
  BalanceRecord,
  BarQuery,
  BarRecord,
  ClientIdUse,
  FillRecord,
  OrderFillQuery,
  OrderQuery,
  OrderRecord,
  Place,
  TradeQuery,
  TradeRecord,
  UserFillQuery,
} from "../../ports/history.ts";
import { assertPage, barLimitMax } from "../../ports/history.ts";
import { barFiguresIn } from "./history-bars.ts";
import { integerOf } from "./history-cells.ts";
import { balanceReasonCodes, closeReasonCodes, sideCodes } from "./history-codes.ts";
import { damagedHistory, toHistoryError } from "./history-error.ts";
import { Names } from "./history-names.ts";
import { type HistoryQuery, prepareQueries } from "./history-queries.ts";

/** How long a read waits for another process that has the file locked, in milliseconds. */
const busyTimeoutMs = 1_000;

/** Before everything and after everything. */
const startPlace: Place = { sequence: 0, ordinal: 0 };
const endPlace: Place = { sequence: Number.MAX_SAFE_INTEGER, ordinal: 0 };

type Row = Readonly<Record<string, unknown>>;

/** Opens a file that its writer has opened before. Raises a `StoreError` when it cannot be used. */
export function openHistoryReader(file: string): HistoryReader {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: busyTimeoutMs, defensive: true });
    database.exec("PRAGMA cell_size_check = ON");
    return new HistoryReader(database, file);
  } catch (error) {
    database?.close();
    throw toHistoryError(error, file);
  }
}

/** Reads an open file. Every method raises a `StoreError` when the file is damaged or the disk fails. */
export class HistoryReader {
  /** The names that the file has and those that are on their way to it. */
  readonly names: Names;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #queries: Readonly<Record<HistoryQuery, StatementSync>>;

  /** Only {@link openHistoryReader} makes one. */
  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.#queries = prepareQueries(database);
    this.names = this.#readNames();
  }

  orders(query: OrderQuery): readonly OrderRecord[] {
    assertPage(query);
    const { side, id, clientId, closedOnly = false, limit, offset = 0 } = query;
    // The file would have another character in the place of half a surrogate pair, and find that.
    if (clientId?.isWellFormed() === false) return [];
    const user = this.names.find(query.user);
    const market = query.market === undefined ? null : this.names.find(query.market);
    if (user === undefined || market === undefined) return [];
    const values = {
      user,
      market,
      side: side === undefined ? null : sideCodes.numberOf(side),
      id: id ?? null,
      clientId: clientId ?? null,
      closedOnly: closedOnly ? 1 : 0,
      limit,
      offset,
    };
    return this.#read(queryFor(query), values, (row) => this.#order(row));
  }

  clientIdUse(user: string, clientId: string): ClientIdUse | undefined {
    const id = this.names.find(user);
    if (id === undefined || !clientId.isWellFormed()) return undefined;
    const row = this.#attempt(() => this.#queries.clientIdUse.get(id, clientId));
    if (row === undefined) return undefined;
    return row["closedUs"] === null ? "open" : "closed";
  }

  orderFills(query: OrderFillQuery): readonly FillRecord[] {
    assertPage(query);
    const { order, after = startPlace, limit } = query;
    const values = { order, ...placeOf(after), limit };
    return this.#read("orderFills", values, (row) => this.#fill(row));
  }

  userFills(query: UserFillQuery): readonly FillRecord[] {
    assertPage(query);
    const { before = endPlace, limit } = query;
    const user = this.names.find(query.user);
    if (user === undefined) return [];
    const values = { user, ...placeOf(before), limit };
    return this.#read("userFills", values, (row) => this.#fill(row));
  }

  trades(query: TradeQuery): readonly TradeRecord[] {
    assertPage(query);
    const { before = endPlace, limit } = query;
    const market = this.names.find(query.market);
    if (market === undefined) return [];
    const values = { market, ...placeOf(before), limit };
    return this.#read("trades", values, (row) => ({
      ...this.#match(row),
      aggressor: this.#known(sideCodes.wordOf(row["aggressor"])),
    }));
  }

  bars(query: BarQuery): readonly BarRecord[] {
    assertPage(query, barLimitMax);
    const { resolutionS, fromS = 0, beforeS = Number.MAX_SAFE_INTEGER, limit } = query;
    const market = this.names.find(query.market);
    if (market === undefined) return [];
    const values = { market, resolutionS, fromS, beforeS, limit };
    return this.#read("bars", values, (row) => this.#bar(row, query));
  }

  balanceChanges(query: BalanceQuery): readonly BalanceRecord[] {
    assertPage(query);
    const { fromSequence = 0, before = endPlace, limit } = query;
    const user = this.names.find(query.user);
    const currency = this.names.find(query.currency);
    if (user === undefined || currency === undefined) return [];
    const values = { user, currency, fromSequence, ...placeOf(before), limit };
    return this.#read("balanceChanges", values, (row) => this.#balanceChange(row));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #readNames(): Names {
    const rows = this.#database.prepare("SELECT id, text FROM name ORDER BY id").all();
    const texts = rows.map(({ id, text }, index) =>
      this.#known(id === index + 1 && typeof text === "string" ? text : undefined),
    );
    return new Names(texts);
  }

  #read<Found>(
    query: HistoryQuery,
    values: Record<string, SQLInputValue>,
    toRecord: (row: Row) => Found,
  ): readonly Found[] {
    return this.#attempt(() => this.#queries[query].all(values).map(toRecord));
  }

  #attempt<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw toHistoryError(error, this.#file);
    }
  }

  #order(row: Row): OrderRecord {
    const { closeReason, closedUs, clientId } = row;
    const price = this.#integer(row["price"]);
    const order = {
      id: this.#integer(row["id"]),
      user: this.#name(row["user"]),
      market: this.#name(row["market"]),
      side: this.#known(sideCodes.wordOf(row["side"])),
      // A market order, and no other, has no limit.
      type: price === 0 ? ("market" as const) : ("limit" as const),
      price,
      quantity: this.#integer(row["quantity"]),
      value: this.#amount(row["value"]),
      filled: this.#integer(row["filled"]),
      filledValue: this.#amount(row["filledValue"]),
      stopPrice: this.#integer(row["stopPrice"]),
      clientId: clientId === null ? undefined : this.#text(clientId),
      createdUs: this.#integer(row["createdUs"]),
    };
    if (closedUs === null) return { order, closed: undefined };
    const reason = this.#known(closeReasonCodes.wordOf(closeReason));
    return { order, closed: { reason, timeUs: this.#integer(closedUs) } };
  }

  #fill(row: Row): FillRecord {
    return {
      ...this.#match(row),
      order: this.#integer(row["placedOrder"]),
      orderCreatedUs: this.#integer(row["orderCreatedUs"]),
      user: this.#name(row["user"]),
      role: row["isMaker"] === 1 ? "maker" : "taker",
      side: this.#known(sideCodes.wordOf(row["side"])),
      fee: this.#signedAmount(row["fee"]),
    };
  }

  /** What a trade and both of its halves have in common. */
  #match(row: Row) {
    return {
      ...this.#place(row),
      market: this.#name(row["market"]),
      price: this.#integer(row["price"]),
      quantity: this.#integer(row["quantity"]),
      value: this.#amount(row["value"]),
    };
  }

  #bar(row: Row, { market, resolutionS }: BarQuery): BarRecord {
    const { volume, ...figures } = this.#known(barFiguresIn(row));
    return {
      market,
      resolutionS,
      startS: this.#integer(row["startS"]),
      ...figures,
      volume: volume <= Number.MAX_SAFE_INTEGER ? Number(volume) : volume,
    };
  }

  #balanceChange(row: Row): BalanceRecord {
    return {
      ...this.#place(row),
      user: this.#name(row["user"]),
      currency: this.#name(row["currency"]),
      reason: this.#known(balanceReasonCodes.wordOf(row["reason"])),
      oldAvailable: this.#amount(row["oldAvailable"]),
      newAvailable: this.#amount(row["newAvailable"]),
      oldHeld: this.#amount(row["oldHeld"]),
      newHeld: this.#amount(row["newHeld"]),
    };
  }

  #place(row: Row) {
    return {
      sequence: this.#integer(row["sequence"]),
      ordinal: this.#integer(row["ordinal"]),
      timeUs: this.#integer(row["timeUs"]),
    };
  }

  #name(value: unknown): string {
    return this.#known(this.names.textOf(value));
  }

  #text(value: unknown): string {
    return this.#known(typeof value === "string" ? value : undefined);
  }

  #integer(value: unknown): number {
    return this.#known(integerOf(value));
  }

  #amount(value: unknown): Atoms {
    return this.#known(parseAtoms(this.#text(value)));
  }

  #signedAmount(value: unknown): bigint {
    const text = this.#text(value);
    return text.startsWith("-") ? -this.#amount(text.slice(1)) : this.#amount(text);
  }

  /** What was read, unless it is nothing that is ever written. */
  #known<Value>(value: Value | undefined): Value {
    if (value === undefined) throw damagedHistory(this.#file, "a row holds what is never written");
    return value;
  }
}

/** The query that walks the narrowest index. */
function queryFor({ id, clientId, market, side }: OrderQuery): HistoryQuery {
  if (id !== undefined) return "orderById";
  if (clientId !== undefined) return "ordersByClientId";
  if (market !== undefined) return side === undefined ? "ordersInMarket" : "ordersInMarketOnSide";
  return side === undefined ? "ordersOfUser" : "ordersOfUserOnSide";
}

/** Without whatever else stands in a record that serves as a place. */
function placeOf({ sequence, ordinal }: Place): { sequence: number; ordinal: number } {
  return { sequence, ordinal };
}
