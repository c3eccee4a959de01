/**
 * Asks the server that runs on a data folder. While the process that the folder's file names is alive
 * it has what it said it has, so it is asked again until it answers; nothing is opened here.
 */
import { setTimeout as pause } from "node:timers/promises";
import Type from "typebox";
import { Value } from "typebox/value";
import { type AdminAddress, readAdminFile } from "./admin-file.ts";
import { type AdminAnswer, unavailable } from "./answer.ts";
import { operatorHeader, thisOperator } from "./operator.ts";

/** How long an answer is waited for, in milliseconds. */
const answerTimeoutMs = 30_000;

/** How long a server that is alive and does not answer is asked again, in milliseconds. */
export const defaultPatienceMs = 10_000;

/** Between two attempts, in milliseconds. */
const pauseMs = 50;

/** Status with which a server of ours refuses the token of another one. */
const unknownToken = 401;

const answerSchema = Type.Union([
  Type.Object({ kind: Type.Literal("done"), result: Type.Unknown() }),
  Type.Object({ kind: Type.Literal("refused"), message: Type.String() }),
  Type.Object({ kind: Type.Literal("unavailable"), message: Type.String() }),
  Type.Object({ kind: Type.Literal("fault"), message: Type.String() }),
]);

/** What is asked for. */
export interface Question {
  /** An operation's name, and what it takes. */
  readonly name: string;
  readonly request: unknown;
  /** Whether a server will do that has no exchange. Default: false. */
  readonly ofAnyServer?: boolean;
  /** Default: {@link defaultPatienceMs}. */
  readonly patienceMs?: number;
}

/** Whether `file` names a server whose process is alive. */
export function isServed(file: string): boolean {
  const server = readAdminFile(file);
  return server !== undefined && isAlive(server.pid);
}

/**
 * The answer of the server that `file` names. Undefined when there is none: no file, or one that a
 * crash has left, whose process is gone and behind whose port is nobody, or somebody else; or a server
 * that has no exchange, where one is needed.
 */
export async function askServer(
  file: string,
  question: Question,
): Promise<AdminAnswer<unknown> | undefined> {
  const { patienceMs = defaultPatienceMs, ofAnyServer = false } = question;
  const giveUpAtMs = performance.now() + patienceMs;
  let server = readAdminFile(file);
  while (server !== undefined && (server.exchange || ofAnyServer)) {
    const answer = await ask(server, question);
    if (answer !== undefined) return answer;
    if (!isAlive(server.pid)) return undefined;
    if (performance.now() >= giveUpAtMs) return unavailable(silence(server, file));
    await pause(pauseMs);
    // One that stops has removed its file and still has the exchange; one that starts writes its own.
    server = readAdminFile(file) ?? server;
  }
  return undefined;
}

/** One attempt; undefined when nobody answers who knows the token. */
async function ask(
  { url, token }: AdminAddress,
  { name, request }: Question,
): Promise<AdminAnswer<unknown> | undefined> {
  try {
    const response = await fetch(`${url}/${name}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        [operatorHeader]: thisOperator(),
      },
      body: JSON.stringify(request),
      redirect: "error",
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const answer: unknown = await response.json();
    if (response.status === unknownToken || !Value.Check(answerSchema, answer)) return undefined;
    return answer.kind === "fault"
      ? unavailable(`the server at ${url} cannot do it: ${answer.message}`)
      : answer;
  } catch (error) {
    if ((error as Error).name !== "TimeoutError") return undefined;
    return unavailable(
      `the server at ${url} has not answered for ${answerTimeoutMs / 1_000} seconds, and may have done it or not`,
    );
  }
}

/** Whether a process runs that could be the server. In a container this one may have its old number. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function silence({ pid, url }: AdminAddress, file: string): string {
  return `the server does not answer at ${url}: try again, or delete ${file} if process ${pid} is no openbourse`;
}
