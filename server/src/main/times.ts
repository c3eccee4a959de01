/** The times of a server: that of the market, the wall clock's, which may be set, and one for intervals. */
import { MarketClock } from "../adapters/clock/market-clock.ts";
import { systemClock } from "../adapters/clock/system-clock.ts";
import { type Clock, steadyMs } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { logClock } from "./clock-watch.ts";

/** What tells the time. */
export interface Times {
  /** Market time. */
  readonly clock: MarketClock;
  readonly marketMs: () => number;
  /** What time stamps of others are compared with. */
  readonly wallMs: () => number;
  /** For rates and ages. */
  readonly nowMs: () => number;
}

/** The times by the machine's clock, or by another one. */
export function timesOf(log: Log, wall: Clock = systemClock()): Times {
  const clock = new MarketClock({ clock: wall, told: logClock(log) });
  return {
    clock,
    marketMs: () => Math.floor(clock.nowUs() / 1_000),
    wallMs: () => Math.floor(wall.nowUs() / 1_000),
    nowMs: steadyMs(wall),
  };
}
