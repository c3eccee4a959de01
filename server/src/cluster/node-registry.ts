/**
 * Who belongs to a cluster. Each node says every second that it is alive and what it is doing; the engine that leads
 * notes who belongs to the cluster and what their releases know, also of those that are gone. A node that an operator
 * has removed does not come back until it is added again.
 */
import type { Clock } from "../ports/clock.ts";
import type { ClusterNodeView } from "../ports/cluster-control.ts";
import type { Log } from "../ports/log.ts";
import {
  isUnreachable,
  type SharedBucket,
  type SharedChange,
  type SharedWatch,
} from "../ports/shared-bucket.ts";
import { StartError } from "../ports/start-error.ts";
import { everyUnlessBusy } from "../ports/timers.ts";
import { unknownKinds, viewsOf } from "./node-list.ts";
import {
  type Beat,
  decodeBeat,
  decodeRecord,
  encodeNode,
  type NodeDoing,
  type NodeRecord,
  type NodeSelf,
} from "./node-messages.ts";

/** After so much silence a node is gone, in milliseconds; its sign of life ends then. */
export const nodeAliveMs = 5_000;

/** Between two signs of life, in milliseconds. */
const sayEveryMs = 1_000;

/** A gateway that is gone for so long is forgotten, in milliseconds: it has nothing that it could come back with. */
const forgottenAfterMs = 60 * 60_000;

/** How long the broker may take to tell who there is, at a start and when somebody asks, in milliseconds. */
const startWithinMs = 20_000;
const listWithinMs = 3_000;

/** A sign of life that is so old is kept no more: who leads has noted it long ago; in milliseconds. */
const keptMs = 60_000;

/** How often a change is tried that another node gets in the way of. */
const triesMax = 5;

const askEngine = "a gateway cannot do that: ask at a node of the role engine";

/** Whose registry. */
export interface NodeRegistryOptions {
  readonly node: string;
  /** Random, another one for each process. */
  readonly process: string;
  readonly self: NodeSelf;
  /** Records that stay, written by engines. */
  readonly nodes: SharedBucket;
  /** Records that end {@link nodeAliveMs} after they were put, one of each node. */
  readonly beats: SharedBucket;
  readonly clock: Clock;
  readonly wallMs: () => number;
  readonly log: Log;
  /** Whether this node may note who belongs to the cluster. */
  readonly mayNote: boolean;
  /** Told once, with why, when this process has to end. */
  mustEnd(reason: string): void;
}

interface HeardBeat {
  readonly beat: Beat;
  readonly heardMs: number;
}

interface NotedRecord {
  readonly record: NodeRecord;
  readonly revision: number;
}

/** What this node knows of all. */
export class NodeRegistry {
  readonly #options: NodeRegistryOptions;
  readonly #startedMs: number;
  readonly #records = new Map<string, NotedRecord>();
  readonly #beats = new Map<string, HeardBeat>();
  #watches: readonly SharedWatch[] = [];
  #doing: () => NodeDoing = () => ({
    ...{ state: "starting", term: 0, sequence: 0, lagMs: 0, isStale: false },
  });
  /** Of its own last sign of life. */
  #revision: number | undefined;
  #saying: Promise<void> = Promise.resolve();
  #stop: () => void = () => {};
  #unknown: ReadonlyMap<string, string> | undefined;
  #hasEnded = false;

  constructor(options: NodeRegistryOptions) {
    this.#options = options;
    this.#startedMs = options.wallMs();
  }

  /** Comes to the others. A `StartError` says why this node may not, or that the broker does not tell. */
  async start(): Promise<void> {
    const { clock, node } = this.#options;
    const isTold = await this.#watch(startWithinMs);
    const isRemoved = this.#records.get(node)?.record.standing === "removed";
    if (!isTold || isRemoved) {
      await this.stop();
      throw new StartError(
        isRemoved ? removedWords(node) : "the NATS servers do not tell which nodes there are",
      );
    }
    await this.look();
    this.#stop = everyUnlessBusy(clock, sayEveryMs, () => this.look());
  }

  /** From now on it tells what this node does. */
  tell(doing: () => NodeDoing): void {
    this.#doing = doing;
  }

  /** Says that this node is alive, and looks who else is; done each second. */
  look(): Promise<void> {
    this.#saying = this.#saying.then(() => this.#look());
    return this.#saying;
  }

  /** It is gone for the others at once. */
  async stop(): Promise<void> {
    this.#hasEnded = true;
    this.#stop();
    await this.#saying;
    for (const watch of this.#watches) watch.stop();
    if (this.#revision === undefined) return;
    await this.#options.beats.remove(this.#options.node, this.#revision);
  }

  /** Why no command of a kind may come into the log; undefined where every node that follows it knows the kind. */
  unknownTo(kind: string): string | undefined {
    this.#unknown ??= unknownKinds(this.#known(), this.#options.self.knows);
    return this.#unknown.get(kind);
  }

  /** All nodes as this one knows them now; undefined at a node that asks for them only when they are wanted. */
  get now(): readonly ClusterNodeView[] | undefined {
    return this.#options.mayNote ? viewsOf(this.#known(), this.#options.wallMs()) : undefined;
  }

  /** All nodes; undefined where the broker does not tell. */
  async list(): Promise<readonly ClusterNodeView[] | undefined> {
    if (!this.#options.mayNote && !(await this.#watch(listWithinMs))) return undefined;
    return viewsOf(this.#known(), this.#options.wallMs());
  }

  /** Is told of all nodes, and from then on of every change where this node may note them; false where that takes too long. */
  async #watch(withinMs: number): Promise<boolean> {
    const { nodes, beats, clock, mayNote } = this.#options;
    this.#records.clear();
    this.#beats.clear();
    const watches = [
      nodes.watch((change) => this.#noteRecord(change)),
      beats.watch((change) => this.#noteBeat(change)),
    ];
    const late = Promise.withResolvers<"late">();
    const cancel = clock.after(withinMs, () => late.resolve("late"));
    const all = Promise.all(watches.map(({ caughtUp }) => caughtUp));
    const told = await Promise.race([all, late.promise]);
    cancel();
    if (mayNote) this.#watches = watches;
    else for (const watch of watches) watch.stop();
    return told !== "late";
  }

  /** Lets a node come that is new or was removed; resolves with why that is not done. */
  async add(node: string, role: string): Promise<string | undefined> {
    return await this.#change(node, (record) => {
      // One that has just come is not noted yet.
      const isThere = record === undefined && this.#alive(node) !== undefined;
      if (record?.standing === "member" || isThere) {
        return `${node} is a node of this cluster already: give the new one another name, or remove it first`;
      }
      const nothing = { codec: 0, rules: 0, kinds: [] };
      return { standing: "expected", goneMs: 0, role, version: "", knows: nothing };
    });
  }

  /** Takes a node out until it is added again; resolves with why that is not done. */
  async remove(node: string): Promise<string | undefined> {
    if (!this.#options.mayNote) return askEngine;
    if (this.#alive(node)?.state === "leading") {
      return `${node} leads: let another engine lead first (openbourse cluster takeover on its data folder)`;
    }
    return await this.#change(node, (record) => {
      const told = record ?? this.#alive(node);
      if (told === undefined) {
        const { records, beats } = this.#known();
        const names = [...new Set([...records.keys(), ...beats.keys()])].sort();
        return `there is no node ${node}: there are ${names.join(", ")}`;
      }
      const { role, version, knows } = told;
      const goneMs = record?.goneMs || this.#alive(node)?.saidMs || 0;
      return { standing: "removed", goneMs, role, version, knows };
    });
  }

  async #change(
    node: string,
    changed: (record: NodeRecord | undefined) => NodeRecord | string,
  ): Promise<string | undefined> {
    if (!this.#options.mayNote) return askEngine;
    for (let tries = 0; tries < triesMax; tries += 1) {
      await this.#watches[0]?.look();
      const noted = this.#records.get(node);
      const record = changed(noted?.record);
      if (typeof record === "string") return record;
      const put = await this.#put(node, record);
      if (put === "put") return undefined;
      if (put !== "changed") return put;
    }
    return "another node changes it at the same time: try again";
  }

  async #put(node: string, record: NodeRecord): Promise<"put" | "changed" | string> {
    const revision = this.#records.get(node)?.revision ?? 0;
    const put = await this.#options.nodes.put(node, encodeNode(record), revision);
    if (isUnreachable(put)) return put.message;
    if (put === "changed") return put;
    this.#records.set(node, { record, revision: put });
    this.#unknown = undefined;
    return "put";
  }

  async #look(): Promise<void> {
    if (this.#hasEnded) return;
    await this.#say();
    const { node, nodes, mayNote, mustEnd } = this.#options;
    if (!mayNote) {
      const found = await nodes.get(node);
      if (!isUnreachable(found) && found !== undefined) this.#noteRecord(found);
    }
    if (this.#records.get(node)?.record.standing === "removed") {
      this.#hasEnded = true;
      mustEnd(removedWords(node));
      return;
    }
    this.#forget();
    if (mayNote && this.#doing().state === "leading") await this.#noteAll();
  }

  /** Puts its sign of life in the place of its last one: where another process of its name has come between, the later one ends. */
  async #say(): Promise<void> {
    const { node, beats, self, process, wallMs, mustEnd } = this.#options;
    const said = { startedMs: this.#startedMs, saidMs: wallMs(), process };
    const value = encodeNode({ ...self, ...this.#doing(), ...said });
    const put = await beats.put(node, value, this.#revision);
    if (isUnreachable(put)) return;
    if (put !== "changed") {
      this.#revision = put;
      return;
    }
    const found = await beats.get(node);
    if (isUnreachable(found)) return;
    const other = found && decodeBeat(found.value);
    this.#revision = undefined;
    if (other === undefined || other.process === process) return;
    const isEarlier =
      other.startedMs < this.#startedMs ||
      (other.startedMs === this.#startedMs && other.process < process);
    if (!isEarlier) return;
    this.#hasEnded = true;
    mustEnd(
      `another process is the node ${node} of this cluster: give this one a name of its own in cluster.node`,
    );
  }

  /** Notes who is there and what they know, and who is gone. */
  async #noteAll(): Promise<void> {
    const { log } = this.#options;
    for (const [node, { beat }] of this.#beats) {
      const noted = this.#records.get(node)?.record;
      if (noted?.standing === "removed") continue;
      const { role, version, knows } = beat;
      const goneMs = this.#alive(node) === undefined ? beat.saidMs : 0;
      const has = goneMs === 0 ? undefined : beat.has;
      const record: NodeRecord = { standing: "member", goneMs, role, version, knows, has };
      if (noted !== undefined && isSame(noted, record)) continue;
      await this.#put(node, record);
      if (noted?.standing !== "member") log.info("a node has joined", { node, role, version });
    }
    await this.#forgetGateways();
  }

  async #forgetGateways(): Promise<void> {
    const { nodes, wallMs } = this.#options;
    for (const [node, { record, revision }] of this.#records) {
      const { standing, role, goneMs } = record;
      const isOver = standing === "member" && role === "gateway" && goneMs !== 0;
      if (isOver && wallMs() - goneMs >= forgottenAfterMs) await nodes.remove(node, revision);
    }
  }

  #forget(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [node, { heardMs }] of this.#beats) {
      if (nowMs - heardMs >= keptMs) this.#beats.delete(node);
    }
  }

  /** The sign of life of a node that is alive. */
  #alive(node: string): Beat | undefined {
    const heard = this.#beats.get(node);
    if (heard === undefined) return undefined;
    return this.#options.clock.monotonicMs() - heard.heardMs < nodeAliveMs ? heard.beat : undefined;
  }

  #known() {
    const records = new Map<string, NodeRecord>();
    for (const [node, { record }] of this.#records) records.set(node, record);
    const beats = new Map<string, Beat>();
    for (const node of this.#beats.keys()) {
      const beat = this.#alive(node);
      if (beat !== undefined) beats.set(node, beat);
    }
    return { records, beats };
  }

  #noteRecord({ key, value, revision }: SharedChange): void {
    if (revision < (this.#records.get(key)?.revision ?? 0)) return;
    const record = value && decodeRecord(value);
    if (record === undefined) this.#records.delete(key);
    else this.#records.set(key, { record, revision });
    this.#unknown = undefined;
  }

  #noteBeat({ key, value }: SharedChange): void {
    const beat = value && decodeBeat(value);
    const before = this.#beats.get(key)?.beat;
    if (beat === undefined) {
      // It has said that it goes.
      const heardMs = this.#options.clock.monotonicMs() - nodeAliveMs;
      if (before !== undefined) this.#beats.set(key, { beat: before, heardMs });
    } else {
      this.#beats.set(key, { beat, heardMs: this.#options.clock.monotonicMs() });
    }
    if (before === undefined || beat === undefined || before.version !== beat.version) {
      this.#unknown = undefined;
    }
  }
}

function isSame(one: NodeRecord, other: NodeRecord): boolean {
  return Buffer.compare(encodeNode(one), encodeNode(other)) === 0;
}

function removedWords(node: string): string {
  return `the node ${node} was removed from this cluster: openbourse cluster add ${node} lets it in again`;
}
