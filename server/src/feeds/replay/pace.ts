/**
 * When market time reaches a moment, and what a feed says on the way. `Pace` translates between wall
 * time and market time; `Timeline` collects the events that became due. Neither sleeps by itself.
 */
import type { Trade } from "../../marketdata/trade.ts";
import type { FeedEvent } from "../../ports/feed.ts";
import type { ReplaySpeed } from "./config.ts";

/** Most trades in one batch: what is folded before sockets get a turn. */
export const batchTradesMax = 2048;

/** Market time is told at least once in this much of it, in microseconds: the shortest publish period. */
const tickUs = 1_000_000;

/** Longest single sleep; a longer wait is several of them. Timers cannot be set for months. */
const sleepMsMax = 3_600_000;

/** Two moments that coincide, in microseconds since 1970. */
export interface Origin {
  readonly marketUs: number;
  readonly wallUs: number;
}

/** How market time runs against wall time from an origin on. */
export class Pace {
  readonly #speed: ReplaySpeed;
  readonly #origin: Origin;

  constructor(speed: ReplaySpeed, origin: Origin) {
    this.#speed = speed;
    this.#origin = origin;
  }

  /** The market time that has come at `wallUs`; past all times at speed `max`. */
  marketUs(wallUs: number): number {
    if (this.#speed === "max") return Number.POSITIVE_INFINITY;
    const { marketUs, wallUs: originUs } = this.#origin;
    return marketUs + Math.floor((wallUs - originUs) * this.#speed);
  }

  /**
   * How long to sleep at `wallUs`, in whole milliseconds, until the earlier of `dueUs` and the next
   * whole second of market time, so that bars close in a minute without trades too.
   */
  sleepMs(dueUs: number, wallUs: number): number {
    if (this.#speed === "max") return 0;
    const untilUs = Math.min(dueUs, nextTickUs(this.marketUs(wallUs)));
    const wallDueUs = this.#origin.wallUs + (untilUs - this.#origin.marketUs) / this.#speed;
    return Math.min(Math.max(1, Math.ceil((wallDueUs - wallUs) / 1000)), sleepMsMax);
  }
}

/** The first whole second of market time after `us`. */
function nextTickUs(us: number): number {
  return (Math.floor(us / tickUs) + 1) * tickUs;
}

/** The events that became due, in order, with market time told between them. */
export class Timeline {
  #events: FeedEvent[] = [];
  #trades: Trade[] = [];
  #lines: number[] = [];
  #path = "";
  #tradeCount = 0;
  /** Market time that was told last; a trade before the next whole second needs no new telling. */
  #toldUs = 0;
  #nextTickUs = 0;

  /** Adds a trade that happens now, and where it was read; market time reaches its event time first. */
  add(trade: Trade, path: string, line: number): void {
    this.reach(trade.eventTimeUs);
    if (path !== this.#path) this.#closeTrades();
    this.#path = path;
    this.#trades.push(trade);
    this.#lines.push(line);
    this.#tradeCount += 1;
  }

  /** Lets market time reach `us`; it is told when that passes a whole second. */
  reach(us: number): void {
    if (us >= this.#nextTickUs) this.tell(us);
  }

  /** Tells market time at once, whatever was told before; a time that is past is not told. */
  tell(us: number): void {
    if (us <= this.#toldUs) return;
    this.#closeTrades();
    this.#events.push({ kind: "time", atUs: us });
    this.#toldUs = us;
    this.#nextTickUs = nextTickUs(us);
  }

  /** Trades that wait to be taken. */
  get tradeCount(): number {
    return this.#tradeCount;
  }

  /** Takes all events that wait; empty when there are none. */
  take(): readonly FeedEvent[] {
    this.#closeTrades();
    const events = this.#events;
    this.#events = [];
    this.#tradeCount = 0;
    return events;
  }

  #closeTrades(): void {
    if (this.#trades.length === 0) return;
    const path = this.#path;
    const lines = this.#lines;
    const placeOf = (at: number) => `${path}:${lines[at]}`;
    this.#events.push({ kind: "trades", trades: this.#trades, placeOf });
    this.#trades = [];
    this.#lines = [];
  }
}
