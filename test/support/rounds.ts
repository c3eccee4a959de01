/**
 * How often random tests and tests of crashes repeat themselves: seldom in every run of all tests, and as often as it
 * takes to trust what changed when `OPENBOURSE_TEST_LONG` is 1.
 */

/** Whether the long form was asked for. */
export const isLong: boolean = process.env["OPENBOURSE_TEST_LONG"] === "1";

/** As many rounds as the form of this run has. */
export function rounds(short: number, long: number): number {
  return isLong ? long : short;
}
