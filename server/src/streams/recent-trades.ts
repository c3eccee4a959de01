/**
 * The newest trades of a ticker, to know again what a venue tells twice, and to join what it tells
 * after a pause with what it told before. It keeps ids and times, no more than a bounded number.
 */
import type { Trade } from "../marketdata/trade.ts";
import { recentTradesMax } from "../ports/feed.ts";

type Told = Pick<Trade, "id" | "eventTimeUs">;

/** Trades that were told of late. */
export class RecentTrades {
  readonly #times = new Map<number | string, number>();
  #newestUs = 0;
  /** Event time of the newest trade that was forgotten. */
  #forgottenUs = 0;

  /** Event time of the newest trade; 0 before the first. */
  get newestUs(): number {
    return this.#newestUs;
  }

  add({ id, eventTimeUs }: Told): void {
    if (eventTimeUs > this.#newestUs) this.#newestUs = eventTimeUs;
    if (id === undefined) return;
    this.#times.set(id, eventTimeUs);
    if (this.#times.size <= recentTradesMax) return;
    const [oldest] = this.#times;
    if (oldest === undefined) return;
    this.#forgottenUs = Math.max(this.#forgottenUs, oldest[1]);
    this.#times.delete(oldest[0]);
  }

  /** Whether a trade was told before, by its id. */
  has({ id }: Told): boolean {
    return id !== undefined && this.#times.has(id);
  }

  /** When a trade that was told happened, by what was told then; undefined where it is not remembered. */
  timeOf({ id }: Told): number | undefined {
    return id === undefined ? undefined : this.#times.get(id);
  }

  /**
   * Whether a trade of what a venue tells again was told before: what is older than all that is known of
   * was, and of one without an id only its time can say so.
   */
  hasAgain(trade: Told): boolean {
    const { id, eventTimeUs } = trade;
    if (id === undefined) return eventTimeUs <= this.#newestUs;
    return this.has(trade) || eventTimeUs < this.#forgottenUs;
  }

  /** Whether any of these trades was told before, by its id. */
  joins(trades: readonly Told[]): boolean {
    return trades.some(({ id }) => id !== undefined && this.#times.has(id));
  }
}
