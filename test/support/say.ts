/** What programs of tests say to the test that has started them, and may kill them at any moment. */
import { writeSync } from "node:fs";

/** How long a full pipe is left alone, in milliseconds. */
const pauseMs = 1;
const nothing = new Int32Array(new SharedArrayBuffer(4));

/**
 * Says it whole before anything else is done: what waits in this process for a reader would be lost when it is killed.
 * A pipe that its reader has not emptied takes nothing for a moment.
 */
export function say(text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(nothing, 0, 0, pauseMs);
    }
  }
}
