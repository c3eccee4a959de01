/**
 * Decides when this node runs the feed of a dataset: when nobody has told of it, or whoever did has left or is silent. One
 * message behind the last one that was heard makes it the writer; of several nodes one gets it.
 */
import type { Clock } from "../ports/clock.ts";
import type { DatasetStream } from "../ports/dataset-stream.ts";
import type { Log } from "../ports/log.ts";
import { every } from "../ports/timers.ts";
import {
  type DatasetAbout,
  type DatasetHead,
  type DatasetTelling,
  decodeTelling,
  encodeTelling,
} from "./dataset-messages.ts";
import { DatasetWriter } from "./dataset-writer.ts";
import { LiveMinutes } from "./live-minutes.ts";

/** Between two looks, in milliseconds. */
const lookEveryMs = 100;

/** Silence of a writer after which another node takes over, in milliseconds: it tells something each second. */
export const takeOverAfterMs = 3_000;

/** What a source tells to. */
export interface Told extends Pick<DatasetWriter, "goOn" | "room" | "isBehind"> {
  readonly writer: DatasetWriter;
  /** Of a source that tells what happens now: the first message that has something of bars that may still change. */
  readonly primedFrom: number;
  /** The message with which this node has taken over. */
  readonly tookOverAt: number;
  /** When its telling began, in microseconds since 1970. */
  readonly begunUs: number;
}

/** A running source. */
export interface RunningSource {
  stop(): Promise<void>;
}

/** What is decided about, and for whom. */
export interface DatasetLeadParts {
  readonly dataset: string;
  readonly stream: DatasetStream;
  /** Name of this node, and of its process. */
  readonly node: string;
  readonly writer: string;
  readonly about: Omit<DatasetAbout, "begunUs" | "tickers">;
  readonly clock: Clock;
  readonly log: Log;
  readonly tickers: { count(): number; names(): readonly string[] };
  /** Begins to run the feed. What is heard of the dataset has been folded and stored by then. */
  begin(told: Told): Promise<RunningSource>;
}

interface Heard {
  readonly at: number;
  readonly head: DatasetHead;
  /** Trades, and market time, behind it. */
  readonly trades: number;
  readonly timeUs: number | undefined;
  readonly atMs: number;
}

/** One dataset at one node. */
export class DatasetLead {
  readonly #parts: DatasetLeadParts;
  #heard: Heard | undefined;
  #about: DatasetAbout | undefined;
  #live: LiveMinutes | undefined;
  #writer: DatasetWriter | undefined;
  #source: RunningSource | undefined;
  #looking: Promise<void> | undefined;
  #cancel = () => {};
  #isStopped = false;
  #refused: string | undefined;

  constructor(parts: DatasetLeadParts) {
    this.#parts = parts;
  }

  /** Whether it runs the feed. */
  get leads(): boolean {
    return this.#writer !== undefined;
  }

  /** Bytes that wait to be told. */
  get waitingBytes(): number {
    return this.#writer?.waitingBytes ?? 0;
  }

  /** Why this node may not run the feed; undefined while it may. */
  get refused(): string | undefined {
    return this.#refused;
  }

  /** Begins a dataset of which nothing is kept; resolves with why it cannot be asked about. */
  async announce(): Promise<string | undefined> {
    const { dataset, stream, node, writer, clock } = this.#parts;
    const last = await stream.last(dataset);
    if (last !== undefined) return "kind" in last ? last.message : undefined;
    const head: DatasetHead = {
      ...{ term: 1, node, writer, previous: 0, begun: 0, trades: 0, live: [], about: 0 },
      state: "waiting",
    };
    const about = { ...this.#parts.about, begunUs: clock.nowUs(), tickers: [] };
    const outcome = await stream.append(dataset, encodeTelling(head, about, []), 0);
    return outcome === "overtaken" || outcome.kind === "appended" ? undefined : outcome.message;
  }

  /** A message was heard. */
  heard({ head, about, told }: DatasetTelling, at: number): void {
    if (about !== undefined) this.#about = about;
    const latenessUs = this.#about?.latenessUs ?? this.#parts.about.latenessUs;
    this.#live ??= new LiveMinutes(
      latenessUs,
      head.live.filter(([, began]) => began !== 0 && began < at),
      head.timeUs,
    );
    let { trades, timeUs } = head;
    for (const event of told) {
      if (event[0] === "t") timeUs = event[1];
      if (event[0] !== "x") continue;
      trades += 1;
      this.#live.note(event[1][7], timeUs ?? event[1][8], at);
    }
    this.#heard = { at, head, trades, timeUs, atMs: this.#parts.clock.monotonicMs() };
  }

  start(): void {
    this.#cancel = every(this.#parts.clock, lookEveryMs, () => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    });
  }

  /** Lets another node take over at once. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#looking;
    await this.#source?.stop();
    await this.#writer?.leave();
    this.#writer = undefined;
  }

  async #look(): Promise<void> {
    const heard = this.#heard;
    if (this.#isStopped || this.#writer !== undefined || heard === undefined) return;
    const { head, atMs } = heard;
    const { clock, writer } = this.#parts;
    if (head.state === "finished") return;
    const isOwn = head.writer === writer || head.leaves === true;
    if (!isOwn && clock.monotonicMs() - atMs < takeOverAfterMs) return;
    if (this.#isOther()) return;
    await this.#takeOver(heard);
  }

  /** Whether the dataset was told from another recording, which this node cannot go on with. */
  #isOther(): boolean {
    const { about, dataset, log } = this.#parts;
    const is = this.#about !== undefined && this.#about.recording !== about.recording;
    if (is && this.#refused === undefined) {
      this.#refused = `it was told from another source: let all feed nodes have the same files and settings for it, or give it another code, or have the stream forget it`;
      log.error("a dataset cannot be gone on with", { dataset, reason: this.#refused });
    }
    return is;
  }

  async #takeOver(heard: Heard): Promise<void> {
    const { dataset, stream, node, writer, log, clock, tickers } = this.#parts;
    const { at: previous, head: before, trades, timeUs } = heard;
    const live = this.#live;
    if (live === undefined) return;
    const head: DatasetHead = {
      ...{ term: before.term + 1, node, writer, previous, trades, timeUs },
      ...{ begun: before.begun || previous, live: live.at(timeUs ?? 0), about: 0 },
      state: "running",
    };
    const begunUs = this.#about?.begunUs ?? clock.nowUs();
    const about = { ...this.#parts.about, begunUs, tickers: this.#about?.tickers ?? [] };
    const bytes = encodeTelling(head, about, []);
    const at = await this.#appended(bytes, previous);
    if (at === undefined) return;
    log.info("this node runs the feed of a dataset", { dataset, term: head.term });
    const isRecording = about.recording !== undefined;
    const written = new DatasetWriter(
      { dataset, stream, clock, tickers, fenced: () => this.#fenced() },
      {
        ...{ at, head, about, live },
        toldBefore: isRecording ? trades : Number.POSITIVE_INFINITY,
      },
    );
    this.#writer = written;
    const begins = head.live.map(([, began]) => began || at);
    const source = await this.#parts.begin({
      writer: written,
      goOn: () => written.goOn(),
      room: () => written.room(),
      get isBehind() {
        return written.isBehind;
      },
      ...{ primedFrom: Math.min(at, ...begins), tookOverAt: at, begunUs },
    });
    if (this.#writer === written) this.#source = source;
    else await source.stop();
  }

  async #appended(bytes: Uint8Array, after: number): Promise<number | undefined> {
    const { dataset, stream, writer } = this.#parts;
    const outcome = await stream.append(dataset, bytes, after);
    if (outcome !== "overtaken" && outcome.kind === "appended") return outcome.at;
    // An answer may have been lost: then it is there.
    const found = await stream.last(dataset);
    if (found === undefined || "kind" in found) return undefined;
    const head = decodeTelling(found.bytes)?.head;
    return head?.writer === writer && head.previous === after ? found.at : undefined;
  }

  #fenced(): void {
    const { dataset, log } = this.#parts;
    log.warn("another node runs the feed of a dataset from now on", { dataset });
    this.#writer = undefined;
    const source = this.#source;
    this.#source = undefined;
    void source?.stop();
  }
}
