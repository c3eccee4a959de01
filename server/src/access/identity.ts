/** Who a signed request or a one-time token comes from, and why somebody is not let in. */
import type { Awaitable } from "../ports/awaitable.ts";
import type { IssuedToken, TokenFault } from "../ports/stream-tokens.ts";

/** A user of the exchange who has proved who they are. */
export interface Identity {
  /** Lower-case UUID; also the user's name in the exchange. */
  readonly userId: string;
  readonly createdAtMs: number;
}

/** The parts of a request that a signature is made over. */
export interface SignedMessage {
  /** Upper case. */
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** The body as it was sent; empty where there is none. */
  readonly body: string;
  /** Where it came from, as far as that is known; it is not signed. */
  readonly address?: string | undefined;
}

/** What a caller shows, in any way of signing; `undefined` where it was left out. */
export interface Credentials {
  /** The way of signing. */
  readonly scheme: string;
  readonly userId: string | undefined;
  readonly signature: string | undefined;
}

/** The reasons for which signed requests are refused, in any way of signing. A way may have others. */
export type SignatureRefusal =
  | "missing-credentials"
  | "unknown-user"
  | "disabled-user"
  | "bad-signature"
  /** Not a number of milliseconds, or too far from our clock. */
  | "bad-timestamp"
  /** Not at most 64 visible ASCII characters. */
  | "bad-nonce"
  | "replayed"
  /** It may have been taken before, by an earlier process or long ago. */
  | "unknown-whether-replayed"
  /** Nobody can be asked at present whether it was taken before. */
  | "unavailable"
  | "too-many-calls";

/** Why a signed request is refused, and what its sender can do about it. */
export interface Refused<Reason extends string = SignatureRefusal> {
  readonly refusal: Reason;
  /** How far the time stamp is ahead of our clock, in milliseconds; negative when it is behind. */
  readonly aheadMs?: number;
  /** How far it may be, in milliseconds. */
  readonly aheadMsMax?: number;
  /** In how many milliseconds the request, signed again, will be taken. */
  readonly waitMs?: number;
}

/** Checks signed requests. */
export interface Authenticator<
  Shown extends Credentials = Credentials,
  Reason extends string = SignatureRefusal,
> {
  authenticate(
    shown: Shown,
    message: SignedMessage,
    nowMs: number,
  ): Awaitable<Identity | Refused<Reason>>;
}

/** Why a stream connection is refused. */
export type TokenRefusal =
  | "missing-token"
  | TokenFault
  | "disabled-user"
  | "too-many-connections"
  | "too-many-new-connections";

/** What can happen to a stream connection from outside. */
export interface StreamEvents {
  /** The user was disabled. */
  revoked(): void;
}

/** A connection that may be opened; until it is confirmed its token is only set aside. */
export interface StreamAdmission {
  /** Undefined for a connection without a token, which may see public channels only. */
  readonly identity: Identity | undefined;
  /** The connection is open: its token is used up. */
  confirm(): void;
  /** The connection is gone, or never came to be: then its token is good again until it expires. */
  release(): void;
}

/** Issues one-time tokens and lets connections in with them (docs/protocols/cryptomus, The stream). */
export interface StreamDoor {
  /** A new token: 64 hexadecimal characters. Where there are too many unused ones an older one goes. */
  issueToken(identity: Identity, nowMs: number): Awaitable<IssuedToken>;
  admit(
    token: string | undefined,
    events: StreamEvents,
    nowMs: number,
    /** Where the token was shown, for whoever watches refusals. */
    address?: string,
  ): Awaitable<StreamAdmission | TokenRefusal>;
}
