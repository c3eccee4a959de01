import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { until } from "../../../../test/support/until.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import {
  batchAt,
  batchesOf,
  commandLogContract,
  readAll,
} from "../../ports/command-log.contract.ts";
import { followContract } from "../../ports/command-log-follow.contract.ts";
import { NatsCommandLog } from "./command-log.ts";
import { CommandStream } from "./command-stream.ts";
import { NatsLink } from "./link.ts";
import { NatsSharedLog } from "./shared-log.ts";

withNats("a command log kept by NATS is", (program) => {
  const server = new NatsServer(program);
  let link: NatsLink;
  beforeAll(async () => {
    await server.start();
    link = await NatsLink.open({ servers: [server.address] });
  });
  afterAll(async () => {
    await link.close();
    await server.remove();
  });
  let streams = 0;
  const create = () => {
    streams += 1;
    const name = `log-${streams}`;
    const newEpoch = randomBytes(16).toString("hex");
    return {
      open: async (inFlightBytesMax?: number): Promise<NatsCommandLog> => {
        const options = { name, replicas: 1, newEpoch, inFlightBytesMax };
        const log = await NatsSharedLog.open(link, options);
        const end = await log.end();
        const writer = "kind" in end ? end : await log.takeOver(end, "test");
        if (writer instanceof NatsCommandLog) return writer;
        throw new Error(JSON.stringify(writer));
      },
    };
  };

  commandLogContract("NATS JetStream", create);
  followContract("NATS JetStream", create);

  describe("a command log kept by NATS JetStream", () => {
    it("fences a writer off as soon as another has taken over", async () => {
      const storage = create();
      const first = await storage.open();
      await first.append(batchAt(1, 2));
      const second = await storage.open();

      expect(second.term).toBe(first.term + 1);
      expect(await first.append(batchAt(3))).toMatchObject({ kind: "fenced" });
      expect(first.failure?.message).toContain("another writer has taken over");
      expect(await second.append(batchAt(3, 2))).toBe("durable");
      expect((await readAll(second)).batches).toEqual(batchesOf([2, 2]));
      await Promise.all([first.close(), second.close()]);
    });

    it("waits while the broker is gone, says so, and has each batch once when it is back", async () => {
      const log = await create().open();
      const told: (string | undefined)[] = [];
      log.onTrouble(() => told.push(log.stall?.message));
      await log.append(batchAt(1));
      const batches = batchesOf(
        Array.from({ length: 40 }, () => 1),
        2,
      );
      const outcomes = batches.map((batch) => log.append(batch));
      await server.kill();
      outcomes.push(...batchesOf([1, 1, 1], 42).map((batch) => log.append(batch)));
      await until(() => expect(log.stall?.message).toContain("does not store commands"));
      await server.start();

      expect(new Set(await Promise.all(outcomes))).toEqual(new Set(["durable"]));
      expect(log.stall).toBeUndefined();
      expect(told.at(-1)).toBeUndefined();
      expect((await readAll(log)).batches).toEqual(batchesOf(Array.from({ length: 44 }, () => 1)));
      await log.close();
    });

    it("waits for no answer that went with the connection", async () => {
      const options = { name: "lost", replicas: 1, newEpoch: randomBytes(16).toString("hex") };
      const stream = await CommandStream.open(link, options);
      server.suspend();
      const published = stream.publish(randomBytes(8), 0);
      await server.kill();
      expect(await published).toEqual(new Error("the connection was lost before the answer"));
      await server.start();

      // One that was stored while nobody heard the answer has the place from then on.
      const answers = ["stored", "taken"];
      await until(async () => expect(answers).toContain(await stream.publish(randomBytes(8), 0)));
    });
  });
});
