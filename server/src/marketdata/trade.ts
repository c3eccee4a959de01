/** The one trade type: live, recorded, simulated and local trades are all this, and folds cannot tell them apart. */
import type { Instrument } from "./instrument.ts";

/** Side of the order that came and matched; `unknown` where a source does not say. */
export type AggressorSide = "buy" | "sell" | "unknown";

/** One public match. */
export interface Trade {
  readonly instrument: Instrument;
  /** Where it happened. Trade ids are unique within one venue only. */
  readonly venue: string;
  /** The venue's own trade id; undefined where the source has none, and then duplicates cannot be known. */
  readonly id: number | string | undefined;
  /**
   * Quote units per base unit, as an integer at `priceScale` decimals; more than 0. A bigint where a
   * safe integer cannot hold it.
   */
  readonly price: number | bigint;
  readonly priceScale: number;
  /** Base units, as an integer at `quantityScale` decimals; more than 0. A bigint as for `price`. */
  readonly quantity: number | bigint;
  readonly quantityScale: number;
  /** When it happened at the venue, in microseconds since 1970 (UTC). */
  readonly eventTimeUs: number;
  /** When it reached us, on the clock of the feed that carried it, in microseconds since 1970. */
  readonly receiveTimeUs: number;
  readonly aggressor: AggressorSide;
}
