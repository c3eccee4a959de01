/** Which cohorts there are. */
import { fingerprint } from "./audience.ts";
import { Cohort } from "./cohort.ts";
import type { Outbox, OutboxCohort } from "./outbox.ts";

/** The cohorts of all connections that subscribe to anything. */
export class Cohorts {
  /** By fingerprint of their audiences; very rarely more than one has the same. */
  readonly #byFingerprint = new Map<number, OutboxCohort[]>();

  /** The cohort where a connection belongs by its subscriptions. */
  for({ audiences, compresses }: Outbox): OutboxCohort {
    const key = fingerprint(audiences);
    const candidates = this.#byFingerprint.get(key) ?? [];
    const known = candidates.find((cohort) => cohort.isFor(audiences, compresses));
    if (known !== undefined) return known;
    const cohort: OutboxCohort = new Cohort(audiences, compresses);
    this.#byFingerprint.set(key, [...candidates, cohort]);
    for (const audience of audiences) audience.add(cohort);
    return cohort;
  }

  /** Forgets a cohort without members. */
  forget(cohort: OutboxCohort): void {
    for (const audience of cohort.audiences) audience.remove(cohort);
    const key = fingerprint(cohort.audiences);
    const left = (this.#byFingerprint.get(key) ?? []).filter((other) => other !== cohort);
    if (left.length > 0) this.#byFingerprint.set(key, left);
    else this.#byFingerprint.delete(key);
  }
}
