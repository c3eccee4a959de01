/**
 * What can go wrong and what is said about it: closed tables for the stream, for closed connections
 * and for REST. Messages that are on record are kept word for word; texts of a client are cut before they
 * are repeated.
 */
import type { AccessRefusal } from "../../access/grant.ts";
import { ensureNever } from "../../core/assert.ts";
import type { SessionRefusal } from "../../ports/clock-sessions.ts";
import type { Unanswered } from "../../ports/history.ts";
import { type RestReply, retryAfter } from "../../ports/rest.ts";
import { quoted } from "../kit/quoted.ts";
import type { RequestField, RestErrorBody, RestErrorCode, StreamErrorCode } from "./messages.ts";

/** Most dataset codes that a message lists. */
export const listedDatasetsMax = 10;

/** Why a message of the stream is refused, in part or as a whole. */
export type StreamError =
  | { readonly reason: "binary-frame" | "invalid-json" | "not-an-object" }
  | { readonly reason: "invalid-field"; readonly field: RequestField; readonly remedy: string }
  | {
      readonly reason: "unknown-dataset";
      readonly field: RequestField;
      readonly dataset: string;
      readonly usable: readonly string[];
    }
  | { readonly reason: "dataset-not-granted"; readonly dataset: string }
  | { readonly reason: "unknown-ticker"; readonly ticker: string }
  | { readonly reason: "more-unknown-tickers"; readonly count: number }
  | {
      readonly reason: "already-subscribed" | "not-subscribed";
      readonly tickers: readonly string[];
    }
  | {
      readonly reason: "too-many-tickers" | "too-many-subscriptions";
      readonly max: number;
      readonly tickers: readonly string[];
    }
  | { readonly reason: "dataset-finished" | "dataset-failed"; readonly dataset: string }
  | { readonly reason: "too-many-messages"; readonly perMinuteMax: number }
  | { readonly reason: "revoked-key" };

/** Codes on the stream by reason (D-F7). */
export const streamErrorCodes: Readonly<Record<StreamError["reason"], StreamErrorCode>> = {
  "binary-frame": "INVALID_PARAMETER",
  "invalid-json": "INVALID_PARAMETER",
  "not-an-object": "INVALID_PARAMETER",
  "invalid-field": "INVALID_PARAMETER",
  "unknown-dataset": "INVALID_PARAMETER",
  "dataset-not-granted": "UNAUTHORIZED_ACCESS",
  "unknown-ticker": "INVALID_TICKER",
  "more-unknown-tickers": "INVALID_TICKER",
  "already-subscribed": "ALREADY_SUBSCRIBED",
  "not-subscribed": "NOT_SUBSCRIBED",
  "too-many-tickers": "UNAUTHORIZED_ACCESS",
  "too-many-subscriptions": "UNAUTHORIZED_ACCESS",
  "dataset-finished": "DATA_UNAVAILABLE",
  "dataset-failed": "DATA_UNAVAILABLE",
  "too-many-messages": "API_RATE_LIMIT_EXCEEDED",
  "revoked-key": "INVALID_API_KEY",
};

const exampleMessage = '{"event":"heartbeat"}';
const tooManyCallsMessage =
  "You have exceeded the allowed number of API calls within the minute. Please wait and try again later.";
const unavailableMessage =
  "The requested data is temporarily unavailable or not supported. Please try again later or check the availability of the data.";
const invalidKeyMessage =
  "The provided API key is invalid or has expired. Please check your API key and try again";

/**
 * What the client is told. Live clients take "api key", "unauthorized", "invalid key",
 * "authentication" and "forbidden" as signs of a refused key, so only the errors that mean that
 * contain one of them (docs/protocols/finazon).
 */
export function streamErrorMessage(error: StreamError): string {
  switch (error.reason) {
    case "binary-frame":
      return `The message is a binary frame. Send a text frame with one JSON object, for example ${exampleMessage}.`;
    case "invalid-json":
      return `The message is not valid JSON. Send one JSON object, for example ${exampleMessage}.`;
    case "not-an-object":
      return `The message is not a JSON object. Send one, for example ${exampleMessage}.`;
    case "invalid-field":
      return `${invalidParameter(error.field)} ${error.remedy}`;
    case "unknown-dataset":
      return `${invalidParameter(error.field)} ${unknownDataset(error.dataset, error.usable)}`;
    case "dataset-not-granted":
      return `Your API key does not include the dataset ${quoted(error.dataset)}.`;
    case "unknown-ticker":
      return `The ticker ${quoted(error.ticker)} you have specified is unrecognized or unsupported.`;
    case "more-unknown-tickers":
      return `${error.count} more of the requested tickers are unrecognized or unsupported.`;
    case "already-subscribed":
      return `You are already subscribed to ticker: ${error.tickers.join(", ")}.`;
    case "not-subscribed":
      return `You are not subscribed to ticker: ${error.tickers.join(", ")}.`;
    case "too-many-tickers":
      return `One connection may subscribe to at most ${error.max} tickers. Left out: ${error.tickers.join(", ")}.`;
    case "too-many-subscriptions":
      return `One connection may hold at most ${error.max} subscriptions. Left out: ${error.tickers.join(", ")}.`;
    case "dataset-finished":
      return `The recording of dataset ${quoted(error.dataset)} is over. No more bars follow.`;
    case "dataset-failed":
      return `The feed of dataset ${quoted(error.dataset)} has failed. No more bars follow.`;
    case "too-many-messages":
      return `You have exceeded the allowed number of ${error.perMinuteMax} messages within the minute. Please wait and try again later.`;
    case "revoked-key":
      return invalidKeyMessage;
    default:
      return ensureNever(error);
  }
}

/** Sentence with which both surfaces say that a parameter cannot be used (docs/protocols/finazon). */
function invalidParameter(name: string): string {
  return `The ${name} parameter is missing or invalid.`;
}

function unknownDataset(dataset: string, usable: readonly string[]): string {
  const more = usable.length > listedDatasetsMax ? " and others" : "";
  const remedy =
    usable.length === 0
      ? "None is served at present."
      : `Use one of ${usable.slice(0, listedDatasetsMax).join(", ")}${more}.`;
  return `There is no dataset ${quoted(dataset)} here. ${remedy}`;
}

/** Why this side ends a connection. */
export type CloseReason = "revoked" | "evicted" | "flood";

/** Close code and reason; a reason has at most 123 bytes, which is what a close frame can hold. */
export const closings: Readonly<
  Record<CloseReason, { readonly code: number; readonly reason: string }>
> = {
  revoked: { code: 1008, reason: "The API key was revoked." },
  evicted: {
    code: 1008,
    reason: "A newer connection of the same workspace took the place of this one.",
  },
  flood: { code: 1008, reason: "Far too many messages within the minute." },
};

/** Why a REST call or an upgrade is refused. */
export type RestReason =
  | "invalid-parameter"
  | "invalid-date-range"
  | "unsupported-market"
  | "unknown-ticker"
  | "dataset-not-granted"
  | "missing-key"
  | "invalid-key"
  | "unknown-endpoint"
  | "upgrade-required"
  | "too-many-calls"
  | "too-many-questions"
  | "too-many-connections"
  | "too-slow"
  | "nothing-known"
  | "history-busy"
  | "history-failed"
  | SessionRefusal
  | "unknown-session"
  | "clock-refused"
  | "failed";

/** Why a call has no answer, and the parameter, dataset or path that this is about. */
export interface RestFault {
  readonly reason: RestReason;
  readonly subject: string;
}

/** Whether what was asked for is not there. */
export function isRestFault(value: unknown): value is RestFault {
  return typeof value === "object" && value !== null && "reason" in value;
}

interface RestErrorRow {
  readonly status: number;
  readonly code: RestErrorCode;
  /** `{subject}` stands for what the caller named; it is the only thing put in. */
  readonly message: string;
  /** In how many seconds it may be otherwise, where that is known. */
  readonly retryAfterS?: number;
}

/** Status, code and message by reason; the words are those of the vendor's table (docs/protocols/finazon). */
export const restErrors: Readonly<Record<RestReason, RestErrorRow>> = {
  "invalid-parameter": {
    status: 400,
    code: "INVALID_PARAMETER",
    message: invalidParameter("{subject}"),
  },
  "invalid-date-range": {
    status: 400,
    code: "INVALID_DATE_RANGE",
    message: "The requested date range is invalid or unsupported.",
  },
  "unsupported-market": {
    status: 400,
    code: "UNSUPPORTED_MARKET",
    message:
      "The requested market or exchange is not supported by the API. Please check the supported markets and try again.",
  },
  "unknown-ticker": {
    status: 400,
    code: "INVALID_TICKER",
    message: "The provided ticker is invalid or unsupported.",
  },
  "dataset-not-granted": {
    status: 401,
    code: "UNAUTHORIZED_ACCESS",
    message:
      "You are not authorized to access the requested endpoint or you have insufficient permissions. Your API key does not include the dataset {subject}.",
  },
  "missing-key": {
    status: 401,
    code: "INVALID_API_KEY",
    message: "An API key is required. Pass it as the query parameter apikey and try again.",
  },
  "invalid-key": { status: 401, code: "INVALID_API_KEY", message: invalidKeyMessage },
  "unknown-endpoint": {
    status: 404,
    code: "ENDPOINT_NOT_FOUND",
    message: "The requested endpoint {subject} does not exist or could not be found.",
  },
  "upgrade-required": {
    status: 426,
    code: "UPGRADE_REQUIRED",
    message: "The endpoint {subject} is the address of a WebSocket.",
  },
  "too-many-calls": {
    status: 429,
    code: "API_RATE_LIMIT_EXCEEDED",
    message: tooManyCallsMessage,
    // At the latest: counts begin again with each minute.
    retryAfterS: 60,
  },
  "too-many-questions": {
    status: 429,
    code: "API_RATE_LIMIT_EXCEEDED",
    message: `${tooManyCallsMessage} Too many calls of your workspace wait for an answer at once.`,
    retryAfterS: 1,
  },
  "too-many-connections": {
    status: 429,
    code: "API_RATE_LIMIT_EXCEEDED",
    message:
      "You have reached the allowed number of open connections of your workspace. Close one of them and try again.",
    retryAfterS: 5,
  },
  "too-slow": {
    status: 408,
    code: "REQUEST_TIMEOUT",
    message:
      "The request took too long to complete and timed out. Please try again later or reduce the complexity of your query.",
  },
  "nothing-known": { status: 503, code: "DATA_UNAVAILABLE", message: unavailableMessage },
  "history-busy": {
    status: 503,
    code: "DATA_UNAVAILABLE",
    message: unavailableMessage,
    retryAfterS: 1,
  },
  "history-failed": {
    status: 503,
    code: "DATA_UNAVAILABLE",
    message: unavailableMessage,
    // Somebody has to make room or mend the disk.
    retryAfterS: 60,
  },
  "bad-session-name": {
    status: 400,
    code: "INVALID_PARAMETER",
    message: `${invalidParameter("session")} Use 1 to 64 letters, digits, dots, hyphens and underscores.`,
  },
  "nothing-recorded": {
    status: 400,
    code: "INVALID_PARAMETER",
    message: `${invalidParameter("session")} This server has no recording with which a session could move about.`,
  },
  "unknown-session": {
    status: 404,
    code: "ENDPOINT_NOT_FOUND",
    message:
      "There is no session {subject} of this key. Connect with it, or play, pause or step it, and it begins.",
  },
  "clock-refused": { status: 400, code: "INVALID_PARAMETER", message: "{subject}" },
  "too-many-sessions": {
    status: 429,
    code: "API_RATE_LIMIT_EXCEEDED",
    message: "Your key has as many sessions as it may have at once. End one of them and try again.",
    retryAfterS: 60,
  },
  "too-many-sessions-in-all": {
    status: 429,
    code: "API_RATE_LIMIT_EXCEEDED",
    message:
      "This server has as many sessions as it may have at once. One ends when it has been idle for a while.",
    retryAfterS: 60,
  },
  failed: {
    status: 500,
    code: "INTERNAL_SERVER_ERROR",
    message:
      "An error occurred on the server-side while processing the request. Please try again later. If the issue persists, contact support.",
  },
};

/** Why the past is not told. */
export function unansweredFault(unanswered: Unanswered): RestFault {
  if (unanswered.kind === "failure") return { reason: "history-failed", subject: "" };
  const reason = unanswered.asker === "this" ? "too-many-questions" : "history-busy";
  return { reason, subject: "" };
}

/** What each refusal of access is called in {@link restErrors}, for upgrades and for REST. */
export const refusalReasons: Readonly<Record<AccessRefusal, RestReason>> = {
  "missing-key": "missing-key",
  "unknown-key": "invalid-key",
  "revoked-key": "invalid-key",
  "too-many-connections": "too-many-connections",
  "too-many-calls": "too-many-calls",
  unavailable: "history-busy",
};

/** Where an error code is explained, relative to this server. */
export function errorDocsPath(code: RestErrorCode): string {
  return `/docs/errors#${code}`;
}

/** The whole reply for a refusal; `subject` is the parameter, dataset or path that it is about. */
export function restErrorReply(reason: RestReason, subject = ""): RestReply {
  const { status, code, message, retryAfterS } = restErrors[reason];
  const body: RestErrorBody = {
    status: "error",
    error: {
      status,
      code,
      // A function, because a plain replacement text would give `$` a meaning.
      message: message.replace("{subject}", () => quoted(subject)),
      more_info: errorDocsPath(code),
    },
  };
  const reply = { status, body: JSON.stringify(body) };
  return retryAfterS === undefined ? reply : { ...reply, headers: retryAfter(retryAfterS) };
}

/** The whole reply for a fault. */
export function faultReply({ reason, subject }: RestFault): RestReply {
  return restErrorReply(reason, subject);
}

/** The reply for a request that was read too slowly, came too often or whose handling failed. */
export function failedReply(status: number): RestReply | undefined {
  if (status === 408) return restErrorReply("too-slow");
  if (status === 429) return restErrorReply("too-many-calls");
  return status >= 500 ? restErrorReply("failed") : undefined;
}
