/** What a follower stored, held against what a venue traded, figure by figure. */
import { expect } from "vitest";
import { formatDecimal, parseWideDecimal } from "../../../server/src/core/num/decimal.ts";
import { batchBars, type ExactBar } from "../batch-bars.ts";
import type { Followed } from "./followed.ts";
import type { VenuePlayer, VenueTrade } from "./player.ts";

/** The same number without an exponent and without trailing zeros. */
export function plain(text: string): string {
  const read = parseWideDecimal(text);
  if (typeof read === "string") throw new Error(`${text}: ${read}`);
  return formatDecimal(read.coefficient, read.scale);
}

/**
 * All trades that the venue made are stored, once and in every digit. Times are held against each other in steps:
 * some venues tell their past less finely than they stream.
 */
export async function expectTrades(
  followed: Followed,
  player: VenuePlayer,
  ticker: string,
  timeStepMs = 1,
): Promise<void> {
  const stepOf = (timeMs: number) => Math.floor(timeMs / timeStepMs);
  const traded = player.traded.filter((trade) => trade.ticker === ticker);
  const stored = await followed.trades(ticker);
  const shown = stored.map((trade) => ({
    id: String(trade.id),
    price: formatDecimal(trade.price, trade.priceScale),
    quantity: formatDecimal(trade.quantity, trade.quantityScale),
    step: stepOf(trade.eventTimeUs / 1_000),
    side: trade.aggressor,
  }));
  expect(byId(shown)).toEqual(
    byId(
      traded.map(({ id, price, quantity, timeMs, side }) => ({
        id,
        price: plain(price),
        quantity: plain(quantity),
        step: stepOf(timeMs),
        side,
      })),
    ),
  );
}

/** The stored bars are those that a plain sum over all that was traded gives. */
export async function expectBars(
  followed: Followed,
  player: VenuePlayer,
  ticker: string,
): Promise<void> {
  const traded = player.traded.filter((trade) => trade.ticker === ticker);
  const bars = (await followed.bars(ticker)) as readonly {
    startUs: number;
    priceScale: number;
    volumeScale: number;
    open: number;
    high: number;
    low: number;
    close: number;
    volume: number;
  }[];
  const shown = new Map<string, ExactBar>();
  for (const bar of bars) {
    const price = (value: number | bigint) => formatDecimal(value, bar.priceScale);
    shown.set(String(bar.startUs / 1_000_000), {
      open: price(bar.open),
      high: price(bar.high),
      low: price(bar.low),
      close: price(bar.close),
      volume: formatDecimal(bar.volume, bar.volumeScale),
    });
  }
  // Trades of one moment are in the order in which the venue counts them.
  const inTime = traded.toSorted(
    (left, right) => left.timeMs - right.timeMs || Number(left.id) - Number(right.id),
  );
  expect(shown).toEqual(expectedBars(inTime));
}

function expectedBars(traded: readonly VenueTrade[]): ReadonlyMap<string, ExactBar> {
  const rows = traded.map(({ id, price, quantity, timeMs }) => [
    ...[id, plain(price), plain(quantity), String(timeMs), "", "MARKET"],
  ]);
  return batchBars(rows, { kind: "binance-trades" });
}

function byId<T extends { readonly id: string }>(trades: readonly T[]): readonly T[] {
  return trades.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}
