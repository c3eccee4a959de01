/** Guesses which format the first lines of a file have, for the message that refuses them in another. */
import type { FileFormat } from "./format.ts";
import { type KnownFormatKind, knownFormatKinds, openTable } from "./formats.ts";
import { splitCsv } from "./rows.ts";

const separators = [
  [";", "';'"],
  ["\t", "a tab"],
  ["|", "'|'"],
] as const;

/** Fewest columns of a file of trades: time, price and quantity. */
const columnsMin = 3;

/** What to do about lines that could not be read; undefined where they look like nothing known. */
export function likelyFormat(
  lines: readonly string[],
  tried: FileFormat["kind"],
): string | undefined {
  const [first = ""] = lines;
  const kind = knownFormatKinds.find((known) => fits(known, lines));
  if (kind !== undefined)
    return `It looks like ${kind}: set format: ${kind}, on the command line --format ${kind}`;
  if (first.startsWith("{") && tried !== "ndjson") {
    return "It looks like one JSON object a line: set format: ndjson and name its keys in columns";
  }
  const separator = separators.find(([character]) => columnsOf(first, character) >= columnsMin);
  if (separator !== undefined && columnsOf(first, ",") < columnsMin) {
    return `Its columns stand between ${separator[1]}: set format: csv with separator and columns`;
  }
  if (columnsOf(first, ",") >= columnsMin && tried !== "csv") {
    return "It looks like CSV of its own: set format: csv and name its columns";
  }
  return undefined;
}

function fits(kind: KnownFormatKind, lines: readonly string[]): boolean {
  const [first = "", ...rest] = lines;
  const table = openTable({ kind }, first);
  if (typeof table === "string") return false;
  const rows = table.hasHeader ? rest : lines;
  return rows.every((line) => typeof table.readRow(line) === "object");
}

function columnsOf(line: string, separator: string): number {
  return splitCsv(line, separator)?.length ?? 0;
}
