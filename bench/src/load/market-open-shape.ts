/** Who subscribes to what at market open: made from a seed, the same on every machine. */
import type { Recording } from "../peers/fanout/fanout-program.ts";
import type { ClientScript } from "./crowd-scripts.ts";
import { createRandom } from "./random.ts";

/** How many of what. */
export interface MarketOpenShape {
  readonly barSockets: number;
  readonly tickers: number;
  /** Tickers of one client. */
  readonly tickersEach: number;
  /** Of each ticker. */
  readonly tradesPerSecond: number;
  readonly depthSockets: number;
  readonly markets: number;
  /** Markets of one client. */
  readonly marketsEach: number;
}

const seed = 20_261_122;

/** The dataset's code. */
export const marketOpenDataset = "open";

/** The names of the simulated tickers. */
export function tickersOf({ tickers }: MarketOpenShape): readonly string[] {
  return Array.from({ length: tickers }, (_, at) => `T${String(at).padStart(3, "0")}/USDT`);
}

/** The server's configuration: no limit of a client's stands in the way. */
export function marketOpenYaml(shape: MarketOpenShape): string {
  const tickers = tickersOf(shape).map(
    (ticker) =>
      `      - { ticker: ${ticker}, startPrice: "100", tickSize: "0.01", lotSize: "0.001", medianQuantity: "0.5", tradesPerSecond: ${shape.tradesPerSecond} }`,
  );
  return `
log: { level: warn }
limits: { connectionsMax: 100000, messagesPerMinuteMax: 1000000 }
demo: { users: false }
cryptomus: { tokenlessPublic: true, requestsPerMinuteMax: 0, newConnectionsPerMinuteMax: 0, restCallsPerSecondMax: 0, idleTimeoutMs: 86400000 }
exchange: { participants: { enabled: false } }
datasets:
  - code: ${marketOpenDataset}
    feed:
      kind: simulator
      tickers:
${tickers.map((line) => `  ${line}`).join("\n")}
`;
}

/** What clients of the Finazon stream say. */
export function barScripts(shape: MarketOpenShape, key: string): readonly ClientScript[] {
  const names = tickersOf(shape);
  return choices(shape).bars.map((mine) => ({
    target: `/v1?apikey=${key}`,
    messages: [subscribeToBars(mine.map((at) => names[at]!))],
  }));
}

/** The request for one-second bars. */
export function subscribeToBars(tickers: readonly string[]): string {
  return JSON.stringify({
    event: "subscribe",
    dataset: marketOpenDataset,
    tickers,
    channel: "bars",
    frequency: "1s",
    aggregation: "1m",
    request_id: 1,
  });
}

/** What clients of the Cryptomus stream say. */
export function depthScripts(
  shape: MarketOpenShape,
  markets: readonly string[],
): readonly ClientScript[] {
  return choices(shape).depths.map((mine) => ({
    target: "/ws",
    messages: [subscribeToDepth(mine.map((at) => markets[at]!))],
  }));
}

/** The request for depth at the finest scale. */
export function subscribeToDepth(markets: readonly string[]): string {
  const params = markets.map((market) => `${market}:0`);
  return JSON.stringify({ id: 1, method: "depth_subscribe", params });
}

/**
 * The same subscriptions for contenders that know topics by number, tickers first, and how many
 * messages a period of the recording makes for all clients together.
 */
export function replayScripts(
  shape: MarketOpenShape,
  { flushes }: Recording,
): { readonly scripts: readonly ClientScript[]; readonly deliveries: number } {
  const { bars, depths } = choices(shape);
  const subscribers = new Array<number>(shape.tickers + shape.markets).fill(0);
  const all = [...bars, ...depths.map((mine) => mine.map((at) => at + shape.tickers))];
  for (const topic of all.flat()) subscribers[topic] = subscribers[topic]! + 1;
  const topics = flushes.flatMap(({ messages }) => messages.map(([topic]) => topic));
  return {
    scripts: all.map((mine) => ({ target: `/?topics=${mine.join(",")}`, messages: [] })),
    deliveries: topics.reduce((sum, topic) => sum + subscribers[topic]!, 0),
  };
}

interface Choices {
  readonly bars: readonly (readonly number[])[];
  readonly depths: readonly (readonly number[])[];
}

function choices(shape: MarketOpenShape): Choices {
  const random = createRandom(seed);
  const choose = (sockets: number, { each, of }: { each: number; of: number }) =>
    Array.from({ length: sockets }, () => chooseDistinct(each, of, random));
  return {
    bars: choose(shape.barSockets, { each: shape.tickersEach, of: shape.tickers }),
    depths: choose(shape.depthSockets, { each: shape.marketsEach, of: shape.markets }),
  };
}

function chooseDistinct(each: number, of: number, random: () => number): readonly number[] {
  const all = Array.from({ length: of }, (_, at) => at);
  for (let at = 0; at < each; at += 1) {
    const other = at + Math.floor(random() * (of - at));
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return all.slice(0, each);
}
