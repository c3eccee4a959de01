/**
 * A thread that only waits, as a watched one does between its turns, and tells the most processor time, in milliseconds,
 * that it was charged with between two looks: what the machine takes from whoever runs.
 */
import { parentPort } from "node:worker_threads";

/** Between two looks, in milliseconds. */
const lookEveryMs = 1;

let longestUs = 0;
let lastUs = 0;

function look(): void {
  const { user, system } = process.threadCpuUsage();
  longestUs = Math.max(longestUs, user + system - lastUs);
  lastUs = user + system;
}

parentPort?.on("message", (message) => {
  look();
  if (message === "begin") longestUs = 0;
  else parentPort?.postMessage(longestUs / 1_000);
});
setInterval(look, lookEveryMs);
