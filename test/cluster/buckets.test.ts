/** Shared records and snapshots on three NATS servers, of which one at a time may be gone. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsBucket } from "../../server/src/adapters/nats/bucket.ts";
import { NatsLink } from "../../server/src/adapters/nats/link.ts";
import { NatsSnapshotStore } from "../../server/src/adapters/nats/snapshot-store.ts";
import {
  bytesOf,
  sharedBucketContract,
  textOf,
} from "../../server/src/ports/shared-bucket.contract.ts";
import { isUnreachable } from "../../server/src/ports/shared-bucket.ts";
import { sequencesOf, snapshotAt } from "../../server/src/ports/snapshot-store.contract.ts";
import { NatsCluster } from "../support/nats-cluster.ts";
import { until, untilTrue } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

withNats("records on three servers are", (program) => {
  const cluster = new NatsCluster(program);
  let links: readonly [NatsLink, NatsLink];
  beforeAll(async () => {
    await cluster.start();
    const open = () => NatsLink.open({ servers: cluster.servers });
    links = [await open(), await open()];
  });
  afterAll(async () => {
    for (const link of links) await link.close();
    await cluster.remove();
  });

  let buckets = 0;
  const open = async (storage: "file" | "memory") => {
    buckets += 1;
    const kept = { replicas: 3, storage, recordsMax: 1_000, whenFull: "new" } as const;
    const options = { ...kept, name: `records-${buckets}` };
    const [one, two] = links;
    return [await NatsBucket.open(one, options), await NatsBucket.open(two, options)] as const;
  };

  sharedBucketContract("NATS JetStream on three servers", () => open("file"));

  describe("records and snapshots on three servers", () => {
    it("are all there when one is killed, changed once each, and told; a node that starts then waits for a leader", async () => {
      const [one, two] = links;
      const [here, there] = await open("file");
      const stream = `KV_records-${buckets}`;
      const [counted] = await open("memory");
      const told = new Map<string, string | undefined>();
      const watch = there.watch(({ key, value }) => told.set(key, textOf(value)));
      for (const key of ["a", "b"]) await here.put(key, bytesOf("1"), 0);
      await counted.put("c", bytesOf("1"), 0);
      const options = { name: "bourse", replicas: 3, nowMs: () => 1_800_000_000_000 };
      const writer = await NatsSnapshotStore.open(one, options);
      expect(await writer.write(snapshotAt(7, 3_000_000))).toBe("stored");

      await cluster.move("bourse_snapshots", await cluster.leaderOf(stream));
      await cluster.kill(await cluster.leaderOf("bourse_snapshots"));
      const starting = NatsSnapshotStore.open(two, options);
      await untilTrue(async () => !isUnreachable(await there.get("a")));
      expect(await here.put("a", bytesOf("2"), 0)).toBe("changed");
      await untilTrue(async () => !isUnreachable(await here.put("b", bytesOf("3"))));
      await untilTrue(async () => !isUnreachable(await counted.get("c")));
      expect(await counted.put("c", bytesOf("2"), 0)).toBe("changed");
      await until(() => expect([told.get("a"), told.get("b")]).toEqual(["1", "3"]));
      watch.stop();

      const reader = await starting;
      await until(async () => expect(await sequencesOf(reader)).toEqual([7]));
      const found = await reader.read(7);
      expect(found.kind === "snapshot" && found.state.length).toBe(3_000_000);
    });
  });
});
