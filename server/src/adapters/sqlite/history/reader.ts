/**
 * Answers queries from the history's file through a connection that cannot write. Every row is checked
 * on the way out: what the writer cannot have written is an error, never an answer.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { ensureNever } from "../../../core/assert.ts";
import type { OrderView } from "../../../core/events.ts";
import type { Bar } from "../../../marketdata/bars/bar.ts";
import { takeBars } from "../../../marketdata/bars/of-trades.ts";
import { fromAtoms } from "../../../marketdata/bars/steps.ts";
import {
  type AccountQuery,
  type AvailableQuery,
  type BalanceQuery,
  type BalanceRecord,
  type BarQuery,
  type FillRecord,
  foldedBarsMax,
  type MarketTotals,
  type OrderEventRecord,
  type OrderFillQuery,
  type OrderQuery,
  type OrderRecord,
  type Place,
  type ToldRecords,
  type TradeBarQuery,
  type TradeBars,
  type TradeQuery,
  type TradeRecord,
  type UserFillQuery,
} from "../../../ports/history.ts";
import { barIn } from "./bars.ts";
import { CellChecks, type Row } from "./checks.ts";
import { balanceReasonCodes, closeReasonCodes, orderPhaseCodes, sideCodes } from "./codes.ts";
import { FileNames, openForReading } from "./connection.ts";
import { toHistoryError } from "./error.ts";
import { HistoryExaminer } from "./examiner.ts";
import type { ReadRequest } from "./messages.ts";
import { type HistoryQuery, prepareQueries } from "./queries.ts";
import { nothingTold, told } from "./told.ts";

/** Before everything and after everything. */
const startPlace: Place = { sequence: 0, ordinal: 0 };
const endPlace: Place = { sequence: Number.MAX_SAFE_INTEGER, ordinal: 0 };

/** Opens a file that its writer has opened before. Raises a `StoreError` when it cannot be used. */
export function openHistoryReader(file: string): HistoryReader {
  let database: DatabaseSync | undefined;
  try {
    database = openForReading(file);
    return new HistoryReader(database, file);
  } catch (error) {
    database?.close();
    throw toHistoryError(error, file);
  }
}

/** Reads an open file. Every method raises a `StoreError` when the file is damaged or the disk fails. */
export class HistoryReader {
  readonly #names: FileNames;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #checks: CellChecks;
  readonly #examiner: HistoryExaminer;
  readonly #queries: Readonly<Record<HistoryQuery, StatementSync>>;

  /** Only {@link openHistoryReader} makes one. */
  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.#checks = new CellChecks(file);
    this.#queries = prepareQueries(database);
    this.#names = new FileNames(database, this.#checks);
    this.#examiner = new HistoryExaminer(database, this.#checks);
  }

  /** Answers a query, whatever it asks for. */
  read({ kind, query }: ReadRequest): readonly unknown[] {
    return this.#attempt(() => {
      switch (kind) {
        case "closedOrders":
          return this.#closedOrders(query);
        case "orderFills":
          return this.#orderFills(query);
        case "userFills":
          return this.#userFills(query);
        case "orderEvents":
          return this.#orderEvents(query);
        case "toldFills":
          return [this.#toldFills(query)];
        case "trades":
          return this.#trades(query);
        case "tradeBars":
          return [this.#tradeBars(query)];
        case "bars":
          return this.#bars(query);
        case "totals":
          return this.#totals(query.market);
        case "balanceChanges":
          return this.#balanceChanges(query);
        case "toldBalances":
          return [this.#toldBalances(query)];
        case "examine":
          return [this.#examiner.next()];
        default:
          return ensureNever(kind);
      }
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #closedOrders(query: OrderQuery): readonly OrderRecord[] {
    const { side, id, clientId, limit, offset = 0 } = query;
    // The file would have another character in the place of half a surrogate pair, and find that.
    if (clientId?.isWellFormed() === false) return [];
    const user = this.#names.find(query.user);
    const market = query.market === undefined ? null : this.#names.find(query.market);
    if (user === undefined || market === undefined) return [];
    const values = {
      user,
      market,
      side: side === undefined ? null : sideCodes.numberOf(side),
      id: id ?? null,
      clientId: clientId ?? null,
      limit,
      offset,
    };
    return this.#rows(queryFor(query), values, (row) => this.#order(row));
  }

  #orderFills(query: OrderFillQuery): readonly FillRecord[] {
    const { order, after = startPlace, limit } = query;
    const user = this.#names.find(query.user);
    if (user === undefined) return [];
    const values = { user, order, ...placeOf(after), limit };
    return this.#rows("orderFills", values, (row) => this.#fill(row));
  }

  #userFills(query: UserFillQuery): readonly FillRecord[] {
    const { before = endPlace, limit } = query;
    const user = this.#names.find(query.user);
    if (user === undefined) return [];
    const values = { user, ...placeOf(before), limit };
    return this.#rows("userFills", values, (row) => this.#fill(row));
  }

  #orderEvents(query: AccountQuery): readonly OrderEventRecord[] {
    const { after = startPlace, limit } = query;
    const user = this.#names.find(query.user);
    const market = this.#names.find(query.market);
    if (user === undefined || market === undefined) return [];
    const values = { user, market, ...placeOf(after), limit };
    return this.#rows("orderEvents", values, (row) => ({
      ...this.#place(row),
      order: this.#view(row),
      phase: this.#checks.known(orderPhaseCodes.wordOf(row["phase"])),
      reason:
        row["eventReason"] === null
          ? undefined
          : this.#checks.known(closeReasonCodes.wordOf(row["eventReason"])),
    }));
  }

  #toldFills(query: AccountQuery): ToldRecords<FillRecord> {
    const user = this.#names.find(query.user);
    const market = this.#names.find(query.market);
    if (user === undefined || market === undefined) return nothingTold;
    return told(query, {
      ofCommand: (of) =>
        this.#rows("fillsOfCommand", { user, market, ...of }, (row) => this.#fill(row)),
      endOf: (of) => this.#endOf("fillsEnd", { user, ...of }),
      after: (of) => this.#rows("fillsAfter", { user, market, ...of }, (row) => this.#fill(row)),
    });
  }

  #toldBalances(query: AvailableQuery): ToldRecords<BalanceRecord> {
    const user = this.#names.find(query.user);
    const currency = this.#names.find(query.currency);
    if (user === undefined || currency === undefined) return nothingTold;
    const move = (row: Row) => this.#balanceChange(row);
    return told(query, {
      ofCommand: (of) => this.#rows("movesOfCommand", { user, currency, ...of }, move),
      endOf: (of) => this.#endOf("movesEnd", { user, currency, ...of }),
      after: (of) => this.#rows("movesAfter", { user, currency, ...of }, move),
    });
  }

  #endOf(
    query: "fillsEnd" | "movesEnd",
    values: Record<string, SQLInputValue>,
  ): number | undefined {
    return this.#rows(query, values, (row) => this.#checks.integer(row["sequence"]))[0];
  }

  #trades(query: TradeQuery): readonly TradeRecord[] {
    const { limit, offset = 0 } = query;
    const market = this.#names.find(query.market);
    if (market === undefined) return [];
    const values = { market, ...this.#placesOf(query), limit, offset };
    const name = query.order === "oldest-first" ? "tradesOldestFirst" : "trades";
    return this.#rows(name, values, (row) => ({
      ...this.#match(row),
      aggressor: this.#checks.known(sideCodes.wordOf(row["aggressor"])),
    }));
  }

  *#traded(rows: Iterable<Row>) {
    for (const row of rows) {
      yield {
        ...this.#place(row),
        price: this.#checks.integer(row["price"]),
        quantity: this.#checks.integer(row["quantity"]),
        aggressor: this.#checks.known(sideCodes.wordOf(row["aggressor"])),
      };
    }
  }

  #tradeBars(query: TradeBarQuery): TradeBars {
    const { limit, steps, interval } = query;
    const market = this.#names.find(query.market);
    if (market === undefined) return { bars: [], last: undefined };
    const values = { market, ...this.#placesOf(query), limit, offset: 0 };
    const isOldestFirst = query.order === "oldest-first";
    const rows = this.#queries[isOldestFirst ? "tradesOldestFirst" : "trades"].iterate(values);
    const page = { steps, interval, isOldestFirst, barsMax: foldedBarsMax };
    const { bars, count, last, isCut } = takeBars(this.#traded(rows), page);
    return { bars, last: last && (isCut || count === limit) ? placeOf(last) : undefined };
  }

  /** Between which places the trades are that are asked for. */
  #placesOf({ after = startPlace, before = endPlace, fromUs, toUs }: TradeQuery) {
    const first = fromUs === undefined ? 0 : this.#firstSequenceAt(fromUs);
    const isFirst = first > after.sequence;
    const end = toUs === undefined ? endPlace.sequence : this.#firstSequenceAt(toUs);
    const isEnd = end <= before.sequence;
    return {
      afterSequence: isFirst ? first - 1 : after.sequence,
      afterOrdinal: isFirst ? Number.MAX_SAFE_INTEGER : after.ordinal,
      beforeSequence: isEnd ? end : before.sequence,
      beforeOrdinal: isEnd ? 0 : before.ordinal,
    };
  }

  /** A sequence that all trades from a time on have or exceed, and no earlier one: times rise with sequences. */
  #firstSequenceAt(timeUs: number): number {
    let low = 0;
    let high = Number.MAX_SAFE_INTEGER;
    while (low < high) {
      const sequence = low + Math.floor((high - low) / 2);
      const row = this.#queries.tradeFrom.get({ sequence });
      if (row === undefined || this.#checks.integer(row["timeUs"]) >= timeUs) high = sequence;
      else low = this.#checks.integer(row["sequence"]) + 1;
    }
    return low;
  }

  #totals(name: string): readonly MarketTotals[] {
    const market = this.#names.find(name);
    if (market === undefined) return [];
    return this.#rows("totals", { market }, (row) => row)
      .filter((row) => row["minutes"] !== 0)
      .map((row) => ({
        firstS: this.#checks.integer(row["firstS"]),
        lastS: this.#checks.integer(row["lastS"]),
        minutes: this.#checks.integer(row["minutes"]),
        trades: this.#checks.integer(row["trades"]),
      }));
  }

  #bars(query: BarQuery): readonly Bar[] {
    const { resolutionS, fromS = 0, beforeS = Number.MAX_SAFE_INTEGER, limit } = query;
    const market = this.#names.find(query.market);
    if (market === undefined) return [];
    const values = { market, resolutionS, fromS, beforeS, limit };
    const name = query.order === "oldest-first" ? "barsOldestFirst" : "bars";
    return this.#rows(name, values, (row) => this.#bar(row, query));
  }

  #balanceChanges(query: BalanceQuery): readonly BalanceRecord[] {
    const { fromSequence = 0, before = endPlace, limit } = query;
    const user = this.#names.find(query.user);
    const currency = this.#names.find(query.currency);
    if (user === undefined || currency === undefined) return [];
    const values = { user, currency, fromSequence, ...placeOf(before), limit };
    return this.#rows("balanceChanges", values, (row) => this.#balanceChange(row));
  }

  #rows<Found>(
    query: HistoryQuery,
    values: Record<string, SQLInputValue>,
    toRecord: (row: Row) => Found,
  ): readonly Found[] {
    return this.#queries[query].all(values).map(toRecord);
  }

  #attempt<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw toHistoryError(error, this.#file);
    }
  }

  #order(row: Row): OrderRecord {
    const closed = {
      reason: this.#checks.known(closeReasonCodes.wordOf(row["closeReason"])),
      sequence: this.#checks.integer(row["closedSequence"]),
      timeUs: this.#checks.integer(row["closedUs"]),
    };
    return { order: this.#view(row), closed };
  }

  #view(row: Row): OrderView {
    const { clientId } = row;
    const price = this.#checks.integer(row["price"]);
    return {
      id: this.#checks.integer(row["id"]),
      user: this.#name(row["user"]),
      market: this.#name(row["market"]),
      side: this.#checks.known(sideCodes.wordOf(row["side"])),
      // A market order, and no other, has no limit.
      type: price === 0 ? ("market" as const) : ("limit" as const),
      price,
      quantity: this.#checks.integer(row["quantity"]),
      value: this.#checks.amount(row["value"]),
      filled: this.#checks.integer(row["filled"]),
      filledValue: this.#checks.amount(row["filledValue"]),
      stopPrice: this.#checks.integer(row["stopPrice"]),
      clientId: clientId === null ? undefined : this.#checks.text(clientId),
      createdUs: this.#checks.integer(row["createdUs"]),
    };
  }

  #fill(row: Row): FillRecord {
    return {
      ...this.#match(row),
      order: this.#checks.integer(row["placedOrder"]),
      orderCreatedUs: this.#checks.integer(row["orderCreatedUs"]),
      user: this.#name(row["user"]),
      role: row["isMaker"] === 1 ? "maker" : "taker",
      side: this.#checks.known(sideCodes.wordOf(row["side"])),
      fee: this.#checks.signedAmount(row["fee"]),
    };
  }

  /** What a trade and both of its halves have in common. */
  #match(row: Row) {
    return {
      ...this.#place(row),
      market: this.#name(row["market"]),
      price: this.#checks.integer(row["price"]),
      quantity: this.#checks.integer(row["quantity"]),
      value: this.#checks.amount(row["value"]),
    };
  }

  #bar(row: Row, { steps }: BarQuery): Bar {
    return this.#checks.known(fromAtoms(this.#checks.known(barIn(row)), steps));
  }

  #balanceChange(row: Row): BalanceRecord {
    return {
      ...this.#place(row),
      user: this.#name(row["user"]),
      currency: this.#name(row["currency"]),
      reason: this.#checks.known(balanceReasonCodes.wordOf(row["reason"])),
      oldAvailable: this.#checks.amount(row["oldAvailable"]),
      newAvailable: this.#checks.amount(row["newAvailable"]),
      oldHeld: this.#checks.amount(row["oldHeld"]),
      newHeld: this.#checks.amount(row["newHeld"]),
    };
  }

  #place(row: Row) {
    return {
      sequence: this.#checks.integer(row["sequence"]),
      ordinal: this.#checks.integer(row["ordinal"]),
      timeUs: this.#checks.integer(row["timeUs"]),
    };
  }

  #name(value: unknown): string {
    return this.#checks.known(this.#names.textOf(value));
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
