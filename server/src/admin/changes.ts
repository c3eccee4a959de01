/** What a change changed, for people and for the log. */

/** One value that is another one now. */
export interface Change {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

/** The values of a record that differ afterwards, in its order. */
export function changesBetween<Values extends object>(
  before: Values,
  after: Values,
): readonly Change[] {
  return (Object.keys(before) as (keyof Values & string)[])
    .filter((name) => String(before[name]) !== String(after[name]))
    .map((name) => ({ what: name, from: String(before[name]), to: String(after[name]) }));
}
