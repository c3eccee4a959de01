/**
 * Order books alone, without wallets and events: ours, its naive twin and a package from npm, all
 * under the same flow of orders, in the mix for which exchange-core publishes its figures.
 */
import { OrderBook } from "nodejs-order-book";
import type { Book } from "../../../server/src/core/book/book.ts";
import { FastBook } from "../../../server/src/core/book/fast-book.ts";
import { NaiveBook } from "../../../server/src/core/book/naive-book.ts";
import type { OrderPool } from "../../../server/src/core/book/order-pool.ts";
import { standardParameters } from "../../../server/src/core/parameters.ts";
import type { Benchmark, BenchmarkContext, Findings, Sample } from "../harness/benchmark.ts";
import { Pieces } from "../harness/pieces.ts";
import { sideBySide } from "../harness/side-by-side.ts";
import { Stopwatch } from "../harness/stopwatch.ts";
import { packageVersion } from "../harness/versions.ts";
import { DrivenBook } from "../load/driven-book.ts";
import { createOrderFlow, driveBook, type OrderFlow } from "../load/order-flow.ts";
import {
  drivePackage,
  type PackageOperation,
  packageDepth,
  packageOperations,
} from "../peers/order-book-package.ts";

/** Operations in one second of one core. */
const aimOperationsPerSecond = 3_000_000;

/** CPU time of the package for an operation over ours. */
const aimPackageRatio = 20;

/** The slow books are given the start of the flow only. */
const packageOperationsMax = 200_000;
const naiveOperationsMax = 3_000;

/** Operations between two looks at the clock. */
const batchOperations = 100;

const flowOptions = { seed: 20_261_122, markets: 1, users: 1_000, resting: 1_000 };

/** The registry's entry. */
export const book: Benchmark = {
  name: "book",
  summary: "the order book alone, 82 % moves, beside nodejs-order-book",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const operations = effort.isQuick ? 300_000 : 2_000_000;
  note(`making ${operations} operations`);
  const flow = createOrderFlow({ ...flowOptions, operations });
  const packageFlow = packageOperations(flow, flow.fillLength + packageOperationsMax);
  assertSameBooks(flow, packageFlow);
  const stopwatch = new Stopwatch();
  note("driving the books");
  const comparison = await sideBySide({
    title: "book alone",
    unit: "operations",
    effort,
    countingBegins: () => stopwatch.reset(),
    contenders: [
      { name: "openbourse", run: () => runOurs(flow, flow.length, createFast) },
      { name: "nodejs-order-book", run: () => runPackage(packageFlow, flow.fillLength) },
      {
        name: "openbourse's naive twin",
        run: () => runOurs(flow, flow.fillLength + naiveOperationsMax, createNaive),
      },
    ],
  });
  note("timing batches");
  for (let run = 0; run < effort.runs; run += 1) runLaps(flow, stopwatch);
  const [ours, peer] = comparison.contenders;
  return {
    ...description,
    parameters: { ...flowOptions, operations, batchOperations },
    packages: { "nodejs-order-book": packageVersion("nodejs-order-book") },
    comparisons: [comparison],
    latencies: stopwatch.latencies(`${batchOperations} operations`),
    figures: shapeOf(flow),
    aims: [
      {
        what: "operations in a second of CPU time, median",
        unit: "operations/s",
        atLeast: aimOperationsPerSecond,
        measured: ours?.unitsPerCpuSecond.median ?? 0,
      },
      {
        what: "CPU time of nodejs-order-book over ours, pair by pair, median",
        unit: "times",
        atLeast: aimPackageRatio,
        measured: peer?.cpuRatio.median ?? 0,
      },
    ],
  };
}

const description: Pick<Findings, "method" | "leavesOut"> = {
  method: [
    "The flow is made before the clock starts and lies in columns of integers; a run begins with a filled book.",
    "9 % limit orders, 3 % immediate-or-cancel, 6 % cancels, 82 % moves; a move cancels the order, places what was left of it again under a new id, and trades when it can.",
    "Ours finds orders by id, in an index and rows as large as the exchange has them by default.",
    "The package is told the same operations by modify, limit and cancel; its arguments are made before the clock starts. Its book has the same levels at the end of its part of the flow.",
    `The package is given the first ${packageOperationsMax} operations and the naive twin the first ${naiveOperationsMax}.`,
  ],
  leavesOut: [
    "Wallets, fees, checks and events: see exchange.",
    "Self-trades: buyers and sellers are different users, though ours looks.",
    "The price spread of a real market: these orders lie evenly over a thousand ticks of each side, where most of a real book is near the best price.",
  ],
};

function createFast(pool: OrderPool): Book {
  return new FastBook(pool);
}

function createNaive(pool: OrderPool): Book {
  return new NaiveBook(pool);
}

function filledBook(flow: OrderFlow, createBook: (pool: OrderPool) => Book): DrivenBook {
  const driven = new DrivenBook(createBook, standardParameters.limits.openOrdersMax);
  for (let at = 0; at < flow.fillLength; at += 1) driveBook(driven, flow, at);
  return driven;
}

function runOurs(flow: OrderFlow, end: number, createBook: (pool: OrderPool) => Book): Sample {
  const driven = filledBook(flow, createBook);
  const pieces = new Pieces();
  pieces.time(() => {
    for (let at = flow.fillLength; at < end; at += 1) driveBook(driven, flow, at);
    return end - flow.fillLength;
  });
  return pieces.sample;
}

function runPackage(operations: readonly PackageOperation[], fillLength: number): Sample {
  const peer = new OrderBook();
  for (const operation of operations.slice(0, fillLength)) drivePackage(peer, operation);
  const rest = operations.slice(fillLength);
  const pieces = new Pieces();
  pieces.time(() => {
    for (const operation of rest) drivePackage(peer, operation);
    return rest.length;
  });
  return pieces.sample;
}

function runLaps(flow: OrderFlow, stopwatch: Stopwatch): void {
  const driven = filledBook(flow, createFast);
  stopwatch.start();
  for (let at = flow.fillLength; at < flow.length; at += 1) {
    driveBook(driven, flow, at);
    if ((at + 1 - flow.fillLength) % batchOperations === 0) stopwatch.lap();
  }
}

/** A comparison of books that do different things would be worth nothing. */
function assertSameBooks(flow: OrderFlow, operations: readonly PackageOperation[]): void {
  const ours = new DrivenBook(createFast, standardParameters.limits.openOrdersMax);
  const peer = new OrderBook();
  for (const [at, operation] of operations.entries()) {
    driveBook(ours, flow, at);
    drivePackage(peer, operation);
  }
  if (depthOf(ours) !== packageDepth(peer)) throw new Error("the books are not the same");
}

/** As {@link packageDepth}. */
function depthOf(driven: DrivenBook): string {
  const pairs = (side: "buy" | "sell") =>
    driven.levels(side).map(({ price, quantity }) => [price, quantity]);
  return JSON.stringify([pairs("buy").reverse(), pairs("sell")]);
}

/** What the book looks like at the end of the flow. */
function shapeOf(flow: OrderFlow): Findings["figures"] {
  const driven = filledBook(flow, createFast);
  for (let at = flow.fillLength; at < flow.length; at += 1) driveBook(driven, flow, at);
  const levels = driven.levels("buy").length + driven.levels("sell").length;
  const orders = driven.resting.buy + driven.resting.sell;
  return [
    { what: "orders resting at the end", value: orders, unit: "orders" },
    { what: "their prices", value: levels, unit: "levels" },
    { what: "trades in a run", value: driven.trades, unit: "trades" },
  ];
}
