/** Something that is asked for until it comes, with longer and longer waits; what went wrong and when it is tried again is told. */

/** What came of it so far. Times are milliseconds since 1970. */
export type Loading =
  | { readonly is: "loading" }
  | { readonly is: "ready" }
  | { readonly is: "failed"; readonly text: string; readonly retryAtMs: number };

const waitMsMin = 1_000;
const waitMsMax = 30_000;

/** What is asked for. */
export interface LoadTask<T> {
  ask(): Promise<T>;
  done(result: T): void;
  /** Told of each state. */
  tell(state: Loading): void;
}

/** Asks until it succeeds or the returned function is called. */
export function load<T>(task: LoadTask<T>): () => void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const attempt = async (waitMs: number): Promise<void> => {
    try {
      const result = await task.ask();
      if (isOver) return;
      task.done(result);
      task.tell({ is: "ready" });
    } catch (error) {
      if (isOver) return;
      const text = error instanceof Error ? error.message : String(error);
      task.tell({ is: "failed", text, retryAtMs: Date.now() + waitMs });
      timer = setTimeout(() => void attempt(Math.min(waitMs * 2, waitMsMax)), waitMs);
    }
  };
  task.tell({ is: "loading" });
  void attempt(waitMsMin);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
