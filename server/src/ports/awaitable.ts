/**
 * Answers that are there at once in one process, and have to be waited for where others are asked. Who
 * uses one goes on at once when it can, so that nothing else runs in between.
 */

/** A value, or the promise of one. */
export type Awaitable<Value> = Value | Promise<Value>;

/** Goes on with an answer: at once when it is there. */
export function whenThere<Value, Result>(
  answer: Awaitable<Value>,
  goOn: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return answer instanceof Promise ? answer.then(goOn) : goOn(answer);
}
