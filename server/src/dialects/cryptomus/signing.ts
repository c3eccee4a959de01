/** Who has signed a REST request, in either of the two ways that this protocol takes. */
import { type AuthenticatorOptions, RequestAuthenticator } from "../../access/authenticator.ts";
import {
  type HmacCredentials,
  HmacSigning,
  type HmacSigningOptions,
} from "../../access/hmac-signing.ts";
import type {
  Authenticator,
  Identity,
  Refused,
  SignatureRefusal,
  SignedMessage,
} from "../../access/identity.ts";
import type { Awaitable } from "../../ports/awaitable.ts";
import { type Md5Credentials, type Md5Refusal, Md5Signing } from "./md5-signing.ts";

/** What callers show. */
export type SignedCredentials = Md5Credentials | HmacCredentials;

/** Why their requests are refused. */
export type SigningRefusal = SignatureRefusal | Md5Refusal;

/** Checks signed requests, as routes use it. */
export type SigningAuthenticator = Authenticator<SignedCredentials, SigningRefusal>;

/** What both ways work with. */
export interface SigningOptions extends AuthenticatorOptions, HmacSigningOptions {
  /** Whether requests signed with MD5 are taken; they are when it is left out. */
  readonly takesMd5?: boolean | undefined;
}

/** Checks signed requests, and tidies up when it is asked to. */
export class Signing implements SigningAuthenticator {
  readonly #requests: RequestAuthenticator;
  readonly #md5: Md5Signing;
  readonly #hmac: HmacSigning;

  constructor(options: SigningOptions) {
    this.#requests = new RequestAuthenticator(options);
    this.#md5 = new Md5Signing(options.secrets, options.takesMd5 ?? true);
    const { secrets, windowMs, wallMs, floorMs, noteStamp, taken } = options;
    this.#hmac = new HmacSigning({ secrets, windowMs, wallMs, floorMs, noteStamp, taken });
  }

  authenticate(
    shown: SignedCredentials,
    message: SignedMessage,
    nowMs: number,
  ): Awaitable<Identity | Refused<SigningRefusal>> {
    return shown.scheme === "md5"
      ? this.#requests.authenticate(this.#md5, shown, message, nowMs)
      : this.#requests.authenticate(this.#hmac, shown, message, nowMs);
  }

  /** Meant to be called about every second: for as long may a user who was disabled still be let in. */
  refresh(nowMs: number): void {
    for (const part of [this.#requests, this.#md5, this.#hmac]) part.refresh(nowMs);
  }
}
