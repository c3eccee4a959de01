/**
 * What the client needs of the program that it runs in: clocks, timers, randomness, sockets, requests and
 * hashes. Everything else of the package takes these from here, so that a test can lend its own; nothing else
 * names a global of Node.js or of a browser.
 */

import { ClientError } from "./fault.ts";

/** A WebSocket as browsers and Node.js 22 have it, as far as it is used. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

/** An HTTP request. */
export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Left out of requests without one. */
  readonly body?: string;
}

/** What it was answered with. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** Value of `Retry-After` in milliseconds, where it names seconds. */
  readonly retryAfterMs: number | undefined;
  /** Value of `openbourse-unknown`: times of which not everything is known. */
  readonly unknownTimes?: string | undefined;
}

/** What the client is lent. Times are milliseconds; one that is left out of the options is the program's own. */
export interface Platform {
  /** A clock that is never set, for ages and intervals. */
  monotonicMs(): number;
  /** Milliseconds since 1970, for time stamps. */
  wallMs(): number;
  /** Runs a task later; the returned function calls it off. */
  after(delayMs: number, task: () => void): () => void;
  /** At least 0 and less than 1. */
  random(): number;
  /** Lower-case hexadecimal digits of so many random bytes. */
  randomHex(bytes: number): string;
  openSocket(url: string): SocketLike;
  /** Rejects when there is no answer, also when there is none within `timeoutMs`. */
  request(url: string, request: HttpRequest, timeoutMs: number): Promise<HttpAnswer>;
  /** Lower-case hexadecimal HMAC-SHA-256 of the UTF-8 bytes of a text. */
  hmacSha256Hex(key: string, text: string): Promise<string>;
}

/** What of the globals is used. */
interface Globals {
  readonly performance: { now(): number };
  setTimeout(task: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
  readonly WebSocket?: new (url: string) => SocketLike;
  fetch(url: string, init: object): Promise<FetchAnswer>;
  readonly AbortController: new () => { readonly signal: object; abort(): void };
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly crypto: {
    getRandomValues(into: Uint8Array): Uint8Array;
    readonly subtle?: {
      importKey(...args: readonly unknown[]): Promise<object>;
      sign(algorithm: string, key: object, data: Uint8Array): Promise<ArrayBuffer>;
    };
  };
}

interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

const globals = globalThis as unknown as Globals;

/** What this program offers. */
export const systemPlatform: Platform = {
  monotonicMs: () => globals.performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, task) {
    const timer = globals.setTimeout(task, delayMs);
    return () => globals.clearTimeout(timer);
  },
  random: () => Math.random(),
  randomHex: (bytes) => hexOf(globals.crypto.getRandomValues(new Uint8Array(bytes))),
  openSocket(url) {
    if (globals.WebSocket === undefined) {
      throw misuse(
        "there is no WebSocket here: use Node.js 22 or newer, or lend platform.openSocket",
      );
    }
    try {
      return new globals.WebSocket(url);
    } catch {
      throw misuse(
        `"${url.replace(/[?].*/, "")}" is no address of a server, as ws://127.0.0.1:8080 is`,
      );
    }
  },
  async request(url, request, timeoutMs) {
    const controller = new globals.AbortController();
    const timer = globals.setTimeout(() => controller.abort(), timeoutMs);
    try {
      const answer = await globals.fetch(url, { ...request, signal: controller.signal });
      const text = await answer.text();
      const unknownTimes = answer.headers.get("openbourse-unknown") ?? undefined;
      return { status: answer.status, text, retryAfterMs: retryAfterMs(answer), unknownTimes };
    } finally {
      globals.clearTimeout(timer);
    }
  },
  async hmacSha256Hex(key, text) {
    const { subtle } = globals.crypto;
    if (subtle === undefined) {
      throw misuse("this page may not sign: browsers do so only on https and on localhost");
    }
    const encoder = new globals.TextEncoder();
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const imported = await subtle.importKey("raw", encoder.encode(key), algorithm, false, ["sign"]);
    return hexOf(new Uint8Array(await subtle.sign("HMAC", imported, encoder.encode(text))));
  },
};

function misuse(message: string): ClientError {
  return new ClientError({ kind: "misuse", message });
}

function retryAfterMs({ headers }: FetchAnswer): number | undefined {
  const text = headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
