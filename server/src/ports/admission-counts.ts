/** What admission counts with. Processes that let the same people in share the counts of a name. */
import type { ConnectionCounts } from "./connection-counts.ts";
import type { Quota } from "./quota.ts";

/** Makes counts, each by a name that is used once in a process. */
export interface AdmissionCounts {
  /** At most `allMax` connections at once, whoever has them. */
  connections(name: string, allMax: number): ConnectionCounts;
  quota(name: string): Quota;
}
