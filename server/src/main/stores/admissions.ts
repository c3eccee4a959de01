/**
 * What was let in, kept for the next start: unused tokens, and up to which time stamp signed requests
 * were taken. A disk that fails keeps nobody out; what is kept is then forgotten as soon as it can be.
 */
import { tokenLifeMs } from "../../access/one-time-tokens.ts";
import { StoreError } from "../../adapters/sqlite/file/store-error.ts";
import { openAdmissionStore } from "../../adapters/sqlite/stores/admission-store.ts";
import type { AdmissionStore, StoredToken } from "../../ports/admission-store.ts";
import type { Log } from "../../ports/log.ts";
import type { SignedStamps } from "../../ports/signed-stamps.ts";

/** Options of admissions. */
export interface AdmissionsOptions {
  readonly file: string;
  readonly log: Log;
  readonly wallMs: () => number;
  /** Time of the exchange's last command, in milliseconds; undefined when nobody ever gave it one. */
  readonly lastCommandMs: number | undefined;
}

/** The admissions of earlier processes, and of this one for the next. */
export class Admissions implements SignedStamps {
  /** Up to which time stamp an earlier process noted that it takes requests. */
  readonly #notedMs: number | undefined;
  /** When the exchange ran last, as far as is known, in milliseconds; undefined when it never did. */
  readonly #ranMs: number | undefined;
  readonly #store: AdmissionStore;
  readonly #options: AdmissionsOptions;
  #isStale = false;

  /** Opens the file; a `StoreError` says why it cannot be used. */
  constructor(options: AdmissionsOptions) {
    this.#options = options;
    this.#store = openAdmissionStore(options.file);
    this.#notedMs = this.#store.stampMs();
    const { wallMs, lastCommandMs } = options;
    this.#ranMs = lastCommandMs === undefined ? undefined : Math.max(wallMs(), lastCommandMs);
  }

  /** A file that does not know was lost with the machine, or is new on an exchange that is not. */
  floorMs(windowMs: number): number | undefined {
    if (this.#notedMs !== undefined) return this.#notedMs;
    return this.#ranMs === undefined ? undefined : this.#ranMs + windowMs;
  }

  /** Unused tokens; none is good for longer than a new one, whatever was done to the clock. */
  tokens(): readonly StoredToken[] {
    const latestMs = this.#options.wallMs() + tokenLifeMs;
    return this.#store
      .tokens()
      .map((token) => ({ ...token, expiresAtMs: Math.min(token.expiresAtMs, latestMs) }));
  }

  addToken(token: StoredToken): void {
    this.#write(() => this.#store.addToken(token));
  }

  removeToken(hash: string): void {
    this.#write(() => this.#store.removeToken(hash));
  }

  note(stampMs: number): void {
    this.#write(() => this.#store.noteStamp(stampMs));
  }

  close(): void {
    this.#store.close();
  }

  #write(change: () => void): void {
    try {
      // After a write that failed, what is kept is not what holds: nothing of it may be believed.
      if (this.#isStale) this.#store.clear();
      this.#isStale = false;
      change();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!this.#isStale) {
        this.#options.log.error("what was let in cannot be kept for the next start", {
          reason: error.message,
        });
      }
      this.#isStale = true;
    }
  }
}
