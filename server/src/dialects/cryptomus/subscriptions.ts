/**
 * What one connection subscribes to, channel by channel. It is plain bookkeeping: it answers what has
 * to be started and stopped, and refuses what would be more than the connection may have.
 */
import { topicKey } from "../../marketdata/topic.ts";
import type { Channel } from "./messages.ts";
import { type ServedTopic, scaleIndexOf } from "./topics.ts";

/** What a request names, with all that `everything` means at present among the topics. */
export interface ResolvedSelection {
  /** Scale indexes under which all is meant, now and later; always 0 but for depth. */
  readonly everything: readonly number[];
  readonly topics: readonly ServedTopic[];
}

/** What a subscribe leads to. */
export interface SubscribeOutcome {
  /** What was there and is not wanted any more; only of a replacing subscribe. */
  readonly stopped: readonly ServedTopic[];
  /** What is new. */
  readonly started: readonly ServedTopic[];
  /** What was named and was there before. */
  readonly repeated: readonly ServedTopic[];
}

/** Whether a subscribe adds to the channel's list or takes its place (D-C1). */
export type Resubscribe = "merge" | "replace";

/** One channel's share. */
interface ChannelState {
  readonly active: Map<string, ServedTopic>;
  /** Scale indexes for which `all` is in effect, so that markets listed later belong to it. */
  readonly everything: Set<number>;
  /** Keys of what was taken out of `all` (D-C3). */
  readonly excluded: Set<string>;
}

/** The subscriptions of one connection. */
export class Subscriptions {
  readonly #max: number;
  /** Only those that were used: most connections use one or two. */
  readonly #channels = new Map<Channel, ChannelState>();
  #size = 0;

  /** At most `max` topics fit, those that `all` means included. */
  constructor(max: number) {
    this.#max = max;
  }

  /** The running topics of a channel, oldest first. */
  active(channel: Channel): readonly ServedTopic[] {
    return [...(this.#channels.get(channel)?.active.values() ?? [])];
  }

  /** The scale indexes for which `all` is in effect in a channel. */
  everything(channel: Channel): readonly number[] {
    return [...(this.#channels.get(channel)?.everything ?? [])];
  }

  /** Subscribes; `too-many`, and nothing changes, when the result would not fit. */
  subscribe(
    channel: Channel,
    selection: ResolvedSelection,
    mode: Resubscribe,
  ): SubscribeOutcome | "too-many" {
    const state = this.#channel(channel);
    const wanted = new Map(selection.topics.map((topic) => [topicKey(topic), topic]));
    const stopped = mode === "merge" ? [] : [...state.active].filter(([key]) => !wanted.has(key));
    const added = [...wanted].filter(([key]) => !state.active.has(key));
    if (this.#size - stopped.length + added.length > this.#max) return "too-many";

    const repeated = [...wanted.values()].filter((topic) => state.active.has(topicKey(topic)));
    if (mode === "replace") {
      state.everything.clear();
      state.excluded.clear();
    }
    for (const depthScale of selection.everything) state.everything.add(depthScale);
    for (const key of wanted.keys()) state.excluded.delete(key);
    this.#remove(state, stopped);
    this.#add(state, added);
    return { stopped: stopped.map(topicOf), started: added.map(topicOf), repeated };
  }

  /** Unsubscribes; gives what was running. A single topic under `all` stays out of it (D-C3). */
  unsubscribe(channel: Channel, { everything, topics }: ResolvedSelection): readonly ServedTopic[] {
    const state = this.#channels.get(channel);
    if (state === undefined) return [];
    for (const depthScale of everything) state.everything.delete(depthScale);
    const named = new Map(topics.map((topic) => [topicKey(topic), topic]));
    for (const [key, topic] of named) {
      if (state.everything.has(scaleIndexOf(topic))) state.excluded.add(key);
      else state.excluded.delete(key);
    }
    const stopped = [...named].filter(([key]) => state.active.has(key));
    this.#remove(state, stopped);
    return stopped.map(topicOf);
  }

  /** Starts those of a new market's topics that `all` covers and that fit; gives what is new. */
  extend(channel: Channel, topics: readonly ServedTopic[]): readonly ServedTopic[] {
    const state = this.#channels.get(channel);
    if (state === undefined) return [];
    const added = topics
      .map((topic): [string, ServedTopic] => [topicKey(topic), topic])
      .filter(
        ([key, topic]) =>
          state.everything.has(scaleIndexOf(topic)) &&
          !state.active.has(key) &&
          !state.excluded.has(key),
      )
      .slice(0, this.#max - this.#size);
    this.#add(state, added);
    return added.map(topicOf);
  }

  #channel(channel: Channel): ChannelState {
    let state = this.#channels.get(channel);
    if (state === undefined) {
      state = { active: new Map(), everything: new Set(), excluded: new Set() };
      this.#channels.set(channel, state);
    }
    return state;
  }

  #add({ active }: ChannelState, entries: readonly [string, ServedTopic][]): void {
    for (const [key, topic] of entries) active.set(key, topic);
    this.#size += entries.length;
  }

  #remove({ active }: ChannelState, entries: readonly [string, ServedTopic][]): void {
    for (const [key] of entries) active.delete(key);
    this.#size -= entries.length;
  }
}

function topicOf([, topic]: readonly [string, ServedTopic]): ServedTopic {
  return topic;
}
