/**
 * What the listeners of one state know, where that is sent in a rhythm and only when it has changed:
 * so that a newcomer is told the newest at once, and everybody each change once.
 */

/** A state as a newcomer is told it. */
export interface Told<State> {
  readonly state: State;
  /** Whether those who were there before are still to be told of it. */
  readonly isNews: boolean;
}

/** The listeners' knowledge of one state, which may not exist yet. */
export class PacedState<State> {
  readonly #isSame: (one: State, other: State) => boolean;
  #hasListeners = false;
  /** What all listeners know, but those who have joined since the last tick. */
  #known: State | undefined;
  /** What those who have joined since were told, where that is something else. */
  #news: State | undefined;

  /** `isSame` says which states need not be told twice. */
  constructor(isSame: (one: State, other: State) => boolean) {
    this.#isSame = isSame;
  }

  /** What a newcomer is told of the state as it is now; undefined while there is none. */
  join(now: State | undefined): Told<State> | undefined {
    const isFirst = !this.#hasListeners;
    this.#hasListeners = true;
    if (now === undefined) return undefined;
    if (isFirst) this.#known = now;
    if (this.#news === undefined && this.isKnown(now)) {
      return { state: this.#known ?? now, isNews: false };
    }
    if (this.#news === undefined || !this.#isSame(now, this.#news)) this.#news = now;
    return { state: this.#news, isNews: true };
  }

  /**
   * What everybody is to be told now; undefined when all know it. It is the same object that the last
   * newcomers were told, if that is still true: they need not be told again.
   */
  take(now: State | undefined): State | undefined {
    const news = this.#news;
    this.#news = undefined;
    this.#hasListeners = true;
    if (now === undefined || (news === undefined && this.isKnown(now))) return undefined;
    this.#known = news !== undefined && this.#isSame(now, news) ? news : now;
    return this.#known;
  }

  /** Nobody listens any more: the next one who does is told what is so then. */
  leave(): void {
    this.#hasListeners = false;
    this.#known = undefined;
    this.#news = undefined;
  }

  /** Whether all listeners have been told of a state, but for newcomers since the last tick. */
  isKnown(state: State): boolean {
    return this.#known !== undefined && this.#isSame(state, this.#known);
  }
}
