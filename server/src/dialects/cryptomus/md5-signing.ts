/**
 * The protocol's own way of signing: `md5(base64(X) + key)`, where X is the body as it was sent, as PHP
 * would write it after reading it, or nothing (D-C26). It signs neither method, path nor time: a request
 * that somebody has read can be sent again.
 */
import {
  refuseDisabled,
  refused,
  type SignedRequest,
  type SigningWay,
} from "../../access/authenticator.ts";
import { CallRate } from "../../access/call-rate.ts";
import type { Credentials, Refused } from "../../access/identity.ts";
import { RecentMap } from "../../core/recent-map.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { isReencodable, phpReencoding, phpStyleCount, reencodedLengthMax } from "./php-json.ts";

/**
 * How often a wrong signature of one user and address is tried on the body in a form that the user never
 * signed: that costs several times as much as to take a request.
 */
const unusualForms = { perSecondMax: 2, burstMax: 20, callersMax: 10_000 };

const phpStyles = Array.from({ length: phpStyleCount }, (_, style) => style);

/** Users of whom it is known in which way of PHP they sign. */
const phpUsersMax = 10_000;

/** The name of this way in what is stored of users. */
export const md5Way = "md5";

/** What callers show. */
export interface Md5Credentials extends Credentials {
  readonly scheme: "md5";
}

/** Why requests that are signed in this way are refused. */
export type Md5Refusal =
  | "bad-signature"
  | "disabled-user"
  /** On a server that does not take it. */
  | "md5-not-taken"
  /** From a user from whom it is not taken. */
  | "md5-not-taken-from-user"
  /** Signed wrongly too often to look whether it is signed in a form that the user never used. */
  | "too-many-failures";

/** Judges signatures of this kind. */
export class Md5Signing implements SigningWay<Md5Credentials, Md5Refusal> {
  readonly #secrets: Secrets;
  readonly #isTaken: boolean;
  readonly #unusualForms = new CallRate(unusualForms);
  /** By user, the way of PHP in which they signed last. */
  readonly #phpStyles = new RecentMap<number>(phpUsersMax);

  constructor(secrets: Secrets, isTaken: boolean) {
    this.#secrets = secrets;
    this.#isTaken = isTaken;
  }

  refuseShown(): Md5Refusal | undefined {
    return this.#isTaken ? undefined : "md5-not-taken";
  }

  refuse(request: SignedRequest<Md5Credentials>): Refused<Md5Refusal> | undefined {
    const { record, key } = request.user;
    if (record.refusedWays.includes(md5Way)) return refused("md5-not-taken-from-user");
    if (key === undefined) return refused("bad-signature");
    const { signature, message } = request;
    const refusal = this.#signsBody(key, message.body, signature)
      ? undefined
      : this.#refusePhpBody(request, key);
    return refusal ?? refuseDisabled(request);
  }

  refresh(nowMs: number): void {
    this.#unusualForms.refresh(nowMs);
  }

  /**
   * Why a request is refused whose body is not signed as it was sent. The way of PHP in which its user
   * signed last is always looked at, the others only so often: a wrong signature then costs what a
   * right one costs, and a stranger who sends wrong ones keeps nobody out.
   */
  #refusePhpBody(
    { user, signature, message, nowMs }: SignedRequest<Md5Credentials>,
    key: string,
  ): Refused<Md5Refusal> | undefined {
    const { body, address = "" } = message;
    if (body === "" || body.length > reencodedLengthMax) return refused("bad-signature");
    const { id } = user.record;
    const last = this.#phpStyles.get(id);
    const fits = (style: number) => this.#isSigned(key, phpReencoding(body, style), signature);
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

  /** Whether the body is signed as it was sent; an empty object may be signed as nothing. */
  #signsBody(key: string, body: string, signature: string): boolean {
    if (this.#isSigned(key, body, signature)) return true;
    return body === "{}" && this.#isSigned(key, "", signature);
  }

  #isSigned(key: string, body: string, signature: string): boolean {
    const secrets = this.#secrets;
    return secrets.equal(signature, secrets.md5Hex(secrets.base64(body) + key));
  }
}
