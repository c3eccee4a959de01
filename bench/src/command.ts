/** Reads the benchmarks' command line. What it does not understand is answered with a sentence. */
import { parseArgs } from "node:util";

/** What was asked for. */
export type BenchCommand =
  | { readonly kind: "usage" }
  | { readonly kind: "list" }
  | {
      readonly kind: "run";
      readonly names: readonly string[];
      readonly runs: number | undefined;
      /** For benchmarks that go on for as long as they are told to. */
      readonly minutes: number | undefined;
      readonly isQuick: boolean;
    }
  | { readonly kind: "wrong"; readonly fault: string };

/** Most counted runs that may be asked for. */
export const runsMax = 1_000;

/** Longest run of a benchmark in minutes: a week. */
export const minutesMax = 10_080;

/** Reads the arguments after the program's name. */
export function parseBenchCommand(args: readonly string[]): BenchCommand {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runs: { type: "string" },
        minutes: { type: "string" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help || positionals.length === 0) return { kind: "usage" };
    if (positionals.length === 1 && positionals[0] === "list") return { kind: "list" };
    const runs = countOf(values.runs, "--runs", runsMax);
    const minutes = countOf(values.minutes, "--minutes", minutesMax);
    return { kind: "run", names: positionals, runs, minutes, isQuick: values.quick };
  } catch (error) {
    return { kind: "wrong", fault: error instanceof Error ? error.message : String(error) };
  }
}

function countOf(text: string | undefined, name: string, max: number): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > max) {
    throw new RangeError(`${name} is a whole number from 1 to ${max}, not ${text}`);
  }
  return count;
}
