/**
 * This server as a node of a cluster: its connection to the others, the log that all share, and its role.
 * Loaded only where a cluster is configured, since it needs packages that are not installed for everybody.
 */
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { checkBroker } from "../../adapters/nats/broker-check.ts";
import type { NatsLink } from "../../adapters/nats/link.ts";
import { NatsRequestLine } from "../../adapters/nats/request-line.ts";
import { NatsSharedLog } from "../../adapters/nats/shared-log.ts";
import { NatsSnapshotStore } from "../../adapters/nats/snapshot-store.ts";
import type { SqliteCommandLog } from "../../adapters/sqlite/log/log.ts";
import { gatewayStores } from "../../cluster/gateway-stores.ts";
import { answerHistory } from "../../cluster/history-service.ts";
import { Member } from "../../cluster/member.ts";
import { NodeRegistry } from "../../cluster/node-registry.ts";
import { OwnCopy } from "../../cluster/own-copy.ts";
import { refuseOtherLog } from "../../cluster/own-log.ts";
import { patientHistory } from "../../cluster/remote-history.ts";
import { SharingSnapshots } from "../../cluster/sharing-snapshots.ts";
import type { ClusterConfig } from "../../config/cluster-schema.ts";
import { assert } from "../../core/assert.ts";
import type { Engine, EngineStores } from "../../engine/engine.ts";
import { historyAsOf } from "../../engine/history-as-of.ts";
import type { Role, RoleParts } from "../../engine/role.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClusterControl, ClusterStatus } from "../../ports/cluster-control.ts";
import type { Log } from "../../ports/log.ts";
import type { Answering } from "../../ports/request-line.ts";
import type { SharedLog } from "../../ports/shared-log.ts";
import type { SnapshotStore } from "../../ports/snapshot-store.ts";
import { commandsKnown } from "../../sequencer/command-codec.ts";
import type { Site } from "../site.ts";
import type { Traded } from "../traded.ts";
import { version } from "../version.ts";
import { connect, logStreamOf } from "./connect.ts";
import { NodeRecords } from "./records.ts";

/** How long a start waits for engines that may be starting themselves, in milliseconds. */
const pastWithinMs = 60_000;

/** Bytes that tell this process from others. */
const processBytes = 8;

/** A node, connected. */
export class ClusterNode {
  readonly config: ClusterConfig;
  /** Its name. */
  readonly name: string;
  readonly link: NatsLink;
  readonly line: NatsRequestLine;
  readonly shared: SharedLog;
  /** What nodes share besides the commands. */
  readonly records: NodeRecords;
  /** All nodes. */
  readonly registry: NodeRegistry;
  readonly #snapshots: SnapshotStore;
  readonly #log: Log;
  readonly #ended = Promise.withResolvers<string>();
  #member: Member | undefined;

  private constructor(
    config: ClusterConfig,
    parts: {
      readonly name: string;
      readonly link: NatsLink;
      readonly shared: SharedLog;
      readonly snapshots: SnapshotStore;
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
    this.shared = parts.shared;
    this.records = parts.records;
    this.#snapshots = parts.snapshots;
    this.#log = parts.log;
    this.registry = new NodeRegistry({
      ...{ node: this.name, process: systemSecrets().randomHex(processBytes), log: parts.log },
      ...{ ...parts.records.nodes, clock: parts.clock, wallMs: parts.wallMs },
      self: { role: config.role, version: version(), knows: commandsKnown },
      mayNote: config.role !== "gateway",
      mustEnd: (reason) => this.#ended.resolve(reason),
    });
  }

  /** Connects. A `StartError` says why that cannot be. */
  static async open(
    config: ClusterConfig,
    name: string,
    { log, times: { clock, wallMs } }: Pick<Site, "log" | "times">,
  ): Promise<ClusterNode> {
    const link = await connect(config, name);
    try {
      await checkBroker(link, config);
      const { replicas } = config;
      const shared = await NatsSharedLog.open(link, {
        ...{ name: logStreamOf(config), replicas },
        // A gateway makes no exchange where there is none.
        newEpoch: config.role === "gateway" ? undefined : systemSecrets().randomHex(16),
      });
      const snapshots = await NatsSnapshotStore.open(link.connection, {
        ...{ name: config.name, replicas, nowMs: wallMs },
      });
      const records = await NodeRecords.open({
        ...{ link, cluster: config.name, replicas, clock, wallMs, log },
        pushes: config.role !== "gateway",
      });
      const parts = { name, link, shared, snapshots, records, log, clock, wallMs };
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
    return this.config.role !== "engine";
  }

  /** Whether the exchange is kept here, so that this node may lead. */
  get keepsExchange(): boolean {
    return this.config.role !== "gateway";
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
        ...{ shared: this.shared, snapshots: this.#snapshots, line: this.line },
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
          ...{ local: snapshots, shared: this.#snapshots, log: this.#log },
          leads: () => this.leads,
        });
      },
      openLog: async () => {
        const log = await own.openLog();
        try {
          await refuseOtherLog(log, this.shared);
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
    }));
    return member;
  }

  /** The exchange as it was recovered, with a past that ends there also where engines go on. */
  asRecovered(engine: Engine, clock: Clock): Traded | undefined {
    if (this.keepsExchange) return undefined;
    const { exchange } = engine;
    // Engines may be starting themselves, or one of them may be gone just now.
    const history = patientHistory(engine.history, { clock, patienceMs: pastWithinMs });
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

  /** Answers nodes that ask about the past, where it is kept here. */
  async answerOthers(engine: Engine, clock: Clock): Promise<Answering | undefined> {
    if (!this.keepsExchange) return undefined;
    return await answerHistory({ engine, clock, line: this.line, cluster: this.config.name });
  }

  /** What operators see of it, over the exchange in service. */
  controlOf(engine: Engine): ClusterControl {
    return {
      status: (hash) => this.#status(engine, hash),
      takeOver: async () => await this.#member?.takeOverInOrder(),
      add: async (node, role) => {
        const { name, servers, monitors, replicas } = this.config;
        const reason = await this.registry.add(node, role);
        return reason ?? { node, role, name, servers, monitors, replicas };
      },
      remove: (node) => this.registry.remove(node),
    };
  }

  async #status(engine: Engine, hash: boolean): Promise<ClusterStatus> {
    const member = this.#member;
    assert(member !== undefined, "operators come once the exchange is in service");
    const end = await this.shared.end();
    const { sequence } = engine.exchange;
    return {
      ...{ cluster: this.config.name, node: this.name, role: this.config.role },
      ...{ state: member.state, leader: member.leader, term: member.term, epoch: engine.epoch },
      ...{ sequence, lagMs: member.lagMs, isStale: member.isStale },
      lagCommands: "kind" in end ? undefined : Math.max(0, end.lastSequence - sequence),
      underWay: member.ordersUnderWay,
      copyFault: member.copyFault,
      stateHash: hash ? engine.exchange.stateHash() : undefined,
      nodes: await this.registry.list(),
    };
  }

  async close(): Promise<void> {
    await this.registry.stop();
    await this.link.close();
  }
}
