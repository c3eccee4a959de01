/**
 * Timers that keep time in a tab that nobody sees. Browsers let those of such a page fire once a minute, which is too seldom to tell a
 * server that somebody is there; those of a worker go on, and so one runs while the page is hidden.
 */

/** Tells the time in milliseconds; it is never set. */
type NowMs = () => number;

interface Waiting {
  readonly dueMs: number;
  readonly task: () => void;
}

/** See the head of the file. Who adds timers bounds them. */
export class SteadyTimers {
  readonly #nowMs: NowMs;
  readonly #waiting = new Map<ReturnType<typeof setTimeout>, Waiting>();

  constructor(nowMs: NowMs = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Does something after so many milliseconds, unless the returned function is called before. */
  readonly after = (delayMs: number, task: () => void): (() => void) => {
    const id = setTimeout(() => this.#run(id), delayMs);
    this.#waiting.set(id, { dueMs: this.#nowMs() + delayMs, task });
    return () => {
      clearTimeout(id);
      this.#waiting.delete(id);
    };
  };

  /** Does what should have been done by now. */
  tick(): void {
    const nowMs = this.#nowMs();
    for (const [id, { dueMs }] of [...this.#waiting]) if (dueMs <= nowMs) this.#run(id);
  }

  #run(id: ReturnType<typeof setTimeout>): void {
    const waiting = this.#waiting.get(id);
    clearTimeout(id);
    this.#waiting.delete(id);
    waiting?.task();
  }
}

const timers = new SteadyTimers();
let ticks: Worker | undefined;

/** What the connections of this page plan their heartbeats with. */
export const { after } = timers;

/** Begins to look whether anybody sees the page; called once by the application. */
export function keepTime(): void {
  const look = () => {
    ticks?.terminate();
    ticks = undefined;
    if (!document.hidden) return;
    ticks = new Worker(new URL("./ticks.ts", import.meta.url), { type: "module" });
    ticks.addEventListener("message", () => timers.tick());
  };
  document.addEventListener("visibilitychange", look);
  look();
}
