/** Reads what `openbourse record` has written, as far as it is whole. */
import { openBlocks } from "../../server/src/recordings/blocks.ts";
import { type RecordedFiles, recordedFiles } from "../../server/src/recordings/rotating-files.ts";

/** A line of what passed. */
export interface RecordedLine {
  readonly t: string;
  readonly ts: number;
  readonly c?: number;
  readonly data?: string;
  readonly b64?: string;
  readonly addr?: string;
  /** Of what is sent: numbers of the connections. */
  readonly to?: readonly number[];
  /** Of a gap. */
  readonly from?: number;
  readonly why?: string;
  readonly dropped?: number;
}

/** All lines of all files, in order. */
export async function recordedLines(files: RecordedFiles): Promise<readonly RecordedLine[]> {
  const lines: RecordedLine[] = [];
  for (const path of await recordedFiles(files)) {
    const chunks: Buffer[] = [];
    for await (const chunk of openBlocks(path).chunks) chunks.push(chunk);
    const texts = String(Buffer.concat(chunks)).split("\n");
    for (const text of texts) if (text !== "") lines.push(JSON.parse(text));
  }
  return lines;
}

/** The texts that one connection was sent. */
export function textsOf(lines: readonly RecordedLine[], connection: number): readonly string[] {
  return lines.flatMap(({ to = [], data = "" }) =>
    to.filter((number) => number === connection).map(() => data),
  );
}
