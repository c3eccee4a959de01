/** What a hub works with, and how what is published may be treated. */
import type { Place, Position } from "../marketdata/position.ts";
import type { Topic, Update } from "../marketdata/topic.ts";
import type { StreamHistory } from "../ports/stream-history.ts";
import type { Allocate, FrameText } from "../ports/transport.ts";
import type { StreamBounds } from "./streams.ts";

/** What a hub works with. */
export interface HubOptions {
  readonly frameText: FrameText;
  readonly allocate: Allocate;
  /** Bytes that may wait for all clients together; beyond it those that are furthest behind are closed. */
  readonly backlogBytesMax?: number;
  /** Runs `task` soon, once the present turn of the event loop has done its work. */
  schedule(task: () => void): void;
  /** Told of each new subscription after it has been made. */
  subscribed?(topic: Topic): void;
  /**
   * The state that a newcomer is sent at once, and with which a client that skipped changes goes on;
   * undefined for topics that have none. `tellsPositions` says whether that is a client that is told positions.
   */
  current?(topic: Topic, tellsPositions: boolean): CurrentState | undefined;
  /** Where a topic's stream is; asked when somebody begins to follow it. */
  head?(topic: Topic): Place;
  /**
   * Up to where everything has been published of the source of a topic: clients are told so, and may go on
   * from there. By default no further than the stream itself.
   */
  reached?(topic: Topic): Position | undefined;
  /** Reads private streams further back than they are kept here. */
  readonly history?: StreamHistory | undefined;
  /** How much is kept for clients that come back. */
  readonly streams?: StreamBounds;
  /** Monotonic time in milliseconds, for how long things are kept; for ever when left out. */
  nowMs?(): number;
}

/** The state of a topic. */
export interface CurrentState {
  readonly state: Update;
  /**
   * Whether the other subscribers are still to be sent it. When it is published next, the newcomers who
   * were sent it are not sent it again; unless they are told positions, where none may be left out.
   */
  readonly isNews: boolean;
}

/** What the hub counts. */
export interface HubCounters {
  /** Updates turned into a frame. */
  encodes: number;
  /** Connections closed because they were too far behind. */
  slowConsumers: number;
}

/** What waits in the outboxes of clients that are behind. */
export interface HubBacklog {
  readonly connections: number;
  /** Bytes of all of them, and of the one that is furthest behind. */
  readonly bytes: number;
  readonly bytesMax: number;
}

/** Where a stream is that has no source yet. */
export const nowhere: Place = { epoch: "", position: { sequence: 0, tick: 0, ordinal: 0 } };
