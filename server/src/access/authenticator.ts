/**
 * Checks signed requests of users. Users are read once and again when the store has changed, so one
 * who was disabled, by whichever process, is refused from the next refresh on. It tells a caller who
 * cannot sign nothing beyond whether the user exists, and no secret is in anything that it returns.
 */
import type { Secrets } from "../ports/secrets.ts";
import type { UserRecord, UserStore } from "../ports/user-store.ts";
import type { Vault } from "../ports/vault.ts";
import type {
  Authenticator,
  Credentials,
  Identity,
  SignatureRefusal,
  SignedMessage,
} from "./identity.ts";
import { KeyRing, type KnownUser } from "./key-ring.ts";
import { MinuteQuota } from "./minute-quota.ts";
import { ReplayGuard } from "./replay-guard.ts";
import { hasMd5Signature, hmacSignature, type Stamp } from "./signature.ts";
import { identityOf } from "./users.ts";

/** How far a time stamp may be from our clock, in milliseconds, when nobody said otherwise. */
export const defaultWindowMs = 5_000;

/** Longest text that is looked at as a user id or a signature; good ones have 36, 32 and 64. */
export const credentialLengthMax = 256;

const userIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Few enough digits for a safe integer. */
const timestampPattern = /^[0-9]{1,15}$/;
/** Visible ASCII: above all no line feed, which ends a part of what is signed. */
const noncePattern = /^[!-~]{0,64}$/;

/** What an authenticator works with. */
export interface AuthenticatorOptions {
  readonly store: UserStore;
  readonly vault: Vault;
  readonly secrets: Secrets;
  /** How far a time stamp may be from our clock, in milliseconds; 5,000 when left out. */
  readonly windowMs?: number | undefined;
  /**
   * Wall time in milliseconds, which time stamps are compared with; the time that is passed in when
   * left out. That one is for rates, and does not notice when the wall clock is set.
   */
  readonly wallMs?: (() => number) | undefined;
  /** Signed requests of one user in a minute; no limit when left out. */
  readonly callsPerMinuteMax?: number | undefined;
  /** Whether requests signed with MD5 are taken; they are when it is left out. */
  readonly takesMd5?: boolean | undefined;
  /**
   * Told, for the log, the id of a user whose key was sealed under another master key. His requests
   * are refused as badly signed. Told once for each user until the store changes.
   */
  readonly onUnreadableKey?: (userId: string) => void;
}

/** An authenticator that tidies up when it is asked to. */
export interface UserAuthenticator extends Authenticator {
  /**
   * Forgets users and opened keys when any process has changed the store, and signatures and counts
   * that are old. Meant to be called about every second: for as long may a user who was disabled
   * still be let in.
   */
  refresh(nowMs: number): void;
}

/** Makes an authenticator. */
export function createAuthenticator(options: AuthenticatorOptions): UserAuthenticator {
  return new StoreAuthenticator(options);
}

class StoreAuthenticator implements UserAuthenticator {
  readonly #store: UserStore;
  readonly #secrets: Secrets;
  readonly #windowMs: number;
  readonly #wallMs: (() => number) | undefined;
  readonly #callsPerMinuteMax: number | undefined;
  readonly #takesMd5: boolean;
  readonly #users: KeyRing;
  /** Stands in for the key of a user who does not exist or whose key does not open. */
  readonly #decoyKey: string;
  readonly #quota = new MinuteQuota();
  readonly #replays: ReplayGuard;
  #seenVersion: number;

  constructor(options: AuthenticatorOptions) {
    this.#store = options.store;
    this.#secrets = options.secrets;
    this.#windowMs = options.windowMs ?? defaultWindowMs;
    this.#wallMs = options.wallMs;
    this.#callsPerMinuteMax = options.callsPerMinuteMax;
    this.#takesMd5 = options.takesMd5 ?? true;
    const onUnreadableKey = options.onUnreadableKey ?? (() => {});
    const { store, vault } = options;
    this.#users = new KeyRing({ store, vault, onUnreadableKey });
    this.#decoyKey = options.secrets.randomHex(32);
    // A time stamp that is a window ahead of our clock is good for two windows.
    this.#replays = new ReplayGuard(2 * this.#windowMs);
    this.#seenVersion = options.store.version();
  }

  authenticate(
    credentials: Credentials,
    message: SignedMessage,
    nowMs: number,
  ): Identity | SignatureRefusal {
    const { userId, signature } = credentials;
    if (isMissing(userId) || isMissing(signature)) return "missing-credentials";
    if (credentials.scheme === "hmac-sha256" && isMissing(credentials.timestamp)) {
      return "missing-credentials";
    }
    const isMd5 = credentials.scheme === "md5";
    if (isMd5 && !this.#takesMd5) return "md5-not-taken";
    const user = this.#findUser(userId);
    if (isMd5 && user?.record.takesMd5 === false) return "md5-not-taken-from-user";
    const key = user?.key ?? this.#decoyKey;
    const shown = signature.length > credentialLengthMax ? "" : signature.toLowerCase();
    const isSigned = this.#isSigned(credentials, message, { key, signature: shown });
    if (user === undefined) return "unknown-user";
    if (!isSigned) return "bad-signature";
    const { record } = user;
    return this.#refusalOf(record, { credentials, signature: shown }, nowMs) ?? identityOf(record);
  }

  refresh(nowMs: number): void {
    this.#quota.refresh(nowMs);
    this.#replays.sweep(this.#wallMs?.() ?? nowMs);
    const version = this.#store.version();
    if (version === this.#seenVersion) return;
    this.#users.clear();
    this.#seenVersion = version;
  }

  #findUser(userId: string): KnownUser | undefined {
    if (userId.length > credentialLengthMax) return undefined;
    const id = userId.trim().toLowerCase();
    return userIdPattern.test(id) ? this.#users.find(id) : undefined;
  }

  #isSigned(
    credentials: Credentials,
    message: SignedMessage,
    shown: { readonly key: string; readonly signature: string },
  ): boolean {
    const { key, signature } = shown;
    if (credentials.scheme === "md5") {
      return hasMd5Signature(this.#secrets, key, { body: message.body, signature });
    }
    const stamp: Stamp = {
      timestamp: credentials.timestamp ?? "",
      nonce: credentials.nonce ?? "",
    };
    const expected = hmacSignature(this.#secrets, key, { stamp, message });
    return this.#secrets.equal(signature, expected) && noncePattern.test(stamp.nonce);
  }

  /** Why a user who has signed well is refused all the same; counts the request when he is not. */
  #refusalOf(
    user: UserRecord,
    shown: { readonly credentials: Credentials; readonly signature: string },
    nowMs: number,
  ): SignatureRefusal | undefined {
    const { credentials, signature } = shown;
    if (user.disabledAtMs !== undefined) return "disabled-user";
    const isStamped = credentials.scheme === "hmac-sha256";
    const wallMs = this.#wallMs?.() ?? nowMs;
    if (isStamped && !this.#isTimely(credentials.timestamp ?? "", wallMs)) return "bad-timestamp";
    // Looked at before the quota, so that somebody who repeats a user's requests does not use it up.
    if (isStamped && this.#replays.has(signature)) return "replayed";
    if (!this.#quota.take(user.id, this.#callsPerMinuteMax, nowMs)) return "too-many-calls";
    if (isStamped && !this.#replays.remember(signature, wallMs)) return "too-many-calls";
    return undefined;
  }

  #isTimely(timestamp: string, wallMs: number): boolean {
    if (!timestampPattern.test(timestamp)) return false;
    return Math.abs(wallMs - Number(timestamp)) <= this.#windowMs;
  }
}

function isMissing(text: string | undefined): text is undefined | "" {
  return text === undefined || text === "";
}
