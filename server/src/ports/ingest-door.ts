/** Who may push to a dataset. */
import type { Awaitable } from "./awaitable.ts";

/** Why somebody may not. */
export type IngestRefusal = "missing-key" | "unknown-key" | "revoked-key" | "wrong-scope";

/** Lets producers in. */
export interface IngestDoor {
  /** Why this key may not push to the dataset; undefined when it may. `address` is where it was shown. */
  admit(
    key: string | undefined,
    dataset: string,
    nowMs: number,
    address?: string,
  ): Awaitable<IngestRefusal | undefined>;
}
