/**
 * What can go wrong on the stream and what is said about it: closed tables for replies, refused
 * upgrades and closed connections. Texts of a client are cut before they are repeated.
 */
import type { TokenRefusal } from "../../access/identity.ts";
import { nextMinuteMs } from "../../access/minute-quota.ts";
import { ensureNever } from "../../core/assert.ts";
import { type RestReply, retryAfter } from "../../ports/rest.ts";
import { quoted } from "../kit/quoted.ts";
import type { ErrorObject, RefusalBody, StreamErrorCode } from "./messages.ts";

/** Most unknown names that one message repeats; of more it says how many. */
export const namedMax = 20;

/** Names of a request that mean nothing here, as the client wrote them. */
export interface UnknownNames {
  readonly reason: "unknown-market" | "unknown-currency" | "unknown-scale";
  /** At least one. */
  readonly subjects: readonly string[];
  /** Names that are unknown for another reason. */
  readonly also?: UnknownNames | undefined;
}

/** Why a request of the stream fails. */
export type StreamError =
  | {
      readonly reason:
        | "invalid-format"
        | "unknown-method"
        | "not-authenticated"
        | "too-many-requests"
        | "too-much-past"
        | "past-unavailable";
    }
  | UnknownNames
  | {
      readonly reason: "too-many-params" | "too-many-subscriptions" | "too-many-waiting";
      readonly max: number;
    }
  /** The parameters have another form than `usage`. */
  | { readonly reason: "invalid-params"; readonly usage: string };

/** The two codes of the reference by reason: 1 for what is no request, 2 for everything else. */
export const streamErrorCodes: Readonly<Record<StreamError["reason"], StreamErrorCode>> = {
  "invalid-format": 1,
  "unknown-method": 2,
  "not-authenticated": 2,
  "too-many-requests": 2,
  "unknown-market": 2,
  "unknown-currency": 2,
  "unknown-scale": 2,
  "too-many-params": 2,
  "too-many-subscriptions": 2,
  "too-many-waiting": 2,
  "too-much-past": 2,
  "past-unavailable": 2,
  "invalid-params": 2,
};

/** `error` of a reply. */
export function streamErrorObject(error: StreamError): ErrorObject {
  return { code: streamErrorCodes[error.reason], message: streamErrorMessage(error) };
}

function streamErrorMessage(error: StreamError): string {
  switch (error.reason) {
    case "invalid-format":
      return "Invalid message format";
    case "unknown-method":
      return "Method not found";
    case "not-authenticated":
      return "Require authentication";
    case "too-many-requests":
      return "Too many requests";
    case "unknown-market":
    case "unknown-currency":
    case "unknown-scale":
      return unknownNamesMessage(error);
    case "too-many-params":
      return `Too many params: one request may have at most ${error.max}`;
    case "too-many-subscriptions":
      return `Too many subscriptions: one connection may have at most ${error.max}`;
    case "too-many-waiting":
      return `Busy: at most ${error.max} requests of one connection, and not large ones, may wait for an answer`;
    case "too-much-past":
      return "Busy: too many old candles are being asked for; try again, or ask for a shorter time";
    case "past-unavailable":
      return "Old candles cannot be read at present; try again later";
    case "invalid-params":
      return `Invalid params: use ${error.usage}`;
    default:
      return ensureNever(error);
  }
}

const unknownWords: Readonly<Record<UnknownNames["reason"], string>> = {
  "unknown-market": "market",
  "unknown-currency": "currency",
  "unknown-scale": "scale index",
};

function unknownNamesMessage({ reason, subjects, also }: UnknownNames): string {
  const names = subjects.slice(0, namedMax).map(quoted).join(", ");
  const others = subjects.length > namedMax ? ` and ${subjects.length - namedMax} more` : "";
  const message = `Unknown ${unknownWords[reason]}: ${names}${others}`;
  return also === undefined ? message : `${message}. ${unknownNamesMessage(also)}`;
}

interface UpgradeRefusalRow {
  readonly status: number;
  readonly message: string;
  /** In how many seconds it may be otherwise, where that is known. */
  readonly retryAfterS?: number;
}

/** Status and message of a refused upgrade by reason (D-C22). */
export const upgradeRefusals: Readonly<Record<TokenRefusal, UpgradeRefusalRow>> = {
  "missing-token": {
    status: 401,
    message: "A one-time token is required in the query parameter token.",
  },
  "unknown-token": { status: 401, message: "The token is unknown or was used before." },
  "expired-token": { status: 401, message: "The token has expired." },
  "disabled-user": { status: 401, message: "The user is disabled." },
  unavailable: {
    status: 503,
    message: "Tokens cannot be checked at present. Please try again.",
    retryAfterS: 1,
  },
  "too-many-connections": {
    status: 429,
    message: "You have too many open connections. Close one of them and try again.",
    retryAfterS: 5,
  },
  "too-many-new-connections": {
    status: 429,
    message: "Too many new connections. Please wait and try again later.",
  },
};

/** The answer to an upgrade that is refused at a time. */
export function upgradeRefusal(refusal: TokenRefusal, nowMs: number): RestReply {
  const { status, message, ...row } = upgradeRefusals[refusal];
  const isByMinute = refusal === "too-many-new-connections";
  const retryAfterS = isByMinute ? nextMinuteMs(nowMs) / 1_000 : row.retryAfterS;
  const body: RefusalBody = { code: status, message };
  const reply = { status, body: JSON.stringify(body) };
  return retryAfterS === undefined ? reply : { ...reply, headers: retryAfter(retryAfterS) };
}

/** Why this side ends a connection. */
export type CloseReason = "invalid-json" | "idle" | "flood" | "revoked";

/** Close code and reason; a reason has at most 123 bytes, which is what a close frame can hold. */
export const closings: Readonly<
  Record<CloseReason, { readonly code: number; readonly reason: string }>
> = {
  "invalid-json": { code: 1007, reason: "Invalid JSON" },
  idle: { code: 1001, reason: "No requests for too long" },
  flood: { code: 1008, reason: "Far too many requests" },
  revoked: { code: 1008, reason: "The user was disabled" },
};
