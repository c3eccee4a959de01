/** What the fan-out benchmarks say of themselves, and how their aims are judged. */
import type { Aim, Comparison } from "../harness/benchmark.ts";
import { pairRatios } from "../harness/statistics.ts";

/** How it is measured. */
export const fanoutMethod: readonly string[] = [
  "Every contender is a server in a process of its own with clients of its own, all started before the first run; they publish in turn, the same load each.",
  "CPU is user and system time of the server's process, all threads, from the first message to the arrival of the last one at the last client. It contains the making of the texts.",
  "The flushes are due on a fixed grid, so messages/s of wall time is the load that was asked for wherever it could be kept up; messages/s of CPU is what one core would deliver.",
  "Every message has the time in it at which its flush began; clients look at their clock once for each read. A run counts only when every client has received every message.",
  "Clients do no more than count frames and find that time. Their busiest run is stated: far from a whole core they are not what limits a server.",
];

/** What is not in the figures. */
export const fanoutLeavesOut: readonly string[] = [
  "A network: everything runs over the loopback interface, where sending does the receiver's work in the kernel as well.",
  "TLS and compression.",
  "Encoding: texts are made once per message for every contender.",
];

/** Aims for the first contender's CPU for a message over that of others, named by how they begin. */
export function ratioAims(
  comparison: Comparison,
  atMost: Readonly<Record<string, number>>,
): readonly Aim[] {
  const [ours] = comparison.contenders;
  return Object.entries(atMost).flatMap(([prefix, bound]) => {
    const peer = comparison.contenders.find(({ name }) => name.startsWith(prefix));
    if (ours === undefined || peer === undefined) return [];
    const cost = ({ samples }: typeof ours) => samples.map(({ cpuMs, units }) => cpuMs / units);
    return {
      what: `CPU for a delivered message over that of ${peer.name}`,
      unit: "times",
      atMost: bound,
      measured: pairRatios(cost(ours), cost(peer)).median,
    };
  });
}
