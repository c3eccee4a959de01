/** The hub of a server: how its frames are made and written, and where newcomers get the state of a topic. */
import { frameText } from "../adapters/ws/frame.ts";
import { allocate } from "../adapters/ws/socket-transport.ts";
import type { Config } from "../config/schema.ts";
import { Hub } from "../hub/hub.ts";
import { nowhere } from "../hub/options.ts";
import type { Topic } from "../marketdata/topic.ts";
import type { Clock } from "../ports/clock.ts";
import type { FeedRunner } from "../streams/bar-streams.ts";
import type { LiveClockSessions } from "../streams/clock-sessions.ts";
import type { Trading } from "./trading.ts";

/** Who tells what topics hold. */
export interface TopicSources {
  /** Of the exchange; undefined where there is none. */
  readonly trading: Trading | undefined;
  /** More may come later. */
  readonly feeds: readonly FeedRunner[];
  /** The session of a topic; undefined where it goes by the clock of all. */
  session(topic: Topic): ReturnType<LiveClockSessions["session"]>;
}

/** Makes the hub. */
export function createHub(
  { server, streams }: Config,
  clock: Clock,
  { trading, feeds, session }: TopicSources,
): Hub {
  const feedOf = (dataset: string) => feeds.find((feed) => feed.dataset.code === dataset);
  const numberingOf = (topic: Topic) => {
    const isExchange = topic.kind !== "bars" && topic.kind !== "position";
    const dataset = isExchange ? undefined : topic.dataset;
    if (!isExchange && topic.session !== undefined) return session(topic)?.numbering(dataset);
    return (dataset === undefined ? trading : feedOf(dataset))?.numbering;
  };
  return new Hub({
    frameText,
    allocate,
    backlogBytesMax: server.backlogBytesMax,
    schedule: flushSchedule(clock, server.flushDelayMs),
    current: (topic, tellsPositions) => trading?.current(topic, tellsPositions),
    subscribed: (topic) => {
      if (topic.kind !== "bars") return;
      const audible = topic.session === undefined ? feedOf(topic.dataset) : session(topic);
      audible?.audienceCame(topic);
    },
    history: trading?.streamsPast,
    head: (topic) => numberingOf(topic)?.head(topic) ?? nowhere,
    reached: (topic) => {
      const numbering = numberingOf(topic);
      // Feeds publish what they number at once, the exchange in slices.
      if (numbering !== trading?.numbering || trading?.hasToldAll === true) numbering?.settle();
      return numbering?.reached;
    },
    streams: {
      messageMs: streams.resumeSeconds * 1_000,
      bytesMax: streams.resumeBytesMax,
      idleMs: streams.idleSeconds * 1_000,
      idleMax: streams.idleStreamsMax,
    },
    nowMs: () => clock.monotonicMs(),
  });
}

/** When a flush comes: once the event loop's turn has done its work, or so many milliseconds later. */
function flushSchedule(clock: Clock, delayMs: number): (task: () => void) => void {
  return delayMs === 0 ? (task) => setImmediate(task) : (task) => clock.after(delayMs, task);
}
