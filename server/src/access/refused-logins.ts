/**
 * Lets somebody watch who is not let in: each door of a protocol tells of every
 * refusal, by its reason, and where it was tried. It tells nothing of what was shown.
 */
import { type Awaitable, whenThere } from "../ports/awaitable.ts";
import type { WatchLogins } from "../ports/refused-login.ts";
import type { Doorkeeper } from "./grant.ts";
import type { Authenticator, Credentials, StreamDoor } from "./identity.ts";

/** A doorkeeper whose refusals are watched. */
export function watchedDoorkeeper(
  doorkeeper: Doorkeeper,
  protocol: string,
  watch: WatchLogins,
): Doorkeeper {
  const watched = <Result>(door: string, answer: Awaitable<Result>, address?: string) =>
    whenThere(answer, (result) => {
      if (typeof result === "string") watch({ door, reason: result, address });
      return result;
    });
  return {
    authenticate: (key, nowMs, address) =>
      watched(`${protocol}-rest`, doorkeeper.authenticate(key, nowMs), address),
    admit: (key, events, nowMs, address) =>
      watched(`${protocol}-stream`, doorkeeper.admit(key, events, nowMs), address),
  };
}

/** An authenticator whose refusals are watched. */
export function watchedAuthenticator<Shown extends Credentials, Reason extends string>(
  authenticator: Authenticator<Shown, Reason>,
  protocol: string,
  watch: WatchLogins,
): Authenticator<Shown, Reason> {
  return {
    authenticate(credentials, message, nowMs) {
      return whenThere(authenticator.authenticate(credentials, message, nowMs), (result) => {
        if ("refusal" in result) {
          watch({ door: `${protocol}-rest`, reason: result.refusal, address: message.address });
        }
        return result;
      });
    },
  };
}

/** A stream door whose refusals are watched. */
export function watchedStreamDoor(
  streamDoor: StreamDoor,
  protocol: string,
  watch: WatchLogins,
): StreamDoor {
  return {
    issueToken: (identity, nowMs) => streamDoor.issueToken(identity, nowMs),
    admit(token, events, nowMs, address) {
      return whenThere(streamDoor.admit(token, events, nowMs), (result) => {
        if (typeof result === "string") {
          watch({ door: `${protocol}-stream`, reason: result, address });
        }
        return result;
      });
    },
  };
}
