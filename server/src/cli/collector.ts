/**
 * How the engine's collector is told to treat memory: once, by a program that has the process to itself, and no earlier than
 * when its work begins. What is loaded afterwards is compiled from its source, Node's own modules in each thread among it: the
 * engine takes nothing that was compiled and kept under other settings.
 */
import { flushCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

/** The engine's own name of the guess that is switched off. */
export const pretenuring = "allocation-site-pretenuring";

/** The engine's own name of how much the old generation grows between two collections. */
export const growth = "heap-growing-percent";

/** The engine's own name of how much the young generation grows at once. */
export const youngGrowth = "semi-space-growth-factor";

/** The young generation grows from its smallest size to about 32 MiB a half in one step. */
const youngGrowthFactor = 16;

/** The old generation is collected when it is three times as large as what was left of it last time. */
const growthPercent = 200;

let isOwn = false;
let isTuned = false;

/** Says that the process is the program's own: until then nothing is tuned, as where a test runs a command. */
export function ownProcess(): void {
  isOwn = true;
}

/**
 * Has every new object begin in the young generation, and the old one collected seldom.
 *
 * The engine would rather guess where an object belongs: where a burst, such as the first commands
 * after a start, let the objects of a line of code live long, it puts all later objects of that line
 * among the old ones. Commands and events live for milliseconds, but an old object, though dead, keeps
 * alive all that it refers to, and pauses of a hundred milliseconds follow.
 *
 * And it would rather save memory: a server under steady load lets its old generation grow by a fifth,
 * and stands still for 10 to 20 milliseconds every two seconds to make it that small again.
 *
 * And it would double the young generation step by step: a large command then has its events copied at
 * each of the steps while it makes them.
 */
export function tuneCollector(): void {
  if (!isOwn || isTuned) return;
  isTuned = true;
  // Kept now, what was compiled until here is of use to the next start.
  flushCompileCache();
  setFlagsFromString(`--no-${pretenuring}`);
  setFlagsFromString(`--${growth}=${growthPercent}`);
  setFlagsFromString(`--${youngGrowth}=${youngGrowthFactor}`);
}
