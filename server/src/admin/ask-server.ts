/**
 * Asks the server that runs on a data folder, at its socket. Nothing is opened here, and nobody is asked
 * who is not there.
 */
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import Type from "typebox";
import { Value } from "typebox/value";
import type { Told } from "./administration.ts";
import { type AdminAnswer, unavailable } from "./answer.ts";
import { operatorHeader, thisOperator } from "./operator.ts";

/** Taken like this because an import of it also loads a client for requests, which takes a tenth of a start. */
const { request: httpRequest } = process.getBuiltinModule("node:http");

/** How long an answer is waited for, in milliseconds. */
const answerTimeoutMs = 30_000;

/** How long a server that hangs up, or stops, is asked again, in milliseconds. */
export const defaultPatienceMs = 10_000;

/** Between two attempts, in milliseconds. */
const pauseMs = 50;

/** What the system says of a socket at which nobody listens, or that is not there. */
const nobody: ReadonlySet<string | undefined> = new Set(["ENOENT", "ECONNREFUSED", "ENOTSOCK"]);

const toldSchema = Type.Union([
  Type.Object({ kind: Type.Literal("done"), result: Type.Unknown() }),
  Type.Object({ kind: Type.Literal("refused"), message: Type.String() }),
  Type.Object({ kind: Type.Literal("unavailable"), message: Type.String() }),
  Type.Object({ kind: Type.Literal("fault"), message: Type.String() }),
  Type.Object({ kind: Type.Literal("no-exchange") }),
  Type.Object({ kind: Type.Literal("stopping") }),
]);

/** What is asked for. */
export interface Question {
  /** An operation's name, and what it takes. */
  readonly name: string;
  readonly request: unknown;
  /** Default: {@link defaultPatienceMs}. */
  readonly patienceMs?: number;
}

/**
 * The answer of the server that listens at `path`. Undefined when there is none: no socket, one that a
 * crash has left, or a server that has no exchange where one is needed.
 */
export async function askServer(
  path: string,
  question: Question,
): Promise<AdminAnswer<unknown> | undefined> {
  const { patienceMs = defaultPatienceMs } = question;
  const giveUpAtMs = performance.now() + patienceMs;
  for (;;) {
    const told = await ask(path, question);
    if (told === "nobody") return undefined;
    if (told === "forbidden" || told === "overdue") return unavailable(troubles[told](path));
    if (told !== "hung-up" && told.kind !== "stopping") return answerOf(told, path);
    if (performance.now() >= giveUpAtMs) {
      const why = told === "hung-up" ? "does not answer as openbourse does" : "is stopping";
      return unavailable(
        `the server at ${path} ${why}: try again, or stop the process that listens there`,
      );
    }
    await pause(pauseMs);
  }
}

const troubles = {
  forbidden: (path: string) =>
    `the server at ${path} is another user's: ask as the owner of the data folder`,
  overdue: (path: string) =>
    `the server at ${path} has not answered for ${answerTimeoutMs / 1_000} seconds, and may have done it or not`,
} as const;

function answerOf(
  told: Exclude<Told, { readonly kind: "stopping" }>,
  path: string,
): AdminAnswer<unknown> | undefined {
  if (told.kind === "no-exchange") return undefined;
  if (told.kind !== "fault") return told;
  return unavailable(`the server at ${path} cannot do it: ${told.message}`);
}

/** One attempt: what was told, or why nothing was. */
async function ask(
  path: string,
  question: Question,
): Promise<Told | "nobody" | "forbidden" | "overdue" | "hung-up"> {
  try {
    const told: unknown = JSON.parse(await post(path, question));
    return Value.Check(toldSchema, told) ? told : "hung-up";
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    if (nobody.has(code)) return "nobody";
    if (code === "EACCES") return "forbidden";
    return name === "TimeoutError" ? "overdue" : "hung-up";
  }
}

async function post(path: string, { name, request }: Question): Promise<string> {
  const signal = AbortSignal.timeout(answerTimeoutMs);
  const asking = requestAt(path, { name, request, signal });
  const response = await asking.catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
  return await text(response);
}

/** Asks for an operation at a socket; resolves with what comes, before its body has. */
export function requestAt(
  socketPath: string,
  { name, request, signal }: Pick<Question, "name" | "request"> & { readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  const body = JSON.stringify(request);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    [operatorHeader]: thisOperator(),
  };
  return new Promise((resolve, reject) => {
    // Each on a connection of its own: one that is left from before may be another server's, which is gone.
    httpRequest({ agent: false, socketPath, method: "POST", path: `/${name}`, headers, signal })
      .on("error", reject)
      .on("response", resolve)
      .end(body);
  });
}
