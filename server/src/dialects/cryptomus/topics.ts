/**
 * Translates between the wire's parameters and our topics. It keeps no state: what a client already
 * has is not known here.
 */
import type { MarketRules } from "../../core/market/rules.ts";
import { isCandleInterval } from "../../marketdata/candles.ts";
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import type { BarTopic, CandleTopic, PositionTopic, Topic } from "../../marketdata/topic.ts";
import type { StreamError, UnknownNames } from "./errors.ts";
import { type Channel, everythingWord, scaleSeparator } from "./messages.ts";

/** A topic that this dialect serves to whoever names it. */
export type ServedTopic = Exclude<Topic, BarTopic | PositionTopic>;

/** Channels whose parameters are markets or currencies, and which know `all`. */
export type ListChannel = Exclude<Channel, "candles">;

/** Channels that only a user has. */
export type PrivateChannel = "order" | "deal" | "balance";

/** Whose topics are meant, and which there are. */
export interface TopicScope {
  readonly board: MarketBoardView;
  /** Undefined where nobody is logged in; private channels have no topics then. */
  readonly user: string | undefined;
}

/**
 * What the parameters of one request name. `everything` are the scale indexes under which all is
 * meant: always 0 but for depth.
 */
export interface Selection {
  readonly everything: readonly number[];
  /** Named one by one, in the client's order; the same one may be there twice. */
  readonly topics: readonly ServedTopic[];
  /** Names beside these that mean nothing here. */
  readonly unknown?: UnknownNames | undefined;
}

/** Whether a channel needs a user. */
export function isPrivate(channel: Channel): channel is PrivateChannel {
  return channel === "order" || channel === "deal" || channel === "balance";
}

/** The scale index of a topic; 0 where it has none. */
export function scaleIndexOf(topic: ServedTopic): number {
  return topic.kind === "depth" ? topic.depthScale : 0;
}

const firstScale: readonly number[] = [0];

/** The scale indexes that `all` means for a channel. */
export function scaleIndexesOf(channel: Channel, { board }: TopicScope): readonly number[] {
  return channel === "depth" ? everyScale(board) : firstScale;
}

function everyScale({ depthScales }: MarketBoardView): readonly number[] {
  return Array.from({ length: depthScales }, (_, index) => index);
}

/** The form of the parameters of each channel that lists, for messages. */
const listUsages: Readonly<Record<"market" | "depth" | "balance", string>> = {
  market: '["BTC_USDT", "ETH_USDT"], names of markets, or ["all"]',
  depth: '["BTC_USDT:0", "ETH_USDT:2"], markets with a scale index, or ["all"]',
  balance: '["USDT", "BTC"], codes of currencies, or ["all"]',
};

/**
 * Reads the parameters of a channel that lists markets or currencies. No parameters mean all (D-C6,
 * D-C7). What is not known is told beside the rest, and is an error when it is all there is (D-C17).
 */
export function selectListed(
  channel: ListChannel,
  params: readonly unknown[],
  scope: TopicScope,
): Selection | StreamError {
  if (params.length === 0) return { everything: scaleIndexesOf(channel, scope), topics: [] };
  if (!params.every(isText)) {
    const usage = listUsages[channel === "depth" || channel === "balance" ? channel : "market"];
    return { reason: "invalid-params", usage };
  }
  const everything = new Set<number>();
  const topics: ServedTopic[] = [];
  const unknown = new Map<UnknownNames["reason"], string[]>();
  for (const param of new Set(params)) {
    const read = readParam(channel, param, scope);
    if (typeof read === "string") {
      const named = unknown.get(read);
      if (named === undefined) unknown.set(read, [param]);
      else named.push(param);
      continue;
    }
    for (const depthScale of read.everything) everything.add(depthScale);
    topics.push(...read.topics);
  }
  const names = unknownNames([...unknown]);
  if (everything.size + topics.length === 0 && names !== undefined) return names;
  return { everything: [...everything], topics, unknown: names };
}

function isText(param: unknown): param is string {
  return typeof param === "string";
}

function unknownNames([first, ...others]: readonly (readonly [
  UnknownNames["reason"],
  readonly string[],
])[]): UnknownNames | undefined {
  if (first === undefined) return undefined;
  const [reason, subjects] = first;
  return { reason, subjects, also: unknownNames(others) };
}

/** What one parameter means, or as what it is unknown. */
function readParam(
  channel: ListChannel,
  param: string,
  scope: TopicScope,
): Selection | UnknownNames["reason"] {
  if (channel === "balance") return readCurrency(param, scope);
  const { name, scale } = splitParam(channel, param);
  const depthScales = readScale(channel, { name, scale }, scope);
  if (depthScales === undefined) return "unknown-scale";
  if (name === everythingWord) return { everything: depthScales, topics: [] };
  const rules = scope.board.market(name)?.rules;
  if (rules === undefined) return "unknown-market";
  return { everything: [], topics: topicsOfMarket(channel, { rules, depthScales }, scope) };
}

function readCurrency(param: string, scope: TopicScope): Selection | "unknown-currency" {
  if (param === everythingWord) return { everything: firstScale, topics: [] };
  const currency = scope.board.currencies().find((code) => code === param);
  if (currency === undefined) return "unknown-currency";
  return { everything: [], topics: balanceTopics([currency], scope) };
}

interface NamedScale {
  readonly name: string;
  readonly scale: string | undefined;
}

/** `NAME:SCALE` of depth in its two parts; of other channels all of it is the name. */
function splitParam(channel: ListChannel, param: string): NamedScale {
  const at = channel === "depth" ? param.indexOf(scaleSeparator) : -1;
  if (at < 0) return { name: param, scale: undefined };
  return { name: param.slice(0, at), scale: param.slice(at + 1) };
}

/** Without a scale `all` means every one, and a market the finest (D-C4, D-C5). */
function readScale(
  channel: ListChannel,
  { name, scale }: NamedScale,
  scope: TopicScope,
): readonly number[] | undefined {
  if (scale === undefined) {
    return name === everythingWord ? scaleIndexesOf(channel, scope) : firstScale;
  }
  const index = everyScale(scope.board).find((candidate) => String(candidate) === scale);
  return index === undefined ? undefined : [index];
}

/** All topics of a channel under some scale indexes, in the order of the board. */
export function everyTopic(
  channel: ListChannel,
  depthScales: readonly number[],
  scope: TopicScope,
): readonly ServedTopic[] {
  if (depthScales.length === 0) return [];
  if (channel === "balance") return balanceTopics(scope.board.currencies(), scope);
  return scope.board
    .markets()
    .flatMap(({ rules }) => topicsOfMarket(channel, { rules, depthScales }, scope));
}

/** The topics that one market has in a channel; of `balance` those of its two currencies. */
export function topicsOfMarket(
  channel: ListChannel,
  { rules, depthScales }: { readonly rules: MarketRules; readonly depthScales: readonly number[] },
  scope: TopicScope,
): readonly ServedTopic[] {
  const market = rules.code;
  const { user } = scope;
  switch (channel) {
    case "lastprice":
      return [{ kind: "last-price", market }];
    case "ticker":
      return [{ kind: "ticker", market }];
    case "trade":
      return [{ kind: "trades", market }];
    case "depth":
      return depthScales.map((depthScale) => ({ kind: "depth", market, depthScale }));
    case "order":
      return user === undefined ? [] : [{ kind: "orders", user, market }];
    case "deal":
      return user === undefined ? [] : [{ kind: "fills", user, market }];
    case "balance":
      return balanceTopics([rules.base, rules.quote], scope);
  }
}

function balanceTopics(
  currencies: readonly string[],
  { user }: TopicScope,
): readonly ServedTopic[] {
  if (user === undefined) return [];
  return currencies.map((currency) => ({ kind: "balances", user, currency }));
}

/** Which intervals of candles there are, as messages say it. */
export const intervalHint =
  "the interval in seconds, for example 60, 300, 3600, 14400, 86400 or 604800";

/** The forms of the parameters of `candles_subscribe` and `candles_unsubscribe`, for messages. */
export const candlesUsage: string = `[market, interval], ${intervalHint}`;

/** The parameter that names a topic; of candles its market. */
export function paramOf(topic: ServedTopic): string {
  if (topic.kind === "balances") return topic.currency;
  return topic.kind === "depth"
    ? `${topic.market}${scaleSeparator}${topic.depthScale}`
    : topic.market;
}

/** Reads `[market, interval]`, the one stream of candles that a subscribe names (D-C8). */
export function readCandleTopic(
  [market, intervalS, ...others]: readonly unknown[],
  { board }: TopicScope,
): CandleTopic | StreamError {
  if (typeof market !== "string" || !isInterval(intervalS) || others.length > 0) {
    return { reason: "invalid-params", usage: candlesUsage };
  }
  if (board.market(market) === undefined) return { reason: "unknown-market", subjects: [market] };
  return { kind: "candles", market, intervalS };
}

/** Whether candles of so many seconds are served (protocol 4). */
export function isInterval(value: unknown): value is number {
  return typeof value === "number" && isCandleInterval(value);
}
