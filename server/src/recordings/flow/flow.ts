/**
 * Reads recorded order flow of three kinds as one stream of events. Files are read a block of lines at a time and no
 * faster than events are taken; what cannot be used is counted, and a time never goes back.
 */
import type { FlowBatches, FlowCounts, FlowEnd, FlowEvent } from "../../ports/order-flow.ts";
import { inspectRecording, readRecording } from "../recording.ts";
import { type BinanceLine, BinanceLines } from "./binance.ts";
import { BitstampLines } from "./bitstamp.ts";
import { lobsterBook, lobsterEvent } from "./lobster.ts";

/** What there is a reader for. */
export const flowFormats = ["lobster", "bitstamp", "binance"] as const;

/** One of {@link flowFormats}. */
export type FlowFormat = (typeof flowFormats)[number];

/** What is read. */
export interface FlowSource {
  readonly format: FlowFormat;
  /** Read one after another. */
  readonly files: readonly string[];
  /** Files of trades that belong to recorded depth, merged by time. */
  readonly tradeFiles?: readonly string[];
  /** LOBSTER: the midnight that times are counted from, in microseconds since 1970. */
  readonly midnightUs?: number;
  /** LOBSTER: a file whose first line has the book after it, for what rested before the first message. */
  readonly bookFile?: string;
}

/** Nothing counted yet. */
export function noCounts(): FlowCounts {
  return { lines: 0, malformed: 0, skipped: 0, late: 0, gaps: 0, place: undefined };
}

/** Reads a recording from its start; `counts` grow while it is read. */
export async function* readFlow(source: FlowSource, counts: FlowCounts): FlowBatches {
  const book = await openingBook(source);
  if (typeof book === "string") return { kind: "failed", reason: book };
  const { files, tradeFiles = [] } = source;
  const order = new Order(counts);
  const main = new Cursor(events(files, source, counts));
  const trades = new Cursor(events(tradeFiles, source, counts));
  if (book !== undefined) yield order.keep([book]);
  for (;;) {
    await Promise.all([main.fill(), trades.fill()]);
    const batch = together(main, trades);
    if (batch.length > 0) yield order.keep(batch);
    else if (main.isOver && trades.isOver) return main.failure ?? trades.failure ?? finished;
  }
}

const finished: FlowEnd = { kind: "finished" };

/** As far as both are known; of one moment trades come first, since depth is told after them. */
function together(main: Cursor, trades: Cursor): readonly FlowEvent[] {
  const batch: FlowEvent[] = [];
  const timeOf = ({ head }: Cursor) => head?.atUs ?? Number.POSITIVE_INFINITY;
  while (!main.isEmpty && !trades.isEmpty && !(main.isOver && trades.isOver)) {
    batch.push((timeOf(trades) <= timeOf(main) ? trades : main).take());
  }
  return batch;
}

/** Events of one source, looked at one by one. */
class Cursor {
  failure: FlowEnd | undefined;
  #hasEnded = false;
  readonly #batches: FlowBatches;
  #events: readonly FlowEvent[] = [];
  #at = 0;

  constructor(batches: FlowBatches) {
    this.#batches = batches;
  }

  get head(): FlowEvent | undefined {
    return this.#events[this.#at];
  }

  /** Whether nothing more follows. */
  get isOver(): boolean {
    return this.head === undefined && this.#hasEnded;
  }

  /** Whether more has to be read before it is known what comes next. */
  get isEmpty(): boolean {
    return this.head === undefined && !this.#hasEnded;
  }

  take(): FlowEvent {
    this.#at += 1;
    return this.#events[this.#at - 1]!;
  }

  async fill(): Promise<void> {
    while (this.isEmpty) {
      const next = await this.#batches.next();
      if (next.done === true) {
        this.#hasEnded = true;
        if (next.value.kind === "failed") this.failure = next.value;
      } else {
        this.#events = next.value;
        this.#at = 0;
      }
    }
  }
}

/** Keeps times from going back. */
class Order {
  readonly #counts: FlowCounts;
  #lastUs = 0;

  constructor(counts: FlowCounts) {
    this.#counts = counts;
  }

  keep(events: readonly FlowEvent[]): readonly FlowEvent[] {
    return events.map((event) => {
      // A snapshot that tells no time belongs to the moment before it.
      if (event.atUs >= this.#lastUs) {
        this.#lastUs = event.atUs;
        return event;
      }
      if (event.kind !== "snapshot") this.#counts.late += 1;
      return { ...event, atUs: this.#lastUs };
    });
  }
}

async function* events(
  files: readonly string[],
  source: FlowSource,
  counts: FlowCounts,
): FlowBatches {
  const read = linesOf(source);
  for (const path of files) {
    const recording = await inspectRecording(path);
    if ("kind" in recording) return recording;
    for await (const block of readRecording(recording)) {
      if (block.kind === "failed") return block;
      const found = block.lines.flatMap((line, at) =>
        counted(lineEvents(line, read), counts, () => `${path}:${block.firstLineNumber + at}`),
      );
      if (found.length > 0) yield found;
    }
  }
  return finished;
}

/** What a line says; nothing is read of one that is too long. */
function lineEvents(line: string | undefined, read: ReadLine): readonly BinanceLine[] {
  if (line === undefined) return [undefined];
  return line === "" ? ["skipped"] : read(line);
}

/** The events of a line; what is none is counted. */
function counted(
  told: readonly BinanceLine[],
  counts: FlowCounts,
  placeOf: () => string,
): readonly FlowEvent[] {
  counts.lines += 1;
  const found: FlowEvent[] = [];
  for (const event of told) {
    if (event === "skipped") counts.skipped += 1;
    else if (event === "gap") counts.gaps += 1;
    else if (event !== undefined) found.push(event);
    else {
      counts.malformed += 1;
      counts.place ??= placeOf();
    }
  }
  return found;
}

type ReadLine = (line: string) => readonly BinanceLine[];

function linesOf({ format, midnightUs = 0 }: FlowSource): ReadLine {
  if (format === "lobster") return (line) => [lobsterEvent(line, midnightUs)];
  if (format === "bitstamp") {
    const lines = new BitstampLines();
    return (line) => [lines.event(line)];
  }
  const lines = new BinanceLines();
  return (line) => lines.events(line);
}

/** What rested before the first message; a text says why that is not known. */
async function openingBook({
  format,
  bookFile,
  midnightUs = 0,
}: FlowSource): Promise<FlowEvent | string | undefined> {
  if (format !== "lobster" || bookFile === undefined) return undefined;
  const recording = await inspectRecording(bookFile);
  if ("kind" in recording) return recording.reason;
  for await (const block of readRecording(recording)) {
    if (block.kind === "failed") return block.reason;
    const [first] = block.lines;
    if (first === undefined) continue;
    return (
      lobsterBook(first, midnightUs) ??
      `${bookFile}: its first line has no book: six columns of the message, then ask price, ask size, bid price, bid size of each level`
    );
  }
  return `${bookFile} is empty`;
}
