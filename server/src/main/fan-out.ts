/** The hub of a server: how its frames are made and written, and where newcomers get the state of a topic. */
import { frameText } from "../adapters/ws/frame.ts";
import { allocate } from "../adapters/ws/socket-transport.ts";
import type { Config } from "../config/schema.ts";
import { Hub } from "../hub/hub.ts";
import type { Clock } from "../ports/clock.ts";
import type { FeedRunner } from "../streams/bar-streams.ts";
import type { Trading } from "./trading.ts";

/** Who tells what topics hold. */
export interface TopicSources {
  /** Of the exchange; undefined where there is none. */
  readonly trading: Trading | undefined;
  /** More may come later. */
  readonly feeds: readonly FeedRunner[];
}

/** Makes the hub. */
export function createHub({ server }: Config, clock: Clock, { trading, feeds }: TopicSources): Hub {
  return new Hub({
    frameText,
    allocate,
    backlogBytesMax: server.backlogBytesMax,
    schedule: flushSchedule(clock, server.flushDelayMs),
    current: (topic) => trading?.current(topic),
    subscribed: (topic) => {
      if (topic.kind !== "bars") return;
      feeds.find((feed) => feed.dataset.code === topic.dataset)?.audienceCame(topic);
    },
  });
}

/** When a flush comes: once the event loop's turn has done its work, or so many milliseconds later. */
function flushSchedule(clock: Clock, delayMs: number): (task: () => void) => void {
  return delayMs === 0 ? (task) => setImmediate(task) : (task) => clock.after(delayMs, task);
}
