/** Minutes of a dataset of which a bar may still change, and the message in which each began. */
import { minuteStart } from "../marketdata/bar-series.ts";
import { barIntervalUs } from "../marketdata/bar-update.ts";
import type { LiveMinute } from "./dataset-messages.ts";

/** Most of them that are told; of more the oldest are left out, and not shown at a node that starts then. */
export const liveMinutesMax = 256;

interface Minute {
  /** The message with its first trade; undefined while that is not stored. */
  at: number | undefined;
  /** Market time from which on no bar of it changes. */
  untilUs: number;
}

/** Keeps them. It may take a minute for live for a little longer than any of its bars is. */
export class LiveMinutes {
  readonly #latenessUs: number;
  readonly #minutes = new Map<number, Minute>();

  constructor(latenessUs: number, known: readonly LiveMinute[] = [], nowUs = 0) {
    this.#latenessUs = latenessUs;
    for (const [startUs, at] of known) {
      this.#minutes.set(startUs, { at, untilUs: this.#until(startUs, nowUs) });
    }
  }

  /** A trade was taken at a market time; `at` is its message, undefined while that is not stored. */
  note(eventTimeUs: number, nowUs: number, at?: number): void {
    const startUs = minuteStart(eventTimeUs);
    const untilUs = this.#until(startUs, nowUs);
    const known = this.#minutes.get(startUs);
    if (known === undefined) {
      this.#minutes.set(startUs, { at, untilUs });
      return;
    }
    known.at ??= at;
    known.untilUs = Math.max(known.untilUs, untilUs);
  }

  /** Everything that was noted without a message is in this one. */
  stored(at: number): void {
    for (const minute of this.#minutes.values()) minute.at ??= at;
  }

  /** Those that are live at a market time, oldest first; 0 for a message that is not stored. */
  at(nowUs: number): readonly LiveMinute[] {
    for (const [startUs, { untilUs }] of this.#minutes) {
      if (untilUs <= nowUs) this.#minutes.delete(startUs);
    }
    return Array.from(this.#minutes, ([startUs, { at = 0 }]) => [startUs, at] as const)
      .sort(([one], [other]) => one - other)
      .slice(-liveMinutesMax);
  }

  /** A bar is final that late after its end, or after it was begun, and forgotten with the next minute. */
  #until(startUs: number, nowUs: number): number {
    return Math.max(startUs + barIntervalUs, nowUs) + this.#latenessUs + barIntervalUs;
  }
}
