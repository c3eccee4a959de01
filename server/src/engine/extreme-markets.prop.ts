/** Whatever market an operator can add: trading in it to its bounds stops nothing and loses no trade. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runFeed, VirtualFeedContext } from "../../../test/support/virtual-feed-context.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { parseMarketRules } from "../admin/market-rules.ts";
import type { Command } from "../core/commands.ts";
import { lotAtoms, type MarketRules, notionalAtoms } from "../core/market/rules.ts";
import { formatDecimal } from "../core/num/decimal.ts";
import { type Atoms, atomsMax, atomsScale } from "../core/num/money.ts";
import { lots, ticks } from "../core/num/units.ts";
import { exchangeWith } from "../core/scenario.fixture.ts";
import { createEncodings } from "../dialects/cryptomus/encodings.ts";
import { listTickers, listTrades, showBook } from "../dialects/cryptomus/rest-market-data.ts";
import { listPairs, listScales } from "../dialects/cryptomus/rest-markets.ts";
import { currentBars } from "../dialects/finazon/encode.ts";
import { LocalFeed } from "../feeds/local/feed.ts";
import { BarPublisher, latenessDefaultUs } from "../marketdata/bar-publisher.ts";
import type { BarUpdate } from "../marketdata/bar-update.ts";
import { depthScalesMax, depthScalesOf } from "../marketdata/depth-scales.ts";
import { MarketBoard } from "../marketdata/market-board.ts";
import { tradesUpdates } from "../marketdata/public-trades.ts";
import type { Released } from "../ports/released.ts";
import type { RestRequest } from "../ports/rest.ts";

/** How numbers look that have lost digits. */
const noNumber = /\de\+\d|NaN|Infinity/;

const market = "BTC_USDT";
const startUs = 1_767_225_600_000_000;
const encodings = createEncodings(systemSecrets());

const step = fc
  .record({
    coefficient: fc.oneof(
      fc.constantFrom(1, 5, 25, 250),
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    ),
    scale: fc.nat({ max: 16 }),
  })
  .map(({ coefficient, scale }) => formatDecimal(coefficient, scale));

/** Largest price in ticks at which so many lots may be ordered. */
function priceMax(rules: MarketRules, quantity: number): number {
  const most = rules.quoteMax / (notionalAtoms(rules) * BigInt(quantity));
  return most > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(most);
}

/** What became of the largest order at the highest price, and of the smallest at its highest. */
function trade(rules: MarketRules): Released[] {
  const exchange = exchangeWith({ limits: { openOrdersMax: 16 } });
  const released: Released[] = [];
  const give = (command: Command) => {
    const sequence = released.length + 1;
    const timeUs = startUs + sequence * 1_000;
    released.push({
      sequence,
      timeUs,
      command,
      events: exchange.apply({ sequence, timeUs, command }),
    });
  };
  give({ kind: "add-market", rules });
  const amount = (atomsMax / 2n) as Atoms;
  for (const [user, currency] of [
    ["ann", rules.base],
    ["bob", rules.quote],
  ] as const) {
    give({ kind: "deposit", user, currency, amount, key: "k" });
  }
  for (const quantity of [rules.baseMax, rules.baseMin]) {
    const price = priceMax(rules, quantity);
    if (price < 1) continue;
    const terms = {
      market,
      price: ticks(price),
      quantity: lots(quantity),
      timeInForce: "gtc",
    } as const;
    give({ kind: "place-limit", user: "ann", side: "sell", ...terms });
    give({ kind: "place-limit", user: "bob", side: "buy", ...terms });
    give({ kind: "place-limit", user: "ann", side: "sell", ...terms });
    give({ kind: "place-limit", user: "bob", side: "buy", ...terms, price: ticks(1) });
  }
  exchange.checkInvariants();
  return released;
}

/** Every public text that there is about the market, and none of them has an exponent. */
function texts(released: readonly Released[]): string[] {
  const board = new MarketBoard();
  board.apply(released);
  const request = (query: Record<string, string>): RestRequest => ({
    method: "GET",
    ...{
      path: "/",
      target: "/",
      params: { pair: market },
      query,
      header: () => undefined,
      body: "",
    },
  });
  const nowUs = startUs + 60_000_000;
  const lastPrice = board.lastPrice(market);
  const ticker = board.ticker(market, nowUs);
  const scales = Array.from({ length: depthScalesMax }, (_, depthScale) => depthScale);
  const parts = { board, secrets: systemSecrets(), currencies: {} };
  return [
    ...tradesUpdates(released, (code) => board.market(code)!.rules).map((update) =>
      encodings.trades.encode({ kind: "trades", market }, update),
    ),
    ...(lastPrice
      ? [encodings["last-price"].encode({ kind: "last-price", market }, lastPrice)]
      : []),
    ...(ticker ? [encodings.ticker.encode({ kind: "ticker", market }, ticker)] : []),
    ...scales.map((depthScale) =>
      encodings.depth.encode(
        { kind: "depth", market, depthScale },
        board.depth(market, depthScale)!,
      ),
    ),
    ...board
      .takeCandles(() => true)
      .map((update) =>
        encodings.candles.encode({ kind: "candles", market, intervalS: update.intervalS }, update),
      ),
    ...scales.map((level) => showBook(board, request({ level: String(level) }), 0).body),
    listTickers(board, nowUs / 1_000).body,
    listTrades(board, request({})).body,
    listPairs(parts).body,
    listScales(parts, request({ symbol: market })).body,
  ];
}

/** The bars that its trades make. */
async function bars(released: readonly Released[], trades: number): Promise<BarUpdate[]> {
  const feed = new LocalFeed("openbourse", []);
  feed.take(released);
  const record = await runFeed(feed, {
    context: new VirtualFeedContext(),
    stopAfterTrades: trades,
  });
  const published: BarUpdate[] = [];
  const publisher = new BarPublisher({
    latenessUs: latenessDefaultUs,
    unchangedBars: false,
    publish: (bar) => published.push(bar),
  });
  publisher.advance(startUs);
  for (const trade of record.trades) {
    expect(publisher.apply({ ...trade, receiveTimeUs: trade.eventTimeUs })).toBe("taken");
  }
  publisher.advance(startUs + 60_000_000);
  return published;
}

describe("a market of any steps", () => {
  it("is refused when it is added, or traded to its bounds without a fault or a loss", async () => {
    const request = fc.record({ tick: step, lot: step, wide: fc.boolean() });
    let added = 0;
    await fc.assert(
      fc.asyncProperty(request, async ({ tick, lot, wide }) => {
        const most = wide ? { maxQuote: formatDecimal(atomsMax / 4n, atomsScale) } : {};
        const rules = parseMarketRules({ code: market, tick, lot, ...most });
        if (typeof rules === "string") return;
        added += 1;
        for (const { coefficient } of depthScalesOf(rules, depthScalesMax)) {
          expect(coefficient).toSatisfy(Number.isSafeInteger);
        }
        const released = trade(rules);
        const trades = released.flatMap(({ events }) =>
          events.flatMap((event) => (event.kind === "traded" ? [event] : [])),
        );
        for (const text of texts(released)) expect(text).not.toMatch(noNumber);
        if (trades.length === 0) return;
        const published = await bars(released, trades.length);
        const lotsTraded = trades.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n);
        const last = published.at(-1)!;
        expect(last.tradeCount).toBe(trades.length);
        const volume = BigInt(last.volume) * 10n ** BigInt(atomsScale - last.volumeScale);
        expect(volume).toBe(lotsTraded * lotAtoms(rules));
        const text = currentBars.encode(
          { kind: "bars", dataset: last.dataset, ticker: last.ticker, periodS: 1 },
          last,
        );
        expect(text).not.toMatch(noNumber);
      }),
      { numRuns: 100 },
    );
    expect(added).toBeGreaterThan(20);
  });
});
