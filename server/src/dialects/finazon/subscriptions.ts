/**
 * What one connection subscribes to. Bounded twice: by the tickers that its workspace may use at
 * once, and by a number of subscriptions that holds for everybody.
 */
import type { BarTopic } from "../../marketdata/topic.ts";
import type { Encoding } from "../../ports/dialect.ts";

/** Most subscriptions of one connection. The same ticker at another frequency is another one (D-F6). */
export const subscriptionsMax = 50_000;

/** A topic and the encoding in which this client is sent it. */
export interface Subscription {
  readonly topic: BarTopic;
  readonly encoding: Encoding<"bars">;
}

/** What became of a new subscription; the last two mean that it does not fit. */
export type AddOutcome = "added" | "too-many-tickers" | "too-many-subscriptions";

/** The subscriptions of one connection. There are many of these, most of them small. */
export class Subscriptions {
  readonly #tickersMax: number | undefined;
  /** By dataset and ticker, none without any; of each at most one for each publish period. */
  readonly #byDataset = new Map<string, Map<string, Subscription[]>>();
  #tickers = 0;
  #count = 0;

  /** `tickersMax` different tickers fit; undefined means that only {@link subscriptionsMax} counts. */
  constructor(tickersMax: number | undefined) {
    this.#tickersMax = tickersMax;
  }

  /** Different tickers that fit; infinite where there is no limit. */
  get tickersMax(): number {
    return this.#tickersMax ?? Number.POSITIVE_INFINITY;
  }

  has(topic: BarTopic): boolean {
    return this.#find(topic) !== undefined;
  }

  /** Whether any is of this dataset. */
  areOf(dataset: string): boolean {
    return this.#byDataset.has(dataset);
  }

  /** Adds a topic that is not subscribed yet, if it fits. */
  add(subscription: Subscription): AddOutcome {
    const { dataset, ticker } = subscription.topic;
    const others = this.#byDataset.get(dataset)?.get(ticker);
    if (others === undefined && this.#tickers >= this.tickersMax) return "too-many-tickers";
    if (this.#count >= subscriptionsMax) return "too-many-subscriptions";
    this.#count += 1;
    if (others !== undefined) {
      others.push(subscription);
      return "added";
    }
    const byTicker = this.#byDataset.get(dataset) ?? new Map<string, Subscription[]>();
    this.#byDataset.set(dataset, byTicker.set(ticker, [subscription]));
    this.#tickers += 1;
    return "added";
  }

  /** Removes a topic and returns its subscription; undefined when there was none. */
  remove(topic: BarTopic): Subscription | undefined {
    const found = this.#find(topic);
    if (found === undefined) return undefined;
    this.#count -= 1;
    const { dataset, ticker } = topic;
    const byTicker = this.#byDataset.get(dataset)!;
    const left = byTicker.get(ticker)!.filter((other) => other !== found);
    if (left.length > 0) {
      byTicker.set(ticker, left);
      return found;
    }
    this.#tickers -= 1;
    byTicker.delete(ticker);
    if (byTicker.size === 0) this.#byDataset.delete(dataset);
    return found;
  }

  /** Removes and returns everything, ticker by ticker. */
  clear(): readonly Subscription[] {
    const all = [...this.#byDataset.values()].flatMap((byTicker) => [...byTicker.values()].flat());
    this.#byDataset.clear();
    this.#tickers = 0;
    this.#count = 0;
    return all;
  }

  #find({ dataset, ticker, periodS }: BarTopic): Subscription | undefined {
    const ofTicker = this.#byDataset.get(dataset)?.get(ticker);
    return ofTicker?.find(({ topic }) => topic.periodS === periodS);
  }
}
