import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import { topicKey } from "../../marketdata/topic.ts";
import { Conversation, ExampleBoard, exampleUser, marketRules } from "./conversation.fixture.ts";
import type { Channel } from "./messages.ts";

const { userId } = exampleUser;
const allMarkets = ["BTC_USDT", "ETH_USDT", "ETH_BTC", "SOL_USDT"];
const scales = [0, 1, 2, 3, 4, 5];

type ListChannel = Exclude<Channel, "candles">;

const topicKinds = {
  lastprice: "last-price",
  ticker: "ticker",
  trade: "trades",
  order: "orders",
  deal: "fills",
} as const;

/** A topic, the parameter that names it alone, and the one that names all of its kind. */
interface Key {
  readonly key: string;
  readonly alone: string;
  readonly scope: string;
}

/** All that a channel has on the given markets. */
function keysOf(channel: ListChannel, markets: readonly string[]): readonly Key[] {
  if (channel === "balance") {
    const currencies = new Set(markets.flatMap((code) => code.split("_")));
    return Array.from(currencies, (code) => ({
      key: `balances|${code}|${userId}`,
      alone: code,
      scope: "all",
    }));
  }
  if (channel === "depth") {
    return markets.flatMap((market) =>
      scales.map((depthScale) => ({
        key: topicKey({ kind: "depth", market, depthScale }),
        alone: `${market}:${depthScale}`,
        scope: `all:${depthScale}`,
      })),
    );
  }
  const suffix = channel === "order" || channel === "deal" ? `|${userId}` : "";
  return markets.map((market) => ({
    key: `${topicKinds[channel]}|${market}${suffix}`,
    alone: market,
    scope: "all",
  }));
}

/** The parameters of a request without what is only said shorter. */
function spellOut(channel: ListChannel, params: readonly string[]): ReadonlySet<string> {
  const given = params.length === 0 ? ["all"] : params;
  if (channel !== "depth") return new Set(given);
  return new Set(
    given.flatMap((param) => {
      if (param === "all") return scopesOf(channel);
      return param.includes(":") ? [param] : [`${param}:0`];
    }),
  );
}

function scopesOf(channel: ListChannel): readonly string[] {
  return channel === "depth" ? scales.map((scale) => `all:${scale}`) : ["all"];
}

type Step =
  | { readonly kind: "list"; readonly market: string }
  | {
      readonly kind: "subscribe" | "unsubscribe";
      readonly channel: ListChannel;
      readonly params: readonly string[];
    };

/**
 * The same rules told the other way round: for each key, the last thing that was said about it. It
 * knows no exclusions; what is new belongs to `all` if `all` was in effect when it appeared.
 */
class Model {
  readonly #on = new Set<string>();
  /** `channel scope` of each `all` that is in effect. */
  readonly #everything = new Set<string>();
  readonly #markets: string[];
  readonly #isReplacing: boolean;

  constructor(markets: readonly string[], isReplacing: boolean) {
    this.#markets = [...markets];
    this.#isReplacing = isReplacing;
  }

  get active(): readonly string[] {
    return [...this.#on].toSorted();
  }

  apply(step: Step): void {
    if (step.kind === "list") this.#list(step.market);
    else this.#request(step);
  }

  #list(market: string): void {
    if (this.#markets.includes(market)) return;
    for (const channel of channels) {
      const known = new Set(keysOf(channel, this.#markets).map(({ key }) => key));
      for (const { key, scope } of keysOf(channel, [...this.#markets, market])) {
        if (!known.has(key) && this.#everything.has(`${channel} ${scope}`)) this.#on.add(key);
      }
    }
    this.#markets.push(market);
  }

  #request({ kind, channel, params }: Exclude<Step, { kind: "list" }>): void {
    const words = spellOut(channel, params);
    const keys = keysOf(channel, this.#markets);
    const named = keys.filter(({ alone, scope }) => words.has(alone) || words.has(scope));
    const scopes = scopesOf(channel).filter((scope) => words.has(scope));
    if (named.length + scopes.length === 0) return;
    if (kind === "subscribe" && this.#isReplacing) {
      for (const { key } of keys) this.#on.delete(key);
      for (const scope of scopesOf(channel)) this.#everything.delete(`${channel} ${scope}`);
    }
    const change = kind === "subscribe" ? "add" : "delete";
    for (const { key } of named) this.#on[change](key);
    for (const scope of scopes) this.#everything[change](`${channel} ${scope}`);
  }
}

const channels: readonly ListChannel[] = [
  "lastprice",
  "ticker",
  "trade",
  "depth",
  "order",
  "deal",
  "balance",
];

const param = fc.constantFrom(
  "all",
  ...allMarkets,
  "NO_SUCH",
  "BTC",
  "ETH",
  "USDT",
  "SOL",
  "all:1",
  "all:2",
  "all:6",
  "BTC_USDT:1",
  "ETH_BTC:2",
  "SOL_USDT:1",
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("list"), market: fc.constantFrom(...allMarkets) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("subscribe", "unsubscribe"),
      // Few channels, so that requests meet.
      channel: fc.constantFrom<ListChannel>("depth", "depth", "trade", "trade", "balance", "deal"),
      params: fc.array(param, { maxLength: 3 }),
    }),
  },
);

describe("subscriptions", () => {
  it.each(["merge", "replace"] as const)("(%s) are what was said last about each key", (mode) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const listed = ["BTC_USDT", "ETH_USDT"];
        const board = new ExampleBoard(listed.map((code) => marketRules(code)));
        const client = new Conversation({ board, options: { resubscribe: mode } });
        const model = new Model(listed, mode === "replace");

        for (const next of steps) {
          if (next.kind === "list") {
            if (board.market(next.market) === undefined) client.list(marketRules(next.market));
          } else {
            client.ask(`${next.channel}_${next.kind}`, next.params);
          }
          model.apply(next);
          expect(client.active.toSorted()).toEqual(model.active);
          expect(client.hub.subscriptions).toBe(client.active.length);
        }
        client.end();
      }),
      { numRuns: rounds(200, 1_000) },
    );
  });
});
