/** What went wrong, in words of whoever said it. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
