/**
 * What waits for a client that is behind, in the order in which it will be sent. Of a state only the
 * newest of each key waits.
 *
 * A newer state is sent where the older one would have been, as long as nothing of its stream waits
 * behind that; else at the end. So what a client sees of one stream never goes back, and a state that
 * changes often is not put off for ever by the others.
 */
import type { Due } from "./due.ts";
import { formOf } from "./gatherer.ts";

/** What became of a frame: it waits, it waits instead of an older one, or there was no room for it. */
export type BacklogOutcome = "added" | "conflated" | "full";

/** The frames that one client has to wait for. */
export class Backlog<Source> {
  /** Its share of the waiting bytes, where several are sent the same. */
  share = 0;
  #bytes = 0;
  readonly #compresses: boolean;
  /** By numbers that only grow: a map keeps the order in which they were put in. */
  readonly #due = new Map<number, Due<Source>>();
  #next = 0;
  /** The number of each key's frame, and of the last frame of each source. */
  readonly #byKey = new Map<string, number>();
  readonly #lastOf = new Map<Source, number>();

  constructor(compresses: boolean) {
    this.#compresses = compresses;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Everything that waits, the first to be sent first. */
  inOrder(): Iterable<Due<Source>> {
    return this.#due.values();
  }

  /** Adds a frame, unless more than `bytesMax` would wait then. A conflated one always has room. */
  add(due: Due<Source>, bytesMax: number): BacklogOutcome {
    const { policy } = due;
    const known = policy.kind === "state" ? this.#byKey.get(policy.key) : undefined;
    if (known !== undefined) {
      this.#replace(known, due);
      return "conflated";
    }
    if (this.#bytes + this.#length(due) > bytesMax) return "full";
    this.#append(due);
    return "added";
  }

  #replace(number: number, due: Due<Source>): void {
    const older = this.#due.get(number)!;
    this.#count(older, -1);
    const isLast = due.source === undefined || this.#lastOf.get(due.source) === number;
    if (!isLast) {
      this.#due.delete(number);
      this.#append(due);
      return;
    }
    this.#due.set(number, due);
    this.#count(due, 1);
  }

  #append(due: Due<Source>): void {
    const { policy, source } = due;
    this.#next += 1;
    this.#due.set(this.#next, due);
    if (policy.kind === "state") this.#byKey.set(policy.key, this.#next);
    if (source !== undefined) this.#lastOf.set(source, this.#next);
    this.#count(due, 1);
  }

  #count(due: Due<Source>, sign: 1 | -1): void {
    const length = sign * this.#length(due);
    this.#bytes += length;
    this.share += length / due.sharedBy;
  }

  #length({ frame }: Due<Source>): number {
    return formOf(frame, this.#compresses).length;
  }
}
