/** What a successful authentication yields. */
import type { Awaitable } from "../ports/awaitable.ts";
import type { WorkspaceLimits } from "../ports/key-store.ts";

/** A workspace's limits after the server's defaults have been filled in. */
export type Limits = WorkspaceLimits;

/** Proof that a caller showed a good key, and what it may do. */
export interface Grant {
  readonly workspace: string;
  /** Public id of the key, safe to log. */
  readonly keyId: string;
  readonly limits: Limits;
  /** Whether a dataset may be used. */
  mayUse(datasetCode: string): boolean;
}

/** Why somebody is not let in. */
export type AccessRefusal =
  | "missing-key"
  | "unknown-key"
  | "revoked-key"
  | "too-many-connections"
  | "too-many-calls"
  /** Nobody can be asked at present how many there are. */
  | "unavailable";

/** A grant that occupies one of the workspace's connections until it is released. */
export interface Admission {
  readonly grant: Grant;
  /** Gives the connection back; calling it again does nothing. */
  release(): void;
}

/** What can happen to an admitted connection from outside. */
export interface AdmissionEvents {
  /** The key was revoked. */
  revoked(): void;
  /** The workspace's limit is reached and the oldest connection has to go. */
  evicted(): void;
}

/** The read side of access that dialects use. */
export interface Doorkeeper {
  /**
   * Checks a key without occupying a connection; counts one REST call of its workspace. `address` is
   * where it was shown, for whoever watches refusals.
   */
  authenticate(
    key: string | undefined,
    nowMs: number,
    address?: string,
  ): Awaitable<Grant | AccessRefusal>;
  /** Checks a key and occupies one connection of its workspace. */
  admit(
    key: string | undefined,
    events: AdmissionEvents,
    nowMs: number,
    address?: string,
  ): Awaitable<Admission | AccessRefusal>;
}
