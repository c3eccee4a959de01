/**
 * The rows of a replay's files, read once for all who play them: looked at, merged by time, and kept on a tape. It plays
 * nothing.
 */
import type { FeedContext } from "../../ports/feed.ts";
import { merged, openFilesMax } from "../../recordings/merge.ts";
import { inspectRecording, type RecordingFailure } from "../../recordings/recording.ts";
import { windowRowsMax } from "../../recordings/sort-window.ts";
import { readSorted } from "../../recordings/sorted-file.ts";
import { findFiles } from "../../recordings/sources.ts";
import type { Recording } from "../../recordings/stored-file.ts";
import { Tape, type TapeRows } from "../../recordings/tape.ts";
import { type ReplayOptions, replayOptionsFault, tickerFault } from "./config.ts";
import { lookAhead, type ReplaySource, settledAtStart } from "./look-ahead.ts";
import { Marks } from "./marks.ts";
import { Order } from "./order.ts";

/** Rows of all files together that are looked at before the first of each is played. */
const headRowsMax = 4 * windowRowsMax;

/** What reading files needs of whoever has asked for it. */
type ReadingContext = Pick<FeedContext, "count" | "warn">;

/** A tape that is played, and what is known of it. */
export class PlayedTape {
  readonly tape: Tape;
  /** Places where the fold was found to be, for those who store what they fold. */
  readonly marks: Marks = new Marks();
  /** Its first trade that is played; undefined until somebody has played it. */
  firstUs: number | undefined;

  constructor(tape: Tape) {
    this.tape = tape;
  }
}

/** See the head of the file. */
export class SharedTape {
  readonly #options: ReplayOptions;
  #opening: Promise<PlayedTape | RecordingFailure> | undefined;
  #opened: PlayedTape | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** The tape; a new one where the files could not be read the last time. What is read is told to who asks first. */
  async open(context: ReadingContext): Promise<PlayedTape | RecordingFailure> {
    if (this.#opened?.tape.end?.kind === "failed") await this.close();
    this.#opening ??= this.#open(context);
    const opened = await this.#opening;
    if ("kind" in opened) this.#opening = undefined;
    return opened;
  }

  async #open(context: ReadingContext): Promise<PlayedTape | RecordingFailure> {
    const sources = await openedSources(this.#options, context);
    if ("kind" in sources) return sources;
    const nobody = { count: () => undefined, warn: () => undefined };
    this.#opened = new PlayedTape(
      new Tape({
        source: (isAgain) =>
          playedRows(sources, { options: this.#options, context: isAgain ? nobody : context }),
        warn: (message) => context.warn(message),
      }),
    );
    return this.#opened;
  }

  async close(): Promise<void> {
    await this.#opening;
    const opened = this.#opened;
    this.#opened = undefined;
    this.#opening = undefined;
    await opened?.tape.close();
  }
}

/** The files of a replay with their first times, looked at before the first is played: a wrong path shows now, not after hours. */
export async function openedSources(
  options: ReplayOptions,
  context: Pick<FeedContext, "warn">,
): Promise<readonly ReplaySource[] | RecordingFailure> {
  const recordings = await inspectAll(options, context);
  if ("kind" in recordings) return recordings;
  const fault = await unnamedTicker(options, recordings);
  if (fault !== undefined) return { kind: "failed", reason: fault };
  return await lookAhead(recordings, options.format);
}

/** Why files whose first lines decide how they are read need a ticker; undefined where they do not. */
async function unnamedTicker(
  { format, ticker }: ReplayOptions,
  [first]: readonly Recording[],
): Promise<string | undefined> {
  if (format.kind !== "auto" || ticker !== undefined || first === undefined) return undefined;
  const settled = await settledAtStart(first, format);
  return settled && tickerFault({ format: settled });
}

/** Looks at all files. */
export async function inspectAll(
  options: ReplayOptions,
  { warn }: Pick<FeedContext, "warn">,
): Promise<readonly Recording[] | RecordingFailure> {
  const fault = replayOptionsFault(options);
  if (fault !== undefined) return { kind: "failed", reason: fault };
  const found = await findFiles(options.files);
  if (typeof found === "string") return { kind: "failed", reason: found };
  for (const line of found.leftOut) warn(line);
  const recordings: Recording[] = [];
  for (const path of found.files) {
    const recording = await inspectRecording(path);
    if ("kind" in recording) return recording;
    recordings.push(recording);
  }
  return recordings;
}

/** How files are read to be played. */
export interface RowReading {
  readonly options: ReplayOptions;
  readonly context: ReadingContext;
  /** Whether lines that hold no trade are counted without being reported. */
  readonly isQuiet?: boolean;
}

/** The rows of all files by time; the last item is a failure where they cannot be read in this way. */
export async function* playedRows(
  sources: readonly ReplaySource[],
  { options, context, isQuiet = false }: RowReading,
): AsyncGenerator<TapeRows | RecordingFailure, void> {
  const { format, sort } = options;
  const headRows = Math.min(
    Math.floor(headRowsMax / Math.min(sources.length, openFilesMax)),
    windowRowsMax,
  );
  const file = { format, sort, context, isQuiet, headRows };
  const totalBytes = sources.reduce((sum, { recording }) => sum + recording.sizeBytes, 0);
  const opened = sources.map(({ recording, startUs }) => ({
    startUs,
    weight: recording.sizeBytes / totalBytes,
    open: () => readSorted({ ...file, recording }),
  }));
  const order = new Order(context);
  for await (const run of merged(opened)) {
    if (run.kind === "failed") {
      yield run;
      return;
    }
    const { path, done } = run;
    yield { kind: "rows", trades: order.take(run), path, done };
    if (order.refusal === undefined) continue;
    yield order.refusal;
    return;
  }
}
