/**
 * The closed table of what an administrator can ask for: one line each. An operation is a plain
 * function; the server carries it out for whoever asks, a command by itself when no server runs.
 */
import Type, { type Static, type TSchema } from "typebox";
import type { AdminAnswer } from "./answer.ts";
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
import { listSessions, sessionsRequest } from "./sessions.ts";
import type { AdminTarget } from "./target.ts";
import { transfer, transferRequest } from "./transfers.ts";

/** An operation: what it is asked with, and what it does. */
export interface AdminOperation<Request extends TSchema = TSchema, Result = unknown> {
  readonly request: Request;
  /** Whether it changes nothing; the log has such operations at `debug`. */
  readonly reads: boolean;
  run(request: Static<Request>, target: AdminTarget): Promise<AdminAnswer<Result>>;
}

const nothing = Type.Object({}, { additionalProperties: false });

/** Every operation by its name. */
export const adminOperations = {
  transfer: changes(transferRequest, transfer),
  "list-markets": reads(nothing, listMarkets),
  "add-market": changes(marketRequest, addMarket),
  "set-market-state": changes(marketStateRequest, setMarketState),
  "set-market-rules": changes(rulesRequest, setMarketRules),
  "show-fees": reads(nothing, showFees),
  "set-fees": changes(feesRequest, setFees),
  "show-limits": reads(nothing, showLimits),
  "set-limits": changes(limitsRequest, setLimits),
  "list-orders": reads(ordersRequest, listOrders),
  "cancel-orders": changes(cancelRequest, cancelOrders),
  "list-sessions": reads(sessionsRequest, listSessions),
  note: changes(noteRequest, takeNote),
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

function changes<Request extends TSchema, Result>(
  request: Request,
  run: AdminOperation<Request, Result>["run"],
): AdminOperation<Request, Result> {
  return { request, run, reads: false };
}

function reads<Request extends TSchema, Result>(
  request: Request,
  run: AdminOperation<Request, Result>["run"],
): AdminOperation<Request, Result> {
  return { request, run, reads: true };
}
