/**
 * The two ways of folding a flow of trades that are compared: the server's publisher, and simple bars
 * in some arithmetic. Market time follows the arrivals in both.
 */
import { BarPublisher, latenessDefaultUs } from "../../../server/src/marketdata/bar-publisher.ts";
import type { Trade } from "../../../server/src/marketdata/trade.ts";
import type { Stopwatch } from "../harness/stopwatch.ts";
import type { DoubleTrade } from "../peers/double-bar.ts";
import { type SimpleBar, SimpleBars, type SimpleTrade } from "../peers/simple-bars.ts";

/** Trades between two looks at the clock. */
export const batchTrades = 1_000;

const secondUs = 1_000_000;

/** Folds the flow through the server's publisher; answers how many messages it published. */
export function foldOurs(trades: readonly Trade[], stopwatch: Stopwatch): number {
  let messages = 0;
  const publisher = new BarPublisher({
    latenessUs: latenessDefaultUs,
    unchangedBars: false,
    publish: () => {
      messages += 1;
    },
  });
  let nextSecondUs = 0;
  let untilLap = batchTrades;
  stopwatch.start();
  for (const trade of trades) {
    if (trade.receiveTimeUs >= nextSecondUs) {
      publisher.advance(trade.receiveTimeUs);
      nextSecondUs = secondAfter(trade.receiveTimeUs);
    }
    if (publisher.apply(trade) !== "taken") throw new Error("every trade of the flow is good");
    untilLap -= 1;
    if (untilLap > 0) continue;
    stopwatch.lap();
    untilLap = batchTrades;
  }
  return messages;
}

/** The same with simple bars. */
export function foldSimple<T extends SimpleTrade>(
  trades: readonly T[],
  open: (first: T) => SimpleBar<T>,
): number {
  let messages = 0;
  const bars = new SimpleBars<T>(open, () => {
    messages += 1;
  });
  let nextSecondUs = secondAfter(trades[0]?.arrivalUs ?? 0);
  for (const trade of trades) {
    // The flow is dense: no second passes without a trade.
    if (trade.arrivalUs >= nextSecondUs) {
      bars.passSecond(nextSecondUs / secondUs);
      nextSecondUs += secondUs;
    }
    bars.apply(trade);
  }
  return messages;
}

function secondAfter(timeUs: number): number {
  return timeUs - (timeUs % secondUs) + secondUs;
}

/** What simple bars of every arithmetic need of a trade. */
export function simpleTrade(trade: Trade): SimpleTrade {
  return {
    ticker: trade.instrument.ticker,
    eventTimeUs: trade.eventTimeUs,
    arrivalUs: trade.receiveTimeUs,
    isBuy: trade.aggressor === "buy",
  };
}

/** The trade in doubles. */
export function doubleTrade(trade: Trade): DoubleTrade {
  return {
    ...simpleTrade(trade),
    price: Number(trade.price) / 10 ** trade.priceScale,
    quantity: Number(trade.quantity) / 10 ** trade.quantityScale,
  };
}
