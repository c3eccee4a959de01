/**
 * Our own way of signing: HMAC-SHA-256 under the user's key over time stamp, nonce, method, target and
 * body. A signature is taken once, and only while its time stamp is near our clock.
 */
import { ensureNever } from "../core/assert.ts";
import { type Awaitable, whenThere } from "../ports/awaitable.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { TakenRequests } from "../ports/taken-requests.ts";
import { refuseDisabled, refused, type SignedRequest, type SigningWay } from "./authenticator.ts";
import type { Credentials, Refused, SignatureRefusal, SignedMessage } from "./identity.ts";
import { ReplayGuard } from "./replay-guard.ts";

/** How far a time stamp may be from our clock, in milliseconds, when nobody said otherwise. */
export const defaultWindowMs = 5_000;

/** In how many milliseconds others can be asked again who could not. */
const againMs = 1_000;

/** Few enough digits for a safe integer. */
const timestampPattern = /^[0-9]{1,15}$/;
/** Visible ASCII: above all no line feed, which ends a part of what is signed. */
const noncePattern = /^[!-~]{0,64}$/;

/** What callers show. */
export interface HmacCredentials extends Credentials {
  readonly scheme: "hmac-sha256";
  /** Milliseconds since 1970, as decimal digits. */
  readonly timestamp: string | undefined;
  /** Tells apart requests of the same millisecond. */
  readonly nonce: string | undefined;
}

/** How signatures of this kind are judged. */
export interface HmacSigningOptions {
  readonly secrets: Secrets;
  /** How far a time stamp may be from our clock, in milliseconds; 5,000 when left out. */
  readonly windowMs?: number | undefined;
  /**
   * Wall time in milliseconds, which time stamps are compared with; the time that is passed in when
   * left out. That one is for rates, and does not notice when the wall clock is set.
   */
  readonly wallMs?: (() => number) | undefined;
  /** Up to which time stamp an earlier process may have taken requests; none when left out. */
  readonly floorMs?: number | undefined;
  /** Told, before a request is taken, a time stamp up to which requests may be taken. */
  readonly noteStamp?: ((stampMs: number) => void) | undefined;
  /** What other processes have taken; nothing when left out. */
  readonly taken?: TakenRequests | undefined;
}

/** Judges signatures of this kind, and remembers those that it took. */
export class HmacSigning implements SigningWay<HmacCredentials, SignatureRefusal> {
  readonly #secrets: Secrets;
  readonly #windowMs: number;
  readonly #wallMs: (() => number) | undefined;
  readonly #replays: ReplayGuard;
  readonly #taken: TakenRequests | undefined;

  constructor({ secrets, windowMs = defaultWindowMs, wallMs, taken, ...kept }: HmacSigningOptions) {
    this.#taken = taken;
    this.#secrets = secrets;
    this.#windowMs = windowMs;
    this.#wallMs = wallMs;
    this.#replays = new ReplayGuard({ windowMs, ...kept });
  }

  refuseShown({ timestamp }: HmacCredentials): SignatureRefusal | undefined {
    return timestamp === undefined || timestamp === "" ? "missing-credentials" : undefined;
  }

  refuse(request: SignedRequest<HmacCredentials>): Refused | undefined {
    const { user, shown, signature, message, nowMs } = request;
    const { timestamp = "", nonce = "" } = shown;
    if (!noncePattern.test(nonce)) return refused("bad-nonce");
    if (user.key === undefined) return refused("bad-signature");
    const stamp = { timestamp, nonce };
    const expected = hmacSignature(this.#secrets, user.key, { stamp, message });
    if (!this.#secrets.equal(signature, expected)) return refused("bad-signature");
    const wallMs = this.#wallMs?.() ?? nowMs;
    const refusal =
      refuseDisabled(request) ??
      this.#refuseTime(timestamp, wallMs) ??
      this.#refuseReplay({ userId: user.record.id, signature, wallMs }, Number(timestamp));
    if (refusal === undefined) {
      this.#replays.remember(user.record.id, signature, Number(timestamp));
    }
    return refusal;
  }

  /** Asks the others, where there are any. */
  take(request: SignedRequest<HmacCredentials>): Awaitable<Refused | undefined> {
    if (this.#taken === undefined) return undefined;
    const { signature, shown, nowMs } = request;
    const stampMs = Number(shown.timestamp);
    const taking = this.#taken.take({ signature, stampMs, windowMs: this.#windowMs });
    return whenThere(taking, (outcome) => {
      if (outcome.kind === "new") return undefined;
      if (outcome.kind === "taken") return refused("replayed");
      if (outcome.kind === "unavailable") return { refusal: outcome.kind, waitMs: againMs };
      const wallMs = this.#wallMs?.() ?? nowMs;
      const waitMs = Math.max(1, outcome.floorMs + 1 - wallMs);
      return { refusal: "unknown-whether-replayed", waitMs };
    });
  }

  refresh(nowMs: number): void {
    this.#replays.sweep(this.#wallMs?.() ?? nowMs);
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

/** Time stamp and nonce of a request, as the caller sent them. */
interface Stamp {
  readonly timestamp: string;
  /** Empty where there is none. */
  readonly nonce: string;
}

/** Lower-case hex HMAC-SHA-256 under the key of five lines, without a line feed at the end. */
function hmacSignature(
  secrets: Secrets,
  key: string,
  signed: { readonly stamp: Stamp; readonly message: SignedMessage },
): string {
  const { timestamp, nonce } = signed.stamp;
  const { method, target, body } = signed.message;
  return secrets.hmacSha256Hex(key, [timestamp, nonce, method, target, body].join("\n"));
}
