/** A server in a process of its own, and what the turns of its event loop are like. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Turns } from "../harness/turn-meter.ts";

const readyPattern = /^openbourse listening on https?:\/\/127\.0\.0\.1:(\d+)$/;

/** A server that is watched. */
export class WatchedServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts one with a configuration file. */
  static async start(config: string): Promise<WatchedServer> {
    const program = join(import.meta.dirname, "watched-server-program.ts");
    const child = fork(program, ["serve", "--config", config, "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const port = await new Promise<number>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
      createInterface({ input: child.stdout! }).on("line", (line) => {
        const found = readyPattern.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    });
    return new WatchedServer(child, port);
  }

  /** Does something and says what the server's turns were like meanwhile. */
  async watch(work: () => Promise<unknown>): Promise<Turns> {
    await this.#ask("begin");
    await work();
    return (await this.#ask("end")) as Turns;
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
  }

  async #ask(question: string): Promise<unknown> {
    const answered = once(this.#child, "message");
    this.#child.send(question);
    const [answer] = await answered;
    return answer;
  }
}
