/**
 * What one connection subscribes to. Bounded twice: by the tickers that its workspace may use at
 * once, and by a number of subscriptions that holds for everybody.
 */
import type { Instrument } from "../../marketdata/instrument.ts";
import { type BarTopic, topicKey } from "../../marketdata/topic.ts";
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

/** The subscriptions of one connection. */
export class Subscriptions {
  readonly #tickersMax: number;
  readonly #byTopicKey = new Map<string, Subscription>();
  /** How many subscriptions each instrument has; none with zero. */
  readonly #countByInstrument = new Map<Instrument, number>();

  /** `tickersMax` different tickers fit; undefined means that only {@link subscriptionsMax} counts. */
  constructor(tickersMax: number | undefined) {
    this.#tickersMax = tickersMax ?? Number.POSITIVE_INFINITY;
  }

  /** Different tickers that fit; infinite where there is no limit. */
  get tickersMax(): number {
    return this.#tickersMax;
  }

  has(topic: BarTopic): boolean {
    return this.#byTopicKey.has(topicKey(topic));
  }

  /** Adds a topic that is not subscribed yet, if it fits. */
  add(subscription: Subscription): AddOutcome {
    const { topic } = subscription;
    const count = this.#countByInstrument.get(topic.instrument) ?? 0;
    if (count === 0 && this.#countByInstrument.size >= this.#tickersMax) return "too-many-tickers";
    if (this.#byTopicKey.size >= subscriptionsMax) return "too-many-subscriptions";
    this.#byTopicKey.set(topicKey(topic), subscription);
    this.#countByInstrument.set(topic.instrument, count + 1);
    return "added";
  }

  /** Removes a topic and returns its subscription; undefined when there was none. */
  remove(topic: BarTopic): Subscription | undefined {
    const key = topicKey(topic);
    const subscription = this.#byTopicKey.get(key);
    if (subscription === undefined) return undefined;
    this.#byTopicKey.delete(key);
    const count = this.#countByInstrument.get(topic.instrument) ?? 0;
    if (count > 1) this.#countByInstrument.set(topic.instrument, count - 1);
    else this.#countByInstrument.delete(topic.instrument);
    return subscription;
  }

  /** Removes and returns everything, oldest first. */
  clear(): readonly Subscription[] {
    const all = [...this.#byTopicKey.values()];
    this.#byTopicKey.clear();
    this.#countByInstrument.clear();
    return all;
  }
}
