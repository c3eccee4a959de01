/**
 * The log of commands at three NATS servers, alone, by turns with the log on this disk: commands in a
 * second, how long a batch waits for its acknowledgement, and whose processor it takes.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { NatsLink } from "../../../server/src/adapters/nats/link.ts";
import { NatsSharedLog } from "../../../server/src/adapters/nats/shared-log.ts";
import type { CommandBatch, CommandLog } from "../../../server/src/ports/command-log.ts";
import type { NatsCluster } from "../../../test/support/nats-cluster.ts";
import type { BenchmarkContext, Figure, Findings, Latency, Sample } from "../harness/benchmark.ts";
import { cpuNsOf } from "../harness/process-usage.ts";
import { sideBySide } from "../harness/side-by-side.ts";
import { percentiles, spread } from "../harness/statistics.ts";
import { withFolder, withLogFile } from "../load/disk.ts";
import { startNatsServers } from "../load/nats-servers.ts";

/** Commands durable at three servers in a second, with 8 batches under way. */
const aimCommandsPerSecond = 200_000;

const commandBytes = 100;

/** How batches are offered. */
const shapes = [
  { size: 100, underWay: 8 },
  { size: 100, underWay: 1 },
  { size: 1_000, underWay: 8 },
  { size: 1_000, underWay: 1 },
] as const;

type Shape = (typeof shapes)[number];

/** A log that is measured, with the processes that work for it besides this one. */
interface LogKind {
  readonly name: string;
  readonly pids: readonly number[];
  with<Result>(work: (log: Pick<CommandLog, "append">) => Promise<Result>): Promise<Result>;
}

/** What this part of the benchmark finds. */
export async function clusterLog(
  { effort, note }: BenchmarkContext,
  building: AsyncDisposableStack,
): Promise<Findings> {
  note("the log: starting three NATS servers");
  const servers = await startNatsServers(building);
  const link = await NatsLink.open({ servers: servers.servers });
  building.defer(() => link.close());
  const batches = effort.isQuick ? 200 : 2_000;
  const kinds = [natsLog(link, servers), bareMessages(link, servers), sqliteLog] as const;
  const lanes = shapes.flatMap((shape) => kinds.map((kind) => new Lane(kind, shape, batches)));
  note("the log: appending");
  const comparison = await sideBySide({
    title: `${batches} batches made durable, in batches of 1,000 a quarter as many`,
    unit: "commands",
    contenders: lanes,
    effort,
    countingBegins: () => {
      for (const lane of lanes) lane.reset();
    },
  });
  const commandsPerSecond = (name: string) =>
    comparison.contenders.find((one) => one.name === name)?.unitsPerWallSecond.median ?? 0;
  return {
    ...description,
    parameters: { commandBytes, batches, replicas: 3 },
    comparisons: [comparison],
    latencies: lanes.map((lane) => lane.latency()),
    figures: lanes.flatMap((lane) => lane.figures()),
    aims: [shapes[0], shapes[2]].map((shape) => ({
      what: `commands durable at three servers in a second of wall time, ${nameOf(shape)}, median`,
      unit: "commands/s",
      atLeast: aimCommandsPerSecond,
      measured: commandsPerSecond(`${kinds[0].name}, ${nameOf(shape)}`),
    })),
  };
}

const description: Pick<Findings, "method" | "packages" | "leavesOut"> = {
  method: [
    "The log: three NATS servers on this machine, each message at all three and written to the disk before it is acknowledged (`sync_interval: always`); beside it the log in SQLite, synchronous FULL, on the same disk. Every run has a new log.",
    "Bare messages are the same payloads, published by the same client to the same servers, each behind the one before, with nothing around them: no checksums, no terms, nothing to find a lost answer by. They show what these servers can take on this machine.",
    "So many batches are under way at the same time, and each acknowledgement makes room for the next one. CPU time is that of this process and of the three servers together; the figures tell them apart.",
  ],
  packages: {},
  leavesOut: [
    "The log: encoding and applying of commands, a network between the servers, and three disks of their own: all three write to this one.",
  ],
};

/** One log, offered batches in one way. */
class Lane {
  readonly name: string;
  readonly #kind: LogKind;
  readonly #shape: Shape;
  readonly #batches: number;
  #waits: number[] = [];
  /** Nanoseconds for a command, of each run. */
  #serversNs: number[] = [];
  #ownNs: number[] = [];

  constructor(kind: LogKind, shape: Shape, batches: number) {
    this.name = `${kind.name}, ${nameOf(shape)}`;
    this.#kind = kind;
    this.#shape = shape;
    this.#batches = shape.size === 1_000 ? batches / 4 : batches;
  }

  reset(): void {
    this.#waits = [];
    this.#serversNs = [];
    this.#ownNs = [];
  }

  run(): Promise<Sample> {
    return this.#kind.with(async (log) => {
      const units = this.#batches * this.#shape.size;
      const ownBefore = process.cpuUsage();
      const serversBefore = cpuNsOf(this.#kind.pids);
      const startMs = performance.now();
      await this.#append(log);
      const wallMs = performance.now() - startMs;
      const { user, system } = process.cpuUsage(ownBefore);
      const ownNs = (user + system) * 1_000;
      const serversNs = cpuNsOf(this.#kind.pids) - serversBefore;
      this.#ownNs.push(ownNs / units);
      this.#serversNs.push(serversNs / units);
      return { units, wallMs, cpuMs: (ownNs + serversNs) / 1e6 };
    });
  }

  latency(): Latency {
    const what = `offered until acknowledged, ${this.name}`;
    return { what, unit: "ms", percentiles: percentiles(this.#waits) };
  }

  figures(): readonly Figure[] {
    const own = { what: `CPU of the writer for a command, ${this.name}`, unit: "ns" };
    const servers = { what: `CPU of the three servers for a command, ${this.name}`, unit: "ns" };
    return [
      { ...own, value: spread(this.#ownNs).median },
      ...(this.#kind.pids.length === 0
        ? []
        : [{ ...servers, value: spread(this.#serversNs).median }]),
    ];
  }

  async #append(log: Pick<CommandLog, "append">): Promise<void> {
    const { size, underWay } = this.#shape;
    const payload = randomBytes(size * commandBytes);
    let next = 0;
    const line = async () => {
      while (next < this.#batches) {
        const firstSequence = next * size + 1;
        next += 1;
        const startMs = performance.now();
        const outcome = await log.append({
          ...{ firstSequence, count: size, timeUs: firstSequence, payload },
        });
        if (outcome !== "durable") throw new Error(`${this.name}: ${JSON.stringify(outcome)}`);
        this.#waits.push(performance.now() - startMs);
      }
    };
    await Promise.all(Array.from({ length: underWay }, line));
  }
}

function nameOf({ size, underWay }: Shape): string {
  return `batches of ${size}, ${underWay} under way`;
}

function natsLog(link: NatsLink, { pids }: NatsCluster): LogKind {
  let made = 0;
  return {
    name: "three NATS servers",
    pids,
    async with(work) {
      made += 1;
      const name = `bench_${made}`;
      const newEpoch = randomBytes(16).toString("hex");
      const shared = await NatsSharedLog.open(link, { name, replicas: 3, newEpoch });
      const end = await shared.end();
      if ("kind" in end) throw new Error(end.message);
      const log = await shared.takeOver(end, "bench");
      if (log === "overtaken" || "kind" in log) throw new Error(JSON.stringify(log));
      try {
        return await work(log);
      } finally {
        await log.close();
        await shared.close();
        const manager = await jetstreamManager(link.connection);
        await manager.streams.delete(name);
      }
    },
  };
}

function bareMessages(link: NatsLink, { pids }: NatsCluster): LogKind {
  let made = 0;
  return {
    name: "bare messages",
    pids,
    async with(work) {
      made += 1;
      const name = `bare_${made}`;
      const manager = await jetstreamManager(link.connection);
      await manager.streams.add({
        ...{ name, subjects: [name], storage: "file", num_replicas: 3, discard: "new" },
      });
      const client = jetstream(link.connection);
      let lastSequence = 0;
      const append = async ({ payload }: CommandBatch) => {
        const expect = { lastSequence };
        lastSequence += 1;
        await client.publish(name, payload, { expect, retries: 0 });
        return "durable" as const;
      };
      try {
        return await work({ append });
      } finally {
        await manager.streams.delete(name);
      }
    },
  };
}

const sqliteLog: LogKind = {
  name: "SQLite",
  pids: [],
  with: (work) => withFolder((folder) => withLogFile(join(folder, "commands.db"), work)),
};
