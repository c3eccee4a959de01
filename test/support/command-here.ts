/**
 * Runs commands of the command line within the test's own process: what is asked for is the same, and
 * no process has to be started for it. Not for commands that log, serve, or end with their reader.
 */
import { watchReader } from "../../server/src/cli/commands/output.ts";
import { main } from "../../server/src/cli/main.ts";
import type { CommandResult } from "./server-process.ts";

// As a program's first act. Each thread of a server listens to the output of its process as well, and beside ten of them Node takes
// another listener for a leak, and says so where a command is told to be silent.
watchReader();

let last: Promise<unknown> = Promise.resolve();

/** Runs one command to its end; commands run one after another. */
export function runHere(args: readonly string[]): Promise<CommandResult> {
  const result = last.then(() => captured(args));
  last = result.catch(() => undefined);
  return result;
}

async function captured(args: readonly string[]): Promise<CommandResult> {
  const texts = { stdout: "", stderr: "" };
  const restore = (["stdout", "stderr"] as const).map((name) => {
    const stream = process[name];
    const write = stream.write;
    stream.write = ((text: string | Uint8Array) => {
      texts[name] += typeof text === "string" ? text : Buffer.from(text).toString();
      return true;
    }) as typeof stream.write;
    return () => {
      stream.write = write;
    };
  });
  try {
    return { code: await main(args), ...texts };
  } finally {
    for (const undo of restore) undo();
  }
}
