import { beforeEach, describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import type { ConnectionCounts, ConnectionLease, NoPlace } from "../ports/connection-counts.ts";
import { MemoryBucket } from "../testing/memory-bucket.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { SharedCounts } from "./shared-counts.ts";

const secrets = systemSecrets();

let places: MemoryBucket;
let quotas: MemoryBucket;
let clock: VirtualClock;
/** Who says to be alive, in the order in which they were started. */
let alive: MemoryBucket;
let nodes: string[];
beforeEach(() => {
  places = new MemoryBucket();
  quotas = new MemoryBucket();
  alive = new MemoryBucket();
  clock = new VirtualClock();
  nodes = [];
  alive.watch(({ key }) => nodes.includes(key) || nodes.push(key));
});

async function gateway(allMax = 1_000) {
  const counts = new SharedCounts({ places, alive, quotas, secrets, clock });
  await counts.start();
  return { counts, connections: counts.connections("streams", allMax) };
}

async function taken(connections: ConnectionCounts, count: number, max: number) {
  const takes = Array.from({ length: count }, () => connections.take("owner", max));
  const outcomes = await Promise.all(takes);
  const isLease = (outcome: ConnectionLease | NoPlace) => typeof outcome !== "string";
  const leases = outcomes.filter((outcome) => isLease(outcome)) as ConnectionLease[];
  return { leases, refused: outcomes.filter((outcome) => typeof outcome === "string") };
}

describe("a gateway whose records nobody tells for a while", () => {
  it("has one look under way, however long that takes, so that it stops with it", async () => {
    const put = Promise.withResolvers<number>();
    let puts = 0;
    const silent = new MemoryBucket();
    const counts = new SharedCounts({ places, alive: silent, quotas, secrets, clock });
    await counts.start();
    silent.put = () => {
      puts += 1;
      return put.promise;
    };
    clock.advanceBy(60_000_000);
    const stopped = counts.stop();
    put.resolve(1);
    await stopped;
    expect(puts).toBe(1);
  });
});

describe("places of an owner over two gateways", () => {
  it("are never more than they may have, although both give them out at once", async () => {
    const [one, two] = [await gateway(), await gateway()];
    const both = await Promise.all([
      taken(one.connections, 30, 10),
      taken(two.connections, 30, 10),
    ]);

    expect(both.flatMap(({ leases }) => leases)).toHaveLength(10);
    expect(new Set(both.flatMap(({ refused }) => refused))).toEqual(new Set(["owner-has-all"]));
  });

  it("are free for the other once they were given back, each once", async () => {
    const [one, two] = [await gateway(), await gateway()];
    const { leases } = await taken(one.connections, 3, 3);
    expect(await two.connections.take("owner", 3)).toBe("owner-has-all");
    leases[0]?.release();
    leases[0]?.release();

    await until(async () => {
      const outcome = await two.connections.take("owner", 3);
      if (typeof outcome === "string") throw new Error(outcome);
    });
    expect(await two.connections.take("owner", 3)).toBe("owner-has-all");
  });

  it("leave no record behind when all were given back", async () => {
    const { connections } = await gateway();
    const { leases } = await taken(connections, 3, 3);
    expect(places.size).toBe(1);
    for (const lease of leases) lease.release();
    await until(() => expect(places.size).toBe(0));
  });

  it("are free once a gateway is gone that had them, and not while it only gives no answer", async () => {
    const [one, two] = [await gateway(), await gateway()];
    await taken(one.connections, 2, 2);
    expect(await two.connections.take("owner", 2)).toBe("owner-has-all");

    // As the broker ends a record by its age.
    await alive.remove(nodes[0] ?? "");
    expect((await taken(two.connections, 3, 2)).leases).toHaveLength(2);
  });

  it("count again when a gateway comes back that was taken for gone", async () => {
    const [one, two] = [await gateway(), await gateway()];
    await taken(one.connections, 2, 3);
    alive.isAway = true;
    clock.advanceBy(6_000_000);
    await one.counts.look();
    alive.back();
    await alive.remove(nodes[0] ?? "");
    const { leases } = await taken(two.connections, 3, 3);
    expect(leases).toHaveLength(3);

    await one.counts.look();
    for (const lease of leases.slice(1)) lease.release();
    await until(async () => {
      expect(await two.connections.take("other", 1)).not.toBeTypeOf("string");
      expect(await two.connections.take("owner", 3)).toBe("owner-has-all");
    });
  });

  it("are put right where the records were lost with the broker's memory", async () => {
    const [one, two] = [await gateway(), await gateway()];
    await taken(one.connections, 2, 2);
    places.lose();
    one.counts.doubt();
    await one.counts.look();
    expect(await two.connections.take("owner", 2)).toBe("owner-has-all");
  });

  it("are free at once when a gateway stops in peace", async () => {
    const [one, two] = [await gateway(), await gateway()];
    await taken(one.connections, 2, 2);
    await one.counts.stop();
    expect(await two.connections.take("owner", 2)).not.toBeTypeOf("string");
  });

  it("are not given while nobody can be asked; what was given back meanwhile is free afterwards", async () => {
    const [one, two] = [await gateway(), await gateway()];
    const { leases } = await taken(one.connections, 2, 2);
    places.isAway = true;
    expect(await one.connections.take("owner", 2)).toBe("unavailable");
    leases[0]?.release();
    places.back();
    await one.counts.look();
    expect(await two.connections.take("owner", 2)).not.toBeTypeOf("string");
  });

  it("are counted by each gateway alone for nobody in particular, and where there is no limit", async () => {
    const { connections } = await gateway(5);
    places.isAway = true;
    expect(connections.take("", 2)).not.toBeTypeOf("string");
    expect(connections.take("", 2)).not.toBeTypeOf("string");
    expect(connections.take("", 2)).toBe("owner-has-all");
    expect(connections.take("owner", Number.POSITIVE_INFINITY)).not.toBeTypeOf("string");
  });

  it("are bounded in all at each gateway", async () => {
    const { connections } = await gateway(3);
    const owners = ["a", "b", "c", "d"].map((owner) => connections.take(owner, 2));
    expect((await Promise.all(owners)).at(-1)).toBe("all-taken");
  });
});

describe("a quota over two gateways", () => {
  it("is never passed by both together, and used up to the last", async () => {
    const quotaOf = async () => (await gateway()).counts.quota("calls");
    const both = [await quotaOf(), await quotaOf()];
    const takes = Array.from({ length: 300 }, async (_, at) => both[at % 2]?.take("desk", 100, 0));
    const outcomes = await Promise.all(takes);

    expect(outcomes.filter(Boolean)).toHaveLength(100);
    expect(await both[0]?.count("desk", 0)).toBe(100);
  });

  it("begins again with each minute", async () => {
    const quota = (await gateway()).counts.quota("calls");
    expect(await quota.take("desk", 1, 0)).toBe(true);
    expect(await quota.take("desk", 1, 59_999)).toBe(false);
    expect(await quota.take("desk", 1, 60_000)).toBe(true);
  });

  it("is counted by each gateway alone while nobody can be asked", async () => {
    const quota = (await gateway()).counts.quota("calls");
    quotas.isAway = true;
    const outcomes = [1, 2, 3].map(() => quota.take("desk", 2, 0));
    expect(await Promise.all(outcomes)).toEqual([true, true, false]);
    expect(await quota.count("desk", 0)).toBe(2);
  });

  it("asks nobody again in a minute in which all is used up, until more is allowed", async () => {
    const quota = (await gateway()).counts.quota("calls");
    await quota.take("desk", 1, 0);
    expect(await quota.take("desk", 1, 0)).toBe(false);
    expect(quota.take("desk", 1, 0)).toBe(false);
    expect(await quota.take("desk", 2, 0)).toBe(true);
  });

  it("has no limit where none is said", async () => {
    const quota = (await gateway()).counts.quota("calls");
    expect(quota.take("desk", undefined, 0)).toBe(true);
    expect(quota.take("desk", Number.POSITIVE_INFINITY, 0)).toBe(true);
  });
});
