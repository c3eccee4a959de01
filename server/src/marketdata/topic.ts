/** Internal addresses of streams. Wire channels are a dialect's translation of these. */
import type { BarUpdate, PublishPeriodS } from "./bar-update.ts";
import type {
  BalanceUpdate,
  CandleUpdate,
  DepthUpdate,
  FillUpdate,
  LastPriceUpdate,
  OrderUpdate,
  PositionUpdate,
  TickerUpdate,
  TradesUpdate,
} from "./updates.ts";

/** Bars of one ticker of a dataset, sent once per publish period while they change. */
export interface BarTopic {
  readonly kind: "bars";
  /** Code of the dataset. */
  readonly dataset: string;
  readonly ticker: string;
  readonly periodS: PublishPeriodS;
  /** The session by whose clock they are played; undefined by that of all. */
  readonly session?: string | undefined;
}

/** A public stream of one market of the exchange. */
export interface MarketTopic {
  readonly kind: "last-price" | "ticker" | "trades";
  /** Code of the market, `BASE_QUOTE`. */
  readonly market: string;
}

/** The book of one market, grouped by one of its depth scales. */
export interface DepthTopic {
  readonly kind: "depth";
  readonly market: string;
  /** Which of the market's depth scales, 0 for the finest. */
  readonly depthScale: number;
}

/** The running candle of one market and interval. */
export interface CandleTopic {
  readonly kind: "candles";
  readonly market: string;
  readonly intervalS: number;
}

/** What happens to one user's orders, or what they trade, in one market. */
export interface AccountTopic {
  readonly kind: "orders" | "fills";
  readonly user: string;
  readonly market: string;
}

/** Movements of what one user has available in one currency. */
export interface BalanceTopic {
  readonly kind: "balances";
  readonly user: string;
  readonly currency: string;
}

/** Up to where everything of a source has been published, told about every second. */
export interface PositionTopic {
  readonly kind: "position";
  /** Code of a dataset; undefined for the exchange. */
  readonly dataset: string | undefined;
  readonly session?: string | undefined;
}

/** Everything that can be subscribed to. */
export type Topic =
  | BarTopic
  | MarketTopic
  | DepthTopic
  | CandleTopic
  | AccountTopic
  | BalanceTopic
  | PositionTopic;

/** The topics of a kind. */
export type TopicOf<Kind extends Topic["kind"]> = Topic & { readonly kind: Kind };

/** What is published on each kind of topic. */
export interface UpdateOf {
  readonly bars: BarUpdate;
  readonly "last-price": LastPriceUpdate;
  readonly ticker: TickerUpdate;
  readonly trades: TradesUpdate;
  readonly depth: DepthUpdate;
  readonly candles: CandleUpdate;
  readonly orders: OrderUpdate;
  readonly fills: FillUpdate;
  readonly balances: BalanceUpdate;
  readonly position: PositionUpdate;
}

/** The update that belongs to a topic. */
export type Update = UpdateOf[Topic["kind"]];

/** A text that is equal for equal topics and differs otherwise. */
export function topicKey(topic: Topic): string {
  switch (topic.kind) {
    case "bars":
      return `bars|${topic.dataset}|${topic.ticker}|${topic.periodS}${inSession(topic)}`;
    case "depth":
      return `depth|${topic.market}|${topic.depthScale}`;
    case "candles":
      return `candles|${topic.market}|${topic.intervalS}`;
    case "orders":
    case "fills":
      return `${topic.kind}|${topic.market}|${topic.user}`;
    case "position":
      return topic.dataset === undefined
        ? "position"
        : `position|${topic.dataset}${inSession(topic)}`;
    case "balances":
      return `balances|${topic.currency}|${topic.user}`;
    default:
      return `${topic.kind}|${topic.market}`;
  }
}

function inSession({ session }: BarTopic | PositionTopic): string {
  return session === undefined ? "" : `|${session}`;
}
