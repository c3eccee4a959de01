/** Work that is done for whoever asks, and whose result is good for a while. */

/** How long a result is handed out, in milliseconds. */
export const resultLifeMs = 1_000;

/**
 * Hands out the same result for {@link resultLifeMs} after it was asked for, so that however many ask,
 * it is made once in that time. A failure is not kept.
 */
export function onceASecond<Result>(
  monotonicMs: () => number,
  make: () => Promise<Result>,
): () => Promise<Result> {
  let made: { readonly atMs: number; readonly result: Promise<Result> } | undefined;
  return () => {
    const nowMs = monotonicMs();
    if (made !== undefined && nowMs - made.atMs < resultLifeMs) return made.result;
    const result = make();
    made = { atMs: nowMs, result };
    result.catch(() => {
      if (made?.result === result) made = undefined;
    });
    return result;
  };
}
