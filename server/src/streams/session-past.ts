/** The past of a session's recordings, up to where its clock is: whole minutes that are over, and trades. It knows no future. */
import { barIntervalUs } from "../marketdata/bar-update.ts";
import type { StoredBar } from "../marketdata/bars/bar.ts";
import { intervalStart, nextIntervalStart, startNotBefore } from "../marketdata/bars/interval.ts";
import { rollUp } from "../marketdata/bars/roll.ts";
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
import type { RecordingPast } from "../ports/replay.ts";

/** Most minutes that are rolled up to answer one question: a week. */
export const lookedMinutesMax = 10_080;

/** Most trades that are looked at to answer one question; what is beyond that is not told. */
export const lookedTradesMax = 200_000;

/** See the head of the file. */
export class SessionPast implements DatasetReader {
  readonly #pasts: ReadonlyMap<string, RecordingPast>;
  readonly #marketUs: () => number | undefined;

  /** Recordings by the code of their dataset. */
  constructor(pasts: ReadonlyMap<string, RecordingPast>, marketUs: () => number | undefined) {
    this.#pasts = pasts;
    this.#marketUs = marketUs;
  }

  bars(query: StoredBarQuery): Promise<StoredBars> {
    assertRowQuery(query);
    const { dataset, ticker, interval, fromUs, toUs, order, limit, offset = 0 } = query;
    const nothing = { bars: [], unknown: [{ fromUs, toUs, reason: undefined }] };
    const isShort = interval.kind === "fixed" && interval.lengthUs < barIntervalUs;
    if (isShort || toUs <= fromUs)
      return Promise.resolve(isShort ? nothing : { ...nothing, unknown: [] });
    const minutes = this.#pasts.get(dataset)?.minutes(ticker) ?? [];
    // Of an interval that is not over there are the minutes that are.
    const overUs = this.#untilUs(Number.MAX_SAFE_INTEGER) - barIntervalUs;
    const lastUs = nextIntervalStart(interval, intervalStart(interval, toUs - 1)) - 1;
    const low = firstFrom(minutes, startNotBefore(interval, fromUs));
    const high = firstFrom(minutes, Math.min(overUs, lastUs) + 1);
    const isForward = order === "oldest-first";
    const looked = minutes.slice(
      isForward ? low : Math.max(low, high - lookedMinutesMax),
      isForward ? Math.min(high, low + lookedMinutesMax) : high,
    );
    const bars = [...rollUp(looked, interval)];
    const ordered = isForward ? bars : bars.toReversed();
    const untilUs = Math.max(fromUs, Math.min(toUs, overUs + 1));
    const unknown = untilUs < toUs ? [{ fromUs: untilUs, toUs, reason: undefined }] : [];
    return Promise.resolve({ bars: ordered.slice(offset, offset + limit), unknown });
  }

  async trades(query: StoredTradeQuery): Promise<readonly StoredTrade[]> {
    assertRowQuery(query);
    const { dataset, ticker, fromUs, order, limit, offset = 0 } = query;
    const past = this.#pasts.get(dataset);
    const toUs = this.#untilUs(query.toUs);
    if (past === undefined || toUs <= fromUs) return [];
    const isForward = order === "oldest-first";
    const wanted = offset + limit;
    const startUs = isForward
      ? fromUs
      : startOfNewest(past.minutes(ticker), { fromUs, toUs, wanted });
    const found: StoredTrade[] = [];
    let looked = 0;
    await past.trades(startUs, toUs, (trades) => {
      looked += trades.length;
      for (const trade of trades) if (trade.ticker === ticker) found.push(trade);
      const isEnough = isForward && found.length >= wanted;
      return isEnough || looked >= lookedTradesMax || query.isAbandoned?.() === true;
    });
    const ordered = isForward ? found : found.toReversed();
    return ordered.slice(offset, wanted);
  }

  coverage({ dataset, fromUs, toUs }: CoverageQuery): Promise<Coverage> {
    const firstUs = this.#pasts.get(dataset)?.fromUs;
    const span = {
      fromUs: Math.max(fromUs, firstUs ?? Number.POSITIVE_INFINITY),
      toUs: this.#untilUs(toUs),
    };
    return Promise.resolve({ known: span.fromUs < span.toUs ? [span] : [], gaps: [] });
  }

  tickers(dataset: string): Promise<readonly StoredTicker[]> {
    const past = this.#pasts.get(dataset);
    const nowUs = this.#untilUs(Number.MAX_SAFE_INTEGER);
    const rows = (past?.tickers() ?? []).flatMap((ticker) => {
      const minutes = past?.minutes(ticker) ?? [];
      const over = minutes.slice(0, firstFrom(minutes, nowUs - barIntervalUs + 1));
      const [first, last] = [over[0], over.at(-1)];
      if (first === undefined || last === undefined) return [];
      const trades = over.reduce((sum, bar) => sum + (bar.tradeCount ?? 0), 0);
      const span = { firstUs: first.startUs, lastUs: last.startUs };
      return [{ ticker, ...span, minutes: over.length, trades }];
    });
    return Promise.resolve(rows);
  }

  /** The clock's time where that is earlier: what happened at that moment is past. */
  #untilUs(toUs: number): number {
    const marketUs = this.#marketUs();
    return marketUs === undefined ? 0 : Math.min(toUs, marketUs + 1);
  }
}

/** Place of the first bar that does not start before a time. */
function firstFrom(bars: readonly StoredBar[], us: number): number {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bars[middle]!.startUs < us) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where to begin to look for the newest trades: as many minutes before the end as have enough of them. */
function startOfNewest(
  minutes: readonly StoredBar[],
  {
    fromUs,
    toUs,
    wanted,
  }: { readonly fromUs: number; readonly toUs: number; readonly wanted: number },
): number {
  let count = 0;
  for (let at = firstFrom(minutes, toUs) - 1; at >= 0; at -= 1) {
    const { startUs, tradeCount = 0 } = minutes[at]!;
    // Of the last minute only a part may be asked for.
    if (startUs + barIntervalUs <= toUs) count += tradeCount;
    if (count >= wanted || startUs <= fromUs) return Math.max(fromUs, startUs);
  }
  return fromUs;
}
