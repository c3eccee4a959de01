/**
 * Assertions that stay on in production. A failed assertion is a bug in openbourse, never bad input:
 * bad input is answered with a value.
 */

/** Raised when an invariant of the program itself does not hold. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stops the program's current turn when `condition` does not hold. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new AssertionError(`invariant violated: ${invariant}`);
}

/** Marks the branch that a closed union makes impossible; the compiler rejects it when a case is missing. */
export function ensureNever(value: never): never {
  throw new AssertionError(`unexpected case: ${inWords(value)}`);
}

/** JSON has no bigint; a value that it cannot write in another way is written as a text. */
function inWords(value: unknown): string {
  try {
    return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part));
  } catch {
    return String(value);
  }
}
