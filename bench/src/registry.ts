/** The registry: one line for each benchmark. */
import { barsFold } from "./benchmarks/bars-fold.ts";
import { book } from "./benchmarks/book.ts";
import { commandLog } from "./benchmarks/command-log.ts";
import { durable } from "./benchmarks/durable.ts";
import { encode } from "./benchmarks/encode.ts";
import { exchange } from "./benchmarks/exchange.ts";
import { orders } from "./benchmarks/orders.ts";
import { ordersMemory } from "./benchmarks/orders-memory.ts";
import { recovery } from "./benchmarks/recovery.ts";
import { replay } from "./benchmarks/replay.ts";
import type { Benchmark } from "./harness/benchmark.ts";

/** All benchmarks, in the order of the list. */
export const benchmarks: readonly Benchmark[] = [
  barsFold,
  replay,
  encode,
  book,
  exchange,
  durable,
  commandLog,
  recovery,
  ordersMemory,
  orders,
];
