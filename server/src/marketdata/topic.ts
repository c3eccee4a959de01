/** Internal addresses of streams. Wire channels are a dialect's translation of these. */
import type { Bar, PublishPeriodS } from "./bar.ts";
import type { Instrument } from "./instrument.ts";

/** Bars of one instrument, sent once per publish period while they change. */
export interface BarTopic {
  readonly kind: "bars";
  readonly instrument: Instrument;
  readonly periodS: PublishPeriodS;
}

/** Everything that can be subscribed to. */
export type Topic = BarTopic;

/** What is published on each kind of topic. */
export interface UpdateOf {
  readonly bars: Bar;
}

/** The update that belongs to a topic. */
export type Update = UpdateOf[Topic["kind"]];

/** A text that is equal for equal topics and differs otherwise. */
export function topicKey(topic: Topic): string {
  return `${topic.kind}|${topic.instrument.dataset.code}|${topic.instrument.ticker}|${topic.periodS}`;
}
