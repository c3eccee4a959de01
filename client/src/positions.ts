/**
 * Positions of messages, as an openbourse tells them to those who ask (its docs/protocols/positions.md): which message is
 * the next of its stream, and from where a stream goes on after a loss.
 */

/** A place in a stream. Compare with {@link isAfter}. */
export interface Position {
  readonly seq: number;
  readonly tick: number;
  readonly ord: number;
}

/** A position, and the sequence of positions that it belongs to. */
export interface Place extends Position {
  readonly epoch: string;
}

/** What a message is in its stream: the next one, one that came before, or one before which something is missing. */
export type Verdict = "next" | "repeat" | "gap";

/** Most streams of which it is known what came last; of the oldest it is forgotten. */
const streamsMax = 50_000;

/** How often in a row a stream is asked for again from one place. */
export const mendsMax = 8;

/** Whether a position comes after another one of its epoch. */
export function isAfter(one: Position, other: Position): boolean {
  return (one.seq - other.seq || one.tick - other.tick || one.ord - other.ord) > 0;
}

/** The position among the fields of a message, as numbers or their texts; undefined where there is none. */
export function readPosition(fields: Readonly<Record<string, unknown>>): Position | undefined {
  const { tick = 0, ord = 0 } = fields;
  const [seq, ...others] = [fields["seq"], tick, ord].map(Number);
  if (fields["seq"] === undefined || ![seq, ...others].every(Number.isSafeInteger))
    return undefined;
  return { seq: seq ?? 0, tick: others[0] ?? 0, ord: others[1] ?? 0 };
}

/** The place among the fields of a message; undefined where there is none. */
export function readPlace(fields: Readonly<Record<string, unknown>>): Place | undefined {
  const position = readPosition(fields);
  const { epoch } = fields;
  return position !== undefined && typeof epoch === "string" ? { epoch, ...position } : undefined;
}

interface Following {
  held: Position | undefined;
  /** From where it was resumed last. */
  since: Position | undefined;
  /** It is being asked for again, and what comes before the answer is of no use. */
  isMending: boolean;
  /** How often it was, since its last message that was next. */
  mends: number;
}

/** Where the streams of one source are. */
export class Positions {
  #whole: Place | undefined;
  readonly #streams = new Map<string, Following>();

  /** Everything of every stream up to here has come; undefined where the server tells no positions. */
  get whole(): Place | undefined {
    return this.#whole;
  }

  /**
   * A reply named a place of the source; that of another epoch means that nothing known counts any more. Another
   * server of the same source may not have got as far as the one before: then no more is whole than it has told.
   */
  replied(place: Place): void {
    if (this.#whole?.epoch === place.epoch) {
      if (isAfter(this.#whole, place)) this.#whole = place;
      return;
    }
    this.#whole = place;
    this.#streams.clear();
  }

  /** The server says that everything up to here has been sent. */
  told(place: Place): void {
    if (this.#whole !== undefined && place.epoch !== this.#whole.epoch) return;
    if (this.#whole === undefined || isAfter(place, this.#whole)) this.#whole = place;
  }

  /** A stream begins with whatever comes next. */
  begin(stream: string): void {
    this.#streams.delete(stream);
  }

  /** Known streams whose names begin so; of others nothing is held, so that they begin by themselves. */
  known(prefix: string): readonly string[] {
    return [...this.#streams.keys()].filter((stream) => stream.startsWith(prefix));
  }

  /** The connection is lost, and what was asked on it is not answered. */
  lost(): void {
    for (const following of this.#streams.values()) following.isMending = false;
  }

  /** Whether a stream is being asked for again. */
  isMending(stream: string): boolean {
    return this.#streams.get(stream)?.isMending === true;
  }

  /** A stream goes on after a place. */
  resume(stream: string, since: Position): void {
    const following = this.#streams.get(stream) ?? begun(undefined);
    this.#note(stream, following);
    following.since = since;
    following.isMending = false;
  }

  /**
   * A stream is asked for again; gives the last place of it that is known. Undefined where it has to begin anew, as
   * asking from one place is of no use any more.
   */
  mend(stream: string): Place | undefined {
    const following = this.#streams.get(stream);
    if (following === undefined || this.#whole === undefined) return undefined;
    if (!following.isMending) following.mends += 1;
    following.isMending = true;
    if (following.mends > mendsMax) return undefined;
    const { held, since } = following;
    const last = held === undefined || (since !== undefined && isAfter(since, held)) ? since : held;
    if (last === undefined) return undefined;
    const place = { epoch: this.#whole.epoch, ...last };
    // What is missing after it is not there yet, whatever the server has told.
    if (isAfter(this.#whole, place)) this.#whole = place;
    return place;
  }

  /** What a message is; one that is next counts as taken. Messages without a position are all next. */
  take(stream: string, fields: Readonly<Record<string, unknown>>): Verdict {
    const position = readPosition(fields);
    if (position === undefined) return "next";
    const following = this.#streams.get(stream);
    if (following === undefined) {
      this.#note(stream, begun(position));
      return "next";
    }
    const verdict = following.isMending ? "repeat" : verdictOf(position, following, fields["prev"]);
    if (verdict !== "next") return verdict;
    following.held = position;
    following.mends = 0;
    return "next";
  }

  #note(stream: string, following: Following): void {
    this.#streams.set(stream, following);
    const [oldest] = this.#streams.keys();
    if (this.#streams.size > streamsMax && oldest !== undefined) this.#streams.delete(oldest);
  }
}

function begun(held: Position | undefined): Following {
  return { held, since: undefined, isMending: false, mends: 0 };
}

function verdictOf(position: Position, { held, since }: Following, prev: unknown): Verdict {
  const previous =
    typeof prev === "object" && prev !== null ? readPosition({ ...prev }) : undefined;
  // Without one it is whole in itself, and perhaps told once more.
  if (previous === undefined) {
    return held !== undefined && isAfter(held, position) ? "repeat" : "next";
  }
  if (held !== undefined && !isAfter(position, held)) return "repeat";
  const known = [held, since].filter((each) => each !== undefined);
  return known.length > 0 && known.every((each) => isAfter(previous, each)) ? "gap" : "next";
}
