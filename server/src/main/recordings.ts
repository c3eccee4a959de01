/** What is stored of a server's datasets: where each goes on, who records it and who reads it. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { openDatasetStore } from "../adapters/sqlite/datasets/store.ts";
import type { Config, DatasetConfig } from "../config/schema.ts";
import type { ReplayFeedConfig } from "../feeds/replay/config.ts";
import { replay } from "../feeds/replay/kind.ts";
import type { Clock } from "../ports/clock.ts";
import { type DatasetStore, type ImportOutcome, isStorageFailure } from "../ports/dataset-store.ts";
import type { PastRows, RememberedTicker } from "../ports/feed.ts";
import { isUnanswered } from "../ports/history.ts";
import type { Log } from "../ports/log.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { findFiles } from "../recordings/sources.ts";
import type { DatasetReaders } from "../streams/dataset-readers.ts";
import { DatasetRecorder, type RecordingStart } from "../streams/dataset-recorder.ts";
import { type Restored, restoreDataset } from "../streams/dataset-restore.ts";
import { startRetention } from "../streams/dataset-retention.ts";
import { recordedReader } from "../streams/recorded-dataset.ts";
import { rememberedTicker } from "../streams/remembered-ticker.ts";
import { watchTickers } from "../streams/stored-tickers.ts";
import { makeDatasetPast } from "./demo/dataset-past.ts";
import type { ServedDataset } from "./served-dataset.ts";

/** How long is kept what a live feed says, in days, unless told otherwise. */
export const keepDaysDefault = 90;

/** A dataset that is recorded. */
export interface Recording {
  readonly recorder: DatasetRecorder;
  readonly restored: Restored;
  /** Whether trades are stored, or bars alone. */
  readonly keepsTrades: boolean;
}

/** What recordings are made with. */
export interface RecordingsParts {
  readonly config: Config;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The stored past of all datasets. */
export class Recordings {
  /** Reads the past of every dataset. */
  readonly history: DatasetReaders;
  readonly #parts: RecordingsParts;
  readonly #store: DatasetStore;
  readonly #byCode = new Map<string, Recording>();
  readonly #tickers = new Map<string, readonly string[]>();
  readonly #cancels: (() => void)[] = [];

  constructor(history: DatasetReaders, parts: RecordingsParts) {
    this.history = history;
    this.#parts = parts;
    this.#store = openDatasetStore(parts.folder);
  }

  /** All that are recorded. */
  get all(): ReadonlyMap<string, Recording> {
    return this.#byCode;
  }

  /** Tickers of a dataset that were stored at the start. */
  tickersOf(dataset: string): readonly string[] {
    return this.#tickers.get(dataset) ?? [];
  }

  /** Up to where a ticker is stored; undefined where nothing of it is. */
  async remembered(dataset: string, ticker: string): Promise<RememberedTicker | undefined> {
    if (!this.#byCode.has(dataset)) return undefined;
    return await rememberedTicker(this.#store, dataset, ticker);
  }

  /** Puts rows of minutes that are over to the past of a dataset; trades only where trades are kept. */
  async storePast(
    dataset: string,
    rows: PastRows,
  ): Promise<ImportOutcome | StorageFailure | undefined> {
    const recording = this.#byCode.get(dataset);
    if (recording === undefined) return undefined;
    const trades = recording.keepsTrades ? rows.trades : [];
    return await this.#store.import({ dataset, bars: rows.bars, trades, known: [] });
  }

  /** Tells of each ticker that is stored of a dataset, also by others and later. */
  watchTickers(dataset: string, found: (ticker: string) => void): void {
    if (!this.#tickers.has(dataset)) return;
    const { clock } = this.#parts;
    this.#cancels.push(watchTickers({ dataset, store: this.#store, clock, found }));
  }

  /** Finds out where the datasets go on, one after another. */
  async open(served: readonly ServedDataset[]): Promise<void> {
    for (const dataset of served) await this.#open(dataset);
  }

  /** Stores what is left and lets the files go; the feeds have to be stopped. */
  async close(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    for (const { recorder } of this.#byCode.values()) await recorder.close();
    await this.#store.close();
  }

  /** Where a dataset that nodes share is told from; undefined of every other one. */
  async #told(code: string, shared: ServedDataset["shared"]) {
    if (shared?.begin === undefined) return undefined;
    const position = await this.#store.position(code);
    return await shared.begin(isStorageFailure(position) ? undefined : position);
  }

  async #open({ dataset: { code }, config, opened, shared }: ServedDataset): Promise<void> {
    const { clock, log } = this.#parts;
    if (config?.history.store !== true) return;
    const store = this.#store;
    this.history.add(code, store);
    const isLive = opened?.feed.time === "wall";
    const { latenessMs } = this.#parts.config.bars;
    const told = await this.#told(code, shared);
    const source = told?.source ?? (await recordedSource(config, latenessMs));
    const restored = await restoreDataset({
      ...{ dataset: code, store, isLive, source },
      countsAnew: opened?.simulated === true,
      latenessUs: latenessMs * 1_000,
      nowUs: clock.nowUs(),
    });
    if (isUnanswered(restored)) {
      const reason = restored.kind === "failure" ? restored.message : "too much is being read";
      log.error("the dataset is served without its past, and is not stored", {
        ...{ dataset: code, reason },
      });
      return;
    }
    this.#tickers.set(code, restored.tickers);
    const isNew = restored.start.follows === "nothing" && restored.tickers.length === 0;
    if (isNew && opened !== undefined) {
      await makeDatasetPast(opened, {
        ...{ dataset: code, store, log, nowUs: clock.nowUs() },
        hours: this.#parts.config.demo.pastHours,
        keepsTrades: config.history.trades,
      });
    }
    const keepDays = keepDaysOf(config);
    if (keepDays > 0) {
      this.#cancels.push(startRetention({ dataset: code, store, keepDays, clock, log }));
    }
    if (opened === undefined) return;
    const { trades: keepsTrades } = config.history;
    const start = told === undefined ? restored.start : startedWith(restored.start, told);
    const recorder = new DatasetRecorder({
      ...{ dataset: code, store, start, keepsTrades, isLive, clock, log },
      tellsKnown: opened.feed.tellsKnown === true,
    });
    this.#byCode.set(code, { recorder, restored, keepsTrades });
    this.history.add(code, recordedReader(store, recorder));
  }
}

/** What was told before this node came to read it is not waited for. */
function startedWith(
  start: RecordingStart,
  { trades }: { readonly trades: number },
): RecordingStart {
  return { ...start, storedTrades: Math.max(start.storedTrades, trades) };
}

/** Days after which the past of a dataset is forgotten, 0 where it is kept. */
export function keepDaysOf({ feed, history }: DatasetConfig): number {
  // What tells its own time would be forgotten at once, and what was imported has been asked for.
  const isKept = feed === undefined || recordedOf(feed) !== undefined;
  return history.keepDays ?? (isKept ? 0 : keepDaysDefault);
}

/** Names a recording that is played on its own clock; undefined for every other feed. */
async function recordedSource(
  config: DatasetConfig,
  latenessMs: number,
): Promise<string | undefined> {
  return recordedOf(config.feed) && (await recordingOf(config, latenessMs));
}

/**
 * Names a recording that tells the same trades at the same times whenever it is played: what is configured,
 * and each file that folders and patterns mean, with its size and when it was written.
 */
export async function recordingOf(
  { feed }: DatasetConfig,
  latenessMs: number,
): Promise<string | undefined> {
  if (feed?.kind !== replay.kind) return undefined;
  const recording = feed as ReplayFeedConfig;
  const found = await findFiles(recording.files);
  // What leads to no file is said by the feed, which fails.
  const meant = typeof found === "string" ? recording.files : found.files;
  const files: (readonly (string | number | undefined)[])[] = [];
  for (const file of meant) {
    const stats = await stat(file).catch(() => undefined);
    files.push([file, stats?.size, stats?.mtimeMs]);
  }
  const text = JSON.stringify([feed, files, latenessMs]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** A recording that is played on its own clock; undefined for every other feed. */
function recordedOf(feed: DatasetConfig["feed"]): ReplayFeedConfig | undefined {
  if (feed?.kind !== replay.kind) return undefined;
  const recording = feed as ReplayFeedConfig;
  return recording.clock === "recorded" ? recording : undefined;
}
