/**
 * Lines of what passed, on their way into files. They are gathered for a moment and written as blocks; what the
 * disk does not take in time is dropped, counted and told as a gap in its place. Times never go back.
 */
import type { RotatingFiles } from "./rotating-files.ts";

/** Characters that may wait to be written; once some were dropped, with half of that waiting lines are taken again. */
const waitingTextDefault: number = 64 * 1024 ** 2;

/** How long lines wait for more of them before they are written as a block, in milliseconds. */
const gatheringMs = 1_000;

/** What was dropped, or was never heard. */
interface Gap {
  readonly fromUs: number;
  readonly toUs: number;
  readonly why: string;
  readonly dropped?: number;
  readonly droppedBytes?: number;
}

/** Takes lines. */
export class RecordedLines {
  /** Told once when the files cannot be written any more. */
  failed: (message: string) => void = () => undefined;
  /** Lines that were dropped. */
  dropped = 0;
  readonly #files: Pick<RotatingFiles, "add" | "isFull" | "cut" | "close">;
  readonly #timer: NodeJS.Timeout;
  #waiting: { readonly text: string; readonly us: number }[] = [];
  #waitingText = 0;
  readonly #waitingTextMax: number;
  #lastUs: number;
  #dropping: { fromUs: number; toUs: number; dropped: number; droppedBytes: number } | undefined;
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  /** Goes on after the last line that the files have, in microseconds since 1970; 0 where there is none. */
  constructor(
    files: Pick<RotatingFiles, "add" | "isFull" | "cut" | "close">,
    lastUs = 0,
    waitingTextMax: number = waitingTextDefault,
  ) {
    this.#files = files;
    this.#waitingTextMax = waitingTextMax;
    this.#lastUs = lastUs;
    this.#timer = setInterval(() => void this.#write(), gatheringMs);
  }

  /** The time of the last line; 0 while there is none. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** Takes a line: what kind it is, when that was, and what is told of it. */
  take(t: string, atUs: number, fields: object): void {
    if (this.#hasFailed) return;
    const us = Math.max(atUs, this.#lastUs);
    const rest = JSON.stringify(fields).slice(1);
    const text = `{"t":"${t}","ts":${secondsOf(us)}${rest === "}" ? "" : ","}${rest}\n`;
    const max = this.#waitingTextMax / (this.#dropping === undefined ? 1 : 2);
    if (this.#waitingText + text.length > max) {
      this.#dropping ??= { fromUs: us, toUs: us, dropped: 0, droppedBytes: 0 };
      this.#dropping.toUs = us;
      this.#dropping.dropped += 1;
      this.#dropping.droppedBytes += text.length;
      this.dropped += 1;
      return;
    }
    this.#tellDropped();
    this.#add(text, us);
  }

  /** Tells that nothing is known of a time. */
  gap({ toUs, fromUs, ...rest }: Gap): void {
    // Where the clock was set back it still has a time of its own, which may name a file.
    this.take("gap", Math.max(toUs, this.#lastUs + 1), {
      from: Number(secondsOf(fromUs)),
      ...rest,
    });
    if (this.#dropping === undefined) return;
    this.#dropping.fromUs = Math.min(this.#dropping.fromUs, fromUs);
  }

  /** Writes what waits and lets the files go. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    this.#tellDropped();
    await this.#write();
    if (!this.#hasFailed) await this.#files.close().catch((error: Error) => this.#fail(error));
  }

  #tellDropped(): void {
    if (this.#dropping === undefined) return;
    const { fromUs, toUs, dropped, droppedBytes } = this.#dropping;
    this.#dropping = undefined;
    const why = "the disk did not keep up";
    const line = { from: Number(secondsOf(fromUs)), why, dropped, droppedBytes };
    this.#add(`{"t":"gap","ts":${secondsOf(toUs)},${JSON.stringify(line).slice(1)}\n`, toUs);
  }

  #add(text: string, us: number): void {
    this.#lastUs = us;
    this.#waiting.push({ text, us });
    this.#waitingText += text.length;
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll()
      .catch((error: Error) => this.#fail(error))
      .finally(() => {
        this.#writing = undefined;
      });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    for (const { text, us } of lines) {
      this.#files.add(text, us);
      if (this.#files.isFull) await this.#files.cut();
      this.#waitingText -= text.length;
    }
    await this.#files.cut();
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.failed(error.message);
  }
}

/** Seconds since 1970 with all digits of the microseconds, which a double holds until the year 2255. */
function secondsOf(us: number): string {
  return `${Math.floor(us / 1_000_000)}.${String(us % 1_000_000).padStart(6, "0")}`;
}
