/**
 * The closed table of what an operator can ask for, one row each. An operation is a plain function: the
 * server carries it out for whoever asks at its socket, a command by itself when no server runs.
 */
import Type, { type Static, type TSchema } from "typebox";
import type { AdminAnswer } from "./answer.ts";
import {
  clusterAdd,
  clusterAddRequest,
  clusterRemove,
  clusterRemoveRequest,
  clusterStatus,
  clusterStatusRequest,
  clusterTakeover,
} from "./cluster.ts";
import { listFeeds } from "./feeds.ts";
import { feesRequest, setFees, showFees } from "./fees.ts";
import { limitsRequest, setLimits, showLimits } from "./limits.ts";
import { marketRequest } from "./market-rules.ts";
import {
  addMarket,
  listMarkets,
  marketStateRequest,
  rulesRequest,
  setMarketRules,
  setMarketState,
} from "./markets.ts";
import { noteRequest, takeNote } from "./note.ts";
import { cancelOrders, cancelRequest, listOrders, ordersRequest } from "./orders.ts";
import { controlReplay, replayRequest } from "./replays.ts";
import { listSessions, sessionsRequest } from "./sessions.ts";
import { openTap, tapRequest } from "./taps.ts";
import type { AdminTarget } from "./target.ts";
import { transfer, transferRequest } from "./transfers.ts";

/** What an operation does: looks, changes something, or creates, takes or prices money. */
export type AdminEffect = "reads" | "changes" | "money";

/** An operation: what it is asked with, what it does, and what is written down about it. */
export interface AdminOperation<Request extends TSchema = TSchema, Result = unknown> {
  readonly request: Request;
  /** Who may ask for it. */
  readonly role: "operator";
  /** The log has operations that read at level `debug`, the others at `info`. */
  readonly effect: AdminEffect;
  /** One line that says what was done, for the page of operations. */
  readonly audit: string;
  /** What the log says of the result, besides the request and the outcome. */
  readonly logged: readonly string[];
  /** Whether a server without an exchange cannot do it. */
  readonly needsExchange: boolean;
  /** Whether the result is no text but a tap, which is shown for as long as it is looked at. */
  readonly isTap: boolean;
  run(request: Static<Request>, target: AdminTarget): Promise<AdminAnswer<Result>>;
}

const nothing = Type.Object({}, { additionalProperties: false });

/** Every operation by its name. */
export const adminOperations = {
  transfer: row(transferRequest, transfer, {
    effect: "money",
    audit: "Money was deposited for a user, or withdrawn",
    logged: ["repeated"],
  }),
  "list-markets": row(nothing, listMarkets, {
    effect: "reads",
    audit: "All markets were listed",
  }),
  "add-market": row(marketRequest, addMarket, {
    effect: "changes",
    audit: "A market was added",
  }),
  "set-market-state": row(marketStateRequest, setMarketState, {
    effect: "changes",
    audit: "A market was halted or resumed",
  }),
  "set-market-rules": row(rulesRequest, setMarketRules, {
    effect: "changes",
    audit: "The rules of a market were changed",
    logged: ["changed"],
  }),
  "show-fees": row(nothing, showFees, {
    effect: "reads",
    audit: "The fees were shown",
  }),
  "set-fees": row(feesRequest, setFees, {
    effect: "money",
    audit: "Fees were set, by default, for a market or for a user",
    logged: ["of", "from", "to"],
  }),
  "show-limits": row(nothing, showLimits, {
    effect: "reads",
    audit: "The limits of the exchange were shown",
  }),
  "set-limits": row(limitsRequest, setLimits, {
    effect: "changes",
    audit: "Limits of the exchange were set",
    logged: ["changed"],
  }),
  "list-orders": row(ordersRequest, listOrders, {
    effect: "reads",
    audit: "The open orders of a user were listed",
  }),
  "cancel-orders": row(cancelRequest, cancelOrders, {
    effect: "changes",
    audit: "Open orders were cancelled",
    logged: ["cancelled"],
  }),
  "list-sessions": row(sessionsRequest, listSessions, {
    effect: "reads",
    audit: "The connections were listed",
    needsExchange: false,
  }),
  "list-feeds": row(nothing, listFeeds, {
    effect: "reads",
    audit: "The feeds were listed",
    needsExchange: false,
  }),
  "cluster-status": row(clusterStatusRequest, clusterStatus, {
    effect: "reads",
    audit: "How this node of a cluster is doing was told",
    needsExchange: false,
  }),
  "cluster-takeover": row(nothing, clusterTakeover, {
    effect: "changes",
    audit: "This node of a cluster was made the one that leads",
    logged: ["term"],
    needsExchange: false,
  }),
  "cluster-add": row(clusterAddRequest, clusterAdd, {
    effect: "changes",
    audit: "A node was added to the cluster",
    needsExchange: false,
  }),
  "cluster-remove": row(clusterRemoveRequest, clusterRemove, {
    effect: "changes",
    audit: "A node was removed from the cluster",
    needsExchange: false,
  }),
  "control-replay": row(replayRequest, controlReplay, {
    effect: "changes",
    audit: "The clock of recordings was asked for, or moved",
    needsExchange: false,
  }),
  "open-tap": row(tapRequest, openTap, {
    effect: "changes",
    audit: "What the server sends to clients, or what it hears from a venue, is being recorded",
    needsExchange: false,
    isTap: true,
  }),
  note: row(noteRequest, takeNote, {
    effect: "changes",
    audit:
      "A command has changed `keys.db` or `users.db`; the line names its action instead of `note`",
    needsExchange: false,
  }),
} as const;

type Operations = typeof adminOperations;

/** Name of an operation. */
export type AdminOperationName = keyof Operations;

/** What an operation is asked with. */
export type AdminRequest<Name extends AdminOperationName> = Static<Operations[Name]["request"]>;

/** What an operation yields. */
export type AdminResult<Name extends AdminOperationName> = Extract<
  Awaited<ReturnType<Operations[Name]["run"]>>,
  { readonly kind: "done" }
>["result"];

/** The operation of a name that somebody wrote. */
export function findOperation(name: string): AdminOperation | undefined {
  return Object.hasOwn(adminOperations, name)
    ? adminOperations[name as AdminOperationName]
    : undefined;
}

/** A row of the table: by default the log says nothing of the result, and an exchange is needed. */
function row<Request extends TSchema, Result>(
  request: Request,
  run: AdminOperation<Request, Result>["run"],
  says: Pick<AdminOperation, "effect" | "audit"> &
    Partial<Pick<AdminOperation, "logged" | "needsExchange" | "isTap">>,
): AdminOperation<Request, Result> {
  return { request, run, role: "operator", logged: [], needsExchange: true, isTap: false, ...says };
}
