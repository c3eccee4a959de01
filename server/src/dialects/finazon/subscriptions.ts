/**
 * What one connection subscribes to. Bounded twice: by the tickers that its workspace may use at
 * once, and by a number of subscriptions that holds for everybody.
 */
import type { Instrument } from "../../marketdata/instrument.ts";
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
  /** Of each instrument at most one subscription for each publish period; none without any. */
  readonly #byInstrument = new Map<Instrument, Subscription[]>();
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

  /** Whether any is of this dataset; looks at all of them. */
  areOf(dataset: string): boolean {
    for (const instrument of this.#byInstrument.keys()) {
      if (instrument.dataset.code === dataset) return true;
    }
    return false;
  }

  /** Adds a topic that is not subscribed yet, if it fits. */
  add(subscription: Subscription): AddOutcome {
    const { instrument } = subscription.topic;
    const others = this.#byInstrument.get(instrument);
    if (others === undefined && this.#byInstrument.size >= this.tickersMax) {
      return "too-many-tickers";
    }
    if (this.#count >= subscriptionsMax) return "too-many-subscriptions";
    if (others === undefined) this.#byInstrument.set(instrument, [subscription]);
    else others.push(subscription);
    this.#count += 1;
    return "added";
  }

  /** Removes a topic and returns its subscription; undefined when there was none. */
  remove(topic: BarTopic): Subscription | undefined {
    const found = this.#find(topic);
    if (found === undefined) return undefined;
    const left = this.#byInstrument.get(topic.instrument)?.filter((other) => other !== found) ?? [];
    if (left.length > 0) this.#byInstrument.set(topic.instrument, left);
    else this.#byInstrument.delete(topic.instrument);
    this.#count -= 1;
    return found;
  }

  /** Removes and returns everything, instrument by instrument. */
  clear(): readonly Subscription[] {
    const all = [...this.#byInstrument.values()].flat();
    this.#byInstrument.clear();
    this.#count = 0;
    return all;
  }

  #find({ instrument, periodS }: BarTopic): Subscription | undefined {
    return this.#byInstrument.get(instrument)?.find(({ topic }) => topic.periodS === periodS);
  }
}
