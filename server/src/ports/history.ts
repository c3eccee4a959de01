/**
 * Read models of what happened: orders, trades, bars and balances, kept for as long as nobody deletes
 * them. All of it follows from the log, so it may be lost and fed again. It decides nothing, and what
 * is true at this moment (open orders, balances) is the exchange's to say.
 */
import { assert } from "../core/assert.ts";
import type { BalanceChanged, CloseReason, OrderView } from "../core/events.ts";
import type { MarketSteps, Side } from "../core/market/rules.ts";
import type { Atoms } from "../core/num/money.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import type { BarInterval } from "../marketdata/bars/interval.ts";
import type { Released } from "./released.ts";
import type { StorageFailure } from "./storage-fault.ts";

/** Most rows that one query answers with; of bars it is {@link barLimitMax}. */
export const historyLimitMax = 1_000;

/** Most bars that one query answers with: a day of minutes. */
export const barLimitMax = 1_440;

/** Most trades that one query for bars of trades goes through, and most bars that it answers with. */
export const foldedTradesMax = 4_096;
export const foldedBarsMax = 500;

/** Most rows that a query may skip (docs/protocols/cryptomus, REST). */
export const historyOffsetMax = 10_000;

/** The lengths of bars that are kept, in seconds: a minute, an hour and a day. */
export const barResolutions = [60, 3_600, 86_400] as const;

/** One of {@link barResolutions}. */
export type BarResolution = (typeof barResolutions)[number];

/** Where something stands among others of its kind; ordered by sequence, then by ordinal. */
export interface Place {
  /** Of the command that caused it. */
  readonly sequence: number;
  /** Counted from 0 within the command, for each kind of record on its own. */
  readonly ordinal: number;
}

/** A closed order as it stood in the end. */
export interface OrderRecord {
  readonly order: OrderView;
  readonly closed: OrderClosing;
}

/** An event in the life of an order, and how the order stood after it. */
export interface OrderEventRecord extends Place {
  readonly timeUs: number;
  readonly order: OrderView;
  readonly phase: OrderPhase;
  /** Why it ended; of a finished order only. */
  readonly reason: CloseReason | undefined;
}

/** What happened to an order: it was taken in, something of it remained, or it ended. */
export type OrderPhase = "created" | "updated" | "finished";

/** How and when an order ended. */
export interface OrderClosing {
  readonly reason: CloseReason;
  /** Of the command that ended it. */
  readonly sequence: number;
  /** Microseconds since 1970 (UTC), as all times here. */
  readonly timeUs: number;
}

/** The public half of a trade. */
export interface TradeRecord extends Place {
  readonly timeUs: number;
  readonly market: string;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  /** Price × quantity in quote atoms. */
  readonly value: Atoms;
  /** Side of the taker. */
  readonly aggressor: Side;
}

/** One owner's half of a trade (the wire's transaction, docs/protocols/cryptomus, REST). Its place is that of the trade. */
export interface FillRecord extends Place {
  readonly timeUs: number;
  readonly market: string;
  /** The owner's order, and when it was created: together they make the id of all its fills. */
  readonly order: number;
  readonly orderCreatedUs: number;
  readonly user: string;
  readonly role: "maker" | "taker";
  readonly side: Side;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  /** Price × quantity in quote atoms. */
  readonly value: Atoms;
  /** In the received asset: base for a buy, quote for a sell. Negative for a rebate. */
  readonly fee: bigint;
}

/** One movement of one balance. */
export interface BalanceRecord extends Place, Omit<BalanceChanged, "kind"> {
  readonly timeUs: number;
}

/** A transfer that was carried out, as its key names it. Its place in the log is its sequence. */
export interface TransferRecord {
  readonly direction: "deposit" | "withdraw";
  readonly currency: string;
  readonly amount: Atoms;
  readonly sequence: number;
  readonly timeUs: number;
}

/**
 * Which of a user's closed orders; all conditions must hold. Answered by their end, the last one first,
 * so that an order that closes stands before all that are listed already: who reads page after page
 * while orders close meets some again and misses none. Of those that one command closed, the newest
 * comes first. A text with half of a surrogate pair in it cannot be stored and so names nothing.
 */
export interface OrderQuery {
  readonly user: string;
  readonly market?: string | undefined;
  readonly side?: Side | undefined;
  readonly id?: number | undefined;
  /** An old client id may have been used again, so there may be several orders of it. */
  readonly clientId?: string | undefined;
  /** 1 to {@link historyLimitMax}. */
  readonly limit: number;
  /** How many of the first to skip, 0 to {@link historyOffsetMax}. Default: 0. */
  readonly offset?: number | undefined;
}

/** Whether the order that a client id names is over. */
export type ClientIdUse = "open" | "closed";

/** Which of a user's fills of one of their orders. Answered oldest first. */
export interface OrderFillQuery {
  readonly user: string;
  readonly order: number;
  /** Only fills after this place: the last one of the page before. */
  readonly after?: Place | undefined;
  readonly limit: number;
}

/** Which fills of one user. Answered newest first. */
export interface UserFillQuery {
  readonly user: string;
  /** Only fills before this place: the last one of the page before. */
  readonly before?: Place | undefined;
  readonly limit: number;
}

/**
 * What happened to a user's orders, or what they traded, in one market. Answered oldest first. The
 * ordinal counts those of the same user, market and command from 0.
 */
export interface AccountQuery {
  readonly user: string;
  readonly market: string;
  /** Only what comes after this place: the last one of the page before. */
  readonly after?: Place | undefined;
  readonly limit: number;
}

/** Which movements of what a user has available in one currency. Answered oldest first. */
export interface AvailableQuery {
  readonly user: string;
  readonly currency: string;
  /** As that of {@link AccountQuery}. */
  readonly after?: Place | undefined;
  readonly limit: number;
}

/** Records of a user in one market or currency, in the order in which that user was told of them. */
export interface ToldRecords<Told> {
  /**
   * Oldest first. The ordinal counts those of the same user, market or currency, and command from 0; of
   * a match with themselves a user is told the maker's half first.
   */
  readonly records: readonly (Place & { readonly told: Told })[];
  /**
   * Where fewer were found than were asked for: the command up to whose end was looked; undefined where
   * that was the end of what is stored.
   */
  readonly lookedTo: number | undefined;
}

/** Rows of the user that one answer of {@link ToldRecords} looks at, with the rest of the last command. */
export const toldRowsMax = 10_000;

/** In which order rows are answered. */
export type RowOrder = "oldest-first" | "newest-first";

/** Which trades of one market; all conditions must hold. Times rise with places, so both are of one order. */
export interface TradeQuery {
  readonly market: string;
  /** Default: newest first. */
  readonly order?: RowOrder | undefined;
  readonly before?: Place | undefined;
  readonly after?: Place | undefined;
  /** Only trades at or after this time. */
  readonly fromUs?: number | undefined;
  /** Only trades before this time. */
  readonly toUs?: number | undefined;
  readonly limit: number;
  /** How many of the first to skip, 0 to {@link historyOffsetMax}. Default: 0. */
  readonly offset?: number | undefined;
  /** Whose turn it takes. Default: that of all who ask for the market. */
  readonly asker?: string | undefined;
}

/**
 * Which bars of one market. Where nothing was traded there is no bar. Times are
 * those of the commands; the first trade is the open and the last one the close in the order of their
 * places. Sides and the times of single trades are not kept.
 */
export interface BarQuery {
  readonly market: string;
  /** The steps of its rules: what its ticks and lots, which are stored, are worth. */
  readonly steps: MarketSteps;
  readonly resolutionS: BarResolution;
  /** Default: newest first. */
  readonly order?: RowOrder | undefined;
  /** Only bars that start at or after this second since 1970. Default: the first one. */
  readonly fromS?: number | undefined;
  /** Only bars that start before this second: the start of the last one of the page before. */
  readonly beforeS?: number | undefined;
  /** 1 to {@link barLimitMax}. */
  readonly limit: number;
  /** Whose turn it takes. Default: that of all who ask for the market. */
  readonly asker?: string | undefined;
}

/** Which trades bars are made of, for intervals that are shorter than {@link barResolutions} are. */
export interface TradeBarQuery extends Omit<TradeQuery, "offset"> {
  readonly steps: MarketSteps;
  readonly interval: BarInterval;
  /** Most trades that are gone through, 1 to {@link foldedTradesMax}. */
  readonly limit: number;
}

/** The bars of a page of trades, oldest first; the first and the last one may be parts of bars. */
export interface TradeBars {
  /** At most {@link foldedBarsMax}. */
  readonly bars: readonly Bar[];
  /** The last trade that was gone through, where others follow. */
  readonly last: Place | undefined;
}

/** What is stored of a market. */
export interface MarketTotals {
  /** Start of its first and its last minute with a trade, in seconds since 1970. */
  readonly firstS: number;
  readonly lastS: number;
  /** Minutes with a trade; at least one. */
  readonly minutes: number;
  readonly trades: number;
}

/** Which movements of one balance. Answered newest first. */
export interface BalanceQuery {
  readonly user: string;
  readonly currency: string;
  /** Oldest sequence that counts. Default: the first. */
  readonly fromSequence?: number | undefined;
  readonly before?: Place | undefined;
  readonly limit: number;
}

/** Why a query is not answered: too much is being asked, or the storage fails or is damaged. */
export type Unanswered = HistoryBusy | StorageFailure;

/** Nobody has looked: too many queries wait, of this asker or of everybody together. */
export interface HistoryBusy {
  readonly kind: "busy";
  readonly asker: "this" | "all";
}

/** The rows that a query finds, or why nobody can say. */
export type Answer<Row> = Promise<readonly Row[] | Unanswered>;

/** Whether there is no answer. */
export function isUnanswered(answer: object): answer is Unanswered {
  return "kind" in answer;
}

/** What was looked at: a piece, or the last one before it begins again. */
export type ExaminedPart = "piece" | "end";

/** What a history holds, in a form that can be compared with another one of the same kind. */
export interface HistoryDigest {
  readonly lastSequence: number;
  readonly orders: number;
  readonly orderEvents: number;
  readonly trades: number;
  /** Of all {@link barResolutions}. */
  readonly bars: number;
  readonly balanceChanges: number;
  readonly transfers: number;
  /** Equal when all rows are equal, however they were fed. */
  readonly hash: string;
}

/** What can be asked of a history, wherever it is stored. A page that is out of range is a bug of the caller. */
export interface HistoryQueries {
  closedOrders(query: OrderQuery): Answer<OrderRecord>;
  orderFills(query: OrderFillQuery): Answer<FillRecord>;
  userFills(query: UserFillQuery): Answer<FillRecord>;
  orderEvents(query: AccountQuery): Answer<OrderEventRecord>;
  /** What was traded, as one row. */
  toldFills(query: AccountQuery): Answer<ToldRecords<FillRecord>>;
  trades(query: TradeQuery): Answer<TradeRecord>;
  /** One row. */
  tradeBars(query: TradeBarQuery): Answer<TradeBars>;
  /** The newest bar grows with every trade that is stored in its time. */
  bars(query: BarQuery): Answer<Bar>;
  /** One row, or none of a market without trades. */
  totals(market: string): Answer<MarketTotals>;
  balanceChanges(query: BalanceQuery): Answer<BalanceRecord>;
  /** What changed the amount that is available, as one row. */
  toldBalances(query: AvailableQuery): Answer<ToldRecords<BalanceRecord>>;
}

/**
 * A store of read models with one writer: whoever holds the command log. Feeding goes on after
 * {@link lastSequence} at every start, so that each command is stored once, wholly, or not yet.
 *
 * Reads see what is stored, which lags a moment behind what was recorded: wait for {@link flushed}
 * where an answer has to contain what has just happened. Rows that are known to be damaged are never
 * answered with. Nothing is ever deleted here.
 */
export interface History extends HistoryQueries {
  /** The log that this is the history of. */
  readonly epoch: string;
  /** Everything up to here is stored; 0 when nothing is. */
  readonly lastSequence: number;
  /** Why nothing more is stored, once that is so. Final until the history is opened again. */
  readonly failure: StorageFailure | undefined;
  /**
   * Why nothing is stored at present; what was recorded is tried again until it is stored. While it
   * lasts {@link flushed} resolves with it. Undefined while all is well.
   */
  readonly stall: StorageFailure | undefined;
  /** Has `listener`, one for each history, called whenever {@link stall} or {@link failure} changes, while it closes too. */
  onTrouble(listener: () => void): void;
  /**
   * Takes the commands that follow the last one taken; any other is a bug of the caller, who also keeps
   * bounded what is not stored yet. Does nothing after a failure. The events are read at once.
   *
   * With `isUnfinished` the last of them has only the first of its events: the next call goes on with
   * that command, and nothing of it is stored before it is whole.
   */
  record(released: readonly Released[], isUnfinished?: boolean): void;
  /** Resolves when {@link lastSequence} is higher than it is now, or {@link failure} says that it will not be. */
  advanced(): Promise<void>;
  /** Resolves with the last sequence when everything that was taken is stored, or else never will be. */
  flushed(): Promise<number | StorageFailure>;
  /**
   * How the newest order of a user's client id stands; undefined when none is stored. Asked often, and
   * so answered at once. Raises an error when the storage fails.
   */
  clientIdUse(user: string, clientId: string): ClientIdUse | undefined;
  /** The newest of a user's transfers under a key, at once as above; undefined when none is stored. */
  transfer(user: string, key: string): TransferRecord | undefined;
  /**
   * Reads the next piece of what is stored through, for damage; behind the last one it begins again. A
   * failure says what is wrong. It waits for its turn as queries do.
   */
  examine(): Answer<ExaminedPart>;
  /**
   * Examines the storage and digests every row of what was taken so far; a failure when something is
   * wrong with it. Takes as long as reading everything does.
   */
  digest(): Promise<HistoryDigest | StorageFailure>;
  /** Waits until what was taken is stored, then lets the storage go. Closing again does nothing. */
  close(): Promise<void>;
}

/** Checks the page of a query; a page out of range is a bug of the caller. */
export function assertPage(
  { limit, offset = 0 }: { limit: number; offset?: number | undefined },
  limitMax: number = historyLimitMax,
): void {
  assert(Number.isInteger(limit) && limit >= 1, "a page has room for a row");
  assert(limit <= limitMax, "a page is not larger than its maximum");
  assert(Number.isInteger(offset) && offset >= 0, "an offset is a count");
  assert(offset <= historyOffsetMax, "an offset is not larger than its maximum");
}

/** Start of the bar that a time falls into, in seconds since 1970; the time is in microseconds. */
export function barStartS(timeUs: number, resolutionS: BarResolution): number {
  return Math.floor(timeUs / (resolutionS * 1_000_000)) * resolutionS;
}

/** Checks that commands follow `lastSequence` without gaps; returns the last of their sequences. */
export function assertFollows(lastSequence: number, released: readonly Released[]): number {
  let last = lastSequence;
  for (const { sequence } of released) {
    assert(sequence === last + 1, "commands are recorded once and without gaps");
    last = sequence;
  }
  return last;
}
