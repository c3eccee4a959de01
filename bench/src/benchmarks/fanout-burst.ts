/** A hundred messages at once to many sockets, as at the boundary of a second: what copying costs. */
import type { Benchmark } from "../harness/benchmark.ts";
import { runGrid } from "./fanout-grid.ts";

/** The registry's entry. */
export const fanoutBurst: Benchmark = {
  name: "fanout-burst",
  summary: "100 topics at once to 500 sockets, beside peers and the limit in C",
  run: (context) =>
    runGrid(context, {
      title: "100 messages a flush",
      flushes: 32,
      quickFlushes: 5,
      intervalMs: 250,
      messages: 100,
      aims: { "C:": 1.3, "uWebSockets:": 0.25, "ws:": 0.04 },
    }),
};
