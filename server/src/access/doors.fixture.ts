/** Doors as a process has them that lets people in on its own: every answer is there at once. */
import { type Awaitable, whenThere } from "../ports/awaitable.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { IssuedToken } from "../ports/stream-tokens.ts";
import { type DoorkeeperOptions, KeyDoorkeeper } from "./doorkeeper.ts";
import type { AccessRefusal, Admission, AdmissionEvents, Doorkeeper, Grant } from "./grant.ts";
import type {
  Identity,
  StreamAdmission,
  StreamDoor,
  StreamEvents,
  TokenRefusal,
} from "./identity.ts";
import { OneTimeTokens, type TokenKeeper } from "./one-time-tokens.ts";
import { ownCounts } from "./own-counts.ts";
import { type StreamDoorOptions, TokenStreamDoor } from "./stream-door.ts";

/** An answer that has to be there. */
export function atOnce<Value>(answer: Awaitable<Value>): Value {
  const found: Value[] = [];
  void whenThere(answer, (value) => found.push(value));
  if (found.length === 0) throw new Error("the answer is not there yet");
  return found[0] as Value;
}

/** A token that could be made. */
export function made(issued: IssuedToken): { readonly token: string } {
  if (issued === "unavailable") throw new Error("there can be no token at present");
  return issued;
}

/** A doorkeeper whose answers are there at once. */
export interface PromptDoorkeeper extends Doorkeeper {
  authenticate(key: string | undefined, nowMs: number): Grant | AccessRefusal;
  admit(key: string | undefined, events: AdmissionEvents, nowMs: number): Admission | AccessRefusal;
  refresh(nowMs: number): void;
}

export function createDoorkeeper(options: Omit<DoorkeeperOptions, "counts">): PromptDoorkeeper {
  const door = new KeyDoorkeeper({ ...options, counts: ownCounts });
  return {
    authenticate: (key, nowMs) => atOnce(door.authenticate(key, nowMs)),
    admit: (key, events) => atOnce(door.admit(key, events)),
    refresh: (nowMs) => door.refresh(nowMs),
  };
}

/** A stream door whose answers are there at once. */
export interface PromptStreamDoor extends StreamDoor {
  issueToken(identity: Identity, nowMs: number): { readonly token: string };
  admit(
    token: string | undefined,
    events: StreamEvents,
    nowMs: number,
  ): StreamAdmission | TokenRefusal;
  refresh(nowMs: number): void;
}

/** Options of a stream door of one process. */
export interface PromptStreamDoorOptions extends Omit<StreamDoorOptions, "tokens" | "counts"> {
  readonly secrets: Secrets;
  readonly kept?: TokenKeeper;
}

export function createStreamDoor(options: PromptStreamDoorOptions): PromptStreamDoor {
  const { secrets, kept, ...others } = options;
  const tokens = new OneTimeTokens(secrets, kept);
  const door = new TokenStreamDoor({ ...others, tokens, counts: ownCounts });
  return {
    issueToken: (identity, nowMs) => made(atOnce(door.issueToken(identity, nowMs))),
    admit: (token, events, nowMs) => atOnce(door.admit(token, events, nowMs)),
    refresh: (nowMs) => door.refresh(nowMs),
  };
}
