/**
 * Carries out subscribe and unsubscribe for one connection: each ticker on its own, so that a bad
 * one never stops the others (D-F5). It counts no messages and never ends a connection.
 */
import type { Grant } from "../../access/grant.ts";
import type { CatalogView } from "../../marketdata/catalog.ts";
import type { Place } from "../../marketdata/position.ts";
import type { BarTopic, Topic } from "../../marketdata/topic.ts";
import type { Encoding, Resumed, SessionEffect } from "../../ports/dialect.ts";
import { placeFields, readPlace, withFields } from "../kit/positions.ts";
import { type Generation, remedies, type SubscriptionRequest } from "./decode.ts";
import {
  currentBars,
  encodeError,
  encodeSubscriptionReply,
  firstGenerationBars,
  type ReplyOptions,
} from "./encode.ts";
import type { StreamError } from "./errors.ts";
import { positionedBars, positionedFirstGenerationBars, positions } from "./positioned.ts";
import {
  type AddOutcome,
  type Subscription,
  Subscriptions,
  subscriptionsMax,
} from "./subscriptions.ts";
import { topicOfStream } from "./topics.ts";

/** Most tickers of one request that are refused one by one; the others are counted in one more error. */
export const badTickerRepliesMax = 100;

/** What a subscriber works with. */
export interface SubscriberOptions extends ReplyOptions {
  readonly catalog: CatalogView;
  readonly grant: Grant;
  /** Whether bars and replies tell positions, and requests from where they go on. */
  readonly tellsPositions?: boolean;
  /** The session by whose clock recordings are played; undefined by that of all. */
  readonly session?: string | undefined;
}

type Encodings = Readonly<Record<Generation, Encoding<"bars">>>;

const plain: Encodings = { current: currentBars, first: firstGenerationBars };

const positioned: Encodings = {
  current: positionedBars,
  first: positionedFirstGenerationBars,
};

/** The subscribing side of one connection. */
export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #subscriptions: Subscriptions;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#subscriptions = new Subscriptions(options.grant.limits.tickersMax);
  }

  /** Starts what is new and fits, in the client's order. The reply goes out ahead of the first bar. */
  subscribe(request: SubscriptionRequest): readonly SessionEffect[] {
    const wanted = this.#resolve(request);
    if (!wanted.ok) return errorEffects(request, [wanted.error]);
    const since = this.#since(request);
    if (since === "unreadable") return errorEffects(request, [unreadableSince]);
    const encoding = (this.#tellsPositions ? positioned : plain)[request.generation];
    const isNew = !this.#subscriptions.areOf(request.dataset);
    const started: Subscription[] = [];
    const active: string[] = [];
    const leftOut: Record<Exclude<AddOutcome, "added">, string[]> = {
      "too-many-tickers": [],
      "too-many-subscriptions": [],
    };
    for (const topic of wanted.topics) {
      const { ticker } = topic;
      if (this.#subscriptions.has(topic)) {
        active.push(ticker);
        continue;
      }
      const subscription = { topic, encoding };
      const outcome = this.#subscriptions.add(subscription);
      if (outcome === "added") started.push(subscription);
      else leftOut[outcome].push(ticker);
    }
    const errors: readonly TickersError[] = [
      { reason: "already-subscribed", tickers: active },
      {
        reason: "too-many-tickers",
        max: this.#subscriptions.tickersMax,
        tickers: leftOut["too-many-tickers"],
      },
      {
        reason: "too-many-subscriptions",
        max: subscriptionsMax,
        tickers: leftOut["too-many-subscriptions"],
      },
    ];
    const over = started.length === 0 ? [] : this.ended(request.dataset);
    return [
      ...errorEffects(request, [
        ...unknownTickerErrors(wanted.unknown),
        ...present(errors),
        ...over,
      ]),
      ...(this.#tellsPositions
        ? this.#resume(request, { started, since, isNew })
        : [...this.#success(request, started), ...started.map(start)]),
    ];
  }

  get #tellsPositions(): boolean {
    return this.#options.tellsPositions === true;
  }

  /** What a connection with positions goes on from; others may write there what they like. */
  #since({ since }: SubscriptionRequest): Place | "unreadable" | undefined {
    if (!this.#tellsPositions || since === undefined) return undefined;
    return readPlace(since) ?? "unreadable";
  }

  /** The reply says where the bars begin; with the first of a dataset its positions begin too. */
  #resume(request: SubscriptionRequest, { started, since, isNew }: Resumption): SessionEffect[] {
    if (started.length === 0) return [];
    const { dataset } = request;
    const resume: SessionEffect = {
      kind: "resume",
      subscriptions: started,
      since,
      answered: (resumed) => this.#success(request, started, resumedFields(since, resumed)),
    };
    return isNew ? [resume, start(this.#positionsOf(dataset))] : [resume];
  }

  /** Stops what is active. The reply goes out behind the last bar. */
  unsubscribe(request: SubscriptionRequest): readonly SessionEffect[] {
    const wanted = this.#resolve(request);
    if (!wanted.ok) return errorEffects(request, [wanted.error]);
    const stopped: Subscription[] = [];
    const inactive: string[] = [];
    for (const topic of wanted.topics) {
      const subscription = this.#subscriptions.remove(topic);
      if (subscription === undefined) inactive.push(topic.ticker);
      else stopped.push(subscription);
    }
    const errors: readonly TickersError[] = [{ reason: "not-subscribed", tickers: inactive }];
    const isLast = stopped.length > 0 && !this.#subscriptions.areOf(request.dataset);
    return [
      ...stopped.map(stop),
      ...(isLast && this.#tellsPositions ? [stop(this.#positionsOf(request.dataset))] : []),
      ...errorEffects(request, [...unknownTickerErrors(wanted.unknown), ...present(errors)]),
      ...this.#success(request, stopped),
    ];
  }

  /** What whoever subscribes to a dataset is told where no more bars of it follow; else nothing. */
  ended(dataset: string): readonly StreamError[] {
    const why = this.#options.catalog.ended(dataset);
    return why === undefined ? [] : [{ reason: `dataset-${why}`, dataset }];
  }

  /** Whether anything of a dataset is active. */
  isOn(dataset: string): boolean {
    return this.#subscriptions.areOf(dataset);
  }

  /** Stops everything, without a word. */
  stopAll(): readonly SessionEffect[] {
    const stopped = this.#subscriptions.clear();
    const datasets = new Set(stopped.map(({ topic }) => topic.dataset));
    const positions = this.#tellsPositions
      ? [...datasets].map((one) => this.#positionsOf(one))
      : [];
    return [...stopped, ...positions].map(stop);
  }

  #positionsOf(dataset: string): Startable {
    const { session } = this.#options;
    return { topic: { kind: "position", dataset, session }, encoding: positions };
  }

  #resolve(request: SubscriptionRequest): ResolvedRequest {
    const { catalog, grant, session } = this.#options;
    const { dataset, tickers, stream } = request;
    if (catalog.dataset(dataset) === undefined) return { ok: false, error: this.#unknown(request) };
    if (!grant.mayUse(dataset)) {
      return { ok: false, error: { reason: "dataset-not-granted", dataset } };
    }
    const topics: BarTopic[] = [];
    const unknown: string[] = [];
    for (const ticker of tickers) {
      const instrument = catalog.instrument(dataset, ticker);
      if (instrument === undefined) unknown.push(ticker);
      else topics.push({ ...topicOfStream(instrument, stream), session });
    }
    return { ok: true, topics, unknown };
  }

  #unknown({ dataset, generation }: SubscriptionRequest): StreamError {
    const { catalog, grant } = this.#options;
    const field = generation === "first" ? "publisher" : "dataset";
    const served = catalog.datasets().map(({ code }) => code);
    const usable = served.filter((code) => grant.mayUse(code));
    return { reason: "unknown-dataset", field, dataset, usable };
  }

  /** Nothing at all when no ticker is left to report. */
  #success(
    request: SubscriptionRequest,
    subscriptions: readonly Subscription[],
    fields?: string,
  ): readonly SessionEffect[] {
    if (subscriptions.length === 0) return [];
    const tickers = subscriptions.map(({ topic }) => topic.ticker);
    const reply = encodeSubscriptionReply(request, tickers, this.#options);
    return [{ kind: "send", text: fields === undefined ? reply : withFields(reply, fields) }];
  }
}

/** What begins, from where, and whether nothing of its dataset was there before. */
interface Resumption {
  readonly started: readonly Subscription[];
  readonly since: Place | undefined;
  readonly isNew: boolean;
}

const unreadableSince: StreamError = {
  reason: "invalid-field",
  field: "since",
  remedy: remedies.since,
};

/** Where bars begin; of those that go on also whether they can, and of which tickers they cannot. */
function resumedFields(since: Place | undefined, { place, lost }: Resumed): string {
  const fields = placeFields(place);
  if (since === undefined) return fields;
  if (lost.length === 0) return `${fields},"recovered":true`;
  const tickers = (lost as readonly BarTopic[]).map(({ ticker }) => ticker);
  return `${fields},"recovered":false,"lost":${JSON.stringify(tickers)}`;
}

/** What an effect starts or stops. */
interface Startable {
  readonly topic: Topic;
  readonly encoding: Encoding;
}

type ResolvedRequest =
  | {
      readonly ok: true;
      readonly topics: readonly BarTopic[];
      /** Tickers that the dataset does not have. */
      readonly unknown: readonly string[];
    }
  | { readonly ok: false; readonly error: StreamError };

/** Errors that are about a list of tickers, and are none when it is empty. */
type TickersError = Extract<StreamError, { readonly tickers: readonly string[] }>;

function present(errors: readonly TickersError[]): readonly TickersError[] {
  return errors.filter(({ tickers }) => tickers.length > 0);
}

/** One error for each ticker (D-F5), but never more than the client could have meant. */
function unknownTickerErrors(unknown: readonly string[]): readonly StreamError[] {
  const errors: StreamError[] = unknown
    .slice(0, badTickerRepliesMax)
    .map((ticker) => ({ reason: "unknown-ticker", ticker }));
  const count = unknown.length - errors.length;
  return count === 0 ? errors : [...errors, { reason: "more-unknown-tickers", count }];
}

function errorEffects(
  { tag }: SubscriptionRequest,
  errors: readonly StreamError[],
): readonly SessionEffect[] {
  return errors.map((error) => ({ kind: "send", text: encodeError(error, tag) }));
}

function start({ topic, encoding }: Startable): SessionEffect {
  return { kind: "subscribe", topic, encoding };
}

function stop({ topic, encoding }: Startable): SessionEffect {
  return { kind: "unsubscribe", topic, encoding };
}
