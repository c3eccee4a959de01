/**
 * Sums of lots that never lose a digit: a number while that is exact, a bigint beyond it. They are
 * kept in one form only, so that equal sums are equal by `===`.
 */

const safeMax = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * The exact sum of two integers, of which one may be negative while the sum is not: a number where
 * it is a safe integer, else a bigint.
 */
export function plusExactly(left: number | bigint, right: number | bigint): number | bigint {
  if (typeof left === "number" && typeof right === "number") {
    const sum = left + right;
    // A rounded sum within the safe range is the true sum.
    if (sum <= Number.MAX_SAFE_INTEGER) return sum;
  }
  const sum = BigInt(left) + BigInt(right);
  return sum <= safeMax ? Number(sum) : sum;
}
