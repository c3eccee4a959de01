/** One message at a time to many sockets: what a system call for each of them costs. */
import type { Benchmark } from "../harness/benchmark.ts";
import { runGrid } from "./fanout-grid.ts";

/** The registry's entry. */
export const fanoutTick: Benchmark = {
  name: "fanout-tick",
  summary: "1 topic to 500 sockets, one message a flush, beside peers and the limit in C",
  run: (context) =>
    runGrid(context, {
      title: "one message a flush",
      flushes: 200,
      quickFlushes: 50,
      intervalMs: 20,
      messages: 1,
      aims: { "C:": 1.5, "ws:": 0.75 },
    }),
};
