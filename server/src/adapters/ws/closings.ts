/**
 * Why a connection ends whatever its protocol is: a closed table of close codes (RFC 6455, 7.4.1).
 * The protocols have tables of their own for what their rules end.
 */
import { slowConsumerCode, slowConsumerReason } from "../../hub/outbox.ts";

/** What ends connections of every protocol. */
export type GatewayCloseReason =
  | "going-away"
  | "slow-consumer"
  | "malformed-frame"
  | "malformed-text"
  | "too-large";

/** A close code, and the reason that goes with it; `ws` gives none with those that it finds itself. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** Code and reason of each. */
export const gatewayClosings: Readonly<Record<GatewayCloseReason, Closing>> = {
  "going-away": { code: 1001, reason: "the server is shutting down" },
  "slow-consumer": { code: slowConsumerCode, reason: slowConsumerReason },
  "malformed-frame": { code: 1002, reason: "" },
  "malformed-text": { code: 1007, reason: "" },
  "too-large": { code: 1009, reason: "" },
};
