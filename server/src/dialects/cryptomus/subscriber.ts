/**
 * Carries out subscribe and unsubscribe for one connection, and follows new markets under `all`. It
 * counts no requests and never ends a connection.
 */
import type { Identity } from "../../access/identity.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import type { Place } from "../../marketdata/position.ts";
import type { Encoding, Resumed, SessionEffect } from "../../ports/dialect.ts";
import { placeFields, readPlace, sinceUsage, withFields } from "../kit/positions.ts";
import type { SubscriptionRequest } from "./decode.ts";
import { encodeAcknowledgement, encodeError, type ReplyOptions } from "./encode.ts";
import type { Encodings } from "./encodings.ts";
import type { StreamError, UnknownNames } from "./errors.ts";
import { channels } from "./messages.ts";
import {
  type ResolvedSelection,
  type Resubscribe,
  type SubscribeOutcome,
  Subscriptions,
} from "./subscriptions.ts";
import {
  candlesUsage,
  everyTopic,
  isPrivate,
  type ListChannel,
  paramOf,
  readCandleTopic,
  type ServedTopic,
  selectListed,
  type TopicScope,
  topicsOfMarket,
} from "./topics.ts";

/** Choices and limits of a subscriber. */
export interface SubscriberOptions extends ReplyOptions {
  readonly resubscribe: Resubscribe;
  /** Whether names that mean nothing here are told beside those that are served (D-C17). */
  readonly tellUnknown: boolean;
  /** Most parameters of one request. */
  readonly paramsMax: number;
  /** Most topics of one connection, those that `all` means included. */
  readonly subscriptionsMax: number;
}

/** What a subscriber works with. */
export interface SubscriberContext {
  readonly board: MarketBoardView;
  /** Undefined for a connection without a token, which has the public channels only. */
  readonly identity: Identity | undefined;
  readonly encodings: Encodings;
  readonly options: SubscriberOptions;
  /** Whether replies tell where streams begin, and requests from where they go on. */
  readonly tellsPositions?: boolean;
}

/** What begins, from where, and what was named in vain beside it. */
interface Resumption {
  readonly started: readonly ServedTopic[];
  readonly since: Place | undefined;
  readonly unknown: UnknownNames | undefined;
}

/** What a request names, and what it names in vain. */
interface NamedSelection extends ResolvedSelection {
  readonly unknown?: UnknownNames | undefined;
}

/** The subscribing side of one connection. */
export class Subscriber {
  readonly #scope: TopicScope;
  readonly #encodings: Encodings;
  readonly #options: SubscriberOptions;
  readonly #subscriptions: Subscriptions;
  readonly #tellsPositions: boolean;

  constructor({ board, identity, encodings, options, tellsPositions }: SubscriberContext) {
    // The only place where a user gets into a topic: nobody can name another one.
    this.#scope = { board, user: identity?.userId };
    this.#encodings = encodings;
    this.#options = options;
    this.#tellsPositions = tellsPositions === true;
    this.#subscriptions = new Subscriptions(options.subscriptionsMax);
  }

  /** Answers a request and starts or stops what it names. */
  carryOut(request: SubscriptionRequest): readonly SessionEffect[] {
    const selection = this.#select(request);
    if ("reason" in selection) return [this.#refuse(request, selection)];
    const { channel } = request;
    if (request.kind === "unsubscribe") {
      const stopped = this.#subscriptions.unsubscribe(channel, selection);
      return [...this.#stop(stopped), ...this.#acknowledge(request, selection.unknown)];
    }
    const since = this.#since(request);
    if (since !== undefined && "reason" in since) return [this.#refuse(request, since)];
    const { resubscribe, subscriptionsMax: max } = this.#options;
    const outcome = this.#subscriptions.subscribe(channel, selection, resubscribe);
    if (outcome === "too-many") {
      return [this.#refuse(request, { reason: "too-many-subscriptions", max })];
    }
    // The reply goes out behind the last update of what stopped, and ahead of the first of what is new.
    const stops = this.#stop(outcome.stopped);
    const { unknown } = selection;
    if (!this.#tellsPositions || outcome.started.length === 0) {
      const acknowledge = this.#acknowledge(request, unknown);
      return [...stops, ...acknowledge, ...this.#start(sentAgain(outcome))];
    }
    const again = this.#start(sentAgain({ ...outcome, started: [] }));
    return [
      ...stops,
      this.#resume(request, { started: outcome.started, since, unknown }),
      ...again,
    ];
  }

  /** What a connection with positions goes on from; others may write there what they like. */
  #since({ since }: SubscriptionRequest): Place | StreamError | undefined {
    if (!this.#tellsPositions || since === undefined) return undefined;
    return readPlace(since) ?? { reason: "invalid-params", usage: `since: ${sinceUsage}` };
  }

  #resume(request: SubscriptionRequest, { started, since, unknown }: Resumption): SessionEffect {
    return {
      kind: "resume",
      subscriptions: started.map((topic) => ({ topic, encoding: this.#encoding(topic) })),
      since,
      answered: (resumed) => this.#acknowledge(request, unknown, resumedFields(since, resumed)),
    };
  }

  /** Starts the topics of a new market in all channels where `all` is in effect. */
  marketListed(rules: MarketRules): readonly SessionEffect[] {
    return channels.flatMap((channel) => {
      if (channel === "candles") return [];
      const depthScales = this.#subscriptions.everything(channel);
      if (depthScales.length === 0) return [];
      const topics = topicsOfMarket(channel, { rules, depthScales }, this.#scope);
      return this.#start(this.#subscriptions.extend(channel, topics));
    });
  }

  #select(request: SubscriptionRequest): NamedSelection | StreamError {
    const { channel, params } = request;
    const { paramsMax: max } = this.#options;
    if (params.length > max) return { reason: "too-many-params", max };
    if (isPrivate(channel) && this.#scope.user === undefined) {
      return { reason: "not-authenticated" };
    }
    return channel === "candles"
      ? this.#selectCandles(request)
      : this.#selectListed(channel, params);
  }

  #selectListed(channel: ListChannel, params: readonly unknown[]): NamedSelection | StreamError {
    const selection = selectListed(channel, params, this.#scope);
    if ("reason" in selection) return selection;
    const { everything, topics, unknown } = selection;
    return {
      everything,
      unknown,
      topics: [...everyTopic(channel, everything, this.#scope), ...topics],
    };
  }

  /** No parameters stop all candles, a market alone stops those of every interval of it. */
  #selectCandles({ kind, params }: SubscriptionRequest): ResolvedSelection | StreamError {
    if (kind === "subscribe" || params.length > 1) {
      const topic = readCandleTopic(params, this.#scope);
      return "reason" in topic ? topic : { everything: [], topics: [topic] };
    }
    const running = this.#subscriptions.active("candles");
    const [market] = params;
    if (market === undefined) return { everything: [], topics: running };
    if (typeof market !== "string") return { reason: "invalid-params", usage: candlesUsage };
    if (this.#scope.board.market(market) === undefined) {
      return { reason: "unknown-market", subjects: [market] };
    }
    const topics = running.filter((topic) => topic.kind === "candles" && topic.market === market);
    return { everything: [], topics };
  }

  /** Success, and right behind it which names were left out (D-C17). */
  #acknowledge(
    request: SubscriptionRequest,
    unknown: UnknownNames | undefined,
    fields?: string,
  ): readonly SessionEffect[] {
    const reply = encodeAcknowledgement(request.tag, this.#options);
    const text = fields === undefined ? reply : withFields(reply, fields);
    const success: SessionEffect = { kind: "send", text };
    const isTold = unknown !== undefined && this.#options.tellUnknown;
    return isTold ? [success, this.#refuse(request, unknown)] : [success];
  }

  #refuse({ tag }: SubscriptionRequest, error: StreamError): SessionEffect {
    return { kind: "send", text: encodeError(tag, error, this.#options) };
  }

  #start(topics: readonly ServedTopic[]): readonly SessionEffect[] {
    return topics.map((topic) => ({ kind: "subscribe", topic, encoding: this.#encoding(topic) }));
  }

  #stop(topics: readonly ServedTopic[]): readonly SessionEffect[] {
    return topics.map((topic) => ({ kind: "unsubscribe", topic, encoding: this.#encoding(topic) }));
  }

  #encoding({ kind }: ServedTopic): Encoding {
    return this.#encodings[kind];
  }
}

/** Where streams begin; of those that go on also whether they can, and which cannot. */
function resumedFields(since: Place | undefined, { place, lost }: Resumed): string {
  const fields = placeFields(place);
  if (since === undefined) return fields;
  if (lost.length === 0) return `${fields},"recovered":true`;
  const names = (lost as readonly ServedTopic[]).map(paramOf);
  return `${fields},"recovered":false,"lost":${JSON.stringify(names)}`;
}

/** New topics, and of depth the repeated ones too, which are sent their whole book again (D-C2). */
function sentAgain({ started, repeated }: SubscribeOutcome): readonly ServedTopic[] {
  return [...started, ...repeated.filter(({ kind }) => kind === "depth")];
}
