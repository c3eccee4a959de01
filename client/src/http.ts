/**
 * REST calls: within a time, told apart by what came of them, and again where that is without danger. It knows
 * nothing of either protocol but that an error has a message somewhere.
 */
import { type BackoffOptions, backoffMs } from "./backoff.ts";
import { ClientError, type Fault } from "./fault.ts";
import type { HttpAnswer, HttpRequest, Platform } from "./platform.ts";

/** How long and how often something is asked. */
export interface CallOptions extends BackoffOptions {
  /** For one answer, in milliseconds. */
  readonly timeoutMs: number;
  /** How often it is asked, the first time included. */
  readonly tries: number;
  /** Longest wait that a server may ask for with `Retry-After`, in milliseconds. */
  readonly waitMsMax: number;
}

/** The options of who says nothing. */
export const defaultCallOptions: CallOptions = {
  timeoutMs: 10_000,
  tries: 4,
  minMs: 250,
  maxMs: 5_000,
  waitMsMax: 60_000,
};

/** An answer that is what was asked for. */
export interface Success {
  readonly ok: true;
  readonly text: string;
  readonly unknownTimes?: string | undefined;
}

/** What came of one try. */
export type Outcome =
  | Success
  | {
      readonly ok: false;
      readonly fault: Fault;
      /** Whether the server may have done what it was asked for. */
      readonly mayBeDone: boolean;
      /** What the server asked to be waited, in milliseconds. */
      readonly waitMs?: number;
    };

/** How a protocol reads an answer that is no success. */
export type ReadRefusal = (answer: HttpAnswer) => Fault;

/** Asks once. Never throws. */
export async function callOnce(
  platform: Platform,
  url: string,
  request: HttpRequest,
  { timeoutMs, readRefusal }: { readonly timeoutMs: number; readonly readRefusal: ReadRefusal },
): Promise<Outcome> {
  let answer: HttpAnswer;
  try {
    answer = await inTime(platform, timeoutMs, platform.request(url, request, timeoutMs));
  } catch (error) {
    const fault: Fault =
      error instanceof ClientError
        ? error.fault
        : { kind: "network", message: `no answer: ${causeOf(error)}` };
    return { ok: false, fault, mayBeDone: true };
  }
  const { status, text, retryAfterMs } = answer;
  if (status >= 200 && status < 300) return { ok: true, text, unknownTimes: answer.unknownTimes };
  const fault = readRefusal(answer);
  const mayBeDone = status >= 500;
  return {
    ok: false,
    fault,
    mayBeDone,
    ...(retryAfterMs === undefined ? {} : { waitMs: retryAfterMs }),
  };
}

/** Whether asking again may help. */
export function isPassing({ kind }: Fault): boolean {
  return (
    kind === "network" || kind === "timeout" || kind === "unavailable" || kind === "rate-limited"
  );
}

/** Asks until there is an answer that stays, as often as is allowed; throws what the last try came to. */
export async function call(
  platform: Platform,
  options: CallOptions,
  once: () => Promise<Outcome>,
): Promise<Success> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await once();
    if (outcome.ok) return outcome;
    await waitForNext(platform, options, { outcome, attempt });
  }
}

/** Waits until a call may be repeated, or throws its fault where it may not. */
export async function waitForNext(
  platform: Platform,
  options: CallOptions,
  { outcome, attempt }: { readonly outcome: Outcome & { ok: false }; readonly attempt: number },
): Promise<void> {
  const { fault, waitMs = 0 } = outcome;
  const isOver = attempt + 1 >= options.tries || waitMs > options.waitMsMax;
  if (isOver || !isPassing(fault)) throw new ClientError(fault);
  await pause(platform, Math.max(waitMs, backoffMs(options, attempt, platform)));
}

/** Resolves after a while of the platform's time. */
export function pause(platform: Platform, ms: number): Promise<void> {
  return new Promise((resolve) => {
    platform.after(ms, resolve);
  });
}

/** Reads the text of a success. */
export function parsed(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch {
    const message = `the answer is no JSON: ${text.slice(0, 80)}`;
    throw new ClientError({ kind: "unreadable", message });
  }
}

/** A path's query: what is undefined is left out. */
export function queryOf(
  parameters: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return text.length === 0 ? "" : `?${text.join("&")}`;
}

/** Rejects when something takes too long by the platform's clock. */
async function inTime<T>(platform: Platform, timeoutMs: number, work: Promise<T>): Promise<T> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = platform.after(timeoutMs, () => {
      const message = `no answer within ${timeoutMs} ms`;
      reject(new ClientError({ kind: "timeout", message }));
    });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

/** The reason of a failed fetch stands in its cause. */
function causeOf(error: unknown): string {
  const { cause, message } = error as { cause?: { message?: string }; message?: string };
  return cause?.message ?? message ?? String(error);
}
