/** Makes one thing of many that happen in the same turn. */

/** What plans a task for when the turn is over: once, however often it is called until then. */
export function onceATurn(task: () => void): () => void {
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    void Promise.resolve().then(() => {
      isPlanned = false;
      task();
    });
  };
}
