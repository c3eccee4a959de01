/** Who a signed request or a one-time token comes from, and why somebody is not let in. */

/** A user of the exchange who has proved to be himself. */
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

/** What a caller shows; `undefined` where it was left out. */
export type Credentials =
  | {
      /** `md5(base64(body) + key)` (docs/protocols/cryptomus, Signing). */
      readonly scheme: "md5";
      readonly userId: string | undefined;
      readonly signature: string | undefined;
    }
  | {
      /** HMAC-SHA-256 under the key, over time stamp, nonce, method, target and body, one a line. */
      readonly scheme: "hmac-sha256";
      readonly userId: string | undefined;
      readonly signature: string | undefined;
      /** Milliseconds since 1970, as decimal digits. */
      readonly timestamp: string | undefined;
      /** Tells apart requests of the same millisecond. */
      readonly nonce: string | undefined;
    };

/** The reasons for which signed requests are refused. */
export type SignatureRefusal =
  | "missing-credentials"
  | "unknown-user"
  | "disabled-user"
  | "bad-signature"
  /** MD5, on a server that does not take it. */
  | "md5-not-taken"
  /** MD5, from a user from whom it is not taken. */
  | "md5-not-taken-from-user"
  /** Not a number of milliseconds, or too far from our clock. */
  | "bad-timestamp"
  /** Not at most 64 visible ASCII characters. */
  | "bad-nonce"
  | "replayed"
  /** It may have been taken before, by an earlier process or long ago. */
  | "unknown-whether-replayed"
  | "too-many-calls"
  /** Signed wrongly too often to look whether it is signed in a form that the user never used. */
  | "too-many-failures";

/** Why a signed request is refused, and what its sender can do about it. */
export interface Refused {
  readonly refusal: SignatureRefusal;
  /** How far the time stamp is ahead of our clock, in milliseconds; negative when it is behind. */
  readonly aheadMs?: number;
  /** How far it may be, in milliseconds. */
  readonly aheadMsMax?: number;
  /** In how many milliseconds the request, made anew, will be taken. */
  readonly waitMs?: number;
}

/** Checks signed requests. */
export interface Authenticator {
  authenticate(credentials: Credentials, message: SignedMessage, nowMs: number): Identity | Refused;
}

/** Why a stream connection is refused. */
export type TokenRefusal =
  | "missing-token"
  | "unknown-token"
  | "expired-token"
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
  issueToken(identity: Identity, nowMs: number): { readonly token: string };
  admit(
    token: string | undefined,
    events: StreamEvents,
    nowMs: number,
    /** Where the token was shown, for whoever watches refusals. */
    address?: string,
  ): StreamAdmission | TokenRefusal;
}
