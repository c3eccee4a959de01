/**
 * The account of trades that a feed had and that are in no bar: how many of which kind, and where the
 * first of each kind was. It decides nothing.
 */

/** Why a trade is in no bar; for `duplicate` it is in one already. */
export type UnusedKind = "late" | "early" | "duplicate" | "malformed" | "outlying" | "skipped";

/** All kinds, in the order in which they are told. */
export const unusedKinds: readonly UnusedKind[] = [
  "late",
  "early",
  "duplicate",
  "malformed",
  "outlying",
  "skipped",
];

/** Kinds of which nothing is missing: a duplicate is counted once, and what is skipped is no trade of the market. */
const harmless: ReadonlySet<UnusedKind> = new Set(["duplicate", "skipped"]);

/** The account of one feed. */
export class UnusedTrades {
  readonly counts: Readonly<Record<UnusedKind, number>>;
  readonly #counts: Record<UnusedKind, number> = {
    late: 0,
    early: 0,
    duplicate: 0,
    malformed: 0,
    outlying: 0,
    skipped: 0,
  };
  readonly #firstPlaces = new Map<UnusedKind, string>();

  constructor() {
    this.counts = this.#counts;
  }

  /** Adds trades; `place` says where the first of them was. */
  add(kind: UnusedKind, by: number, place: string | undefined): void {
    this.#counts[kind] += by;
    if (place !== undefined && !this.#firstPlaces.has(kind)) this.#firstPlaces.set(kind, place);
  }

  /** Whether the next trade of this kind would be the first whose place is known. */
  wantsPlace(kind: UnusedKind): boolean {
    return !this.#firstPlaces.has(kind);
  }

  /** Trades of all kinds. */
  get total(): number {
    return this.#counted().reduce((sum, kind) => sum + this.#counts[kind], 0);
  }

  /** Trades that are missing from the bars. */
  get missing(): number {
    const missing = this.#counted().filter((kind) => !harmless.has(kind));
    return missing.reduce((sum, kind) => sum + this.#counts[kind], 0);
  }

  /** How many there are of each kind of which there are any. */
  get found(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counted().map((kind) => [kind, this.#counts[kind]]));
  }

  /** In words, with the place of the first of each kind; empty when there are none. */
  get words(): string {
    const told = (kind: UnusedKind) => {
      const place = this.#firstPlaces.get(kind);
      return `${this.#counts[kind]} ${kind}${place === undefined ? "" : ` (first: ${place})`}`;
    };
    return this.#counted().map(told).join(", ");
  }

  #counted(): readonly UnusedKind[] {
    return unusedKinds.filter((kind) => this.#counts[kind] > 0);
  }
}
