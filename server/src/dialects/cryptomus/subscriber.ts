/**
 * Carries out subscribe and unsubscribe for one connection, and follows new markets under `all`. It
 * counts no requests and never ends a connection.
 */
import type { Identity } from "../../access/identity.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import type { Encoding, SessionEffect } from "../../ports/dialect.ts";
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

  constructor({ board, identity, encodings, options }: SubscriberContext) {
    // The only place where a user gets into a topic: nobody can name another one.
    this.#scope = { board, user: identity?.userId };
    this.#encodings = encodings;
    this.#options = options;
    this.#subscriptions = new Subscriptions(options.subscriptionsMax);
  }

  /** Answers a request and starts or stops what it names. */
  carryOut(request: SubscriptionRequest): readonly SessionEffect[] {
    const selection = this.#select(request);
    if ("reason" in selection) return [this.#refuse(request, selection)];
    const acknowledge = this.#acknowledge(request, selection.unknown);
    const { channel } = request;
    if (request.kind === "unsubscribe") {
      const stopped = this.#subscriptions.unsubscribe(channel, selection);
      return [...this.#stop(stopped), ...acknowledge];
    }
    const { resubscribe, subscriptionsMax: max } = this.#options;
    const outcome = this.#subscriptions.subscribe(channel, selection, resubscribe);
    if (outcome === "too-many") {
      return [this.#refuse(request, { reason: "too-many-subscriptions", max })];
    }
    // The reply goes out behind the last update of what stopped, and ahead of the first of what is new.
    return [...this.#stop(outcome.stopped), ...acknowledge, ...this.#start(sentAgain(outcome))];
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
  ): readonly SessionEffect[] {
    const text = encodeAcknowledgement(request.tag, this.#options);
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

/** New topics, and of depth the repeated ones too, which are sent their whole book again (D-C2). */
function sentAgain({ started, repeated }: SubscribeOutcome): readonly ServedTopic[] {
  return [...started, ...repeated.filter(({ kind }) => kind === "depth")];
}
