/**
 * Connections that subscribe to exactly the same topics. What is published is noted once for all of
 * them, and those who have nothing else due share one piece of memory when it is written.
 */

import type { Frame } from "../ports/transport.ts";
import type { Audience } from "./audience.ts";
import type { Outbox } from "./outbox.ts";

/** What a client that is behind may be spared; see `Delivery` of the hub. */
export type Policy =
  | { readonly kind: "history" }
  | { readonly kind: "state"; readonly key: string }
  | { readonly kind: "changes"; readonly audience: Audience };

/** A frame that is due. */
export interface Due {
  readonly frame: Frame;
  readonly policy: Policy;
  /** How many were sent it: what waits of it is shared by them. */
  readonly sharedBy: number;
}

/** Connections with the same subscriptions. */
export class Cohort {
  readonly audiences: ReadonlySet<Audience>;
  /** Whether its members take compressed frames. */
  readonly compresses: boolean;
  readonly members: Outbox[] = [];
  /** What is due to all members since the last flush. */
  due: Due[] = [];
  bytes = 0;

  constructor(audiences: ReadonlySet<Audience>, compresses: boolean) {
    this.audiences = audiences;
    this.compresses = compresses;
  }

  /** Whether its members subscribe to just these audiences. */
  isFor(audiences: ReadonlySet<Audience>, compresses: boolean): boolean {
    if (this.compresses !== compresses || this.audiences.size !== audiences.size) return false;
    for (const audience of audiences) if (!this.audiences.has(audience)) return false;
    return true;
  }

  join(outbox: Outbox): void {
    outbox.place = this.members.length;
    this.members.push(outbox);
  }

  leave(outbox: Outbox): void {
    const last = this.members.pop();
    if (last === undefined || last === outbox) return;
    // Whoever was last takes the place that has become free.
    this.members[outbox.place] = last;
    last.place = outbox.place;
  }

  note(due: Due): void {
    this.due.push(due);
    this.bytes += due.frame.plain.length;
  }

  /** Hands over what is due, and begins anew. */
  take(): readonly Due[] {
    const { due } = this;
    this.due = [];
    this.bytes = 0;
    return due;
  }
}
