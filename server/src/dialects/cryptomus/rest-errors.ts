/**
 * What REST refuses and in which words: closed tables from reasons to status, code and message
 * (docs/protocols/cryptomus, Refusals, decisions D-C28 to D-C31). Recorded texts are kept word for word, the exchange's
 * inner trouble is never told.
 */
import type { Refused } from "../../access/identity.ts";
import type { RejectReason } from "../../core/reject.ts";
import { type RestReply, retryAfter } from "../../ports/rest.ts";
import type { Unavailable } from "../../ports/trading-desk.ts";
import { type InputFault, quoted } from "./rest-validation.ts";
import type { SigningRefusal } from "./signing.ts";

/** Why something that was asked for is not done: the exchange's reasons and those found before it. */
export type RestReason =
  | RejectReason
  | "value-precision"
  | "stop-price-precision"
  | "no-price-yet"
  | "busy"
  | "unavailable"
  | "passing";

interface ErrorRow {
  readonly status: number;
  /** Value of `code`; 500 for what the caller can do nothing about. */
  readonly code: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 500;
  /** `{name}` stands for a value of {@link ErrorValues}. */
  readonly message: string;
}

/** What may be put into a message. */
export interface ErrorValues {
  readonly market?: string;
  readonly quantityMin?: string;
  readonly quantityMax?: string;
  readonly valueMin?: string;
  readonly valueMax?: string;
  readonly quantityStep?: string;
  readonly priceStep?: string;
  /** `higher` for a buy, `lower` for a sell. */
  readonly stopSide?: string;
  readonly order?: string;
  readonly clientOrderId?: string;
}

const serverError: ErrorRow = { status: 500, code: 500, message: "Server error." };
const serverBusy: ErrorRow = { ...serverError, status: 503 };

const refused = (code: 1 | 2 | 3 | 4 | 6 | 7, message: string): ErrorRow => ({
  status: 422,
  code,
  message,
});

/** Status, code and message by reason. Reasons that no request of this interface can cause are ours. */
export const restErrors: Readonly<Record<RestReason, ErrorRow>> = {
  "unknown-market": refused(1, "Market {market} not found."),
  "market-halted": refused(1, "Market {market} does not take orders at present."),
  "no-liquidity": refused(1, "Market {market} has no orders to trade with."),
  "no-price-yet": refused(1, "Market {market} has no price yet."),
  "too-many-open-orders": refused(1, "You have too many open orders."),
  "price-precision": refused(2, "Order price must be a multiple of {priceStep}."),
  "quantity-precision": refused(2, "Order quantity must be a multiple of {quantityStep}."),
  "value-precision": refused(2, "Order value must have 16 decimals or less."),
  "stop-price-precision": refused(2, "Stop-loss price must be a multiple of {priceStep}."),
  "quantity-out-of-range": refused(
    3,
    "Order quantity must be between {quantityMin} and {quantityMax} size.",
  ),
  "notional-out-of-range": refused(
    3,
    "Order value must be between {valueMin} and {valueMax} size.",
  ),
  "less-than-a-lot": refused(
    3,
    "Order value must be enough for a quantity of {quantityStep} at the best price.",
  ),
  "stop-price": refused(4, "Stop-loss price must be {stopSide} than order price"),
  "stop-price-reached": refused(4, "Stop-loss price must be {stopSide} than market price"),
  "unknown-order": { status: 404, code: 5, message: "Order {order} not found." },
  "insufficient-funds": refused(6, "Insufficient funds."),
  "duplicate-client-id": refused(7, "Client order id {clientOrderId} is already in use."),
  busy: serverBusy,
  "exchange-full": serverBusy,
  unavailable: serverError,
  passing: {
    ...serverBusy,
    message: "Nothing was done: the exchange cannot be reached at present. Please send it again.",
  },
  "malformed-command": serverError,
  "too-many-users": serverError,
  "unknown-user": serverError,
  "market-exists": serverError,
  "bad-market-rules": serverError,
  "too-many-markets": serverError,
  "tick-size-fixed": serverError,
  "lot-size-fixed": serverError,
  "post-only-would-take": serverError,
  "not-fillable": serverError,
  "unknown-currency": serverError,
  "amount-out-of-range": serverError,
  "transfer-key-reused": serverError,
  "genesis-not-first": serverError,
  "bad-limits": serverError,
  "bad-fees": serverError,
};

/** The reply that refuses. Texts of the caller are cut before they are repeated. */
export function refusalReply(reason: RestReason, values: ErrorValues = {}): RestReply {
  const { status, code, message: template } = restErrors[reason];
  const message = template.replace(/\{(\w+)\}/g, (_, name: string) =>
    quoted(values[name as keyof ErrorValues] ?? ""),
  );
  // The documents name the code once `code` and once `state`, so both are there (D-C29).
  return reply(status, code === 500 ? { code, message } : { code, state: code, message });
}

/** The reply of an exchange that does not work: one that soon will says that nothing was done. */
export function unavailableReply({ passes }: Unavailable): RestReply {
  return refusalReply(passes === true ? "passing" : "unavailable");
}

/** The reply that lists what is wrong with an input. */
export function faultyReply(errors: readonly InputFault[]): RestReply {
  return reply(422, { code: 0, message: "Validation failed.", errors });
}

interface AccessRow {
  readonly status: number;
  readonly body: { readonly code?: number; readonly message: string };
}

const invalidSign: AccessRow = { status: 401, body: { message: "Invalid Sign." } };
const userNotFound: AccessRow = { status: 404, body: { code: 404, message: "User not found." } };
const md5NotTaken = (what: string): AccessRow => ({
  status: 401,
  body: {
    message: `${what} Sign with HMAC-SHA-256: headers userId, timestamp, nonce and signature.`,
  },
});
const tooManyCalls: AccessRow = {
  status: 429,
  body: { code: 429, message: "Too many requests. Please wait and try again later." },
};

/** What a caller is told who is not let in, by reason. Only the first ones are on record. */
export const accessErrors: Readonly<Record<SigningRefusal, AccessRow>> = {
  "missing-credentials": invalidSign,
  "bad-signature": invalidSign,
  "unknown-user": userNotFound,
  "disabled-user": userNotFound,
  "md5-not-taken": md5NotTaken("This server takes no requests that are signed with MD5."),
  "md5-not-taken-from-user": md5NotTaken("This user's requests are not taken signed with MD5."),
  "bad-timestamp": {
    status: 401,
    body: { message: "Invalid timestamp. Send the present time in milliseconds since 1970." },
  },
  replayed: {
    status: 401,
    body: { message: "Repeated request. Send another timestamp or nonce with each request." },
  },
  "bad-nonce": {
    status: 401,
    body: { message: "Invalid nonce. Use at most 64 visible ASCII characters." },
  },
  "unknown-whether-replayed": {
    status: 401,
    body: {
      message:
        "This request may have been taken before. Send another one with the present time in milliseconds since 1970.",
    },
  },
  unavailable: {
    status: 503,
    body: {
      code: 503,
      message:
        "It cannot be checked at present. Nothing was done. Please send it again, signed anew.",
    },
  },
  "too-many-calls": tooManyCalls,
  "too-many-failures": {
    status: 429,
    body: { code: 429, message: "Too many wrong signatures. Please wait and try again later." },
  },
};

/** The reply for somebody who is not let in. */
export function accessReply(refused: Refused<SigningRefusal>): RestReply {
  const { refusal, waitMs } = refused;
  const { status, body } = accessErrors[refusal];
  const details = refusal === "bad-timestamp" ? timestampHelp(refused) : undefined;
  const answer = reply(status, details === undefined ? body : { ...body, message: details });
  return waitMs === undefined ? answer : { ...answer, headers: retryAfter(waitMs / 1_000) };
}

/** Where the server's time is told. */
export const timePath = "/v2/user-api/exchange/time";

/** How a time stamp is off, when it is a number at all. */
function timestampHelp({ aheadMs, aheadMsMax }: Refused<SigningRefusal>): string | undefined {
  if (aheadMs === undefined || aheadMsMax === undefined) return undefined;
  const off = `${secondsText(Math.abs(aheadMs))} s ${aheadMs > 0 ? "ahead of" : "behind"}`;
  const most = `at most ${secondsText(aheadMsMax)} s are allowed`;
  return `Invalid timestamp. It is ${off} the server's clock, ${most}. Send milliseconds since 1970; the server's time is at ${timePath}.`;
}

function secondsText(ms: number): string {
  return String(Math.round(ms) / 1_000);
}

/** The reply for a request that came to no route, or that could not be read. */
export function failedReply(status: number, message: string): RestReply {
  return reply(status, { code: status, message: status === 500 ? serverError.message : message });
}

/** A reply with a JSON body. */
export function reply(status: number, body: object): RestReply {
  return { status, body: JSON.stringify(body) };
}
