/** Translates between the wire's words for a stream and our topics. It knows no instrument by itself. */
import type { PublishPeriodS } from "../../marketdata/bar-update.ts";
import type { Instrument } from "../../marketdata/instrument.ts";
import type { BarTopic } from "../../marketdata/topic.ts";
import { barsChannel, type Frequency, frequencies, minuteAggregation } from "./messages.ts";

const periodByFrequency: Readonly<Record<Frequency, PublishPeriodS>> = {
  "1s": 1,
  "10s": 10,
  "1m": 60,
};

const frequencyByPeriod: Readonly<Record<PublishPeriodS, Frequency>> = {
  1: "1s",
  10: "10s",
  60: "1m",
};

/** What the wire says about a stream besides dataset and ticker. */
export interface WireStream {
  readonly channel: typeof barsChannel;
  readonly frequency: Frequency;
  readonly aggregation: typeof minuteAggregation;
}

/** Whether a text is a value of `frequency`. */
export function isFrequency(text: string): text is Frequency {
  return (frequencies as readonly string[]).includes(text);
}

/** The topic of an instrument that a stream's words mean. */
export function topicOfStream(instrument: Instrument, stream: WireStream): BarTopic {
  const periodS = periodByFrequency[stream.frequency];
  return { kind: "bars", dataset: instrument.dataset.code, ticker: instrument.ticker, periodS };
}

/** The words for a topic; the inverse of {@link topicOfStream}. */
export function streamOfTopic(topic: BarTopic): WireStream {
  return {
    channel: barsChannel,
    frequency: frequencyByPeriod[topic.periodS],
    aggregation: minuteAggregation,
  };
}
