/**
 * A dataset as the nodes of a cluster follow it: a feed that tells what the stream of datasets says. It begins so far back
 * that every bar which may still change is folded from its first trade; minutes that it cannot have whole it leaves out.
 */

import { earlinessMaxUs, minuteStart } from "../marketdata/bar-series.ts";
import { barIntervalUs } from "../marketdata/bar-update.ts";
import type { Clock } from "../ports/clock.ts";
import type { SharedDatasetState } from "../ports/cluster-control.ts";
import type { DatasetMessage, DatasetStream } from "../ports/dataset-stream.ts";
import type { Feed, FeedContext, FeedEvent, FeedOutcome, StopSignal } from "../ports/feed.ts";
import {
  type DatasetAbout,
  type DatasetHead,
  type DatasetTelling,
  decodeTelling,
  eventsOf,
} from "./dataset-messages.ts";

/** Between two looks for the first message of a dataset, in milliseconds. */
const lookEveryMs = 250;

/** After so long without a message a dataset is said to be silent, in milliseconds: writers tell something each second. */
export const silentAfterMs = 5_000;

const toldStates = [
  ...(["waiting", "running", "restarting", "finished", "stopped", "failed"] as const),
] satisfies readonly SharedDatasetState[];

/** What is followed, and for whom. */
export interface FollowedDatasetParts {
  readonly dataset: string;
  readonly stream: DatasetStream;
  readonly clock: Pick<Clock, "monotonicMs" | "after">;
  /** What decides about bars is known from now on; nothing has been folded. */
  decided(): void;
  /** Told of each message, before it is folded. */
  heard?(telling: DatasetTelling, at: number): void;
  /** What was missed, or has begun anew, cannot be joined to what was shown: this process has to be started again. */
  lost(reason: string): void;
}

/** What is stored of a dataset here: so many trades of the telling that began with a message. */
export interface StoredTelling {
  readonly begun: number;
  readonly trades: number;
}

/** Where it is read from. */
export interface Begun extends StoredTelling {
  /** Number of the first message. */
  readonly at: number;
}

/** Where its reader is. */
interface Place {
  readonly at: number;
  readonly head: DatasetHead;
}

/** Where it begins to read, and what is not whole from there. */
interface Beginning {
  readonly first: Place;
  /** The newest message at that moment. */
  readonly newest: Place;
}

/** One dataset. */
export class FollowedDataset implements Feed {
  readonly time = "feed";
  /** Number of the message that was told last. */
  sequence = 0;
  readonly #parts: FollowedDatasetParts;
  readonly #caughtUp = Promise.withResolvers<void>();
  #about: DatasetAbout | undefined;
  #place: Place | undefined;
  #beginning: Beginning | undefined;
  #heardMs = 0;
  /** Minutes that cannot be had whole. */
  readonly #halved = new Set<number>();

  constructor(parts: FollowedDatasetParts) {
    this.#parts = parts;
    this.sequence = parts.stream.newestAtOpening;
  }

  get tickers(): readonly string[] {
    return this.#about?.tickers ?? [];
  }

  get tellsKnown(): boolean {
    return this.#about?.tellsKnown ?? false;
  }

  /** What decides about its bars; undefined before anybody has told of it. */
  get about(): DatasetAbout | undefined {
    return this.#about;
  }

  /** The last message that was heard; undefined before the first. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** Resolves when all is folded that had been told when it began, or at once where nobody had. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** How long nothing has been heard of it, in milliseconds; undefined before the first message. */
  get silentMs(): number | undefined {
    return this.#place && this.#parts.clock.monotonicMs() - this.#heardMs;
  }

  /** How it is doing. */
  get state(): SharedDatasetState {
    if (this.#place === undefined) return "waiting";
    const { state } = this.#place.head;
    const isOver = state === "finished";
    if (!isOver && (this.silentMs ?? 0) > silentAfterMs) return "stale";
    return toldStates.find((known) => known === state) ?? "running";
  }

  /**
   * Finds where to begin: no later than where what is stored here ends, as far as that is kept. Undefined where nobody has
   * told of it, and then it is looked for again when it runs. A text says why it cannot be found.
   */
  async begin(stored?: StoredTelling): Promise<Begun | undefined | string> {
    const newest = await this.#newest();
    if (typeof newest === "string") return newest;
    if (newest === undefined) {
      this.#caughtUp.resolve();
      return undefined;
    }
    const found = await this.#parts.stream.next(
      this.#parts.dataset,
      await this.#wanted(newest, stored),
    );
    if (found === undefined) return "what was told was forgotten while it was read";
    if ("kind" in found) return found.message;
    const first = placeOf(found);
    const about = await this.#aboutOf(newest);
    if (first === undefined || typeof about === "string") return String(about ?? otherLayout);
    this.#about = about;
    this.#beginning = { first, newest };
    this.sequence = first.at - 1;
    this.#leaveOut(first, newest);
    return { at: first.at, begun: begunOf(first), trades: first.head.trades };
  }

  /**
   * Whether a bar of a minute can be shown: it is folded from its first trade. Of a minute that was over before all was
   * folded that had been told, that is not known.
   */
  isWhole(startUs: number): boolean {
    if (this.#halved.has(startUs)) return false;
    const beginning = this.#beginning;
    if (beginning === undefined || this.sequence > beginning.newest.at) return true;
    const { timeUs } = beginning.first.head;
    const isAfter = timeUs === undefined || startUs >= timeUs + earlinessMaxUs;
    return isAfter || beginning.newest.head.live.some(([live]) => live === startUs);
  }

  async prepare(context: FeedContext): Promise<boolean> {
    for (const ticker of this.tickers) context.instrument(ticker);
    return await Promise.resolve(true);
  }

  async *run(
    context: FeedContext,
    signal: StopSignal,
  ): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
    const { dataset, stream } = this.#parts;
    while (this.#beginning === undefined && !signal.aborted) {
      await context.sleep(lookEveryMs, signal);
      await this.begin();
    }
    if (this.#beginning === undefined) return { kind: "stopped" };
    this.#parts.decided();
    const { first, newest } = this.#beginning;
    // Trades are counted from the beginning of the telling.
    if (context.fold?.isStored === true) context.fold.passOver(first.head.trades);
    for await (const message of stream.follow(dataset, first.at, signal)) {
      const telling = this.#checked(message);
      if (typeof telling === "string") {
        this.#parts.lost(telling);
        return { kind: "failed", reason: telling };
      }
      this.#heard(telling, message.at);
      yield this.#eventsOf(telling, context);
      if (message.at >= newest.at) this.#caughtUp.resolve();
      if (telling.head.state === "finished") return { kind: "finished" };
    }
    return { kind: "stopped" };
  }

  async #newest(): Promise<Place | undefined | string> {
    const { dataset, stream } = this.#parts;
    const last = await stream.last(dataset);
    if (last === undefined) return undefined;
    return "kind" in last ? last.message : (placeOf(last) ?? otherLayout);
  }

  /** The message that has to be read first. */
  async #wanted(newest: Place, stored: StoredTelling | undefined): Promise<number> {
    const begins = beginsOf(newest);
    if (stored === undefined || stored.begun !== begunOf(newest)) return begins;
    const place = await this.#messageOfTrade(stored.trades, newest.at);
    return Math.min(begins, place === undefined ? begins : beginsOf(place));
  }

  /** The newest message before which no more trades were told than a number; undefined where it is not kept. */
  async #messageOfTrade(trades: number, newest: number): Promise<Place | undefined> {
    const { dataset, stream } = this.#parts;
    let [low, high] = [0, newest];
    let best: Place | undefined;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const found = await stream.next(dataset, middle);
      const place = found === undefined || "kind" in found ? undefined : placeOf(found);
      if (place !== undefined && place.at <= newest && place.head.trades <= trades) {
        best = place;
        low = place.at;
      } else high = middle - 1;
    }
    return best;
  }

  async #aboutOf({ at, head }: Place): Promise<DatasetAbout | string> {
    const { dataset, stream } = this.#parts;
    const found = await stream.next(dataset, head.about || at);
    if (found === undefined) return forgottenAbout;
    if ("kind" in found) return found.message;
    return decodeTelling(found.bytes)?.about ?? forgottenAbout;
  }

  /** Notes which minutes that may still change began before the first message that is kept. */
  #leaveOut(first: Place, newest: Place): void {
    for (const [startUs, at] of newest.head.live) {
      if ((at || newest.at) < first.at) this.#halved.add(startUs);
    }
  }

  /** What a message says; why it does not follow the one before it where that is so. */
  #checked({ at, bytes }: DatasetMessage): DatasetTelling | string {
    const telling = decodeTelling(bytes);
    if (telling === undefined) return otherLayout;
    const before = this.#place;
    if (before === undefined) return telling;
    const { previous } = telling.head;
    if (previous !== before.at) {
      return `messages were forgotten before this node has read them, or the stream is another one (${previous} is not ${before.at})`;
    }
    const isSame = begunOf({ at, head: telling.head }) === begunOf(before);
    return isSame ? telling : "its telling has begun anew";
  }

  #heard(telling: DatasetTelling, at: number): void {
    const { head, about } = telling;
    this.#place = { at, head };
    this.sequence = at;
    this.#heardMs = this.#parts.clock.monotonicMs();
    if (about !== undefined) this.#about = about;
    this.#parts.heard?.(telling, at);
  }

  #eventsOf({ head, about, told }: DatasetTelling, context: FeedContext): readonly FeedEvent[] {
    for (const ticker of about?.tickers ?? []) context.instrument(ticker);
    const at = this.sequence;
    const events = eventsOf(told, (ticker) => context.instrument(ticker));
    const isFirst = at === this.#beginning?.first.at;
    if (!isFirst || head.timeUs === undefined) return events;
    return [{ kind: "time", atUs: head.timeUs }, ...this.#gap(head.timeUs), ...events];
  }

  /** What cannot be shown of the time before the first message. */
  #gap(timeUs: number): readonly FeedEvent[] {
    if (this.#halved.size === 0) return [];
    const fromUs = Math.min(...this.#halved);
    const toUs = Math.max(...this.#halved, minuteStart(timeUs)) + barIntervalUs;
    const reason = "it was told longer ago than the stream of datasets is kept";
    return [{ kind: "gap", fromUs, toUs, reason }];
  }
}

const forgottenAbout =
  "what decides about its bars was forgotten; its feed says it again within a minute";

const otherLayout = "it was written by a release that this node does not know: update this node";

/** The first message that has something of a minute which may still change at a place. */
function beginsOf({ at, head }: Place): number {
  return Math.min(at, ...head.live.map(([, began]) => began || at));
}

/** The message with which a telling began. */
function begunOf({ at, head }: Place): number {
  return head.begun || at;
}

function placeOf({ at, bytes }: DatasetMessage): Place | undefined {
  const telling = decodeTelling(bytes);
  return telling && { at, head: telling.head };
}
