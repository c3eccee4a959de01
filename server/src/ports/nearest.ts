/** Suggests the word that was probably meant, for messages about unknown names. */

/** The known word that differs in the fewest letters, if it is close enough to be a slip. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const scored = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((left, right) => left.distance - right.distance);
  const [best] = scored;
  return best !== undefined && best.distance <= Math.max(2, word.length / 2)
    ? best.candidate
    : undefined;
}

function editDistance(from: string, to: string): number {
  const [left, right] = [from.toLowerCase(), to.toLowerCase()];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
