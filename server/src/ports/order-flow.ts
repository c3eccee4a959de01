/**
 * Recorded order flow: what happened to a book, order by order or level by level, whichever venue wrote
 * it down. Times are of the recording, in microseconds since 1970; prices and quantities are exact.
 */
import type { Side } from "../core/market/rules.ts";
import type { Decimal } from "../core/num/decimal.ts";

/** What rests at a price; a quantity of 0 says that nothing does. */
export interface FlowLevel {
  readonly price: Decimal;
  readonly quantity: Decimal;
}

/** An order of the recording and what is said of it. */
interface OfOrder {
  /** As the recording names it. */
  readonly id: string;
  readonly side: Side;
  readonly price: Decimal;
  readonly quantity: Decimal;
}

interface OfBook {
  readonly bids: readonly FlowLevel[];
  readonly asks: readonly FlowLevel[];
}

/** What happened. */
type Happening =
  /** An order came; where it meets others it trades. */
  | ({ readonly kind: "new" } & OfOrder)
  /** So much was taken off it by its owner. */
  | ({ readonly kind: "reduced" } & OfOrder)
  /** So much is left of it, for whatever reason. */
  | ({ readonly kind: "changed" } & OfOrder)
  /** It is gone; the quantity is what was left of it. */
  | ({ readonly kind: "cancelled" } & OfOrder)
  /** So much of it was executed by an order that the recording does not show. */
  | ({ readonly kind: "executed" } & OfOrder)
  /** An order that nobody could see was executed; the side is its own. */
  | ({ readonly kind: "hidden" } & Omit<OfOrder, "id">)
  /** A trade, where orders are not shown; the side is that of who came. */
  | ({ readonly kind: "traded" } & Omit<OfOrder, "id">)
  /** The whole book, as far as it is recorded. */
  | ({ readonly kind: "snapshot" } & OfBook)
  /** Levels that have another quantity now. */
  | ({ readonly kind: "levels" } & OfBook)
  | { readonly kind: "halted" }
  | { readonly kind: "resumed" };

/** One event of a recording. */
export type FlowEvent = Happening & { readonly atUs: number };

/** What of a recording could not be used, by why. */
export interface FlowCounts {
  /** Lines that were read. */
  lines: number;
  /** Lines that are none of the format. */
  malformed: number;
  /** Sound lines that say nothing of the book, such as auctions, quotes or heartbeats. */
  skipped: number;
  /** Lines with a time before that of the line before them; they are played at that one's. */
  late: number;
  /** Depth updates that do not follow the one before them: what lies between is missing. */
  gaps: number;
  /** Where the first line of a kind that could not be read is. */
  place: string | undefined;
}

/** A recording as it is read: some events at a time, oldest first. */
export type FlowBatches = AsyncGenerator<readonly FlowEvent[], FlowEnd>;

/** How reading ended. */
export type FlowEnd =
  | { readonly kind: "finished" }
  | { readonly kind: "failed"; readonly reason: string };
