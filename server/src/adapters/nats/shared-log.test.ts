import { randomBytes } from "node:crypto";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { until, untilTrue } from "../../../../test/support/until.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import { batchAt, batchesOf } from "../../ports/command-log.contract.ts";
import type { CommandBatch, CommandLog, LogEntry } from "../../ports/command-log.ts";
import {
  endOf,
  followed,
  sharedLogContract,
  tickBefore,
  wordOf,
  wordsFrom,
  writerOf,
} from "../../ports/shared-log.contract.ts";
import { NatsLink } from "./link.ts";
import { voidMax } from "./log-reader.ts";
import { encodeMessage, type LogMessage } from "./message.ts";
import { NatsSharedLog, type SharedLogOptions } from "./shared-log.ts";

withNats("a log that nodes share at NATS is", (program) => {
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
  const create = (more: Partial<SharedLogOptions> = {}) => {
    streams += 1;
    const name = `shared-${streams}`;
    const newEpoch = randomBytes(16).toString("hex");
    const doubt = { looks: 3, everyMs: 1 };
    const options = { name, replicas: 1, newEpoch, doubt, ...more };
    return { name, open: () => NatsSharedLog.open(link, options) };
  };
  const raw = async (name: string, message: Uint8Array) =>
    await jetstream(link.connection).publish(`openbourse.${name}.commands`, message);
  const append = async (writer: CommandLog, batches: readonly CommandBatch[]) => {
    for (const batch of batches) expect(await writer.append(batch)).toBe("durable");
  };

  sharedLogContract("NATS JetStream", create);

  describe("a log that nodes share at NATS JetStream", () => {
    it("says that there is none, where none is to be begun, and when it is kept otherwise", async () => {
      await expect(create({ newEpoch: undefined }).open()).rejects.toThrow(
        "have no stream shared-",
      );
      const storage = create();
      await storage.open();
      const three = { name: storage.name, replicas: 3 };
      await expect(NatsSharedLog.open(link, three)).rejects.toThrow(
        /is kept by 1 servers, and is to be by 3/,
      );
    });

    it("takes nothing of a writer that was taken over from, however much that offers at once", async () => {
      const log = await create().open();
      const [first, second, ...more] = batchesOf(Array.from({ length: 14 }, () => 1));
      const old = await writerOf(log, "a");
      // So far behind its own takeover that it has several under way.
      for (let place = 1; place <= voidMax; place += 1) await append(old, [tickBefore(1)]);
      await append(old, [first!]);
      const writer = await writerOf(log, "b");
      const offered = [second!, ...more].map((batch) => old.append(batch));
      for (const outcome of await Promise.all(offered)) {
        expect(outcome).toMatchObject({ kind: "fenced" });
      }
      await append(writer, [second!]);
      // The second one of those offered expected the number of the takeover, and so on.
      expect(await endOf(log)).toMatchObject({ at: 18, lastSequence: 2 });
      expect(log.voidMessages).toBe(voidMax);
      expect((await followed(log, 2, 2)).map(wordOf)).toEqual(["b takes over", "2+1"]);
      const kinds: string[] = [];
      for await (const { kind } of log.read(1)) kinds.push(kind);
      expect(kinds).toEqual(["batch", "batch"]);
    });

    it("is followed across a server that goes and comes back, without a hole and none twice", async () => {
      const log = await create().open();
      const seen = followed(log, 61);
      const writer = await writerOf(log, "a");
      const outcomes = batchesOf(Array.from({ length: 20 }, () => 1)).map((batch) =>
        writer.append(batch),
      );
      await Promise.all(outcomes);
      await server.kill();
      const later = batchesOf(
        Array.from({ length: 40 }, () => 1),
        21,
      ).map((batch) => writer.append(batch));
      await untilTrue(() => !link.isConnected);
      await server.start();

      expect(new Set(await Promise.all(later))).toEqual(new Set(["durable"]));
      expect((await seen).map((entry) => "at" in entry && entry.at)).toEqual(
        Array.from({ length: 61 }, (_, index) => index + 1),
      );
    });

    it("reads what a delivery has left out, and asks for a new one when it is silent", async () => {
      const { name, open } = create();
      const log = await open();
      const writer = await writerOf(log, "a");
      const stop = new AbortController();
      const seen: string[] = [];
      const following = (async () => {
        for await (const entry of log.follow(1, stop.signal)) seen.push(wordOf(entry));
      })();
      const { consumers } = await jetstreamManager(link.connection);
      const names = async () =>
        (await consumers.list(name).next()).map((consumer) => consumer.name);
      const [first] = await until(async () => {
        const found = await names();
        expect(found).toHaveLength(1);
        return found;
      });
      await consumers.delete(name, first ?? "");
      await append(writer, batchesOf([1, 2, 3]));

      await until(() => expect(seen).toEqual(["a takes over", "1+1", "2+2", "4+3"]));
      await until(async () => {
        expect(await names()).toHaveLength(1);
        expect(await names()).not.toContain(first);
      });
      await append(writer, [tickBefore(7)]);
      await until(() => expect(seen.at(-1)).toBe("tick"));
      stop.abort();
      await following;
    });

    const epoch = "0123456789abcdef".repeat(2);
    const forged = (change: Partial<LogMessage>): Uint8Array =>
      encodeMessage({
        ...{ takeover: undefined, term: 1, epoch, writer: epoch, chain: 0 },
        ...{ batch: tickBefore(2), ...change },
      });
    const forgeries: readonly [string, (chain: number) => Uint8Array][] = [
      ["is none of a log", () => Buffer.from("nonsense")],
      ["is of another log", (chain) => forged({ chain, epoch: "f".repeat(32) })],
      ["is of a term that has not begun", (chain) => forged({ chain, term: 2 })],
      ["has another chain", (chain) => forged({ chain: chain ^ 1 })],
      ["is at another sequence", (chain) => forged({ chain, batch: tickBefore(3) })],
      ["was changed by a bit", (chain) => flipped(forged({ chain }))],
    ];
    it.each(forgeries)("believes no message that %s", async (_, forge) => {
      const { name, open } = create({ newEpoch: epoch });
      const log = await open();
      await append(await writerOf(log, "a"), [batchAt(1)]);
      await raw(name, forge((await endOf(log)).chain));

      const seen = await followed(log, 3);
      expect(seen.map(wordOf)).toEqual(["a takes over", "1+1", "corrupt"]);
      expect(seen.at(-1)).toMatchObject({ sequence: 2 });
    });

    it("tells a message in the layout of a newer release as that, and not as damage", async () => {
      const { name, open } = create({ newEpoch: epoch });
      const log = await open();
      await append(await writerOf(log, "a"), [batchAt(1)]);
      const { chain } = await endOf(log);
      await raw(name, Buffer.from(forged({ chain })).fill(3, 0, 1));

      const [, , found] = await followed(log, 3);
      expect(found).toMatchObject({ kind: "damage", fault: "newer", sequence: 2 });
      const words = "in a layout that this release does not know: a newer openbourse wrote it";
      expect(found).toMatchObject({ message: expect.stringContaining(words) });
      const faults: string[] = [];
      for await (const entry of log.read(1)) if (entry.kind === "damage") faults.push(entry.fault);
      expect(faults).toEqual(["newer"]);
      expect(await log.end()).toMatchObject({ message: expect.stringContaining(words) });
    });

    it("takes a message of the layout before", async () => {
      const { name, open } = create({ newEpoch: epoch });
      const log = await open();
      const takeover = {
        takeover: "a",
        term: 1,
        epoch,
        writer: epoch,
        chain: (await endOf(log)).chain,
      };
      const bytes = encodeMessage({ ...takeover, batch: tickBefore(1) });
      const before = Buffer.concat([bytes.subarray(0, 66)]);
      before[0] = 1;
      before.writeUInt32BE(0, 62);
      await raw(name, before);

      await append(await writerOf(log, "b"), [batchAt(1)]);
      expect((await followed(log, 3)).map(wordOf)).toEqual([
        `${epoch} takes over`,
        "b takes over",
        "1+1",
      ]);
    });

    it("says that it has lost its end, to who knows more, and that it is gone", async () => {
      const { name, open } = create();
      const log = await open();
      await append(await writerOf(log, "a"), [batchAt(1, 2)]);

      const [damage] = await followed(log, 1, 4);
      expect(damage).toMatchObject({ kind: "damage", fault: "lost-end", sequence: 3 });
      const seen = followed(log, 2, 3);
      const { streams: all } = await jetstreamManager(link.connection);
      await all.delete(name);
      expect((await seen).map(wordOf)).toEqual(["missing"]);
    });

    it("is shortened to no place behind which something void may come", async () => {
      const log = await create().open();
      await append(await writerOf(log, "a"), ticks(9));
      await append(await writerOf(log, "b"), ticks(3));

      expect(await log.shorten(0, Number.MAX_SAFE_INTEGER)).toMatchObject({ at: 10, term: 1 });
      expect((await followed(log, 4)).map(wordOf)).toEqual([
        "b takes over",
        "tick",
        "tick",
        "tick",
      ]);
    });

    it("is not taken for shortened where all its messages are gone", async () => {
      // Between two looks it waits for what may yet be delivered.
      const { name, open } = create({ doubt: { looks: 1, everyMs: 1 } });
      const log = await open();
      await append(await writerOf(log, "a"), batchesOf([1, 1]));
      await (await jetstreamManager(link.connection)).streams.purge(name);

      expect(await log.end()).toMatchObject({ kind: "failure" });
      expect((await followed(log, 1)).map(wordOf)).toEqual(["missing"]);
      expect(await wordsFrom(log, 1)).toEqual(["lost-end"]);
    });

    it("is filled from another log as it was, and goes on where that was interrupted", async () => {
      const batches = batchesOf([1, 3, 2, 1]);
      const source = async function* (count: number): AsyncGenerator<LogEntry> {
        for (const batch of batches.slice(0, count)) yield { kind: "batch", ...batch };
      };
      const old = await create({ newEpoch: epoch }).open();
      await append(await writerOf(old, "a"), [...batches]);
      const log = await create({ newEpoch: epoch }).open();

      expect(await log.refill(source(2))).toMatchObject({ lastSequence: 4 });
      expect(await log.refill(source(4))).toMatchObject({
        lastSequence: 7,
        chain: (await endOf(old)).chain,
      });
      const { at } = await endOf(log);
      expect(await log.refill(source(4))).toMatchObject({ at });
      expect((await followed(log, 6)).map(wordOf)).toEqual([
        ...["refill takes over", "1+1", "2+3", "refill takes over", "5+2", "7+1"],
      ]);
    });

    it("is not filled from a log that is another one", async () => {
      const log = await create().open();
      await append(await writerOf(log, "a"), batchesOf([1, 1]));
      const other = async function* (): AsyncGenerator<LogEntry> {
        for (const batch of batchesOf([1, 1, 1])) {
          yield { kind: "batch", ...batch, timeUs: batch.timeUs + 1 };
        }
      };

      expect(await log.refill(other())).toMatchObject({
        kind: "not-refilled",
        message: "the stream has other commands up to 2 than the log",
      });
      expect((await endOf(log)).lastSequence).toBe(2);
    });
  });
});

function ticks(count: number): readonly CommandBatch[] {
  return Array.from({ length: count }, () => tickBefore(1));
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[3] = (copy[3] ?? 0) ^ 1;
  return copy;
}
