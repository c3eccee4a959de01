/** The registry: one line for each benchmark. */
import { barsFold } from "./benchmarks/bars-fold.ts";
import { book } from "./benchmarks/book.ts";
import { cluster } from "./benchmarks/cluster.ts";
import { commandLog } from "./benchmarks/command-log.ts";
import { connections } from "./benchmarks/connections.ts";
import { durable } from "./benchmarks/durable.ts";
import { encode } from "./benchmarks/encode.ts";
import { exchange } from "./benchmarks/exchange.ts";
import { fanoutBurst } from "./benchmarks/fanout-burst.ts";
import { fanoutTick } from "./benchmarks/fanout-tick.ts";
import { history } from "./benchmarks/history.ts";
import { historyTurns } from "./benchmarks/history-turns.ts";
import { hostile } from "./benchmarks/hostile.ts";
import { imports } from "./benchmarks/imports.ts";
import { indicators } from "./benchmarks/indicators.ts";
import { marketOpen } from "./benchmarks/market-open.ts";
import { orders } from "./benchmarks/orders.ts";
import { ordersMemory } from "./benchmarks/orders-memory.ts";
import { page } from "./benchmarks/page.ts";
import { reconnectStorm } from "./benchmarks/reconnect-storm.ts";
import { recovery } from "./benchmarks/recovery.ts";
import { replay } from "./benchmarks/replay.ts";
import { slowReaders } from "./benchmarks/slow-readers.ts";
import { soak } from "./benchmarks/soak.ts";
import { standstill } from "./benchmarks/standstill.ts";
import { sweep } from "./benchmarks/sweep.ts";
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
  history,
  historyTurns,
  imports,
  indicators,
  recovery,
  ordersMemory,
  orders,
  fanoutTick,
  fanoutBurst,
  marketOpen,
  sweep,
  standstill,
  slowReaders,
  connections,
  reconnectStorm,
  hostile,
  cluster,
  page,
  soak,
];
