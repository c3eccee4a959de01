/**
 * What is true of a record that two nodes have changed. Each knows what it has, what all share, and, since it was
 * started, on what both last agreed. Who is disabled, and a key that is revoked, stays so unless somebody has
 * lifted that very ban: a node that was cut off or stopped meanwhile neither undoes a ban nor brings back one
 * that was lifted.
 */

/** What was taken back of a record, for nodes that do not know it yet. */
export interface Lifted {
  /** Times of bans that were lifted, newest last, in milliseconds since 1970. */
  readonly bans: readonly number[];
  /** Refusals that were taken back, by name. */
  readonly refusals: readonly string[];
}

/** Bans of one record that are remembered as lifted. */
const liftedBansMax = 16;

/** Nothing was taken back. */
export const nothingLifted: Lifted = { bans: [], refusals: [] };

/** A part of a record as each side has it. */
export interface Sides<Value> {
  /** What both agreed on last; undefined where that is not known. */
  readonly base: { readonly value: Value } | undefined;
  readonly mine: Value;
  readonly theirs: Value;
}

/** The time of a ban, or undefined without one, and what is lifted. */
export function mergeBan(
  { base, mine, theirs }: Sides<number | undefined>,
  lifted: Lifted,
): { readonly ban: number | undefined; readonly lifted: Lifted } {
  if (mine === undefined && theirs !== undefined) {
    // Only who has seen this very ban can have lifted it.
    if (base === undefined || base.value !== theirs) return { ban: theirs, lifted };
    const bans = [...lifted.bans, theirs].slice(-liftedBansMax);
    return { ban: undefined, lifted: { ...lifted, bans } };
  }
  if (mine !== undefined && theirs === undefined) {
    return { ban: lifted.bans.includes(mine) ? undefined : mine, lifted };
  }
  return { ban: theirs, lifted };
}

/** Names of what is refused, and what is lifted. */
export function mergeRefusals(
  { base, mine, theirs }: Sides<readonly string[]>,
  lifted: Lifted,
): { readonly refusals: readonly string[]; readonly lifted: Lifted } {
  const refusals: string[] = [];
  const taken = new Set(lifted.refusals);
  for (const name of new Set([...theirs, ...mine])) {
    const isMine = mine.includes(name);
    const isTheirs = theirs.includes(name);
    const wasBoth = base?.value.includes(name) ?? false;
    if (isMine && isTheirs) refusals.push(name);
    else if (isTheirs && wasBoth) taken.add(name);
    else if (isTheirs) refusals.push(name);
    else if (!taken.has(name) || (base !== undefined && !wasBoth)) refusals.push(name);
  }
  for (const name of refusals) taken.delete(name);
  return { refusals: refusals.sort(), lifted: { ...lifted, refusals: [...taken].sort() } };
}

/** A value that is replaced as a whole: who has changed it since both agreed, and else what all share. */
export function mergeValue<Value>(
  { base, mine, theirs }: Sides<Value>,
  isSame: (left: Value, right: Value) => boolean,
): Value {
  return base !== undefined && !isSame(mine, base.value) ? mine : theirs;
}
