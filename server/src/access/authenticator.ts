/**
 * Checks signed requests of users. Users are read once and again when the store has changed, so one
 * who was disabled, by whichever process, is refused from the next refresh on. Limits are looked at
 * before anything is hashed, and refusing costs no more than taking. It tells a caller who cannot sign
 * nothing of a user beyond whether they exist, take MD5 and may call now, and returns no secret.
 */
import { ensureNever } from "../core/assert.ts";
import { RecentMap } from "../core/recent-map.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { UserStore } from "../ports/user-store.ts";
import type { Vault } from "../ports/vault.ts";
import { CallRate } from "./call-rate.ts";
import type {
  Authenticator,
  Credentials,
  Identity,
  Refused,
  SignatureRefusal,
  SignedMessage,
} from "./identity.ts";
import { KeyRing, type KnownUser } from "./key-ring.ts";
import { isReencodable, phpStyleCount, reencodedLengthMax } from "./php-json.ts";
import { ReplayGuard } from "./replay-guard.ts";
import { hmacSignature, signsBody, signsPhpBody } from "./signature.ts";
import { identityOf } from "./users.ts";

/** How far a time stamp may be from our clock, in milliseconds, when nobody said otherwise. */
export const defaultWindowMs = 5_000;

/** Signed requests of a user a second in the long run, when nobody said otherwise. */
export const defaultCallsPerSecondMax = 200;

/** Signed requests of a user at once after a pause, when nobody said otherwise. */
export const defaultCallsBurstMax = 400;

/**
 * How often it is looked, for one user and address, whether a wrong signature is right for the body
 * in a form that the user never signed: that costs several times as much as to take a request.
 */
const unusualForms = { perSecondMax: 2, burstMax: 20, callersMax: 10_000 };

const phpStyles = Array.from({ length: phpStyleCount }, (_, style) => style);

/** Users of whom it is known in which way of PHP they sign. */
const phpUsersMax = 10_000;

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
  /** Signed requests of one user a second in the long run; 200 when left out, infinite for no limit. */
  readonly callsPerSecondMax?: number | undefined;
  /** Signed requests of one user at once after a pause; 400 when left out. */
  readonly callsBurstMax?: number | undefined;
  /** Up to which time stamp an earlier process may have taken requests; none when left out. */
  readonly floorMs?: number | undefined;
  /** Told, before a request is taken, a time stamp up to which requests may be taken. */
  readonly noteStamp?: ((stampMs: number) => void) | undefined;
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

/** A request whose user is known; its signature in lower case. */
interface Shown {
  readonly user: KnownUser;
  readonly signature: string;
  readonly message: SignedMessage;
  readonly nowMs: number;
}

class StoreAuthenticator implements UserAuthenticator {
  readonly #store: UserStore;
  readonly #secrets: Secrets;
  readonly #windowMs: number;
  readonly #wallMs: (() => number) | undefined;
  readonly #takesMd5: boolean;
  readonly #users: KeyRing;
  readonly #calls: CallRate;
  readonly #unusualForms = new CallRate(unusualForms);
  /** By user, the way of PHP in which they signed last. */
  readonly #phpStyles = new RecentMap<number>(phpUsersMax);
  readonly #replays: ReplayGuard;
  #seenVersion: number;

  constructor(options: AuthenticatorOptions) {
    this.#store = options.store;
    this.#secrets = options.secrets;
    this.#windowMs = options.windowMs ?? defaultWindowMs;
    this.#wallMs = options.wallMs;
    this.#takesMd5 = options.takesMd5 ?? true;
    this.#calls = new CallRate({
      perSecondMax: options.callsPerSecondMax ?? defaultCallsPerSecondMax,
      burstMax: options.callsBurstMax ?? defaultCallsBurstMax,
    });
    const onUnreadableKey = options.onUnreadableKey ?? (() => {});
    const { store, vault } = options;
    this.#users = new KeyRing({ store, vault, onUnreadableKey });
    const { floorMs, noteStamp } = options;
    this.#replays = new ReplayGuard({ windowMs: this.#windowMs, floorMs, noteStamp });
    this.#seenVersion = options.store.version();
  }

  authenticate(
    credentials: Credentials,
    message: SignedMessage,
    nowMs: number,
  ): Identity | Refused {
    const { scheme, userId, signature } = credentials;
    if (isMissing(userId) || isMissing(signature)) return refused("missing-credentials");
    if (scheme === "md5" && !this.#takesMd5) return refused("md5-not-taken");
    if (scheme === "hmac-sha256" && isMissing(credentials.timestamp)) {
      return refused("missing-credentials");
    }
    const user = this.#findUser(userId);
    if (user === undefined) return refused("unknown-user");
    const waitMs = this.#calls.waitMs(user.record.id, nowMs);
    if (waitMs > 0) return { refusal: "too-many-calls", waitMs };
    const shown = {
      user,
      signature: signature.length > credentialLengthMax ? "" : signature.toLowerCase(),
      message,
      nowMs,
    };
    const refusal =
      scheme === "md5" ? this.#refuseMd5(shown) : this.#refuseHmac(shown, credentials);
    if (refusal !== undefined) return refusal;
    this.#calls.count(user.record.id, nowMs);
    return identityOf(user.record);
  }

  refresh(nowMs: number): void {
    this.#calls.refresh(nowMs);
    this.#unusualForms.refresh(nowMs);
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

  #refuseMd5(shown: Shown): Refused | undefined {
    const { record, key } = shown.user;
    if (!record.takesMd5) return refused("md5-not-taken-from-user");
    if (key === undefined) return refused("bad-signature");
    const { signature, message } = shown;
    const isSigned = signsBody(this.#secrets, key, { body: message.body, signature });
    const refusal = isSigned ? undefined : this.#refusePhpBody(shown, key);
    return refusal ?? refuseDisabled(shown);
  }

  /**
   * Why a request is refused whose body is not signed as it was sent. The way of PHP in which its user
   * signed last is always looked at, the others only so often: a wrong signature then costs what a
   * right one costs, and a stranger who sends wrong ones keeps nobody out.
   */
  #refusePhpBody({ user, signature, message, nowMs }: Shown, key: string): Refused | undefined {
    const { body, address = "" } = message;
    if (body === "" || body.length > reencodedLengthMax) return refused("bad-signature");
    const { id } = user.record;
    const last = this.#phpStyles.get(id);
    const fits = (style: number) => signsPhpBody(this.#secrets, key, { body, signature, style });
    if (last !== undefined && isReencodable(body) && fits(last)) return undefined;

    const source = `${id} ${address}`;
    const waitMs = this.#unusualForms.waitMs(source, nowMs);
    if (waitMs > 0) return { refusal: "too-many-failures", waitMs };
    const found = isReencodable(body)
      ? phpStyles.find((style) => style !== last && fits(style))
      : undefined;
    if (found === undefined) {
      this.#unusualForms.count(source, nowMs);
      return refused("bad-signature");
    }
    this.#phpStyles.set(id, found);
    return undefined;
  }

  #refuseHmac(
    shown: Shown,
    credentials: { readonly timestamp: string | undefined; readonly nonce: string | undefined },
  ): Refused | undefined {
    const { user, signature, message, nowMs } = shown;
    const { timestamp = "", nonce = "" } = credentials;
    if (!noncePattern.test(nonce)) return refused("bad-nonce");
    if (user.key === undefined) return refused("bad-signature");
    const expected = hmacSignature(this.#secrets, user.key, {
      stamp: { timestamp, nonce },
      message,
    });
    if (!this.#secrets.equal(signature, expected)) return refused("bad-signature");
    const wallMs = this.#wallMs?.() ?? nowMs;
    const refusal =
      refuseDisabled(shown) ??
      this.#refuseTime(timestamp, wallMs) ??
      this.#refuseReplay({ userId: user.record.id, signature, wallMs }, Number(timestamp));
    if (refusal === undefined) {
      this.#replays.remember(user.record.id, signature, Number(timestamp));
    }
    return refusal;
  }

  #refuseTime(timestamp: string, wallMs: number): Refused | undefined {
    if (!timestampPattern.test(timestamp)) return refused("bad-timestamp");
    const aheadMs = Number(timestamp) - wallMs;
    if (Math.abs(aheadMs) <= this.#windowMs) return undefined;
    return { refusal: "bad-timestamp", aheadMs, aheadMsMax: this.#windowMs };
  }

  #refuseReplay(
    shown: { readonly userId: string; readonly signature: string; readonly wallMs: number },
    stampMs: number,
  ): Refused | undefined {
    const { userId, signature, wallMs } = shown;
    const verdict = this.#replays.judge(userId, signature, stampMs);
    switch (verdict) {
      case "new":
        return undefined;
      case "taken":
        return refused("replayed");
      case "unknown": {
        const waitMs = Math.max(1, this.#replays.floorMs(userId) + 1 - wallMs);
        return { refusal: "unknown-whether-replayed", waitMs };
      }
      default:
        return ensureNever(verdict);
    }
  }
}

function refused(refusal: SignatureRefusal): Refused {
  return { refusal };
}

function refuseDisabled({ user }: Shown): Refused | undefined {
  return user.record.disabledAtMs === undefined ? undefined : refused("disabled-user");
}

function isMissing(text: string | undefined): text is undefined | "" {
  return text === undefined || text === "";
}
