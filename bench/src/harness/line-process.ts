/**
 * A program that is told commands on standard input and answers each with one line, which is how load
 * generators and contenders are driven. One question is under way at a time.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What to start. */
export interface LineProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** A started program. */
export class LineProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<readonly unknown[]>;
  readonly #lines: string[] = [];
  #waiting: PromiseWithResolvers<string> | undefined;
  #fault: Error | undefined;

  constructor({ command, args }: LineProgram) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.pid = this.#child.pid ?? 0;
    this.#ended = once(this.#child, "close");
    this.#ended.then(
      ([code]) => this.#fail(new Error(`${command} ended with ${code}`)),
      (error) => this.#fail(error),
    );
    this.#child.stdin?.on("error", () => {});
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.#take(line));
  }

  /** The next line that it prints; rejects when it ends before. */
  line(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    this.#waiting = Promise.withResolvers<string>();
    if (this.#fault !== undefined) this.#waiting.reject(this.#fault);
    return this.#waiting.promise;
  }

  /** Sends a command and resolves with the line that answers it. */
  ask(command: string): Promise<string> {
    this.#child.stdin?.write(`${command}\n`);
    return this.line();
  }

  /** Ends it and waits until it is gone. */
  async stop(): Promise<void> {
    this.#child.kill();
    await this.#ended.catch(() => {});
  }

  #take(line: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#lines.push(line);
    else waiting.resolve(line);
  }

  #fail(fault: Error): void {
    this.#fault = fault;
    this.#waiting?.reject(fault);
  }
}
