/**
 * A thread that only waits, a millisecond at a time, and answers at its end with the most processor time, in
 * milliseconds, that it was charged with between two turns: what the machine takes from whoever runs.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parentPort } from "node:worker_threads";

let isOver = false;
parentPort?.once("message", () => {
  isOver = true;
});

// The first turns compile what the rest only runs.
const turnsToWarmUp = 100;
let longestMs = 0;
let usage = process.threadCpuUsage();
for (let turn = 0; !isOver; turn += 1) {
  await delay(1);
  const { user, system } = process.threadCpuUsage(usage);
  usage = process.threadCpuUsage();
  if (turn >= turnsToWarmUp) longestMs = Math.max(longestMs, (user + system) / 1_000);
}
parentPort?.postMessage(longestMs);
