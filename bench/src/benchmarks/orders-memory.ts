/**
 * What a resting order costs in memory: the difference between processes that hold many orders and
 * few. A figure of one process would mostly be that of the run-time.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Aim, Benchmark, BenchmarkContext, Figure, Findings } from "../harness/benchmark.ts";
import { spread } from "../harness/statistics.ts";
import type { MemoryHeld } from "./orders-memory-program.ts";

/** Bytes that a resting order may take. */
const aimBytes = 200;

/** Few enough to weigh nothing, enough to have the compiler's work done. */
const fewOrders = 20_000;

/** Node's young generation is held small, because it grows with use whatever is kept. */
const flags = ["--expose-gc", "--min-semi-space-size=4", "--max-semi-space-size=4"];

/** The registry's entry. */
export const ordersMemory: Benchmark = {
  name: "orders-memory",
  summary: "bytes that a resting order takes, in processes of their own",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const orders = effort.isQuick ? 200_000 : 1_000_000;
  const plain = measureOrders(orders, { runs: effort.runs, ids: "no-ids", note });
  const named = measureOrders(orders, { runs: effort.runs, ids: "client-ids", note });
  return {
    method: [
      `Processes rest ${orders} and ${fewOrders} limit orders of 1,000 users in 6 markets, at up to 2,000 prices each; the figure is the difference over the number of orders more.`,
      "Resident memory is that of the whole process after collections, with the young generation held small; rows of orders lie outside the heap and count only there.",
      "The room for orders is the default one; rows that are not used are reserved and not resident.",
    ],
    parameters: { orders, fewOrders },
    packages: {},
    comparisons: [],
    latencies: [],
    figures: [...figuresOf("an order", plain), ...figuresOf("an order with a client id", named)],
    aims: [
      aimOf("a resting order, median", plain),
      aimOf("a resting order with a client order id of 20 characters, median", named),
    ],
    leavesOut: [
      "Events and what listens to them: read models and streams hold memory of their own.",
      "Users and their wallets, which are the same in both processes.",
      "Stop prices, which are kept in an index of their own.",
    ],
  };
}

/** Bytes of each order, run by run. */
interface BytesPerOrder {
  readonly resident: readonly number[];
  readonly heap: readonly number[];
}

function measureOrders(
  orders: number,
  { runs, ids, note }: { runs: number; ids: string; note: (text: string) => void },
): BytesPerOrder {
  const resident: number[] = [];
  const heap: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    note(`${orders} orders, ${ids}, run ${run + 1}`);
    const few = holding(fewOrders, ids);
    const many = holding(orders, ids);
    resident.push((many.resident - few.resident) / (orders - fewOrders));
    heap.push((many.heap - few.heap) / (orders - fewOrders));
  }
  return { resident, heap };
}

function holding(orders: number, ids: string): MemoryHeld {
  const program = join(import.meta.dirname, "orders-memory-program.ts");
  const output = execFileSync(process.execPath, [...flags, program, String(orders), ids]);
  return JSON.parse(output.toString()) as MemoryHeld;
}

function figuresOf(what: string, { resident, heap }: BytesPerOrder): readonly Figure[] {
  return [
    { what: `${what}, resident, smallest`, value: spread(resident).min, unit: "bytes" },
    { what: `${what}, resident, largest`, value: spread(resident).max, unit: "bytes" },
    { what: `${what}, of it in the heap, median`, value: spread(heap).median, unit: "bytes" },
  ];
}

function aimOf(what: string, { resident }: BytesPerOrder): Aim {
  const measured = spread(resident).median;
  return { what: `resident memory of ${what}`, unit: "bytes", atMost: aimBytes, measured };
}
