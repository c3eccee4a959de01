/**
 * A dialect: one wire protocol, as pure text in and text out. It owns no socket and no timer; the
 * socket adapter feeds it and carries out the effects that it returns.
 */
import type { MarketRules } from "../core/market/rules.ts";
import type { Place, Position } from "../marketdata/position.ts";
import type { Topic, TopicOf, UpdateOf } from "../marketdata/topic.ts";
import type { Awaitable } from "./awaitable.ts";
import type { StoredBars } from "./dataset-reader.ts";
import type { Unanswered } from "./history.ts";
import type { RestReply } from "./rest.ts";
import type { Closings, StreamDescription } from "./stream-description.ts";

/** Where a message is in its stream, as a dialect may write it. */
export interface MessagePlace extends Place {
  /** Position of the message before it; undefined for a state that stands for everything before it. */
  readonly previous: Position | undefined;
}

/** How a dialect writes one update. The object's identity is the key under which text is shared. */
export interface Encoding<Kind extends Topic["kind"] = Topic["kind"]> {
  /** For metrics and messages, for example `finazon`. */
  readonly name: string;
  /**
   * Whether it writes positions. Its clients can say what they had last, so what they may have missed is
   * kept for them; for the others nothing is.
   */
  readonly tellsPositions?: boolean;
  /**
   * The text of one message. Called once per update however many subscribers there are; with the place
   * of the message where this {@link tellsPositions}.
   */
  encode(topic: TopicOf<Kind>, update: UpdateOf[Kind], place?: MessagePlace): string;
}

/** What a client did. */
export type SessionInput =
  | { readonly kind: "text"; readonly text: string; readonly byteLength: number }
  | { readonly kind: "binary"; readonly byteLength: number }
  /** A ping frame of the client; the pong is sent without the session. */
  | { readonly kind: "ping" }
  /** The time that the session named as its deadline has come. */
  | { readonly kind: "deadline" }
  /** A market was added to the exchange. */
  | { readonly kind: "market-listed"; readonly rules: MarketRules }
  /** The answer to what the session asked; it asks one question at a time. */
  | { readonly kind: "bars"; readonly answer: StoredBars | Unanswered }
  /** What a session waited for by itself: its answer, in its own words. */
  | { readonly kind: "told"; readonly text: string }
  /** A dataset gets no more data. */
  | { readonly kind: "dataset-ended"; readonly dataset: string }
  /** The credentials of this session stopped being good. */
  | { readonly kind: "revoked" }
  /** A newer connection of the same workspace takes this one's place. */
  | { readonly kind: "evicted" };

/** Where streams go on or begin. */
export interface Resumed {
  /** Where their source is: a client that begins, or has lost something, may go on from here. */
  readonly place: Place;
  /**
   * Topics of which something after `since` is lost: their newest state follows, where they have one.
   * Of the others everything after it follows.
   */
  readonly lost: readonly Topic[];
}

/** What is to be done because of an input, in this order. */
export type SessionEffect =
  | { readonly kind: "send"; readonly text: string }
  | { readonly kind: "subscribe"; readonly topic: Topic; readonly encoding: Encoding }
  | { readonly kind: "unsubscribe"; readonly topic: Topic; readonly encoding: Encoding }
  /**
   * Subscribes to topics of one source that the connection does not have, and says what it is to be told
   * first, once it is known where they begin. It is not asked when the connection has gone meanwhile.
   */
  | {
      readonly kind: "resume";
      readonly subscriptions: readonly { readonly topic: Topic; readonly encoding: Encoding }[];
      /** What the client had last; undefined for one that begins. */
      readonly since: Place | undefined;
      answered(resumed: Resumed): readonly SessionEffect[];
    }
  /**
   * Asks for bars of the past, which takes a while: the answer comes as an input. It is not told to a
   * session that has ended.
   */
  | { readonly kind: "ask"; bars(): Promise<StoredBars | Unanswered> }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

/** One connection's protocol state. Times are those of `steadyMs`, for intervals. */
export interface Session {
  /** Who this is, for logs and listings; never a secret. */
  readonly owner: string;
  /** Largest message that is read, in bytes; a larger one closes the connection with 1009. */
  readonly messageBytesMax: number;
  /**
   * When the session wants to be told that time has passed, in the time that it is given; infinite
   * when never. It may be told up to a second later.
   */
  readonly deadlineMs: number;
  /** Called once when the handshake is done, before any input. */
  started(nowMs: number): readonly SessionEffect[];
  /** Never throws, whatever the input. */
  receive(input: SessionInput, nowMs: number): readonly SessionEffect[];
  /**
   * Called once when the connection is gone, or when its handshake failed and it was never started:
   * gives back what the session held. Subscriptions end with the connection.
   */
  ended(): void;
}

/** An HTTP request that asks to become a WebSocket. */
export interface UpgradeRequest {
  /** Path without the query, for example `/v1`. */
  readonly path: string;
  /** Where it came from, as far as that is known. */
  readonly address?: string | undefined;
  /** First value of a query parameter, decoded. */
  query(name: string): string | undefined;
}

/** What the socket adapter lets others do to an open connection. */
export interface ConnectionHandle {
  /** Feeds an input that did not come from the client. */
  inject(input: SessionInput): void;
}

/** Whether an upgrade goes ahead. */
export type UpgradeDecision =
  | ({ readonly kind: "refused" } & RestReply)
  | { readonly kind: "accepted"; readonly session: Session };

/** What clients have to know of a stream, and by which name it is listed. */
export interface DialectDescription {
  /** Letters, digits, hyphens and underscores; unique on a server. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly stream: StreamDescription;
  readonly closings: Closings;
}

/** A protocol that clients can speak over WebSocket. */
export interface Dialect {
  readonly name: string;
  /** Where it is none of a `Protocol`, which describes its own stream. */
  readonly description?: DialectDescription;
  /** Whether upgrades on this path are for this dialect. */
  accepts(path: string): boolean;
  /**
   * Decides one upgrade, at a time of `steadyMs`; where others have to be asked, by a promise. An accepted
   * session must be told when it has `ended`, also when nobody waits for it any more.
   */
  open(
    request: UpgradeRequest,
    connection: ConnectionHandle,
    nowMs: number,
  ): Awaitable<UpgradeDecision>;
}
