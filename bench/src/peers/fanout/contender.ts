/**
 * A server that fans messages out, ours or a peer's, in a process of its own. How it is started, what
 * its clients have to say and who publishes differs; what is measured does not.
 */
import { join } from "node:path";
import { LineProcess } from "../../harness/line-process.ts";
import type { ClientScript } from "../../load/crowd-scripts.ts";
import { type Load, loadCommand } from "./fanout-program.ts";

/** A running contender. */
export interface Contender {
  readonly name: string;
  /** Versions of what it is made of. */
  readonly software: Readonly<Record<string, string>>;
  readonly port: number;
  /** The processes of the server, whose CPU time counts. */
  readonly pids: readonly number[];
  /** What a client says. */
  readonly scripts: readonly ClientScript[];
  /** Messages that a client receives before it is subscribed. */
  readonly readyFrames: number;
  /** Resolves when everything has been published. */
  publish(load: Load): Promise<void>;
  stop(): Promise<void>;
}

/** How to start a contender; undefined when it cannot be had here, after saying so. */
export type StartContender = (
  topics: number,
  skip: (reason: string) => void,
) => Promise<Contender | undefined>;

/** What a program of the usual kind is started with. */
export interface ContenderProgram {
  readonly name: string;
  readonly software?: Readonly<Record<string, string>>;
  readonly command: string;
  readonly args: readonly string[];
  readonly script?: ClientScript;
  readonly readyFrames?: number;
}

const nothingToSay: ClientScript = { target: "/", messages: [] };

/** Starts a program that prints `ready PORT` and obeys `publish`. */
export async function startProgram(program: ContenderProgram): Promise<Contender> {
  const { name, command, args } = program;
  const { software = {}, script = nothingToSay, readyFrames = 0 } = program;
  const child = new LineProcess({ command, args });
  const port = Number(/^ready (\d+)$/.exec(await child.line())?.[1]);
  return {
    name,
    software,
    port,
    pids: [child.pid],
    scripts: [script],
    readyFrames,
    publish: async (load) => {
      const answer = await child.ask(loadCommand(load));
      if (answer !== "done") throw new Error(`${name} answered ${answer}`);
    },
    stop: () => child.stop(),
  };
}

/** The path of a program in this folder. */
export function fanoutProgram(file: string): string {
  return join(import.meta.dirname, file);
}
