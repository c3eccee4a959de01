/**
 * The words of the Finazon stream's messages. `test/integration/client-wire.test.ts` holds each type against the server's own;
 * nothing of the server is imported here.
 */

/** Value of `code` of an error. */
export type StreamErrorCode =
  | "INVALID_PARAMETER"
  | "INVALID_TICKER"
  | "UNAUTHORIZED_ACCESS"
  | "INVALID_API_KEY"
  | "API_RATE_LIMIT_EXCEEDED"
  | "DATA_UNAVAILABLE"
  | "ALREADY_SUBSCRIBED"
  | "NOT_SUBSCRIBED";

/** A control reply: to a subscribe, unsubscribe, heartbeat or reset, or an error. */
export interface ControlReply {
  readonly event?: "subscribe" | "unsubscribe" | "heartbeat" | "reset";
  readonly status: "success" | "error";
  readonly code?: StreamErrorCode | "SUCCESS_SUBSCRIPTION" | "SUCCESS_UNSUBSCRIPTION";
  readonly message?: string;
  /** Repeats the request's; a number here, read as text. */
  readonly request_id?: string;
}

/** A bar, read with its numbers as texts. */
export interface BarData {
  readonly d: string;
  readonly p: string;
  readonly f: string;
  readonly s: string;
  readonly t: string;
  readonly o: string;
  readonly h: string;
  readonly l: string;
  readonly c: string;
  readonly v: string;
}
