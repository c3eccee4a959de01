import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { until, untilTrue } from "../../../../test/support/until.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import { bytesOf, sharedBucketContract, textOf } from "../../ports/shared-bucket.contract.ts";
import { isUnreachable } from "../../ports/shared-bucket.ts";
import { NatsBucket } from "./bucket.ts";
import { NatsLink } from "./link.ts";

withNats("shared records at NATS are", (program) => {
  const server = new NatsServer(program);
  let one: NatsLink;
  let two: NatsLink;
  beforeAll(async () => {
    await server.start();
    const options = { servers: [server.address] };
    [one, two] = await Promise.all([NatsLink.open(options), NatsLink.open(options)]);
  });
  afterAll(async () => {
    await Promise.all([one.close(), two.close()]);
    await server.remove();
  });
  let buckets = 0;
  const open = async (ageMsMax?: number, storage: "file" | "memory" = "file") => {
    buckets += 1;
    const options = {
      ...{ name: `records-${buckets}`, replicas: 1, storage, ageMsMax },
      ...{ recordsMax: 1_000, whenFull: "new" as const },
    };
    const opening = [NatsBucket.open(one, options), NatsBucket.open(two, options)] as const;
    return await Promise.all(opening);
  };

  sharedBucketContract("NATS JetStream", () => open());
  sharedBucketContract("NATS JetStream with an age", () => open(600_000));

  describe("a bucket at NATS JetStream", () => {
    it("tells what others changed while the broker was killed and is back, without being asked", async () => {
      const [here, there] = await open();
      await here.put("a", bytesOf("1"));
      const told = new Map<string, string | undefined>();
      const watch = there.watch(({ key, value }) => told.set(key, textOf(value)));
      await watch.caughtUp;

      await server.kill();
      await untilTrue(async () => isUnreachable(await here.put("b", bytesOf("2"))));
      await server.start();
      await untilTrue(async () => !isUnreachable(await here.put("c", bytesOf("3"))));
      await here.remove("a");

      await until(() => expect([told.get("a"), told.get("c")]).toEqual([undefined, "3"]));
      watch.stop();
    });

    it("is there again without its records when it was in the memory of a server that was killed", async () => {
      const [here, there] = await open(60_000, "memory");
      await here.put("a", bytesOf("1"));
      await server.kill();
      await server.start();

      for (const bucket of [here, there])
        await untilTrue(async () => !isUnreachable(await bucket.get("a")));
      expect(await there.get("a")).toBeUndefined();
      expect(await here.put("a", bytesOf("2"), 0)).toBeTypeOf("number");
      expect(await there.put("a", bytesOf("3"), 0)).toBe("changed");
    });

    it("has told all there is to whoever comes when every record has expired", async () => {
      const [here, there] = await open(1_000);
      await here.put("a", bytesOf("1"));
      await untilTrue(async () => (await there.get("a")) === undefined);
      const watch = there.watch(() => {});
      await watch.caughtUp;
      watch.stop();
    });

    it("tells more records than are read at once", async () => {
      const [here, there] = await open();
      await Promise.all(Array.from({ length: 700 }, (_, at) => here.put(`k${at}`, bytesOf("x"))));
      const told = new Set<string>();
      const watch = there.watch(({ key }) => told.add(key));
      await watch.caughtUp;
      expect(told.size).toBe(700);
      watch.stop();
    });

    it("takes no more records than it may have, and says so", async () => {
      const [here] = await open();
      const puts = Array.from({ length: 1_000 }, (_, at) => here.put(`k${at}`, bytesOf("x")));
      await Promise.all(puts);

      expect(await here.put("one-more", bytesOf("x"), 0)).toMatchObject({
        message: expect.stringContaining("maximum messages exceeded"),
      });
      expect(await here.put("k7", bytesOf("y"))).toBeTypeOf("number");
    });

    it("ends a record by its age", async () => {
      const [here, there] = await open(1_000);
      await here.put("a", bytesOf("x"));
      await until(async () => expect(await there.get("a")).toBeUndefined());
      expect(await here.put("a", bytesOf("y"), 0)).toBeTypeOf("number");
    });

    it("is not made of a stream that is something else", async () => {
      const { jetstreamManager } = await import("@nats-io/jetstream");
      const manager = await jetstreamManager(one.connection);
      await manager.streams.add({ name: "KV_taken", subjects: ["something.else"] });
      const options = { name: "taken", replicas: 1, storage: "file", recordsMax: 10 } as const;
      await expect(NatsBucket.open(one, { ...options, whenFull: "new" })).rejects.toThrow(
        "the broker's stream KV_taken is no bucket of openbourse: name the cluster otherwise",
      );
    });
  });
});
