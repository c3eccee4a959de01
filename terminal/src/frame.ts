/**
 * One queue for each animation frame. What comes from the network is kept by its store at once and shown here: many changes
 * between two frames become one drawing. A page that nobody sees draws nothing until it is seen again, so a queue holds tasks, each
 * once, and never messages.
 */
import { batch } from "@preact/signals";

/** What is to be done in the next frame, each once. Bounded by the number of different functions. */
const due = new Set<() => void>();
let isPlanned = false;

/**
 * Runs `apply` in the next animation frame, together with all others in one batch of signals. Asking again before the frame
 * changes nothing: hand over the same function each time, not a new one.
 */
export function onFrame(apply: () => void): void {
  due.add(apply);
  if (isPlanned) return;
  isPlanned = true;
  requestAnimationFrame(run);
}

function run(): void {
  isPlanned = false;
  const tasks = [...due];
  due.clear();
  batch(() => {
    for (const task of tasks) attempt(task);
  });
}

/** A task that fails harms none of its neighbours, and is seen as an error of the page. */
function attempt(task: () => void): void {
  try {
    task();
  } catch (error) {
    reportError(error);
  }
}
