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
      readonly isQuick: boolean;
    }
  | { readonly kind: "wrong"; readonly fault: string };

/** Most counted runs that may be asked for. */
export const runsMax = 1_000;

/** Reads the arguments after the program's name. */
export function parseBenchCommand(args: readonly string[]): BenchCommand {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runs: { type: "string" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help || positionals.length === 0) return { kind: "usage" };
    if (positionals.length === 1 && positionals[0] === "list") return { kind: "list" };
    return runCommand(positionals, values.runs, values.quick);
  } catch (error) {
    return { kind: "wrong", fault: error instanceof Error ? error.message : String(error) };
  }
}

function runCommand(
  names: readonly string[],
  runsText: string | undefined,
  isQuick: boolean,
): BenchCommand {
  if (runsText === undefined) return { kind: "run", names, runs: undefined, isQuick };
  const runs = /^\d{1,4}$/.test(runsText) ? Number(runsText) : 0;
  if (runs < 1 || runs > runsMax) {
    return {
      kind: "wrong",
      fault: `--runs is a whole number from 1 to ${runsMax}, not ${runsText}`,
    };
  }
  return { kind: "run", names, runs, isQuick };
}
