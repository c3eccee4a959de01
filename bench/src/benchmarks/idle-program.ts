/**
 * A thread or a process that only waits, a millisecond at a time. Asked for it, it answers with the most
 * processor time, in milliseconds, that it was charged with between two turns since it was asked before: what
 * the machine takes from whoever runs, and in a thread also what the others of its process take.
 *
 * Started as a process with the argument `busy` it also computes the same in each turn, and its usual turn is taken
 * out: whoever runs for longer is charged with more of what the machine takes than whoever only wakes up.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parentPort } from "node:worker_threads";

/** The first turns compile what the rest only runs. */
const turnsToWarmUp = 100;

const isBusy = parentPort === null && process.argv[2] === "busy";
/** Steps of a computation that take about a third of a millisecond. */
const stepsOfTurn = isBusy ? 100_000 : 0;

let longestMs = 0;
let state = 1;

function compute(): void {
  for (let step = 0; step < stepsOfTurn; step += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
}

function answer(): void {
  if (parentPort === null) process.send?.(longestMs);
  else parentPort.postMessage(longestMs);
  longestMs = 0;
}

if (parentPort === null) process.on("message", answer).on("disconnect", () => process.exit());
else parentPort.on("message", answer);

const first: number[] = [];
let usualMs = 0;

/** The middle one of the first turns. */
function usualOf(turnMs: number): number {
  first.push(turnMs);
  return first.toSorted((left, right) => left - right)[first.length >> 1] ?? 0;
}

let usage = process.threadCpuUsage();
for (let turn = 0; ; turn += 1) {
  await delay(1);
  compute();
  const { user, system } = process.threadCpuUsage(usage);
  usage = process.threadCpuUsage();
  if (turn < turnsToWarmUp) continue;
  const turnMs = (user + system) / 1_000;
  if (isBusy && turn < 2 * turnsToWarmUp) usualMs = usualOf(turnMs);
  longestMs = Math.max(longestMs, turnMs - usualMs);
}
