/**
 * How a stream whose server tells positions goes on where it stopped: what is asked for from where, and which message is
 * the next. Without positions everything begins anew, and every message is the next one.
 */
import { type Place, Positions, readPlace, type Verdict } from "./positions.ts";

/** What is special about a protocol's channels. */
export interface GoingOnRules<Channel extends string> {
  /** Whether something is lost with a message; where not, the newest state is all there is. */
  isResumable(channel: Channel): boolean;
  /** Whether a name goes on although it is resumable, where that depends on more. */
  canGoOn?(channel: Channel, name: string): boolean;
  /** The name that means all others. */
  readonly everything?: string;
  /** The stream that a name belongs to; each name is one by itself when left out. */
  streamOf?(channel: Channel, name: string): string;
}

/** Names that are asked for together. */
export interface Asking {
  readonly names: readonly string[];
  /** From where they go on; undefined for those that begin. */
  readonly since: Place | undefined;
}

/** What a reply to a subscribe says beside `data`. */
export type ReplyFields = Readonly<Record<string, unknown>>;

/** See the head of the file. */
export class GoingOn<Channel extends string> {
  readonly #rules: GoingOnRules<Channel>;
  readonly #positions = new Positions();
  /** What the server has sent, or would have, by channel and name; bounded by what is subscribed to. */
  readonly #followed = new Set<string>();
  /** Those of before a loss that do not go on yet, and those that are mended: of these the server's word about all does not hold. */
  readonly #owed = new Set<string>();
  #resumes = 0;

  constructor(rules: GoingOnRules<Channel>) {
    this.#rules = rules;
  }

  /** Streams that went on without a gap where they had stopped. */
  get resumes(): number {
    return this.#resumes;
  }

  /** Whether the server has told a position. */
  get tellsPositions(): boolean {
    return this.#positions.whole !== undefined;
  }

  /** Parts names into those that go on, where it is so, and those that begin. */
  ask(channel: Channel, names: readonly string[]): readonly Asking[] {
    const since = this.#positions.whole;
    const rules = this.#rules;
    const goesOn = (name: string) =>
      since !== undefined &&
      rules.isResumable(channel) &&
      this.#followed.has(keyOf(channel, name)) &&
      rules.canGoOn?.(channel, name) !== false;
    const old = names.filter(goesOn);
    const fresh = names.filter((name) => !goesOn(name));
    for (const name of fresh) {
      this.#owed.delete(keyOf(channel, name));
      this.#begin(channel, name);
    }
    return [
      { names: old, since },
      { names: fresh, since: undefined },
    ].filter((asking) => asking.names.length > 0);
  }

  /** Takes in the reply to a subscribe; gives the names of which something is lost. */
  replied(channel: Channel, asking: Asking, fields: ReplyFields): readonly string[] {
    const { names, since } = asking;
    const place = readPlace(fields);
    if (place !== undefined) this.#positions.replied(place);
    for (const name of names) {
      this.#settle(channel, name);
      this.#followed.add(keyOf(channel, name));
    }
    const lost = this.#lostOf(channel, asking, fields);
    for (const name of lost) this.#begin(channel, name);
    if (since === undefined) return lost;
    for (const name of names) {
      if (lost.includes(name)) continue;
      for (const stream of this.#streamsOf(channel, name)) this.#positions.resume(stream, since);
      this.#resumes += 1;
    }
    return lost;
  }

  /** Names are not subscribed to any more. */
  forget(channel: Channel, names: readonly string[]): void {
    for (const name of names) {
      this.#owed.delete(keyOf(channel, name));
      this.#followed.delete(keyOf(channel, name));
    }
  }

  /** What a message about a name is. */
  take(channel: Channel, name: string, fields: ReplyFields): Verdict {
    return this.#positions.take(this.#streamOf(channel, name), fields);
  }

  /** The connection is lost. */
  lost(): void {
    this.#positions.lost();
    for (const key of this.#followed) this.#owed.add(key);
  }

  /** The server says up to where it has sent everything. */
  told(fields: ReplyFields): void {
    const place = readPlace(fields);
    if (place !== undefined && this.#owed.size === 0) this.#positions.told(place);
  }

  #begin(channel: Channel, name: string): void {
    for (const stream of this.#streamsOf(channel, name)) this.#positions.begin(stream);
  }

  /** A name is answered for; with the one that means all, also those that were mended by themselves under it. */
  #settle(channel: Channel, name: string): void {
    this.#owed.delete(keyOf(channel, name));
    if (name !== this.#rules.everything) return;
    for (const key of this.#owed) if (key.startsWith(keyOf(channel, ""))) this.#owed.delete(key);
  }

  /** A stream with a gap is asked for again, from where this says; anew where that is undefined. */
  mend(channel: Channel, name: string): Place | undefined {
    const place = this.#positions.mend(this.#streamOf(channel, name));
    if (place !== undefined) this.#owed.add(keyOf(channel, name));
    return place;
  }

  /**
   * What `lost` names; everything where the server says that something is and not what. Of names that begin, those that
   * were mended in vain.
   */
  #lostOf(
    channel: Channel,
    { names, since }: Asking,
    { recovered, lost }: ReplyFields,
  ): readonly string[] {
    if (since === undefined)
      return names.filter((name) => this.#positions.isMending(this.#streamOf(channel, name)));
    if (recovered === true) return [];
    if (!Array.isArray(lost)) return names;
    const { everything } = this.#rules;
    const all = everything !== undefined && names.includes(everything) ? [everything] : [];
    return [...lost.map(String), ...all];
  }

  /** The stream of a name; with the one that means all, those that are known. */
  #streamsOf(channel: Channel, name: string): readonly string[] {
    if (name === this.#rules.everything) return this.#positions.known(keyOf(channel, ""));
    return [this.#streamOf(channel, name)];
  }

  #streamOf(channel: Channel, name: string): string {
    return this.#rules.streamOf?.(channel, name) ?? keyOf(channel, name);
  }
}

function keyOf(channel: string, name: string): string {
  return `${channel}|${name}`;
}
