/** Datasets that are played together, on a clock that a test moves; without sockets, and as fast as their files are read. */
import { setImmediate } from "node:timers/promises";
import { replay } from "../../server/src/feeds/replay/kind.ts";
import { sharedClocks } from "../../server/src/main/datasets.ts";
import type { BarUpdate, PublishPeriodS } from "../../server/src/marketdata/bar-update.ts";
import { Catalog } from "../../server/src/marketdata/catalog.ts";
import type { OpenedFeed } from "../../server/src/ports/feed-kind.ts";
import type {
  ReplayAction,
  ReplayControl,
  ReplaySpeed,
  ReplayStatus,
} from "../../server/src/ports/replay.ts";
import { FeedRunner } from "../../server/src/streams/bar-streams.ts";
import { DatasetRecorder } from "../../server/src/streams/dataset-recorder.ts";
import type { MemoryDatasetStore } from "../../server/src/testing/memory-dataset-store.ts";
import { VirtualClock } from "../../server/src/testing/virtual-clock.ts";

const second = 1_000_000;

/** A bar that was published. */
export interface Told {
  readonly dataset: string;
  readonly bar: BarUpdate;
  readonly periodS: PublishPeriodS;
}

/** A value as a text, to be compared. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}` : each));

/** What is played, and how. */
export interface TheatreOptions {
  /** Other settings of the feeds than those of {@link playing}. */
  readonly settings?: object;
  /** Where what is folded is stored; nothing is when left out. */
  readonly store?: MemoryDatasetStore | undefined;
}

/** See the head of the file. */
export class Theatre {
  readonly told: Told[] = [];
  readonly clock = new VirtualClock(Date.UTC(2026, 0, 1) * 1_000);
  readonly controls: readonly ReplayControl[];
  readonly runners: FeedRunner[] = [];
  readonly ended: string[] = [];
  readonly recorders: DatasetRecorder[] = [];

  /** Files by the dataset that plays them. */
  constructor(files: Readonly<Record<string, string>>, { settings, store }: TheatreOptions = {}) {
    const catalog = new Catalog();
    const served = Object.entries(files).map(([code, path]) => {
      const config = { ...playing, files: [path], ticker: "A/B", ...settings };
      const opened = replay.open(config, code);
      if (typeof opened === "string") throw new Error(opened);
      if (!("feed" in opened)) throw new Error("a replay is a feed");
      return { dataset: { code, name: code, publisher: code }, config: undefined, opened };
    });
    this.controls = sharedClocks(served);
    for (const { dataset, opened } of served) {
      this.#connect({ catalog, store }, dataset, opened);
    }
  }

  #connect(
    { catalog, store }: { readonly catalog: Catalog; readonly store: TheatreOptions["store"] },
    dataset: FeedRunner["dataset"],
    opened: OpenedFeed,
  ): void {
    catalog.addDataset(dataset);
    const runner = new FeedRunner({
      ...{ dataset, opened, catalog, clock: this.clock, latenessUs: 10 * second },
      log: silent,
      unchangedBars: true,
      recorder: store && this.#recorder(store, dataset.code),
      publish: (bar, periodS) => this.told.push({ dataset: dataset.code, bar, periodS }),
      caughtUp: () => undefined,
      ended: (why) => this.ended.push(`${dataset.code} ${why}`),
    });
    opened.replay?.attach({ dataset: dataset.code, again: () => runner.again() });
    this.runners.push(runner);
  }

  #recorder(store: MemoryDatasetStore, dataset: string): DatasetRecorder {
    const nothing = {
      follows: "nothing",
      storedTrades: 0,
      skipped: [],
      downSince: undefined,
    } as const;
    const start = { ...nothing, epoch: "e", counts: "trades" } as const;
    const recorder = new DatasetRecorder({
      ...{ dataset, store, start, keepsTrades: true, isLive: false, clock: this.clock },
      log: silent,
    });
    this.recorders.push(recorder);
    return recorder;
  }

  start(): void {
    for (const runner of this.runners) runner.start();
  }

  /** Lets real work go on, and wall time where it is waited for. */
  async pass(seconds: number): Promise<void> {
    for (let step = 0; step < seconds * 4; step += 1) {
      await this.settle();
      this.clock.advanceBy(second / 4);
    }
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 6; turn += 1) await setImmediate();
  }

  /** Files are read by others' threads: waits until something is so. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await setImmediate();
  }

  async act(action: ReplayAction, index = 0): Promise<ReplayStatus> {
    const status = await this.controls[index]!.act(action);
    if (typeof status === "string") throw new Error(status);
    return status;
  }

  /** Plays to the end. */
  async playOut(speed: ReplaySpeed = "max"): Promise<void> {
    await this.act({ kind: "speed", speed });
    await this.act({ kind: "resume" });
    const isOver = () => this.runners.every(({ state }) => state === "finished");
    while (!isOver()) {
      if (speed !== "max") this.clock.advanceBy(second / 4);
      await setImmediate();
    }
  }

  async stop(): Promise<void> {
    for (const runner of this.runners) await runner.stop();
    for (const recorder of this.recorders) await recorder.close();
  }
}

const quiet = () => undefined;
const silent = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** A recording on its own clock that begins at once. */
export const playing = {
  kind: "replay",
  format: "auto",
  speed: 1,
  clock: "recorded",
  loop: false,
  sort: "window",
  start: "at-once",
} as const;
