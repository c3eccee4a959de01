/** The rows that a replay plays, lap by lap: from a tape where there is one lap, else from the files each time. */
import type { FeedContext } from "../../ports/feed.ts";
import type { RecordingFailure } from "../../recordings/recording.ts";
import { type PlacedRows, type TapeEnd, tapeOver } from "../../recordings/tape.ts";
import type { ReplayOptions } from "./config.ts";
import { openedSources, type PlayedTape, playedRows, type SharedTape } from "./shared-tape.ts";

/** A way through rows. */
export interface RowReader {
  next(): Promise<PlacedRows | TapeEnd>;
  moveTo(row: number): Promise<void>;
  close(): Promise<void>;
}

/** What is played. */
export interface PlayedRecording {
  /** Undefined where it can only be gone through from its beginning. */
  readonly tape: PlayedTape | undefined;
  /** Laps are counted from 1. */
  readerOf(lap: number): RowReader;
}

/** Rows that are played once, and kept for those who go back. */
export async function oneLap(
  shared: SharedTape,
  context: FeedContext,
): Promise<PlayedRecording | RecordingFailure> {
  const played = await shared.open(context);
  if ("kind" in played) return played;
  return { tape: played, readerOf: () => played.tape.reader() };
}

/** Rows that are played again and again: kept they would be no shorter to read. */
export async function filesInLaps(
  options: ReplayOptions,
  context: FeedContext,
): Promise<PlayedRecording | RecordingFailure> {
  const sources = await openedSources(options, context);
  if ("kind" in sources) return sources;
  return {
    tape: undefined,
    readerOf: (lap) => new FileReader(playedRows(sources, { options, context, isQuiet: lap > 1 })),
  };
}

class FileReader implements RowReader {
  readonly #rows: ReturnType<typeof playedRows>;
  #row = 0;

  constructor(rows: ReturnType<typeof playedRows>) {
    this.#rows = rows;
  }

  async next(): Promise<PlacedRows | TapeEnd> {
    const { value } = await this.#rows.next();
    if (value === undefined || value.kind === "failed") return value ?? tapeOver;
    const row = this.#row;
    this.#row += value.trades.length;
    return { ...value, row };
  }

  /** Nobody leads it anywhere: there is no tape to find a place on. */
  moveTo(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#rows.return();
  }
}
