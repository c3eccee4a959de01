/** Makes one answer of bars that come in pages, where a bar at the edge of a page may be a part of one. */
import type { Bar } from "../marketdata/bars/bar.ts";
import { BarFold } from "../marketdata/bars/fold.ts";
import type { StoredBarQuery } from "../ports/dataset-reader.ts";

/** Skips and collects bars in the order of a query. */
export class BarCollector {
  /** In the order of the query. */
  readonly bars: Bar[] = [];
  readonly #query: Pick<StoredBarQuery, "order" | "limit" | "offset">;
  #skipped = 0;
  /** A bar of which a part may be on the next page. */
  #carried: Bar | undefined;

  constructor(query: Pick<StoredBarQuery, "order" | "limit" | "offset">) {
    this.#query = query;
  }

  /** Whether the answer has as many bars as were asked for. */
  get isFull(): boolean {
    return this.bars.length === this.#query.limit;
  }

  /** Takes the bars of a page, oldest first; pages follow each other in the order of the query. */
  add(page: readonly Bar[]): void {
    for (const bar of this.#isOldestFirst ? page : page.toReversed()) {
      if (this.#carried?.startUs === bar.startUs) {
        this.#carried = this.#isOldestFirst
          ? joined(this.#carried, bar)
          : joined(bar, this.#carried);
        continue;
      }
      this.#collect();
      this.#carried = bar;
    }
  }

  /** No page follows. */
  end(): void {
    this.#collect();
  }

  get #isOldestFirst(): boolean {
    return this.#query.order === "oldest-first";
  }

  #collect(): void {
    const carried = this.#carried;
    this.#carried = undefined;
    if (carried === undefined || this.isFull) return;
    if (this.#skipped < (this.#query.offset ?? 0)) this.#skipped += 1;
    else this.bars.push(carried);
  }
}

/** Two parts of one bar, the earlier one first. */
function joined(earlier: Bar, later: Bar): Bar {
  const fold = BarFold.of(earlier);
  fold.join(later);
  return fold.toBar(earlier.revision + later.revision);
}
