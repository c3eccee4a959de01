/**
 * Released commands that wait, in order. They are taken in slices of so many events, however many a
 * single command has, so that nobody has to work on a large one without a pause.
 */
import type { Released } from "../ports/released.ts";

/** Some commands, the first and the last of which may be there in part. */
export interface Slice {
  readonly released: readonly Released[];
  /** Whether the next slice goes on with the last of these commands. */
  readonly isUnfinished: boolean;
}

/** A queue of commands with their events. Whoever fills it keeps it bounded. */
export class ReleasedQueue {
  #entries: Released[] = [];
  /** How many entries have been taken wholly, and how many events of the next one. */
  #taken = 0;
  #takenEvents = 0;
  #events = 0;

  /** Commands that wait, one that was taken in part included. */
  get length(): number {
    return this.#entries.length - this.#taken;
  }

  /** Events that wait. */
  get events(): number {
    return this.#events;
  }

  push(entry: Released): void {
    this.#entries.push(entry);
    this.#events += entry.events.length;
  }

  /** Takes the oldest events, at most so many; a command without any counts as one. */
  take(eventsMax: number): Slice {
    const released: Released[] = [];
    for (let room = eventsMax; room > 0; ) {
      const entry = this.#entries[this.#taken];
      if (entry === undefined) break;
      const part = this.#cut(entry, room);
      released.push(part);
      room -= Math.max(1, part.events.length);
    }
    this.#forgetTaken();
    return { released, isUnfinished: this.#takenEvents > 0 };
  }

  clear(): void {
    this.#entries = [];
    this.#taken = 0;
    this.#takenEvents = 0;
    this.#events = 0;
  }

  #cut(entry: Released, room: number): Released {
    const from = this.#takenEvents;
    const to = Math.min(entry.events.length, from + room);
    this.#events -= to - from;
    const isWhole = to === entry.events.length;
    this.#takenEvents = isWhole ? 0 : to;
    if (isWhole) this.#taken += 1;
    return isWhole && from === 0 ? entry : { ...entry, events: entry.events.slice(from, to) };
  }

  /** Under a load that never pauses the list must not keep what has long been taken. */
  #forgetTaken(): void {
    if (this.#taken * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#taken);
    this.#taken = 0;
  }
}
