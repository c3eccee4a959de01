/** Nodes of a cluster in one process, on a virtual clock. */
import { Engine } from "../engine/engine.ts";
import { noSnapshots } from "../engine/no-snapshots.ts";
import type { Released } from "../ports/released.ts";
import { nextTurn } from "../ports/timers.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { MemoryHistory } from "../testing/memory-history.ts";
import { MemoryRequestLine, MemoryRequests } from "../testing/memory-request-line.ts";
import { MemoryBroker, MemorySharedLog } from "../testing/memory-shared-log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { viewOf } from "./log-view.ts";
import { Member } from "./member.ts";
import { OwnCopy } from "./own-copy.ts";

const report = { debug() {}, info() {}, warn() {}, error() {} };

/** A node that was started, or is being started. */
export interface TestNode {
  readonly name: string;
  readonly engine: Engine;
  readonly member: Member;
  readonly shared: MemorySharedLog;
  readonly line: MemoryRequestLine;
  readonly disk: MemoryLogStorage | undefined;
  readonly released: Released[];
  readonly ticks: number[];
  /** Why it had to end. */
  readonly ends: string[];
  /** Resolves when it is in service. */
  readonly started: Promise<void>;
}

/** A cluster. Time passes only by {@link pass}. */
export class TestCluster {
  readonly clock = new VirtualClock();
  readonly broker = new MemoryBroker();
  readonly #requests = new MemoryRequests();
  readonly nodes: TestNode[] = [];
  /** What nodes are told that lead; see `MemberOptions.unknownTo`. */
  unknownTo: (kind: string) => string | undefined = () => undefined;

  /** Starts a node that may lead. Its disk outlives it. */
  engine(name: string, disk = new MemoryLogStorage()): Promise<TestNode> {
    return this.#open(name, disk);
  }

  gateway(name: string): Promise<TestNode> {
    return this.#open(name, undefined);
  }

  /** Lets time pass in steps that give everybody their turn. */
  async pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 5) {
      this.clock.advanceBy(5_000);
      for (let turn = 0; turn < 6; turn += 1) await nextTurn();
    }
  }

  /** Lets time pass until `promise` has a result. */
  async until<Result>(promise: Promise<Result>): Promise<Result> {
    let isDone = false;
    const noted = promise.finally(() => {
      isDone = true;
    });
    noted.catch(() => {});
    for (let round = 0; !isDone && round < 4_000; round += 1) await this.pass(5);
    if (!isDone) throw new Error("20 s have passed, and nothing has come of it");
    return noted;
  }

  async stop(): Promise<void> {
    for (const { shared, line } of this.nodes) {
      shared.isCut = false;
      line.isCut = false;
    }
    await this.until(Promise.all(this.nodes.map(({ engine }) => engine.stop())));
  }

  async #open(name: string, disk: MemoryLogStorage | undefined): Promise<TestNode> {
    const shared = new MemorySharedLog(this.broker);
    const line = new MemoryRequestLine(this.#requests);
    const ends: string[] = [];
    const number = this.nodes.length;
    let member: Member | undefined;
    const engine = await Engine.open({
      clock: this.clock,
      log: report,
      snapshotEvery: 1_000_000,
      stores: {
        openLog: async () => (disk ? new MemoryCommandLog(disk) : await viewOf(shared)),
        openSnapshots: async () => noSnapshots,
        snapshotMaker: () => ({ make: async () => ({ kind: "stored" }), stop: async () => {} }),
        openHistory: async () => new MemoryHistory(this.broker.epoch),
      },
      role: (parts) => {
        member = new Member(parts, {
          ...{ cluster: "test", node: name, shared, line },
          processHex: number.toString(16).padStart(16, "0"),
          lead: disk && { takeoverAfterMs: 500, copy: new OwnCopy(parts.log) },
          unknownTo: (kind) => this.unknownTo(kind),
          mustEnd: (reason) => ends.push(reason),
        });
        return member;
      },
    });
    const released: Released[] = [];
    const ticks: number[] = [];
    const none = {};
    const started = engine.start({
      board: { take: (entries) => released.push(...entries), tick: ({ tick }) => ticks.push(tick) },
      ...{ listings: none, localFeed: none, agents: none, marketStates: none },
      ...{ trades: none, accounts: none, positions: none },
    });
    started.catch(() => {});
    if (member === undefined) throw new Error("an engine asks for its role");
    const node = { name, engine, member, shared, line, disk, released, ticks, ends, started };
    this.nodes.push(node);
    return node;
  }
}
