/**
 * This server as a node of a cluster: its connection to the others, the log that all share, and its role.
 * Loaded only where a cluster is configured, since it needs packages that are not installed for everybody.
 */
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { checkBroker } from "../../adapters/nats/broker-check.ts";
import type { NatsLink } from "../../adapters/nats/link.ts";
import { chainAfter } from "../../adapters/nats/message.ts";
import { NatsRequestLine } from "../../adapters/nats/request-line.ts";
import { refuseWithoutRights, type Written } from "../../adapters/nats/rights.ts";
import { NatsSharedLog } from "../../adapters/nats/shared-log.ts";
import { NatsSnapshotStore } from "../../adapters/nats/snapshot-store.ts";
import type { SqliteCommandLog } from "../../adapters/sqlite/log/log.ts";
import { gatewayStores } from "../../cluster/gateway-stores.ts";
import { answerHistory } from "../../cluster/history-service.ts";
import { answerPages } from "../../cluster/log-service.ts";
import { LogShortener } from "../../cluster/log-shortener.ts";
import { Member } from "../../cluster/member.ts";
import { NodeRegistry } from "../../cluster/node-registry.ts";
import { OwnCopy } from "../../cluster/own-copy.ts";
import { type OwnLog, reachShared, refuseOtherEpoch } from "../../cluster/own-log.ts";
import { patientHistory } from "../../cluster/remote-history.ts";
import { SharingSnapshots } from "../../cluster/sharing-snapshots.ts";
import type { ClusterConfig } from "../../config/cluster-schema.ts";
import { assert } from "../../core/assert.ts";
import type { Engine, EngineStores } from "../../engine/engine.ts";
import { historyAsOf } from "../../engine/history-as-of.ts";
import type { Role, RoleParts } from "../../engine/role.ts";
import type { Clock } from "../../ports/clock.ts";
import type {
  ClusterControl,
  ClusterStatus,
  SharedLogStatus,
} from "../../ports/cluster-control.ts";
import type { Log } from "../../ports/log.ts";
import type { Answering } from "../../ports/request-line.ts";
import type { SharedLog } from "../../ports/shared-log.ts";
import type { SnapshotStore } from "../../ports/snapshot-store.ts";
import { commandsKnown } from "../../sequencer/command-codec.ts";
import type { Site } from "../site.ts";
import type { Traded } from "../traded.ts";
import { version } from "../version.ts";
import { connect, logStreamOf } from "./connect.ts";
import { NodeDatasets, openDatasetStream } from "./datasets.ts";
import { NodeRecords } from "./records.ts";

/** How long a start waits for engines that may be starting themselves, in milliseconds. */
const pastWithinMs = 60_000;

/** Bytes that tell this process from others. */
const processBytes = 8;

/** What nodes share of the exchange. */
interface SharedExchange {
  readonly log: SharedLog;
  readonly snapshots: SnapshotStore;
}

/** A node, connected. */
export class ClusterNode {
  readonly config: ClusterConfig;
  /** Its name. */
  readonly name: string;
  readonly link: NatsLink;
  readonly line: NatsRequestLine;
  /** What nodes share besides the commands. */
  readonly records: NodeRecords;
  /** All nodes. */
  readonly registry: NodeRegistry;
  /** Undefined at a node that runs feeds alone. */
  readonly #exchange: SharedExchange | undefined;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #ended = Promise.withResolvers<string>();
  #member: Member | undefined;
  /** Where the exchange is kept here. */
  #own: OwnLog | undefined;
  #shortener: LogShortener | undefined;

  private constructor(
    config: ClusterConfig,
    parts: {
      readonly name: string;
      readonly link: NatsLink;
      readonly exchange: SharedExchange | undefined;
      readonly records: NodeRecords;
      readonly log: Log;
      readonly clock: Clock;
      readonly wallMs: () => number;
    },
  ) {
    this.config = config;
    this.name = parts.name;
    this.link = parts.link;
    this.line = new NatsRequestLine(parts.link);
    this.#exchange = parts.exchange;
    this.records = parts.records;
    this.#log = parts.log;
    this.#clock = parts.clock;
    this.registry = new NodeRegistry({
      ...{ node: this.name, process: systemSecrets().randomHex(processBytes), log: parts.log },
      ...{ ...parts.records.nodes, clock: parts.clock, wallMs: parts.wallMs },
      self: { role: config.role, version: version(), knows: commandsKnown },
      mayNote: keeps(config),
      mustEnd: (reason) => this.#ended.resolve(reason),
    });
  }

  /** Connects. A `StartError` says why that cannot be. */
  static async open(
    config: ClusterConfig,
    name: string,
    {
      log,
      times: { clock, wallMs },
      own,
    }: Pick<Site, "log" | "times"> & { own: string | undefined },
  ): Promise<ClusterNode> {
    const link = await connect(config, name);
    try {
      await checkBroker(link, config);
      const { replicas } = config;
      const exchange =
        config.role === "feed" ? undefined : await openExchange(config, link, wallMs);
      // Before anything of this folder is told to the others.
      if (own !== undefined && exchange !== undefined) refuseOtherEpoch(own, exchange.log.epoch);
      const records = await NodeRecords.open({
        ...{ link, cluster: config.name, replicas, clock, wallMs, log },
        pushes: keeps(config),
      });
      await refuseWithoutRights(link, config.role, writtenBy(config));
      const parts = { name, link, exchange, records, log, clock, wallMs };
      const node = new ClusterNode(config, parts);
      await node.registry.start();
      return node;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  /** Whether clients are served here. */
  get servesClients(): boolean {
    return this.config.role === "all" || this.config.role === "gateway";
  }

  /** Whether the exchange is kept here, so that this node may lead. */
  get keepsExchange(): boolean {
    return keeps(this.config);
  }

  /** Whether it may run feeds of datasets. */
  get runsFeeds(): boolean {
    return this.config.role === "all" || this.config.role === "feed";
  }

  /** The log that all share. */
  get shared(): SharedLog {
    return this.#shared.log;
  }

  get #shared(): SharedExchange {
    assert(this.#exchange !== undefined, "a node that runs feeds alone has no exchange");
    return this.#exchange;
  }

  /** Opens the datasets that nodes share; none where this node has nothing to do with them. */
  async openDatasets(site: Site): Promise<NodeDatasets | undefined> {
    const { link, line, config: cluster, name: node, runsFeeds } = this;
    if (!runsFeeds && !this.servesClients) {
      // Gateways may not make what they read.
      await openDatasetStream(link, cluster, "made");
      return undefined;
    }
    const mustEnd = (reason: string) => this.#ended.resolve(reason);
    const options = { link, line, cluster, node, runsFeeds, mustEnd };
    const datasets = await NodeDatasets.open(site, options);
    if (cluster.role === "feed") this.registry.tell(() => datasets.doing);
    return datasets;
  }

  /** The role; undefined before the exchange is in service. */
  get member(): Member | undefined {
    return this.#member;
  }

  /** Whether this node writes the log now. */
  get leads(): boolean {
    return this.#member?.state === "leading";
  }

  /** Resolves with why this process has to end, if it ever has to. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /** The stores of this node's engine; those in its own folder where it keeps the exchange. */
  storesOf(own: EngineStores<SqliteCommandLog>): EngineStores {
    if (!this.keepsExchange) {
      return gatewayStores({
        ...{ shared: this.shared, snapshots: this.#shared.snapshots, line: this.line },
        cluster: this.config.name,
      });
    }
    let snapshots: SnapshotStore | undefined;
    return {
      ...own,
      openSnapshots: async () => {
        snapshots = await own.openSnapshots();
        return snapshots;
      },
      snapshotMaker: (log) => {
        assert(snapshots !== undefined, "snapshots are opened before one is made");
        return new SharingSnapshots({
          maker: own.snapshotMaker(log as SqliteCommandLog),
          ...{ local: snapshots, shared: this.#shared.snapshots, log: this.#log },
          leads: () => this.leads,
        });
      },
      openLog: async () => {
        const log = await own.openLog();
        try {
          await reachShared({
            ...{ own: log, shared: this.shared, log: this.#log, clock: this.#clock },
            ...{ line: this.line, cluster: this.config.name, chainAfter },
          });
          this.#own = log;
          return log;
        } catch (error) {
          await log.close();
          throw error;
        }
      },
    };
  }

  /** Makes the role of this node's engine. */
  roleOf(parts: RoleParts): Role {
    assert(this.#member === undefined, "a node has one role");
    const { takeoverAfterMs } = this.config;
    this.#member = new Member(parts, {
      ...{ cluster: this.config.name, node: this.name, shared: this.shared, line: this.line },
      processHex: systemSecrets().randomHex(processBytes),
      lead: this.keepsExchange ? { takeoverAfterMs, copy: new OwnCopy(parts.log) } : undefined,
      unknownTo: (kind) => this.registry.unknownTo(kind),
      mustEnd: (reason) => this.#ended.resolve(reason),
    });
    const member = this.#member;
    this.registry.tell(() => ({
      ...{ state: member.state, term: member.term, sequence: member.durableSequence },
      ...{ lagMs: member.lagMs, isStale: member.isStale },
      has: this.#own?.lastSequence ?? member.durableSequence,
    }));
    return member;
  }

  /** The exchange as it was recovered, with a past that ends there also where engines go on. */
  asRecovered(engine: Engine): Traded | undefined {
    if (this.keepsExchange) return undefined;
    const { exchange } = engine;
    // Engines may be starting themselves, or one of them may be gone just now.
    const history = patientHistory(engine.history, {
      ...{ clock: this.#clock, patienceMs: pastWithinMs },
    });
    const { sequence, timeUs } = exchange;
    return {
      exchange,
      history: {
        ...historyAsOf(history, { sequence, timeUs }),
        totals: (of) => history.totals(of),
      },
      historyCaughtUp: () => engine.historyCaughtUp(),
    };
  }

  /** How long the shared log is, as it was looked at last. */
  get logStatus(): SharedLogStatus | undefined {
    return this.#shortener?.status;
  }

  /**
   * From now on it looks how long the shared log is, and answers nodes that ask about the past, or for commands of it,
   * where that is kept here.
   */
  async answerOthers(engine: Engine): Promise<Answering> {
    const { line } = this;
    const clock = this.#clock;
    const cluster = this.config.name;
    const shortener = this.#shortenerOf(engine);
    const answering: Answering[] = [shortener];
    if (this.#own !== undefined) {
      answering.push(
        await answerHistory({ engine, clock, line, cluster }),
        await answerPages({ log: this.#own, line, cluster }),
      );
    }
    shortener.start();
    return { stop: async () => void (await Promise.all(answering.map((each) => each.stop()))) };
  }

  #shortenerOf(engine: Engine): LogShortener {
    const { keepLogHours, waitForNodesBytes } = this.config;
    const own = () => this.#own?.lastSequence ?? 0;
    this.#shortener = new LogShortener({
      ...{ node: this.name, shared: this.shared, snapshots: this.#shared.snapshots },
      ...{ clock: this.#clock, log: this.#log, own, leads: () => this.leads },
      ...{ keepMs: keepLogHours * 3_600_000, waitBytesMax: waitForNodesBytes },
      nodes: () => this.registry.now,
      wantSnapshot: () => engine.snapshotter.makeNow(engine.durableSequence),
    });
    return this.#shortener;
  }

  /** What operators see of it, over the exchange in service. */
  controlOf(engine: Engine | undefined, datasets: NodeDatasets | undefined): ClusterControl {
    const statuses = () => ({ datasets: datasets?.statuses ?? [] });
    const registry: Pick<ClusterControl, "add" | "remove"> = {
      add: async (node, role) => {
        const { name, servers, monitors, replicas, allowUnsynced, tls } = this.config;
        const reason = await this.registry.add(node, role);
        const ca = tls?.ca;
        return reason ?? { node, role, name, servers, monitors, replicas, allowUnsynced, ca };
      },
      remove: (node) => this.registry.remove(node),
    };
    if (engine === undefined) {
      return {
        status: async () => ({ ...(await this.#feedStatus(datasets)), ...statuses() }),
        takeOver: () => Promise.resolve("a node of role feed keeps no exchange and cannot lead it"),
        ...registry,
      };
    }
    return {
      ...registry,
      status: async (hash) => ({ ...(await this.#status(engine, hash)), ...statuses() }),
      takeOver: async () => await this.#member?.takeOverInOrder(),
    };
  }

  /** Of a node that runs feeds alone. */
  async #feedStatus(datasets: NodeDatasets | undefined): Promise<ClusterStatus> {
    assert(datasets !== undefined, "operators come once the datasets are served");
    const { term, sequence, lagMs, isStale } = datasets.doing;
    return {
      ...{ cluster: this.config.name, node: this.name, role: this.config.role },
      ...{ state: "following", leader: undefined, term, epoch: datasets.epoch ?? "" },
      ...{ sequence, lagMs, isStale, lagCommands: 0, underWay: 0 },
      ...{ copyFault: undefined, stateHash: undefined },
      nodes: await this.registry.list(),
    };
  }

  async #status(engine: Engine, hash: boolean): Promise<ClusterStatus> {
    const member = this.#member;
    assert(member !== undefined, "operators come once the exchange is in service");
    // Side by side: where the broker is away, an operator waits for one of them only.
    const [end, nodes] = await Promise.all([this.shared.end(), this.registry.list()]);
    const leading = nodes?.find(({ state }) => state === "leading")?.node;
    const { sequence, stateHash } = hash
      ? await member.digests.make()
      : { sequence: engine.exchange.sequence, stateHash: undefined };
    return {
      ...{ cluster: this.config.name, node: this.name, role: this.config.role },
      ...{
        state: member.state,
        leader: member.leader ?? leading,
        term: member.term,
        epoch: engine.epoch,
      },
      ...{ sequence, lagMs: member.lagMs, isStale: member.isStale },
      lagCommands: "kind" in end ? undefined : Math.max(0, end.lastSequence - sequence),
      log: this.logStatus,
      underWay: member.ordersUnderWay,
      copyFault: member.copyFault,
      stateHash,
      nodes,
    };
  }

  async close(): Promise<void> {
    await this.registry.stop();
    await this.link.close();
  }
}

/** What a node of this role writes and none of a lesser role may. Feeds find out when they begin to tell. */
function writtenBy(config: ClusterConfig): readonly Written[] {
  if (keeps(config)) return [{ log: logStreamOf(config) }, { bucket: `${config.name}_nodes` }];
  return config.role === "gateway" ? [{ bucket: `${config.name}_tokens` }] : [];
}

/** Whether a node keeps the exchange and what is edited beside it. */
function keeps({ role }: ClusterConfig): boolean {
  return role === "all" || role === "engine";
}

async function openExchange(
  config: ClusterConfig,
  link: NatsLink,
  nowMs: () => number,
): Promise<SharedExchange> {
  const { name, replicas } = config;
  const log = await NatsSharedLog.open(link, {
    ...{ name: logStreamOf(config), replicas },
    // A gateway makes no exchange where there is none.
    newEpoch: keeps(config) ? systemSecrets().randomHex(16) : undefined,
  });
  const snapshots = await NatsSnapshotStore.open(link, { name, replicas, nowMs });
  return { log, snapshots };
}
