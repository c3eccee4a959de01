/**
 * Lets somebody watch who is not let in: each door tells of every refusal, by its reason, and where it
 * was tried. It tells nothing of what was shown.
 */
import type { Doorkeeper } from "./grant.ts";
import type { Authenticator, StreamDoor } from "./identity.ts";

/** Where somebody is let in or not. */
export type LoginDoor =
  | "finazon-stream"
  | "finazon-rest"
  | "cryptomus-stream"
  | "cryptomus-rest"
  | "administration";

/** An attempt that was refused. */
export interface RefusedLogin {
  readonly door: LoginDoor;
  /** One of a closed set for each door. */
  readonly reason: string;
  readonly address: string | undefined;
}

/** Told of each refusal, before the one who tried is. */
export type WatchLogins = (refused: RefusedLogin) => void;

/** A doorkeeper whose refusals are watched. */
export function watchedDoorkeeper(doorkeeper: Doorkeeper, watch: WatchLogins): Doorkeeper {
  const watched = <Result>(door: LoginDoor, result: Result, address?: string): Result => {
    if (typeof result === "string") watch({ door, reason: result, address });
    return result;
  };
  return {
    authenticate: (key, nowMs, address) =>
      watched("finazon-rest", doorkeeper.authenticate(key, nowMs), address),
    admit: (key, events, nowMs, address) =>
      watched("finazon-stream", doorkeeper.admit(key, events, nowMs), address),
  };
}

/** An authenticator whose refusals are watched. */
export function watchedAuthenticator(
  authenticator: Authenticator,
  watch: WatchLogins,
): Authenticator {
  return {
    authenticate(credentials, message, nowMs) {
      const result = authenticator.authenticate(credentials, message, nowMs);
      if ("refusal" in result) {
        watch({ door: "cryptomus-rest", reason: result.refusal, address: message.address });
      }
      return result;
    },
  };
}

/** A stream door whose refusals are watched. */
export function watchedStreamDoor(streamDoor: StreamDoor, watch: WatchLogins): StreamDoor {
  return {
    issueToken: (identity, nowMs) => streamDoor.issueToken(identity, nowMs),
    admit(token, events, nowMs, address) {
      const result = streamDoor.admit(token, events, nowMs);
      if (typeof result === "string") watch({ door: "cryptomus-stream", reason: result, address });
      return result;
    },
  };
}
