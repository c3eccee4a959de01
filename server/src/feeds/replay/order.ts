/**
 * Keeps market time from going back: rows that come when what is later has been played are counted and
 * left out, and where many are so, the files are refused with a word on what to do.
 */
import type { FeedContext } from "../../ports/feed.ts";
import type { RecordedTrade } from "../../recordings/map.ts";
import { jumpUs } from "../../recordings/outliers.ts";
import type { RecordingFailure } from "../../recordings/recording.ts";
import type { SortedRun } from "../../recordings/sort-window.ts";

/** So many rows out of reach are a mistake here and there; more, and more than one in a hundred, are a way of storing. */
const outOfReachMax = 16;
const outOfReachShare = 100;

/** Lets rows pass that are not earlier than those before, and keeps the account of the others. */
export class Order {
  readonly #context: Pick<FeedContext, "count">;
  #lastUs = Number.NEGATIVE_INFINITY;
  #passed = 0;
  #outOfReach = 0;
  #first: string | undefined;

  constructor(context: Pick<FeedContext, "count">) {
    this.#context = context;
  }

  /** The rows that can be played. */
  take({ trades: rows, path }: Pick<SortedRun, "trades" | "path">): readonly RecordedTrade[] {
    let early = 0;
    for (; (rows[early]?.eventTimeUs ?? Number.POSITIVE_INFINITY) < this.#lastUs; early += 1) {
      this.#leaveOut(rows[early]!, path);
    }
    this.#passed += rows.length - early;
    this.#lastUs = Math.max(this.#lastUs, rows.at(-1)?.eventTimeUs ?? this.#lastUs);
    return early === 0 ? rows : rows.slice(early);
  }

  /** Why the files cannot be played in this way; undefined while they can. */
  get refusal(): RecordingFailure | undefined {
    const isFew = this.#outOfReach <= outOfReachMax;
    if (isFew || this.#outOfReach * outOfReachShare <= this.#passed) return undefined;
    const reason = `the rows are not in order of time, and too far out of it to be sorted while they are read (${this.#first}): sort them on disk first, with sort: disk in the configuration or --sort on the command line`;
    return { kind: "failed", reason };
  }

  #leaveOut({ line, eventTimeUs }: RecordedTrade, path: string): void {
    const behindUs = this.#lastUs - eventTimeUs;
    this.#outOfReach += 1;
    this.#first ??= `the first is ${path}:${line}, ${Math.ceil(behindUs / 1e6)} s behind a row before it`;
    this.#context.count(behindUs > jumpUs ? "outlying" : "late", 1, `${path}:${line}`);
  }
}
