/**
 * Trades folded into bars over many tickers on one thread, through the publisher that the server
 * runs, set against the same job in doubles and in `bignumber.js`. No parsing, no encoding, no sockets.
 */
import { BigNumber } from "bignumber.js";
import { formatDecimal } from "../../../server/src/core/num/decimal.ts";
import type { Trade } from "../../../server/src/marketdata/trade.ts";
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { measure, sideBySide } from "../harness/side-by-side.ts";
import { Stopwatch } from "../harness/stopwatch.ts";
import { packageVersion } from "../harness/versions.ts";
import { createTradeFlow, type TradeFlowOptions } from "../load/trade-flow.ts";
import { BigNumberBar, type BigNumberTrade } from "../peers/bignumber-bar.ts";
import { DoubleBar } from "../peers/double-bar.ts";
import { batchTrades, doubleTrade, foldOurs, foldSimple, simpleTrade } from "./folding.ts";

/** Trades in one second of one core. */
const aimTradesPerSecond = 2_000_000;

/** Big numbers take so much memory that they are shown the start of the flow only. */
const bigNumberTradesMax = 200_000;

/** 2024-08-08 23:58:50 UTC: ten seconds before a minute ends, so that a short flow has minute ends too. */
const startUs = 1_723_161_530_000_000;

const flowOptions: TradeFlowOptions = {
  seed: 20_240_808,
  tickers: 5_000,
  trades: 1_500_000,
  tradesPerSecond: 20_000,
  startUs,
};

/** The registry's entry. */
export const barsFold: Benchmark = {
  name: "bars-fold",
  summary: "trades folded into 1 m bars of 5,000 tickers, published at 1 s, 10 s and 60 s",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const options = effort.isQuick ? { ...flowOptions, trades: 300_000 } : flowOptions;
  note(`making ${options.trades} trades`);
  const trades = createTradeFlow(options);
  const doubles = trades.map(doubleTrade);
  const bigNumbers = trades.slice(0, bigNumberTradesMax).map(bigNumberTrade);
  const stopwatch = new Stopwatch();
  const messages = { ours: 0, doubles: 0 };
  note("folding");
  const comparison = await sideBySide({
    title: "folding",
    unit: "trades",
    effort,
    countingBegins: () => stopwatch.reset(),
    contenders: [
      {
        name: "openbourse",
        run: () =>
          measure(() => {
            messages.ours = foldOurs(trades, stopwatch);
            return trades.length;
          }),
      },
      {
        name: "doubles in a Map by ticker",
        run: () =>
          measure(() => {
            messages.doubles = foldSimple(doubles, (first) => new DoubleBar(first));
            return doubles.length;
          }),
      },
      {
        name: "bignumber.js in a Map by ticker",
        run: () =>
          measure(() => {
            foldSimple(bigNumbers, (first) => new BigNumberBar(first));
            return bigNumbers.length;
          }),
      },
    ],
  });
  return {
    ...description(options),
    comparisons: [comparison],
    latencies: stopwatch.latencies(`${batchTrades} trades and the boundaries among them`),
    figures: [
      { what: "messages published in a run, openbourse", value: messages.ours, unit: "bars" },
      { what: "messages published in a run, doubles", value: messages.doubles, unit: "bars" },
    ],
    aims: [
      {
        what: "trades folded in a second of CPU time, median",
        unit: "trades/s",
        atLeast: aimTradesPerSecond,
        measured: comparison.contenders[0]?.unitsPerCpuSecond.median ?? 0,
      },
    ],
  };
}

function bigNumberTrade(trade: Trade): BigNumberTrade {
  return {
    ...simpleTrade(trade),
    price: new BigNumber(formatDecimal(trade.price, trade.priceScale)),
    quantity: new BigNumber(formatDecimal(trade.quantity, trade.quantityScale)),
  };
}

function description(
  options: TradeFlowOptions,
): Pick<Findings, "method" | "parameters" | "packages" | "leavesOut"> {
  return {
    method: [
      "All trades exist before the clock starts and lie in memory in order of arrival.",
      "Market time advances with the arrivals; each whole second publishes what is due at 1 s, 10 s and 60 s.",
      "The peers do the same folding and publishing without late revisions and without looking for duplicates.",
      `bignumber.js is shown the first ${bigNumberTradesMax} trades of a run only.`,
    ],
    parameters: { ...options, batchTrades },
    packages: { "bignumber.js": packageVersion("bignumber.js") },
    leavesOut: [
      "Reading and parsing of trades: see replay.",
      "Encoding and sending of what is published: see encode; publishing here counts a call.",
      "Trades far out of order, of which there are none in the flow, and several venues of one ticker.",
      "The memory that a real day of duplicates or of far-apart trade ids takes.",
    ],
  };
}
