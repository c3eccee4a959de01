/**
 * Carries out what operators ask a running server for, and writes down who asked for what and what came of
 * it. It takes and gives texts; who may connect, and how, is settled before.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Value } from "typebox/value";
import type { Log, LogFields } from "../ports/log.ts";
import type { Tap } from "../ports/tap.ts";
import type { AdminAnswer } from "./answer.ts";
import type { Note } from "./note.ts";
import { type AdminOperation, adminOperations, findOperation } from "./operations.ts";
import { operatorHeader, operatorOf } from "./operator.ts";
import type { AdminTarget } from "./target.ts";

/** How long a stop waits for operations that are being carried out, in milliseconds. */
const stopGraceMs = 2_000;

/** The answer to what is no operation, or not how it is asked for; `message` is for people. */
export interface AdminFault {
  readonly kind: "fault";
  readonly message: string;
}

/** What the server says: an answer, a fault, that it has no exchange, or that it stops. */
export type Told =
  | AdminAnswer<unknown>
  | AdminFault
  | { readonly kind: "no-exchange" }
  | { readonly kind: "stopping" };

/** HTTP statuses of what the server says; a fault has its own. */
const statuses = {
  done: 200,
  refused: 422,
  unavailable: 503,
  "no-exchange": 421,
  stopping: 503,
} as const;

/** A reply, as the HTTP adapter sends it. */
export interface AdminReply {
  readonly status: number;
  readonly body: Told;
  /** What is shown in place of the body. */
  readonly tap?: Tap | undefined;
}

/** What an administration works on. */
export interface AdministrationOptions {
  readonly target: AdminTarget;
  /** Whether the target is an exchange, and not only the connections of a server. */
  readonly hasExchange: boolean;
  readonly log: Log;
}

/** The operations of one running server. */
export class Administration {
  readonly #options: AdministrationOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #isStopping = false;

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  /** Carries out the operation of a name. Rejects when that fails through a bug. */
  async answer(request: {
    readonly name: string;
    readonly body: string;
    header(name: string): string | undefined;
  }): Promise<AdminReply> {
    const { name, body } = request;
    if (this.#isStopping) return reply({ kind: "stopping" });
    const operation = findOperation(name);
    if (operation === undefined) {
      const known = Object.keys(adminOperations).join(", ");
      return { status: 404, body: fault(`"${name}" is no operation: there are ${known}`) };
    }
    if (operation.needsExchange && !this.#options.hasExchange)
      return reply({ kind: "no-exchange" });
    const asked = parseJson(body);
    if (asked === undefined || !Value.Check(operation.request, asked)) {
      return { status: 400, body: fault("the body is not what this operation is asked with") };
    }
    const { target, log } = this.#options;
    const running = operation.run(asked, target);
    const ended = running.catch(() => {});
    this.#underWay.add(ended);
    try {
      const told = await running;
      const operator = operatorOf(request.header(operatorHeader));
      writeDown(log, { operator, name, operation, asked, told });
      if (!operation.isTap || told.kind !== "done") return reply(told);
      // The table says that it is one.
      return { ...reply(told), tap: told.result as Tap };
    } finally {
      this.#underWay.delete(ended);
    }
  }

  /** Carries out nothing more, and waits for what is under way; whoever asks is told to come again. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const late = new AbortController();
    const timeout = pause(stopGraceMs, undefined, { signal: late.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#underWay), timeout]);
    late.abort();
  }
}

/** The body of a fault. */
export function fault(message: string): AdminFault {
  return { kind: "fault", message };
}

function reply(body: Exclude<Told, AdminFault>): AdminReply {
  return { status: statuses[body.kind], body };
}

/** Who did what to whom, how much of it, and what came of it; no request has a secret in it. */
function writeDown(
  log: Log,
  done: {
    readonly operator: string;
    readonly name: string;
    readonly operation: AdminOperation;
    readonly asked: unknown;
    readonly told: AdminAnswer<unknown>;
  },
): void {
  const { operator, name, operation, asked, told } = done;
  const what =
    name === "note"
      ? { operation: (asked as Note).action, ...(asked as Note).fields }
      : { operation: name, ...(asked as LogFields) };
  const outcome =
    told.kind === "done" ? pick(told.result, operation.logged) : { reason: told.message };
  const fields = { ...what, operator, outcome: told.kind, ...outcome };
  if (operation.effect === "reads") log.debug("administered", fields);
  else log.info("administered", fields);
}

/** Those of some fields that a result has. */
function pick(result: unknown, names: readonly string[]): LogFields {
  if (typeof result !== "object" || result === null) return {};
  return Object.fromEntries(Object.entries(result).filter(([name]) => names.includes(name)));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
