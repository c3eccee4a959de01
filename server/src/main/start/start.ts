/**
 * A start as a row of named steps: what a step has made is given back in the opposite order when the
 * server stops, or when a later step fails. Nothing is made outside of a step, so nothing is left behind.
 */
import { StartError } from "../../ports/start-error.ts";

/** The steps of a start, in their order. One of them may be left out where its part is not configured. */
export const startSteps = [
  "demo",
  "certificate",
  "datasets",
  "files",
  "data folder",
  "cluster",
  "shared datasets",
  "past",
  "users",
  "shared users",
  "exchange",
  "log",
  "snapshots",
  "history",
  "recovery",
  "admissions",
  "board",
  "running bars",
  "warm-up",
  "mirrors",
  "days",
  "keys",
  "shared keys",
  "letting in",
  "participants",
  "stages",
  "answers",
  "participants trading",
  "mirrors trading",
  "days trading",
  "demo users",
  "disabled users",
  "demo key",
  "stored datasets",
  "restored datasets",
  "feeds",
  "told datasets",
  "gateway",
  "key changes",
  "administration",
  "page",
  "http",
  "listening",
  "gRPC",
  "feeds running",
  "sessions",
  "seconds",
] as const;

/** One of {@link startSteps}. */
export type StartStep = (typeof startSteps)[number];

/** Who watches a start. */
export interface StartWatcher {
  /** Aborted when the start is not wanted any more; it ends at its next step then. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each step; what it throws, or rejects with, makes the step fail. */
  began?(step: StartStep): void | Promise<void>;
  /** Told why the start fails, before anything is given back. */
  failed?(error: unknown): void;
}

/** A start that was not wanted any more. */
export class StartCancelled extends Error {
  override readonly name = "StartCancelled";
}

/** A start under way. */
export class Start implements AsyncDisposable {
  readonly #watcher: StartWatcher;
  readonly #made = new AsyncDisposableStack();
  /** Below everything that the steps make. */
  readonly #last = this.#made.use(new AsyncDisposableStack());
  #isOver = false;

  constructor(watcher: StartWatcher = {}) {
    this.#watcher = watcher;
  }

  /** Makes one part; `giveBack` is called with it when the server stops or the start fails. */
  async step<Part>(
    name: StartStep,
    make: () => Part | Promise<Part>,
    giveBack?: (part: Part) => void | Promise<void>,
  ): Promise<Part> {
    try {
      await this.begin(name);
      const part = await make();
      if (giveBack !== undefined) this.#made.defer(() => giveBack(part));
      return part;
    } catch (error) {
      const told = inWords(error);
      this.#watcher.failed?.(told);
      throw told;
    }
  }

  /** Has something given back after everything that any step has made. */
  atLast(giveBack: () => void | Promise<void>): void {
    this.#last.defer(giveBack);
  }

  /** Says that a step begins that gives its parts back itself. Throws when it must not begin. */
  async begin(name: StartStep): Promise<void> {
    this.goOn();
    await this.#watcher.began?.(name);
  }

  /** Throws when the start is not wanted any more; for within long steps. */
  goOn(): void {
    if (!this.#isOver && this.#watcher.signal?.aborted === true) {
      throw new StartCancelled("the server was stopped before it had started");
    }
  }

  /** The start has succeeded: what was made is given back by the returned stack, and by nothing else. */
  done(): AsyncDisposableStack {
    this.#isOver = true;
    return this.#made.move();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made.disposeAsync();
  }
}

/** What the file system says names the path; with what to do about it, it is an operator's business. */
function inWords(error: unknown): unknown {
  const isOfSystem = error instanceof Error && "syscall" in error && "path" in error;
  if (!isOfSystem || error.name === "StartError") return error;
  return new StartError(
    `cannot use ${String(error.path)}: ${error.message}; check the disk and what lies there`,
  );
}
