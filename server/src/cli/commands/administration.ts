/** What the commands on the exchange share: asking, and turning the answer into lines and an exit code. */
import type { AdminAnswer } from "../../admin/answer.ts";
import type { Change } from "../../admin/changes.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { configOrExitCode } from "./config.ts";
import { print, refuse } from "./key-store.ts";

/** How a command asks, and how it says what was answered. */
export interface Question<Result> {
  ask(config: Config): Promise<AdminAnswer<Result>>;
  /** Lines for people. */
  say(result: Result): readonly string[];
}

/** Asks and prints the answer; resolves with the exit code. */
export async function askAndPrint<Result>(
  input: ConfigInput,
  json: boolean,
  { ask, say }: Question<Result>,
): Promise<number> {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const answer = await ask(config);
  switch (answer.kind) {
    case "done":
      for (const line of json ? [JSON.stringify(answer.result)] : say(answer.result)) print(line);
      return 0;
    case "refused":
      return refuse(answer.message);
    case "unavailable":
      process.stderr.write(`openbourse: ${answer.message}\n`);
      return 1;
  }
}

/** A line for each value that is another one now. */
export function changeLines(changes: readonly Change[]): readonly string[] {
  if (changes.length === 0) return ["nothing changed: all of it was so already"];
  return changes.map(({ what, from, to }) => `${what} is ${to}; it was ${from}`);
}
