/**
 * The past of the exchange's own trades, read from its history: nothing is stored twice. Bars are made of
 * the minutes, hours and days that the history keeps, and of trades below a minute.
 */
import type { MarketRules } from "../core/market/rules.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import { type BarInterval, startNotBefore } from "../marketdata/bars/interval.ts";
import { inDecimals } from "../marketdata/bars/of-trades.ts";
import { rollUp } from "../marketdata/bars/roll.ts";
import { commonSpan, type Span, uncoveredSpans } from "../marketdata/bars/span.ts";
import {
  assertRowQuery,
  type Coverage,
  type CoverageQuery,
  type DatasetReader,
  type StoredBarQuery,
  type StoredBars,
  type StoredTicker,
  type StoredTrade,
  type StoredTradeQuery,
} from "../ports/dataset-reader.ts";
import {
  type BarResolution,
  barResolutions,
  foldedTradesMax,
  type HistoryQueries,
  historyLimitMax,
  historyOffsetMax,
  isUnanswered,
  type Place,
  type TradeQuery,
  type TradeRecord,
  type Unanswered,
} from "../ports/history.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { nextTurn } from "../ports/timers.ts";
import { BarCollector } from "./bar-collector.ts";

/** Stored bars that are rolled up in one turn of the event loop; so many are two milliseconds' work. */
export const rowsPerTurn = 500;

/** What the dataset is read from. */
export interface LocalDatasetParts {
  readonly history: Pick<HistoryQueries, "bars" | "trades" | "tradeBars" | "totals">;
  /** Who the trades are said to be of. */
  readonly venue: string;
  /** All markets by the ticker of each. */
  markets(): ReadonlyMap<string, MarketRules>;
  /** Resolves when the history holds all that was released, or with why it never will. */
  caughtUp(): Promise<string | undefined>;
  /** When the log began, and until when all trades were published; undefined before that. */
  known(): Promise<Span | undefined>;
}

/** Reads what the exchange traded. */
export class LocalDataset implements DatasetReader {
  readonly #parts: LocalDatasetParts;

  constructor(parts: LocalDatasetParts) {
    this.#parts = parts;
  }

  async bars(query: StoredBarQuery): Promise<StoredBars | Unanswered> {
    assertRowQuery(query);
    // Before anything is read, so that the answer has all of it.
    const known = await this.#parts.known();
    const fault = await this.#fault();
    if (fault !== undefined) return fault;
    const { interval, ticker } = query;
    const fromUs = startNotBefore(interval, query.fromUs);
    const range = { fromUs, toUs: Math.max(fromUs, startNotBefore(interval, query.toUs)) };
    const missing = uncoveredSpans(range, known === undefined ? [] : [known]);
    const unknown = missing.map((span) => ({ ...span, reason: undefined }));
    const rules = this.#parts.markets().get(ticker);
    if (rules === undefined) return { bars: [], unknown };
    const bars = await this.#barsOf(rules, query, range);
    return "kind" in bars ? bars : { bars, unknown };
  }

  async trades(query: StoredTradeQuery): Promise<readonly StoredTrade[] | Unanswered> {
    assertRowQuery(query);
    const fault = await this.#fault();
    if (fault !== undefined) return fault;
    const { ticker, limit, order } = query;
    const rules = this.#parts.markets().get(ticker);
    if (rules === undefined) return [];
    const within = { market: rules.code, order, fromUs: query.fromUs, toUs: query.toUs };
    const asked = { ...within, asker: query.asker };
    const start = await this.#skip(asked, query);
    if (start === undefined) return [];
    if ("kind" in start) return start;
    let { last, offset } = start;
    const found: StoredTrade[] = [];
    while (found.length < limit) {
      const wanted = Math.min(historyLimitMax, limit - found.length);
      const page = await this.#parts.history.trades({
        ...{ ...asked, ...beyond(last, order), offset, limit: wanted },
      });
      if (isUnanswered(page)) return page;
      found.push(...page.map((record) => this.#trade(record, ticker, rules)));
      if (page.length < wanted) break;
      last = page.at(-1);
      offset = 0;
      await nextTurn();
      if (query.isAbandoned?.() === true) return { kind: "busy", asker: "this" };
    }
    return found;
  }

  /** Goes past so many trades but for fewer than one query may skip; undefined where there are not so many. */
  async #skip(
    asked: Omit<TradeQuery, "limit">,
    { offset: count = 0, isAbandoned }: Pick<StoredTradeQuery, "offset" | "isAbandoned">,
  ): Promise<Start | Unanswered | undefined> {
    let last: TradeRecord | undefined;
    let offset = count;
    for (; offset >= historyOffsetMax; offset -= historyOffsetMax) {
      if (isAbandoned?.() === true) return { kind: "busy", asker: "this" };
      const page = await this.#parts.history.trades({
        ...{ ...asked, ...beyond(last, asked.order), offset: historyOffsetMax - 1, limit: 1 },
      });
      if (isUnanswered(page)) return page;
      last = page[0];
      if (last === undefined) return undefined;
    }
    return { last, offset };
  }

  async coverage({ fromUs, toUs }: CoverageQuery): Promise<Coverage | Unanswered> {
    const known = await this.#parts.known();
    const common = known && commonSpan(known, { fromUs, toUs });
    return { known: common === undefined ? [] : [common], gaps: [] };
  }

  async tickers(): Promise<readonly StoredTicker[] | Unanswered> {
    const fault = await this.#fault();
    if (fault !== undefined) return fault;
    const tickers: StoredTicker[] = [];
    for (const [ticker, { code }] of this.#parts.markets()) {
      const rows = await this.#parts.history.totals(code);
      if (isUnanswered(rows)) return rows;
      for (const { firstS, lastS, minutes, trades } of rows) {
        const [firstUs, lastUs] = [firstS * 1_000_000, lastS * 1_000_000];
        tickers.push({ ticker, firstUs, lastUs, minutes, trades });
      }
    }
    return tickers.toSorted((left, right) => (left.ticker < right.ticker ? -1 : 1));
  }

  async #fault(): Promise<StorageFailure | undefined> {
    const message = await this.#parts.caughtUp();
    return message === undefined ? undefined : { kind: "failure", fault: "failed", message };
  }

  /** The bars of one page of an answer, in its order. */
  async #barsOf(
    rules: MarketRules,
    { interval, order, limit, offset = 0, asker, isAbandoned }: StoredBarQuery,
    range: Span,
  ): Promise<readonly Bar[] | Unanswered> {
    const resolutionS = resolutionOf(interval);
    const rowsMax = (offset + limit + 1) * partsOf(interval, resolutionS);
    const walk = { rules, order, range, asker, rowsMax };
    const pages =
      resolutionS === undefined
        ? this.#pagesOfTrades(walk, interval)
        : this.#pagesOfBars(walk, interval, resolutionS);
    const collector = new BarCollector({ order, limit, offset });
    for await (const page of pages) {
      if ("kind" in page) return page;
      collector.add(page);
      if (collector.isFull) return collector.bars;
      // The next page may be there already, and would be taken in the same turn.
      await nextTurn();
      if (isAbandoned?.() === true) return { kind: "busy", asker: "this" };
    }
    collector.end();
    return collector.bars;
  }

  async *#pagesOfBars(
    { rules, order, range, asker, rowsMax }: Walk,
    interval: BarInterval,
    resolutionS: BarResolution,
  ): AsyncGenerator<Page | Unanswered, void> {
    let fromS = Math.max(0, range.fromUs / 1_000_000);
    let beforeS = Math.max(0, range.toUs / 1_000_000);
    const limit = Math.min(rowsPerTurn, rowsMax);
    for (;;) {
      const rows = await this.#parts.history.bars({
        ...{ market: rules.code, steps: rules, resolutionS, order, fromS, beforeS, limit, asker },
      });
      if (isUnanswered(rows)) {
        yield rows;
        return;
      }
      const oldestFirst = order === "oldest-first" ? rows : rows.toReversed();
      yield [...rollUp(oldestFirst, interval)];
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit) return;
      if (order === "oldest-first") fromS = last.startUs / 1_000_000 + resolutionS;
      else beforeS = last.startUs / 1_000_000;
    }
  }

  async *#pagesOfTrades(
    { rules, order, range, asker }: Walk,
    interval: BarInterval,
  ): AsyncGenerator<Page | Unanswered, void> {
    let last: Place | undefined;
    do {
      const found = await this.#parts.history.tradeBars({
        ...{ market: rules.code, steps: rules, interval, order, ...range, asker },
        ...{ limit: foldedTradesMax, ...beyond(last, order) },
      });
      if (isUnanswered(found)) {
        yield found;
        return;
      }
      yield found.flatMap(({ bars }) => bars);
      last = found[0]?.last;
    } while (last !== undefined);
  }

  #trade(record: TradeRecord, ticker: string, rules: MarketRules): StoredTrade {
    const { timeUs: eventTimeUs, aggressor } = record;
    // The log never says a thing twice, so its trades need no ids.
    const id = undefined;
    const { price, quantity } = inDecimals(record, rules);
    const scales = { priceScale: rules.tickSize.scale, quantityScale: rules.lotSize.scale };
    const { venue } = this.#parts;
    return { ticker, venue, id, price, quantity, ...scales, eventTimeUs, aggressor };
  }
}

/** Bars, oldest first; the outer ones may be parts of bars. */
type Page = readonly Bar[];

interface Walk {
  readonly rules: MarketRules;
  readonly order: StoredBarQuery["order"];
  readonly range: Span;
  readonly asker: string | undefined;
  /** No more rows than these are needed. */
  readonly rowsMax: number;
}

/** Where a page of trades begins: after a trade, and after so many more. */
interface Start {
  readonly last: TradeRecord | undefined;
  readonly offset: number;
}

/** The longest stored bars that divide an interval; undefined where trades are needed. */
function resolutionOf(interval: BarInterval): BarResolution | undefined {
  if (interval.kind === "months") return 86_400;
  const { lengthUs, originUs } = interval;
  return barResolutions.findLast((seconds) => {
    const us = seconds * 1_000_000;
    return lengthUs % us === 0 && originUs % us === 0;
  });
}

/** Most stored bars of one interval; of trades nobody knows. */
function partsOf(interval: BarInterval, resolutionS: BarResolution | undefined): number {
  if (interval.kind === "months") return interval.months * 31;
  return resolutionS === undefined ? 1 : interval.lengthUs / (resolutionS * 1_000_000);
}

/** Where the page after a trade goes on. */
function beyond(last: Place | undefined, order: TradeQuery["order"]) {
  return order === "oldest-first" ? { after: last } : { before: last };
}
