/**
 * Writes what the feed of a dataset tells into the stream of datasets, as far as it was taken: in batches, one after another,
 * each right behind the one before. Another node that takes over fences it.
 */
import { assert } from "../core/assert.ts";
import type { Trade } from "../marketdata/trade.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gap, KnownSpan } from "../ports/dataset-reader.ts";
import type { Appended, DatasetStream } from "../ports/dataset-stream.ts";
import type { FeedStored } from "../ports/feed.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import {
  type DatasetAbout,
  type DatasetHead,
  encodeTelling,
  type ToldEvent,
  toldTrade,
} from "./dataset-messages.ts";
import type { LiveMinutes } from "./live-minutes.ts";

/** How long is gathered before a message is made, in milliseconds. */
export const gatheringMs = 50;

/** Most events of a message: reading them takes a few milliseconds. */
export const messageEventsMax = 2_048;

/** With so many bytes waiting the feed is asked for no more. */
export const waitingBytesMax: number = 8 * 1_024 * 1_024;

/** With nothing to tell it is said all the same that the writer lives, so often in milliseconds. */
export const aliveEveryMs = 1_000;

/** What decides about bars is said again so often, in milliseconds, so that it is kept; and no more often for new tickers. */
export const aboutEveryMs = 60_000;
const newsEveryMs = 1_000;

/** Time before a message is offered again whose fate is not known, in milliseconds. */
const againMs = 100;

/** Where it goes on. */
export interface WriterStart {
  /** The newest message, which is its own. */
  readonly at: number;
  readonly head: DatasetHead;
  readonly about: DatasetAbout;
  readonly live: LiveMinutes;
  /** So many trades are told once more that are in the stream; all until {@link DatasetWriter.goOn} where it is infinite. */
  readonly toldBefore: number;
}

/** What it works with. */
export interface DatasetWriterParts {
  readonly dataset: string;
  readonly stream: DatasetStream;
  readonly clock: Clock;
  /** Another node writes from now on. */
  fenced(): void;
  /** Tickers that are known now. */
  readonly tickers: { count(): number; names(): readonly string[] };
}

interface Waiting {
  readonly text: string;
  readonly isTrade: boolean;
}

/** The writer of one dataset, from its takeover to the next one's. */
export class DatasetWriter {
  readonly #parts: DatasetWriterParts;
  readonly #live: LiveMinutes;
  readonly #about: DatasetAbout;
  #head: DatasetHead;
  /** The newest message. */
  #at: number;
  #waiting: Waiting[] = [];
  #bytes = 0;
  /** Trades that are told once more and are in the stream already. */
  #left: number;
  /** Market time at the end of what waits. */
  #timeUs: number | undefined;
  /** Market time at the end of the newest message. */
  #toldUs: number | undefined;
  /** When what decides about bars was said last, and how many tickers there were. */
  #aboutMs: number;
  #tickersTold: number;
  /** How many of those that wait are on their way. */
  #underWay = 0;
  #state: Pick<DatasetHead, "state" | "failure">;
  #isDue = false;
  #pumping: Promise<void> | undefined;
  #isStopped = false;
  #cancels: (() => void)[] = [];
  #whenWritten: (() => void)[] = [];

  constructor(parts: DatasetWriterParts, start: WriterStart) {
    const { at, head, about, live, toldBefore } = start;
    this.#parts = parts;
    this.#live = live;
    this.#about = about;
    this.#head = { ...head, begun: head.begun || at, about: head.about || at };
    this.#at = at;
    this.#left = toldBefore;
    this.#timeUs = head.timeUs;
    this.#toldUs = head.timeUs;
    this.#tickersTold = about.tickers.length;
    this.#aboutMs = parts.clock.monotonicMs();
    this.#state = { state: "running" };
    this.#alive();
  }

  /** Bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Whether what is told now was told before. */
  get isBehind(): boolean {
    return this.#left > 0;
  }

  /** What is told from now on was not told before. */
  goOn(): void {
    this.#left = 0;
  }

  time(atUs: number): void {
    // What is told once more has passed before.
    if (this.#left > 0 || (this.#timeUs !== undefined && atUs <= this.#timeUs)) return;
    this.#timeUs = atUs;
    const last = this.#waiting.length > this.#underWay ? this.#waiting.at(-1) : undefined;
    // Time that nothing has happened in is one step.
    if (last?.text.startsWith('["t"') === true) this.#take(this.#waiting.pop());
    this.#add(["t", atUs]);
  }

  trade(trade: Trade): void {
    if (this.#left > 0) {
      this.#left -= 1;
      return;
    }
    this.#live.note(trade.eventTimeUs, this.#timeUs ?? trade.receiveTimeUs);
    this.#timeUs ??= trade.receiveTimeUs;
    this.#add(["x", toldTrade(trade)]);
  }

  gap({ ticker, fromUs, toUs, reason }: Gap): void {
    if (this.#left === 0) this.#add(["g", ticker ?? null, fromUs, toUs, reason]);
  }

  known({ ticker = "", fromUs, toUs }: KnownSpan): void {
    if (this.#left === 0) this.#add(["k", ticker, fromUs, toUs]);
  }

  state(state: string, failure: string | undefined): void {
    const isNew = state !== this.#state.state;
    this.#state = { state, ...(failure === undefined ? {} : { failure }) };
    if (isNew) this.#soon(0, true);
  }

  /** Resolves when there is room for more; undefined while there is. */
  room(): Promise<void> | undefined {
    return this.#bytes < waitingBytesMax ? undefined : this.#written();
  }

  /** Resolves when all that was told is in the stream; why it never will be where it never is. */
  async passed(): Promise<FeedStored | StorageFailure> {
    while (this.#waiting.length > 0 && !this.#isStopped) await this.#written();
    if (this.#isStopped) return { kind: "failure", fault: "failed", message: fencedWords };
    const { epoch } = this.#parts.stream;
    return {
      kind: "stored",
      position: { epoch, sequence: this.#at, timeUs: this.#toldUs ?? 0 },
    };
  }

  /** Writes what is left and says that it leaves. It does not wait for a broker that is away. */
  async leave(): Promise<void> {
    this.#head = { ...this.#head, leaves: true };
    this.#soon(0, true);
    await this.#pumping;
    this.stop();
  }

  /** Writes nothing more. */
  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#tellWritten();
  }

  #add(event: ToldEvent): void {
    const waiting = { text: JSON.stringify(event), isTrade: event[0] === "x" };
    assert(waiting.text.length * 3 < this.#parts.stream.messageBytesMax / 2, "an event is bounded");
    this.#waiting.push(waiting);
    this.#bytes += waiting.text.length;
    this.#soon(gatheringMs);
  }

  #take(waiting: Waiting | undefined): void {
    this.#bytes -= waiting?.text.length ?? 0;
  }

  #alive(): void {
    const { clock } = this.#parts;
    const again = () => {
      if (this.#isStopped) return;
      this.#soon(0, true);
      this.#cancels = [clock.after(aliveEveryMs, again)];
    };
    this.#cancels = [clock.after(aliveEveryMs, again)];
  }

  /** Has a message written after a while; `isDue` also where there is nothing to tell. */
  #soon(ms: number, isDue = false): void {
    this.#isDue ||= isDue;
    if (this.#isStopped) return;
    this.#pumping ??= this.#pump(ms).finally(() => {
      this.#pumping = undefined;
      const isOver = this.#isStopped || this.#head.leaves === true;
      if (!isOver && (this.#waiting.length > 0 || this.#isDue)) this.#soon(gatheringMs);
    });
  }

  async #pump(ms: number): Promise<void> {
    if (ms > 0) await this.#pause(ms);
    while (!this.#isStopped && (this.#waiting.length > 0 || this.#isDue)) {
      this.#isDue = false;
      const isWritten = await this.#write();
      this.#tellWritten();
      if (!isWritten) return;
    }
  }

  /** One message; false where it is not to be stored any more. */
  async #write(): Promise<boolean> {
    const gathered = this.#gathered();
    const { timeUs, trades } = this.#head;
    const about = this.#aboutDue();
    const isNews = about !== undefined;
    const head: DatasetHead = {
      ...this.#head,
      ...this.#state,
      previous: this.#at,
      live: this.#live.at(this.#timeUs ?? 0),
      about: isNews ? 0 : this.#head.about,
    };
    const bytes = encodeTelling(
      head,
      about,
      gathered.map(({ text }) => text),
    );
    this.#underWay = gathered.length;
    const at = await this.#stored(bytes);
    this.#underWay = 0;
    if (at === undefined) return false;
    this.#at = at;
    this.#waiting.splice(0, gathered.length);
    for (const waiting of gathered) this.#take(waiting);
    this.#live.stored(at);
    this.#toldUs = timeAfter(gathered, timeUs);
    const told = gathered.filter(({ isTrade }) => isTrade).length;
    this.#head = {
      ...this.#head,
      ...(this.#toldUs === undefined ? {} : { timeUs: this.#toldUs }),
      trades: trades + told,
      about: isNews ? at : this.#head.about,
    };
    return true;
  }

  /** What decides about bars, where it has to be said again. */
  #aboutDue(): DatasetAbout | undefined {
    const { stream, tickers, clock } = this.#parts;
    const ageMs = clock.monotonicMs() - this.#aboutMs;
    const count = tickers.count();
    const isNews = count > this.#tickersTold && ageMs >= newsEveryMs;
    if (!isNews && ageMs < aboutEveryMs) return undefined;
    this.#aboutMs = clock.monotonicMs();
    this.#tickersTold = count;
    return { ...this.#about, tickers: fitting(tickers.names(), stream) };
  }

  /** The first events that have room in one message. They wait until they are stored. */
  #gathered(): readonly Waiting[] {
    const bytesMax = this.#parts.stream.messageBytesMax / 2;
    let bytes = 0;
    let count = 0;
    for (const { text } of this.#waiting) {
      // A character takes three bytes at most.
      bytes += text.length * 3;
      if (count >= messageEventsMax || bytes > bytesMax) break;
      count += 1;
    }
    return this.#waiting.slice(0, count);
  }

  /** Offers a message until it is stored; its number, undefined where another writer has its place. */
  async #stored(bytes: Uint8Array): Promise<number | undefined> {
    const { dataset, stream, fenced } = this.#parts;
    for (;;) {
      const outcome = await stream.append(dataset, bytes, this.#at);
      const at = outcome === "overtaken" ? await this.#found(bytes) : placeOf(outcome);
      if (typeof at === "number") return at;
      if (at === "fenced") {
        this.stop();
        fenced();
        return undefined;
      }
      if (this.#isStopped || this.#head.leaves === true) return undefined;
      await this.#pause(againMs);
    }
  }

  /** Whether its place has this message, whose answer was lost then; undefined where nobody says. */
  async #found(bytes: Uint8Array): Promise<number | "fenced" | undefined> {
    const found = await this.#parts.stream.last(this.#parts.dataset);
    if (found === undefined) return "fenced";
    if ("kind" in found) return undefined;
    return isSame(found.bytes, bytes) ? found.at : "fenced";
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#parts.clock.after(ms, resolve);
    });
  }

  async #written(): Promise<void> {
    if (this.#isStopped) return;
    await new Promise<void>((resolve) => this.#whenWritten.push(resolve));
  }

  #tellWritten(): void {
    for (const written of this.#whenWritten.splice(0)) written();
  }
}

const fencedWords = "another node writes the dataset: send it there";

/** As many tickers as a message has room for. */
export function fitting(
  tickers: readonly string[],
  { messageBytesMax }: Pick<DatasetStream, "messageBytesMax">,
): readonly string[] {
  let bytes = 0;
  const after = tickers.findIndex((ticker) => {
    bytes += ticker.length * 3 + 3;
    return bytes > messageBytesMax / 4;
  });
  return after < 0 ? tickers : tickers.slice(0, after);
}

function timeAfter(gathered: readonly Waiting[], before: number | undefined): number | undefined {
  const last = gathered.findLast(({ text }) => text.startsWith('["t"'));
  return last === undefined ? before : (JSON.parse(last.text) as [string, number])[1];
}

function placeOf(outcome: Exclude<Appended, "overtaken"> | StorageFailure): number | undefined {
  return outcome.kind === "appended" ? outcome.at : undefined;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
