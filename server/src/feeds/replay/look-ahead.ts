/**
 * Looks at the start of files before they are played: when they begin, and which symbols they hold.
 * Nothing of it is counted or told; what is wrong with a file is told when it is played.
 */
import type { FileFormat } from "../../recordings/format.ts";
import { detached } from "../../recordings/map.ts";
import type { RecordingFailure } from "../../recordings/recording.ts";
import type { Recording } from "../../recordings/stored-file.ts";
import { readTrades, type TradeBlock } from "../../recordings/trade-file.ts";

/** Rows that are read to find out which tickers a replay has that waits for its audience. */
const symbolRowsMax = 65_536;

/** One file of a replay and the earliest time that is known of it. */
export interface ReplaySource {
  readonly recording: Recording;
  readonly startUs: number;
}

const nobody = { count: () => undefined, warn: () => undefined };

/** The files with their first times; a failure when one of them cannot be read. */
export async function lookAhead(
  recordings: readonly Recording[],
  format: FileFormat,
): Promise<readonly ReplaySource[] | RecordingFailure> {
  // One file is begun at once, whenever it begins.
  const [only] = recordings;
  if (recordings.length === 1 && only !== undefined) {
    return [{ recording: only, startUs: Number.NEGATIVE_INFINITY }];
  }
  const sources: ReplaySource[] = [];
  for (const recording of recordings) {
    let startUs = Number.POSITIVE_INFINITY;
    for await (const block of heads(recording, format)) {
      if (block.kind === "failed") return block;
      startUs = earliestUs(block);
      if (block.trades.length > 0) break;
    }
    sources.push({ recording, startUs });
  }
  return sources;
}

/**
 * The symbols of the first rows of all files, so many rows together at most; undefined when a file
 * cannot be read.
 */
export async function symbolsAtStart(
  recordings: readonly Recording[],
  format: FileFormat,
): Promise<ReadonlySet<string> | undefined> {
  const symbols = new Set<string>();
  let rowsLeft = symbolRowsMax;
  for (const recording of recordings) {
    for await (const block of heads(recording, format)) {
      if (block.kind === "failed") return undefined;
      addSymbols(symbols, block);
      rowsLeft -= block.trades.length;
      if (rowsLeft <= 0) return symbols;
    }
  }
  return symbols;
}

function addSymbols(symbols: Set<string>, { trades }: TradeBlock): void {
  for (const { symbol } of trades) {
    if (symbol !== undefined && !symbols.has(symbol)) symbols.add(detached(symbol));
  }
}

function heads(recording: Recording, format: FileFormat): ReturnType<typeof readTrades> {
  return readTrades({ recording, format, context: nobody, isQuiet: true });
}

/** How a file is read whose format its first lines decide; undefined where they do not. */
export async function settledAtStart(
  recording: Recording,
  format: FileFormat,
): Promise<FileFormat | undefined> {
  let found: FileFormat | undefined;
  const settled = (one: FileFormat) => {
    found = one;
  };
  const options = { recording, format, context: nobody, isQuiet: true, settled };
  for await (const block of readTrades(options)) {
    if (block.kind === "failed" || found !== undefined) break;
  }
  return found;
}

/** -Infinity for rows that come newest first: the earliest is somewhere behind them. */
function earliestUs({ trades }: TradeBlock): number {
  const first = trades[0]?.eventTimeUs ?? Number.POSITIVE_INFINITY;
  const last = trades.at(-1)?.eventTimeUs ?? first;
  if (last < first) return Number.NEGATIVE_INFINITY;
  return trades.reduce((earliest, { eventTimeUs }) => Math.min(earliest, eventTimeUs), first);
}
