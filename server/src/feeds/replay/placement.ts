/**
 * Puts recorded trades into market time: moved to now where the clock is shifted, and each lap of a
 * loop after the one before it. It moves all trades of a lap by one constant and reorders nothing.
 */
import { assert } from "../../core/assert.ts";
import { barIntervalUs } from "../../marketdata/bar-update.ts";
import type { Instrument } from "../../marketdata/instrument.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { RecordedTrade } from "../../recordings/map.ts";
import type { ReplayClock } from "./config.ts";
import { minuteOf } from "./fold-start.ts";

/** A lap that would begin after this is not played: 2240-01-01, within what an integer and a `Date` hold. */
export const lapStartUsMax = 8_520_336_000_000_000;

/** Where and as what a trade is placed. */
export interface Place {
  readonly instrument: Instrument;
  readonly venue: string;
}

/** The moving constant of the present lap, and what is needed to find that of the next. */
export class Placement {
  readonly #kind: ReplayClock;
  #lap = 1;
  #lapOffsetUs = 0;
  #offsetUs = 0;
  #earliestUs = Number.POSITIVE_INFINITY;
  #latestUs = 0;

  constructor(kind: ReplayClock) {
    this.#kind = kind;
  }

  /** Counted from 1. */
  get lap(): number {
    return this.#lap;
  }

  /** Whether no trade was placed in this lap yet. */
  get isEmptyLap(): boolean {
    return this.#earliestUs === Number.POSITIVE_INFINITY;
  }

  /** The latest moment of the laps so far, in market time. */
  get latestUs(): number {
    return this.#latestUs;
  }

  /** Fixes the constant of the first lap. */
  start(offsetUs: number): void {
    this.#offsetUs = offsetUs;
    this.#lapOffsetUs = offsetUs;
  }

  /** When a trade happens in market time. */
  timeOf({ eventTimeUs }: RecordedTrade): number {
    return eventTimeUs + this.#offsetUs;
  }

  /** The trade in market time. Ids of later laps carry the lap, because their trades are no duplicates. */
  place(recorded: RecordedTrade, { instrument, venue }: Place): Trade {
    const eventTimeUs = recorded.eventTimeUs + this.#offsetUs;
    const receiveTimeUs = recorded.receiveTimeUs + this.#offsetUs;
    this.#earliestUs = Math.min(this.#earliestUs, eventTimeUs);
    this.#latestUs = Math.max(this.#latestUs, eventTimeUs);
    const { id, price, priceScale, quantity, quantityScale, aggressor } = recorded;
    return {
      instrument,
      venue,
      id: id === undefined || this.#lap === 1 ? id : `${id}/${this.#lap}`,
      price,
      priceScale,
      quantity,
      quantityScale,
      eventTimeUs,
      receiveTimeUs,
      aggressor,
    };
  }

  /**
   * Passes over `us` of the recording in which nothing happened, by whole minutes: what follows is moved
   * nearer. False where times are kept as recorded.
   */
  passOver(us: number): boolean {
    if (this.#kind === "recorded") return false;
    this.#offsetUs -= minuteOf(us) * barIntervalUs;
    return true;
  }

  /**
   * Moves on to the next lap. It begins in a later minute than the last trade and is moved by whole
   * minutes, so that every lap makes the same bars. False when market time has run too far.
   */
  nextLap(): boolean {
    assert(!this.isEmptyLap, "an empty lap has no length");
    const minutes = minuteOf(this.#latestUs) - minuteOf(this.#earliestUs) + 1;
    if (this.#latestUs > lapStartUsMax - minutes * barIntervalUs) return false;
    this.#lapOffsetUs += minutes * barIntervalUs;
    this.#offsetUs = this.#lapOffsetUs;
    this.#earliestUs = Number.POSITIVE_INFINITY;
    this.#lap += 1;
    return true;
  }
}
