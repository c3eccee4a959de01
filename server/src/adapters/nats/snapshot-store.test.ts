import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import {
  sequencesOf,
  snapshotAt,
  snapshotStoreContract,
} from "../../ports/snapshot-store.contract.ts";
import { NatsLink } from "./link.ts";
import { NatsSnapshotStore } from "./snapshot-store.ts";

withNats("snapshots at NATS are", (program) => {
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
  let clusters = 0;
  const open = async () => {
    clusters += 1;
    const name = `bourse${clusters}`;
    const store = await NatsSnapshotStore.open(link, {
      name,
      replicas: 1,
      nowMs: () => 1_800_000_000_000,
    });
    return { name, store };
  };
  const subjectsOf = async (name: string) => {
    const manager = await jetstreamManager(link.connection);
    const { state } = await manager.streams.info(`${name}_snapshots`, { subjects_filter: ">" });
    return Object.keys(state.subjects ?? {});
  };

  snapshotStoreContract("NATS JetStream", async () => (await open()).store);

  describe("snapshots at NATS JetStream", () => {
    it("are there for another node", async () => {
      const { name, store } = await open();
      await store.write(snapshotAt(9, 3_000_000));
      const other = await NatsSnapshotStore.open(link, {
        name,
        replicas: 1,
        nowMs: () => 1_800_000_000_000,
      });

      expect(await sequencesOf(other)).toEqual([9]);
      const found = await other.read(9);
      expect(
        found.kind === "snapshot" && Buffer.compare(found.state, snapshotAt(9, 3_000_000).state),
      ).toBe(0);
    });

    it("leave no piece behind of what is no longer kept", async () => {
      const { name, store } = await open();
      for (const sequence of [1, 2, 3, 4, 5]) await store.write(snapshotAt(sequence, 600_000));

      const subjects = await subjectsOf(name);
      expect(subjects.filter((subject) => subject.includes(".manifest."))).toHaveLength(3);
      expect(subjects.filter((subject) => subject.includes(".piece."))).toHaveLength(6);
    });

    it("are refused with a reason when a piece is missing, is another one, or the description is", async () => {
      const { name, store } = await open();
      await store.write(snapshotAt(1, 600_000));
      const subjects = await subjectsOf(name);
      const piece = subjects.find((subject) => /piece.*1$/.test(subject)) ?? "";
      const manager = await jetstreamManager(link.connection);
      const other = new Uint8Array(600_000 - 512 * 1_024);

      await manager.jetstream().publish(piece, other);
      expect(await store.read(1)).toMatchObject({
        kind: "damage",
        message: "the broker's snapshot of 1 cannot be used: its SHA-256 does not fit",
      });
      await manager.streams.purge(`${name}_snapshots`, { filter: piece });
      expect(await store.read(1)).toMatchObject({
        message: "the broker's snapshot of 1 cannot be used: a piece of it is missing",
      });
      await manager.jetstream().publish(`openbourse.${name}.snapshots.manifest.1`, "{}");
      expect(await store.read(1)).toMatchObject({ message: expect.stringContaining("not ours") });
      expect(await store.list()).toEqual([]);
    });

    it("are not stored, with a reason, while the broker is away", async () => {
      const { store } = await open();
      await server.kill();
      const answers = [store.write(snapshotAt(1, 10)), store.list(), store.read(1)];
      expect(await Promise.all(answers)).toMatchObject([
        ...[{ kind: "failure" }, { kind: "failure" }, { kind: "damage" }],
      ]);
      await server.start();
    });
  });
});
