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
}

/** What a caller shows; `undefined` where it was left out. */
export type Credentials =
  | {
      /** `md5(base64(body) + key)` (protocol 3.2). */
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

/** Why a signed request is refused. */
export type SignatureRefusal =
  | "missing-credentials"
  | "unknown-user"
  | "disabled-user"
  | "bad-signature"
  /** MD5, on a server that does not take it. */
  | "md5-not-taken"
  /** MD5, from a user from whom it is not taken. */
  | "md5-not-taken-from-user"
  | "bad-timestamp"
  | "replayed"
  | "too-many-calls";

/** Checks signed requests. */
export interface Authenticator {
  authenticate(
    credentials: Credentials,
    message: SignedMessage,
    nowMs: number,
  ): Identity | SignatureRefusal;
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

/** Issues one-time tokens and lets connections in with them (protocol 3.3). */
export interface StreamDoor {
  /** A new token: 64 hexadecimal characters; `too-many-tokens` when the user has too many unused ones. */
  issueToken(identity: Identity, nowMs: number): { readonly token: string } | "too-many-tokens";
  admit(
    token: string | undefined,
    events: StreamEvents,
    nowMs: number,
  ): StreamAdmission | TokenRefusal;
}
