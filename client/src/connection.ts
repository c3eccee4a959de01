/**
 * One connection that comes back: a new address for each try, jittered exponential backoff, heartbeats, and a
 * notion of silence. It carries texts and knows nothing of what they say.
 */
import { type BackoffOptions, backoffMs } from "./backoff.ts";
import type { ClosingMeaning } from "./closing.ts";
import { ClientError, closedFault, type Fault, faultOf } from "./fault.ts";
import type { Platform, SocketLike } from "./platform.ts";
import { Signal } from "./signal.ts";

/** What a connection is doing. Times are milliseconds since 1970. */
export type ConnectionState =
  /** The first message has not come yet; `attempt` counts tries since the last success, from 0. */
  | { readonly state: "connecting"; readonly attempt: number }
  /** Messages come. */
  | { readonly state: "live"; readonly sinceMs: number }
  /** Nothing has come since `heardMs`, not even the answer to a heartbeat: what is shown may be old. */
  | { readonly state: "stale"; readonly heardMs: number }
  /** The server has said that it stops; the next try is at `retryAtMs`. */
  | { readonly state: "going-away"; readonly attempt: number; readonly retryAtMs: number }
  /** The connection was lost or refused, which `why` says; the next try is at `retryAtMs`. */
  | {
      readonly state: "waiting";
      readonly attempt: number;
      readonly retryAtMs: number;
      readonly why: Fault;
    }
  /** For good, by its program or because trying again is of no use. */
  | { readonly state: "closed"; readonly why: Fault };

/** How long is waited for what, in milliseconds. */
export interface Patience extends BackoffOptions {
  /** For a connection to be opened. */
  readonly connectMs: number;
  /** Between two heartbeats. */
  readonly heartbeatMs: number;
  /**
   * Of silence until the state is `stale`; more than the time between heartbeats. Silence is told only of a server that was asked: a
   * program whose timers are late asks first.
   */
  readonly staleMs: number;
  /** Of silence until the connection is given up. */
  readonly deadMs: number;
  /** That a connection must have lasted for the next wait to be a short one again. */
  readonly settledMs: number;
}

/** The patience of who says nothing. */
export const defaultPatience: Patience = {
  minMs: 500,
  maxMs: 30_000,
  connectMs: 10_000,
  heartbeatMs: 15_000,
  staleMs: 20_000,
  deadMs: 35_000,
  settledMs: 10_000,
};

/** What has happened to a connection so far. */
export interface ConnectionCounts {
  /** Connections that were opened after the first one. */
  readonly reconnects: number;
  /** Times that silence made the state stale. */
  readonly stales: number;
  readonly received: number;
  readonly sent: number;
}

/** What a connection asks of who uses it. */
export interface ConnectionUse {
  /** Where to connect, for each try anew. What it throws decides: `unauthorized` and `misuse` are final. */
  address(): Promise<string>;
  /** A message that the server answers. */
  heartbeat(): string;
  meaningOf(code: number, reason: string): ClosingMeaning;
  /** Asked when an upgrade is refused, as the platform does not tell why; undefined when that cannot be known. */
  whyRefused?(): Promise<Fault | undefined>;
  opened(): void;
  lost(): void;
  /** What it throws makes the connection be given up for a new one. */
  received(text: string): void;
}

/** Longest message that is looked at, in characters. */
const messageCharsMax = 32 * 1_024 * 1_024;
/** Longest wait that a server can ask for. */
const askedWaitMsMax = 300_000;

/** A socket, and all that was planned for it. */
interface Line {
  readonly socket: SocketLike;
  isOpen: boolean;
  openedMs: number;
  heardMs: number;
  beatMs: number;
  /** When it was first asked since something was heard. */
  askedMs: number | undefined;
}

/** `readyState` of a socket that takes texts. */
const openState = 1;

/** See the head of the file. */
export class Connection {
  readonly states: Signal<ConnectionState> = new Signal();
  readonly #use: ConnectionUse;
  readonly #platform: Platform;
  readonly #patience: Patience;
  readonly #counts = { reconnects: 0, stales: 0, received: 0, sent: 0 };
  #state: ConnectionState = { state: "connecting", attempt: 0 };
  #line: Line | undefined;
  /** Number of the current try; what belongs to an older one is not listened to. */
  #try = 0;
  #attempt = 0;
  #opened = 0;
  #cancel: () => void = () => {};

  constructor(use: ConnectionUse, platform: Platform, patience: Partial<Patience> = {}) {
    this.#use = use;
    this.#platform = platform;
    this.#patience = { ...defaultPatience, ...patience };
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get counts(): ConnectionCounts {
    return { ...this.#counts };
  }

  get isOpen(): boolean {
    return this.#line?.isOpen === true;
  }

  /** Begins to connect. Called once. */
  start(): void {
    void this.#connect();
  }

  /** Sends a text, or says that there is no connection to send it on. */
  send(text: string): boolean {
    const line = this.#line;
    if (line?.isOpen !== true || line.socket.readyState !== openState) return false;
    try {
      line.socket.send(text);
    } catch {
      // A socket that is closing tells of that itself.
      return false;
    }
    this.#counts.sent += 1;
    return true;
  }

  /** Ends it for good. */
  close(why: Fault = closedFault): void {
    if (this.#state.state === "closed") return;
    this.#drop(1000);
    this.#enter({ state: "closed", why });
  }

  async #connect(): Promise<void> {
    this.#try += 1;
    const current = this.#try;
    const isCurrent = () => current === this.#try && this.#state.state !== "closed";
    this.#enter({ state: "connecting", attempt: this.#attempt });
    // Asking for an address, as the handshake after it, may take its time and no more.
    this.#plan(this.#patience.connectMs, () => {
      const message = `no connection within ${this.#patience.connectMs} ms`;
      this.#lose({ kind: "timeout", message }, "again");
    });
    try {
      const address = await this.#use.address();
      if (isCurrent()) this.#listen(this.#platform.openSocket(address), isCurrent);
    } catch (error) {
      if (isCurrent()) this.#refused(faultOf(error));
    }
  }

  #listen(socket: SocketLike, isCurrent: () => boolean): void {
    const times = { openedMs: 0, heardMs: 0, beatMs: 0, askedMs: undefined };
    const line: Line = { socket, isOpen: false, ...times };
    this.#line = line;
    socket.addEventListener("open", () => {
      if (isCurrent()) this.#open(line);
      else socket.close();
    });
    socket.addEventListener("message", ({ data }) => {
      if (isCurrent()) this.#hear(line, data);
    });
    // A `close` follows each `error`, and knows more.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", ({ code, reason }) => {
      if (!isCurrent()) return;
      if (line.isOpen) this.#closed(code, reason);
      else void this.#upgradeRefused(isCurrent);
    });
  }

  #open(line: Line): void {
    const nowMs = this.#platform.monotonicMs();
    Object.assign(line, { isOpen: true, openedMs: nowMs, heardMs: nowMs, beatMs: nowMs });
    this.#opened += 1;
    if (this.#opened > 1) this.#counts.reconnects += 1;
    this.#enter({ state: "live", sinceMs: this.#platform.wallMs() });
    this.#planBeat(line);
    this.#use.opened();
  }

  #hear(line: Line, data: unknown): void {
    line.heardMs = this.#platform.monotonicMs();
    line.askedMs = undefined;
    this.#counts.received += 1;
    if (this.#state.state === "stale") {
      this.#enter({ state: "live", sinceMs: this.#platform.wallMs() });
    }
    if (typeof data !== "string" || data.length > messageCharsMax) {
      const message = "a message came that is no text, or far too long";
      this.#lose({ kind: "unreadable", message }, "again");
      return;
    }
    try {
      this.#use.received(data);
    } catch (error) {
      const message = `a message cannot be read: ${faultOf(error).message}`;
      if (this.#line !== undefined) this.#lose({ kind: "unreadable", message }, "again");
    }
  }

  /** Looks again when the next heartbeat, staleness or death is due. */
  #planBeat(line: Line): void {
    const { heartbeatMs, staleMs, deadMs } = this.#patience;
    const boundMs = this.#state.state === "stale" ? deadMs : staleMs;
    const due = Math.min(line.beatMs + heartbeatMs, this.#silentFromMs(line) + boundMs);
    const delayMs = Math.max(1, due - this.#platform.monotonicMs());
    this.#plan(delayMs, () => this.#beat(line));
  }

  #beat(line: Line): void {
    const { heartbeatMs, staleMs, deadMs } = this.#patience;
    const nowMs = this.#platform.monotonicMs();
    const silentMs = nowMs - line.heardMs;
    const unansweredMs = nowMs - this.#silentFromMs(line);
    if (unansweredMs >= deadMs) {
      const message = `the server was silent for ${Math.round(silentMs)} ms`;
      this.#lose({ kind: "silent", message, silentMs }, "again");
      return;
    }
    if (unansweredMs >= staleMs && this.#state.state === "live") {
      this.#counts.stales += 1;
      this.#enter({ state: "stale", heardMs: this.#platform.wallMs() - silentMs });
    }
    if (nowMs - line.beatMs >= heartbeatMs) {
      line.beatMs = nowMs;
      line.askedMs ??= nowMs;
      this.send(this.#use.heartbeat());
    }
    if (this.#line === line) this.#planBeat(line);
  }

  /** Since when the server is silent; infinitely late while it was asked nothing. */
  #silentFromMs({ heardMs, askedMs = Number.POSITIVE_INFINITY }: Line): number {
    return Math.max(heardMs, askedMs - this.#patience.heartbeatMs);
  }

  #closed(code: number, reason: string): void {
    const message = reason === "" ? `closed with ${code}` : `closed with ${code}: ${reason}`;
    this.#lose({ kind: "ended", message, code, reason }, this.#use.meaningOf(code, reason));
  }

  async #upgradeRefused(isCurrent: () => boolean): Promise<void> {
    const unknown: Fault = { kind: "network", message: "the connection could not be opened" };
    const known = await this.#use.whyRefused?.().catch(() => undefined);
    if (isCurrent()) this.#refused(known ?? unknown);
  }

  #refused(why: Fault): void {
    const isFinal = why.kind === "unauthorized" || why.kind === "misuse";
    this.#lose(why, isFinal ? "final" : "again");
  }

  #lose(why: Fault, meaning: ClosingMeaning): void {
    const { settledMs } = this.#patience;
    const nowMs = this.#platform.monotonicMs();
    const line = this.#line;
    if (line?.isOpen === true && nowMs - line.openedMs >= settledMs) this.#attempt = 0;
    this.#drop();
    if (meaning === "final") {
      this.#enter({ state: "closed", why });
      return;
    }
    const askedMs = why.kind === "rate-limited" ? (why.retryAfterMs ?? 0) : 0;
    const ownMs = backoffMs(this.#patience, this.#attempt, this.#platform);
    const waitMs = Math.max(ownMs, Math.min(askedMs, askedWaitMsMax));
    const planned = { attempt: this.#attempt, retryAtMs: this.#platform.wallMs() + waitMs };
    this.#attempt += 1;
    this.#plan(waitMs, () => void this.#connect());
    this.#enter(
      meaning === "going-away"
        ? { state: "going-away", ...planned }
        : { state: "waiting", ...planned, why },
    );
  }

  /** Lets go of the socket without waiting for what it says to that. */
  #drop(code?: number): void {
    const line = this.#line;
    this.#line = undefined;
    this.#try += 1;
    this.#cancel();
    if (line === undefined) return;
    try {
      line.socket.close(code);
    } catch {
      // It was closed already.
    }
    if (line.isOpen) this.#use.lost();
  }

  #plan(delayMs: number, task: () => void): void {
    this.#cancel();
    this.#cancel = this.#platform.after(delayMs, task);
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.states.emit(state);
  }
}

/** The error for what was asked of a connection that is closed for good; undefined while it may come back. */
export function closedError(state: ConnectionState): ClientError | undefined {
  return state.state === "closed" ? new ClientError(state.why) : undefined;
}
