/**
 * Connections that subscribe to exactly the same topics. What is published is noted once for all of
 * them, and those who have nothing else due share one piece of memory when it is written.
 */
import type { Due, Placed } from "./due.ts";

/** Connections with the same subscriptions. */
export class Cohort<Source, Member extends Placed> {
  readonly audiences: ReadonlySet<Source>;
  /** Whether its members take compressed frames. */
  readonly compresses: boolean;
  readonly members: Member[] = [];
  /** What is due to all members since the last flush. */
  due: Due<Source>[] = [];
  bytes = 0;

  constructor(audiences: ReadonlySet<Source>, compresses: boolean) {
    this.audiences = audiences;
    this.compresses = compresses;
  }

  /** Whether its members subscribe to just these audiences. */
  isFor(audiences: ReadonlySet<Source>, compresses: boolean): boolean {
    if (this.compresses !== compresses || this.audiences.size !== audiences.size) return false;
    for (const audience of audiences) if (!this.audiences.has(audience)) return false;
    return true;
  }

  join(member: Member): void {
    member.place = this.members.length;
    this.members.push(member);
  }

  leave(member: Member): void {
    const last = this.members.pop();
    if (last === undefined || last === member) return;
    // The last one takes the place that has become free.
    this.members[member.place] = last;
    last.place = member.place;
  }

  note(due: Due<Source>): void {
    this.due.push(due);
    this.bytes += due.frame.plain.length;
  }

  /** Hands over what is due, and starts with an empty list. */
  take(): readonly Due<Source>[] {
    const { due } = this;
    this.due = [];
    this.bytes = 0;
    return due;
  }
}
