/** What the log is told of a wall clock that was set (ADR 0024). */
import { type ClockNotice, crawlRate, holdUs } from "../adapters/clock/market-clock.ts";
import type { Log } from "../ports/log.ts";

/** Writes each step of the clock to the log, with what is done about it. */
export function logClock(log: Log): (notice: ClockNotice) => void {
  return (notice) => {
    const seconds = "byUs" in notice ? { seconds: secondsOf(notice.byUs) } : {};
    if (notice.kind === "returned" || notice.kind === "caught-up") log.info(lines[notice.kind]);
    else log.warn(lines[notice.kind], seconds);
  };
}

const lines: Readonly<Record<ClockNotice["kind"], string>> = {
  ahead: `the system's clock was set forward: taken once that has held for ${holdUs / 1e6} s`,
  taken: "time goes on from where the system's clock is; what lies between did not happen",
  returned: "the system's clock was set back before its step forward was taken",
  behind:
    `the system's clock was set back: time passes at ${crawlRate} of its speed ` +
    "until the clock is there, and never goes back",
  "caught-up": "the system's clock has come to where time is",
};

function secondsOf(us: number): number {
  return Math.ceil(us / 1e6);
}
