/**
 * How the engine's collector is told to treat new objects. It is set once, at the start of a program;
 * no library code touches it.
 */
import { setFlagsFromString } from "node:v8";

/** The engine's own name of the guess that is switched off. */
export const pretenuring = "allocation-site-pretenuring";

/**
 * Has every new object begin in the young generation. The engine would rather guess: where a burst,
 * such as the first commands after a start, let the objects of a line of code live long, it puts all
 * later objects of that line among the old ones. Commands and events live for milliseconds, but an old
 * object, though dead, keeps alive all that it refers to, and pauses of a hundred milliseconds follow.
 */
export function beginYoung(): void {
  setFlagsFromString(`--no-${pretenuring}`);
}
