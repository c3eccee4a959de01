/**
 * Checks signed requests of users, in whichever way they are signed: it finds the user, bounds how often
 * they may ask, and leaves the proof to the way of signing. Users are read once and again when the store
 * has changed, so one who was disabled, by whichever process, is refused from the next refresh on. It
 * tells a caller who cannot sign nothing of a user beyond whether they exist and may call now.
 */
import { type Awaitable, whenThere } from "../ports/awaitable.ts";
import type { UserStore } from "../ports/user-store.ts";
import type { Vault } from "../ports/vault.ts";
import { CallRate } from "./call-rate.ts";
import type {
  Credentials,
  Identity,
  Refused,
  SignatureRefusal,
  SignedMessage,
} from "./identity.ts";
import { KeyRing, type KnownUser } from "./key-ring.ts";
import { identityOf } from "./users.ts";

/** Signed requests of a user a second in the long run, when nobody said otherwise. */
export const defaultCallsPerSecondMax = 200;

/** Signed requests of a user at once after a pause, when nobody said otherwise. */
export const defaultCallsBurstMax = 400;

/** Longest text that is looked at as a user id or a signature; good ones have 36, 32 and 64. */
export const credentialLengthMax = 256;

const userIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A request whose user is known, as a way of signing judges it. */
export interface SignedRequest<Shown> {
  readonly user: KnownUser;
  readonly shown: Shown;
  /** In lower case; empty when it is longer than any signature. */
  readonly signature: string;
  readonly message: SignedMessage;
  readonly nowMs: number;
}

/**
 * One way of signing requests: what callers show, and when that is a proof. A further one is a file of
 * its own, in `access` where several protocols use it, else in the folder of its protocol.
 */
export interface SigningWay<Shown extends Credentials, Reason extends string> {
  /** Why what is shown can be no proof, whoever the user is; looked at before the user is. */
  refuseShown(shown: Shown): Reason | undefined;
  /** Why the request is refused: as badly signed, or because its user is disabled or it is no new one. */
  refuse(request: SignedRequest<Shown>): Refused<Reason> | undefined;
  /** Why a good request is refused all the same: another process has taken it. For ways that ask others. */
  take?(request: SignedRequest<Shown>): Awaitable<Refused<Reason> | undefined>;
  /** Forgets what is old. Called about every second. */
  refresh(nowMs: number): void;
}

/** What an authenticator works with. */
export interface AuthenticatorOptions {
  readonly store: UserStore;
  readonly vault: Vault;
  /** Signed requests of one user a second in the long run; 200 when left out, infinite for no limit. */
  readonly callsPerSecondMax?: number | undefined;
  /** Signed requests of one user at once after a pause; 400 when left out. */
  readonly callsBurstMax?: number | undefined;
  /**
   * Told, for the log, the id of a user whose key was sealed under another master key. Their requests
   * are refused as badly signed. Told once for each user until the store changes.
   */
  readonly onUnreadableKey?: ((userId: string) => void) | undefined;
}

/** Checks requests that are signed in any way. */
export class RequestAuthenticator {
  readonly #store: UserStore;
  readonly #users: KeyRing;
  readonly #calls: CallRate;
  #seenVersion: number;

  constructor(options: AuthenticatorOptions) {
    const { store, vault, onUnreadableKey = () => {} } = options;
    this.#store = store;
    this.#users = new KeyRing({ store, vault, onUnreadableKey });
    this.#calls = new CallRate({
      perSecondMax: options.callsPerSecondMax ?? defaultCallsPerSecondMax,
      burstMax: options.callsBurstMax ?? defaultCallsBurstMax,
    });
    this.#seenVersion = store.version();
  }

  /** Who has signed a request in this way, or why it is refused. Limits come before anything is hashed. */
  authenticate<Shown extends Credentials, Reason extends string>(
    way: SigningWay<Shown, Reason>,
    shown: Shown,
    message: SignedMessage,
    nowMs: number,
  ): Awaitable<Identity | Refused<Reason | SignatureRefusal>> {
    const { userId, signature } = shown;
    if (isMissing(userId) || isMissing(signature)) return refused("missing-credentials");
    const refusal = way.refuseShown(shown);
    if (refusal !== undefined) return refused(refusal);
    const user = this.#findUser(userId);
    if (user === undefined) return refused("unknown-user");
    const waitMs = this.#calls.waitMs(user.record.id, nowMs);
    if (waitMs > 0) return { refusal: "too-many-calls", waitMs };
    const looked = signature.length > credentialLengthMax ? "" : signature.toLowerCase();
    const request = { user, shown, signature: looked, message, nowMs };
    const refusedBy = way.refuse(request);
    if (refusedBy !== undefined) return refusedBy;
    this.#calls.count(user.record.id, nowMs);
    return whenThere(way.take?.(request), (taken) => taken ?? identityOf(user.record));
  }

  /**
   * Forgets users and opened keys when any process has changed the store, and counts that are old. Meant
   * to be called about every second: for as long may a user who was disabled still be let in.
   */
  refresh(nowMs: number): void {
    this.#calls.refresh(nowMs);
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
}

/** A refusal with nothing more to say. */
export function refused<Reason extends string>(refusal: Reason): Refused<Reason> {
  return { refusal };
}

/** Why a request is refused whose user is disabled. To be asked when it is known to be theirs. */
export function refuseDisabled({
  user,
}: {
  readonly user: KnownUser;
}): Refused<"disabled-user"> | undefined {
  return user.record.disabledAtMs === undefined ? undefined : refused("disabled-user");
}

function isMissing(text: string | undefined): text is undefined | "" {
  return text === undefined || text === "";
}
