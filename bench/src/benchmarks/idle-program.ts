/**
 * A thread or a process that only waits, a millisecond at a time. Asked for it, it answers with the most
 * processor time, in milliseconds, that it was charged with between two turns since it was asked before: what
 * the machine takes from whoever runs, and in a thread also what the others of its process take.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parentPort } from "node:worker_threads";

/** The first turns compile what the rest only runs. */
const turnsToWarmUp = 100;

let longestMs = 0;

function answer(): void {
  if (parentPort === null) process.send?.(longestMs);
  else parentPort.postMessage(longestMs);
  longestMs = 0;
}

if (parentPort === null) process.on("message", answer).on("disconnect", () => process.exit());
else parentPort.on("message", answer);

let usage = process.threadCpuUsage();
for (let turn = 0; ; turn += 1) {
  await delay(1);
  const { user, system } = process.threadCpuUsage(usage);
  usage = process.threadCpuUsage();
  if (turn >= turnsToWarmUp) longestMs = Math.max(longestMs, (user + system) / 1_000);
}
