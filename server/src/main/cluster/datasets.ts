/**
 * The datasets of a cluster at one node: what feeds have told comes from the stream of datasets, wherever they run. A node
 * that runs feeds stands by for each of its datasets, and tells the others of those that it has.
 */
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { NatsDatasetStream } from "../../adapters/nats/dataset-stream.ts";
import type { NatsLink } from "../../adapters/nats/link.ts";
import { continuedLive, continuedRecording } from "../../cluster/continued-feed.ts";
import { DatasetLead, type RunningSource, type Told } from "../../cluster/dataset-lead.ts";
import { answerPast, remotePast } from "../../cluster/dataset-past.ts";
import { FollowedDataset, type StoredTelling } from "../../cluster/followed-dataset.ts";
import type { NodeDoing } from "../../cluster/node-messages.ts";
import type { ClusterConfig } from "../../config/cluster-schema.ts";
import type { DatasetConfig } from "../../config/schema.ts";
import { assert } from "../../core/assert.ts";
import type { Catalog } from "../../marketdata/catalog.ts";
import type { SharedDatasetStatus } from "../../ports/cluster-control.ts";
import type { StoredPosition } from "../../ports/dataset-store.ts";
import type { Answering, RequestLine } from "../../ports/request-line.ts";
import { StartError } from "../../ports/start-error.ts";
import { everySecond } from "../../ports/timers.ts";
import { FeedRunner } from "../../streams/bar-streams.ts";
import { FeedRestarts } from "../../streams/feed-restarts.ts";
import { openDataset } from "../datasets.ts";
import { type Recordings, recordingOf } from "../recordings.ts";
import type { ServedDataset, SharedDataset } from "../served-dataset.ts";
import type { Site } from "../site.ts";

/** How long a start waits until all is folded that has been told, in milliseconds; it goes on after it. */
const caughtUpMsMax = 20_000;

/** Bytes that tell this process from others. */
const processBytes = 8;

/** What a node of this role does with datasets. */
export interface NodeDatasetsOptions {
  readonly link: NatsLink;
  readonly cluster: ClusterConfig;
  /** Name of the node. */
  readonly node: string;
  /** Over which nodes ask each other about the past. */
  readonly line: RequestLine;
  /** Whether it runs feeds, or follows what others run. */
  readonly runsFeeds: boolean;
  /** This process has to be started again. */
  mustEnd(reason: string): void;
}

/** Opens the stream of datasets; it is made where there is none, or has to be there. A `StartError` says that it is not. */
export async function openDatasetStream(
  link: NatsLink,
  { name, replicas }: ClusterConfig,
  how: "made" | "found",
): Promise<NatsDatasetStream> {
  const stream = `${name}_datasets`;
  const opened = await NatsDatasetStream.open(link, {
    ...{ name: stream, replicas },
    newEpoch: how === "made" ? systemSecrets().randomHex(16) : undefined,
  });
  if (opened !== undefined) return opened;
  throw new StartError(
    `the broker has no stream ${stream}, from which datasets are followed: start an engine or a feed node first`,
  );
}

/** What the feeds of this node are run with. */
interface Parts {
  readonly catalog: Catalog;
  readonly recordings: Recordings;
}

/** One dataset of it. */
class NodeDataset implements SharedDataset {
  readonly followed: FollowedDataset;
  readonly epoch: string;
  readonly served: ServedDataset;
  lead: DatasetLead | undefined;
  readonly #site: Site;
  readonly #stream: NatsDatasetStream;
  readonly #config: DatasetConfig;
  /** What producers push to is there once, whether it is fed or not. */
  readonly #fixed: ServedDataset | undefined;
  #parts: Parts | undefined;
  #runner: FeedRunner | undefined;

  constructor(
    site: Site,
    stream: NatsDatasetStream,
    config: DatasetConfig,
    options: NodeDatasetsOptions,
  ) {
    const { code, name = code, publisher = code, feed } = config;
    this.#site = site;
    this.#stream = stream;
    this.#config = config;
    // A position of one dataset is not taken for that of another.
    this.epoch = `${code}-${stream.epoch}`;
    this.followed = new FollowedDataset({
      ...{ dataset: code, stream, clock: site.times.clock },
      decided: () => this.#runner?.beginAnew(),
      heard: (telling, at) => this.lead?.heard(telling, at),
      lost: (reason) => options.mustEnd(`dataset ${code}: ${reason}`),
    });
    const { runsFeeds } = options;
    const fixed = runsFeeds ? openDataset(config, site.times.clock.nowUs()) : undefined;
    const { routes, streams } = fixed?.opened ?? {};
    if (routes !== undefined) this.#fixed = fixed;
    this.served = {
      dataset: { code, name, publisher },
      // Nodes that run no feeds keep no past of them.
      config: runsFeeds ? config : undefined,
      shared: this,
      opened: {
        feed: this.followed,
        // Nothing is read faster than it is stored; but no client holds up what others are told.
        waitsForConsumers: options.cluster.role === "feed",
        waitsForAudience: false,
        isRecording: false,
        simulated: feed?.kind === "simulator",
        ...(routes === undefined ? {} : { routes }),
        ...(streams === undefined ? {} : { streams }),
      },
    };
  }

  get latenessUs(): number {
    return this.followed.about?.latenessUs ?? this.#site.config.bars.latenessMs * 1_000;
  }

  get unchangedBars(): boolean {
    return this.followed.about?.unchangedBars ?? this.#site.config.streams.unchangedBars;
  }

  get streamEpoch(): string {
    return this.#stream.epoch;
  }

  get keepsPast(): boolean {
    return this.#config.history.store;
  }

  isWhole(startUs: number): boolean {
    return this.followed.isWhole(startUs);
  }

  get status(): SharedDatasetStatus {
    const { followed, lead } = this;
    const { place } = followed;
    const silentMs = followed.silentMs === undefined ? undefined : Math.round(followed.silentMs);
    return {
      ...{ dataset: this.#config.code, state: followed.state, silentMs },
      ...{ failure: place?.head.failure, leader: place?.head.node, term: place?.head.term ?? 0 },
      ...{ leads: lead?.leads ?? false, at: place?.at ?? 0 },
      ...{ waitingBytes: lead?.waitingBytes ?? 0, refused: lead?.refused },
    };
  }

  /** Makes this node one that may run the feed. */
  async standBy(options: NodeDatasetsOptions, writer: string): Promise<void> {
    const { config, log, times } = this.#site;
    const { code } = this.#config;
    const { latenessMs } = config.bars;
    const opened = this.#fixed ?? openDataset(this.#config, times.clock.nowUs());
    const recording =
      opened.opened?.isRecording === true ? await recordingOf(this.#config, latenessMs) : undefined;
    await this.#letGo(opened);
    this.lead = new DatasetLead({
      ...{ dataset: code, stream: this.#stream, node: options.node, writer },
      ...{ clock: times.clock, log },
      about: {
        latenessUs: latenessMs * 1_000,
        unchangedBars: config.streams.unchangedBars,
        tellsKnown: opened.opened?.feed.tellsKnown === true,
        ...(recording === undefined ? {} : { recording }),
      },
      tickers: {
        count: () => this.#parts?.catalog.instruments(code).length ?? 0,
        names: () => this.#parts?.catalog.instruments(code).map(({ ticker }) => ticker) ?? [],
      },
      begin: (told) => this.#run(told),
    });
    const fault = await this.lead.announce();
    if (fault !== undefined) throw new StartError(`dataset ${code}: ${fault}`);
  }

  /** Finds out where it is followed from; where that cannot be said yet it is looked for while it runs. */
  async look(): Promise<void> {
    const found = await this.followed.begin();
    if (typeof found !== "string") return;
    const { code: dataset } = this.#config;
    this.#site.log.warn("a dataset cannot be followed yet", { dataset, reason: found });
  }

  /** Finds out where it is followed from: no later than what is stored here, where that is of this telling. */
  async begin(position?: StoredPosition): Promise<StoredTelling & { readonly source: string }> {
    const { epoch } = this.#stream;
    const [storedEpoch, begun] = position?.epoch.split("/") ?? [];
    const isSame = storedEpoch === epoch && begun !== undefined;
    const trades = Math.floor((position?.sequence ?? 0) / 2);
    const found = await this.followed.begin(isSame ? { begun: Number(begun), trades } : undefined);
    if (typeof found === "string") {
      throw new StartError(`dataset ${this.#config.code}: ${found}`);
    }
    const told = found ?? { begun: 0, trades: 0 };
    return { ...told, source: `${epoch}/${told.begun}` };
  }

  /** Follows it with this runner, and runs its feed when that is up to this node. */
  connect(runner: FeedRunner, parts: Parts): void {
    this.#runner = runner;
    this.#parts = parts;
  }

  async #run(told: Told): Promise<RunningSource> {
    const { clock } = this.#site.times;
    const { log } = this.#site;
    const { code } = this.#config;
    const parts = this.#parts;
    assert(parts !== undefined, "a dataset is followed before its feed is run");
    const served = this.#fixed ?? openDataset(this.#config, clock.nowUs());
    const { dataset, opened } = served;
    assert(opened !== undefined, "a dataset without a feed is not run");
    await parts.recordings.all.get(code)?.recorder.flushed();
    const continuing = { dataset: code, stream: this.#stream, told };
    const feed = opened.isRecording
      ? continuedRecording(opened.feed, continuing)
      : continuedLive(opened.feed, continuing);
    const runner = new FeedRunner({
      ...{ dataset, clock, log, catalog: parts.catalog },
      opened: { ...opened, feed, waitsForConsumers: true, waitsForAudience: false },
      ...{ latenessUs: this.latenessUs, unchangedBars: false },
      restarts: new FeedRestarts({
        ...{ seed: clock.nowUs(), dataset: code, isRecording: opened.isRecording },
      }),
      remembered: (ticker) => parts.recordings.remembered(code, ticker),
      storePast: (rows) => parts.recordings.storePast(code, rows),
      // Bars are shown by those who follow.
      publish: () => {},
      caughtUp: () => told.room(),
      passing: told.writer,
    });
    await runner.prepare();
    runner.start();
    const stop = everySecond(clock, (nowUs) => runner.wallTime(nowUs));
    return {
      stop: async () => {
        stop();
        await runner.stop();
      },
    };
  }

  /** Lets go what was opened to look at it. */
  async #letGo({ opened }: ServedDataset): Promise<void> {
    if (this.#fixed === undefined) await opened?.replay?.close();
  }
}

/** All datasets of a node. */
export class NodeDatasets {
  readonly all: readonly NodeDataset[];
  readonly #site: Site;
  readonly #options: NodeDatasetsOptions;
  #answering: Answering | undefined;

  private constructor(site: Site, options: NodeDatasetsOptions, all: readonly NodeDataset[]) {
    this.#site = site;
    this.#options = options;
    this.all = all;
  }

  /** Opens them. A `StartError` says why that cannot be. */
  static async open(site: Site, options: NodeDatasetsOptions): Promise<NodeDatasets> {
    const { config } = site;
    const { runsFeeds, link, cluster } = options;
    const fed = config.datasets.filter(({ feed }) => feed !== undefined);
    if (fed.length === 0) return new NodeDatasets(site, options, []);
    const stream = await openDatasetStream(link, cluster, runsFeeds ? "made" : "found");
    const all = fed.map((dataset) => new NodeDataset(site, stream, dataset, options));
    const writer = systemSecrets().randomHex(processBytes);
    for (const dataset of all) {
      if (runsFeeds) await dataset.standBy(options, writer);
      else await dataset.look();
    }
    return new NodeDatasets(site, options, all);
  }

  /** Identity of the stream of datasets; undefined where there is none to follow. */
  get epoch(): string | undefined {
    return this.all[0]?.streamEpoch;
  }

  /** How they are doing. */
  get statuses(): readonly SharedDatasetStatus[] {
    return this.all.map(({ status }) => status);
  }

  /** What this node does, in sum. */
  get doing(): NodeDoing {
    const all = this.statuses;
    const most = (figures: readonly number[]) => Math.max(0, ...figures);
    return {
      state: all.some(({ leads }) => leads) ? "feeding" : "standing by",
      term: most(all.map(({ term }) => term)),
      sequence: most(all.map(({ at }) => at)),
      lagMs: most(all.map(({ silentMs = 0 }) => silentMs)),
      isStale: all.some(({ state }) => state === "stale"),
    };
  }

  /** As they are served here. */
  get served(): readonly ServedDataset[] {
    return this.all.map(({ served }) => served);
  }

  /** Connects them with what folds them, and waits until all is folded that has been told. */
  async start({ feeds, ...parts }: Parts & { feeds: readonly FeedRunner[] }): Promise<void> {
    const { clock } = this.#site.times;
    await this.#servePast(parts.recordings);
    for (const dataset of this.all) {
      const runner = feeds.find(({ dataset: of }) => of.code === dataset.served.dataset.code);
      assert(runner !== undefined, "each dataset that is served has a runner");
      dataset.connect(runner, parts);
      runner.start();
    }
    const late = Promise.withResolvers<void>();
    const cancel = clock.after(caughtUpMsMax, late.resolve);
    await Promise.race([
      Promise.all(this.all.map(({ followed }) => followed.caughtUp)),
      late.promise,
    ]);
    cancel();
    for (const { lead } of this.all) lead?.start();
  }

  /** Answers about the past where it is kept, and asks about it elsewhere. */
  async #servePast({ history }: Recordings): Promise<void> {
    const { runsFeeds, line, cluster } = this.#options;
    const { clock } = this.#site.times;
    if (runsFeeds) {
      this.#answering = await answerPast({
        ...{ line, clock, cluster: cluster.name },
        kept: (code) => {
          const dataset = this.all.find(({ served }) => served.dataset.code === code);
          const folded = () => dataset?.followed.place?.at ?? 0;
          return dataset?.keepsPast ? { epoch: dataset.epoch, reader: history, folded } : undefined;
        },
      });
      return;
    }
    for (const { served, followed, epoch } of this.all) {
      const { code } = served.dataset;
      const shown = () => followed.place?.at ?? 0;
      history.add(code, remotePast({ line, cluster: cluster.name, dataset: code, epoch, shown }));
    }
  }

  /** Lets others run its feeds. */
  async stop(): Promise<void> {
    await this.#answering?.stop();
    await Promise.all(this.all.map(({ lead }) => lead?.stop()));
  }
}
