/** What a writer that was taken over from had under way, and that is stored behind the takeover all the same. */
import { randomBytes } from "node:crypto";
import { jetstream } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { until } from "../../../../test/support/until.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import { batchAt, batchesOf } from "../../ports/command-log.contract.ts";
import type { CommandBatch, CommandLog, LogEntry } from "../../ports/command-log.ts";
import { endOf, followed, tickBefore, wordOf, writerOf } from "../../ports/shared-log.contract.ts";
import type { SharedLog } from "../../ports/shared-log.ts";
import { NatsLink } from "./link.ts";
import { encodeMessage } from "./message.ts";
import { NatsSharedLog } from "./shared-log.ts";

/** Places behind a takeover at which something of the writer before may stand. */
const places = [1, 2, 3, 4, 5, 6, 7];

withNats("what is void behind a takeover at NATS is", (program) => {
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
  /** A log of one command of a first writer, which a second one has taken over: messages 1 to 3. */
  const takenOver = async () => {
    streams += 1;
    const name = `void-${streams}`;
    const newEpoch = randomBytes(16).toString("hex");
    const doubt = { looks: 3, everyMs: 1 };
    const log = await NatsSharedLog.open(link, { name, replicas: 1, newEpoch, doubt });
    const old = await writerOf(log, "a");
    await append(old, [batchAt(1)]);
    const writer = await writerOf(log, "b");
    /** Stores what the first writer could have had under way, behind the message of a number. */
    const stale = async (after: number, batch: CommandBatch = batchAt(after, 5)) => {
      const message = { takeover: undefined, term: 1, epoch: log.epoch, writer: newEpoch };
      const bytes = encodeMessage({ ...message, chain: after, batch });
      const expect = { lastSequence: after };
      await jetstream(link.connection).publish(`openbourse.${name}.commands`, bytes, { expect });
    };
    return { log, old, writer, stale };
  };
  const append = async (writer: CommandLog, batches: readonly CommandBatch[]) => {
    for (const batch of batches) expect(await writer.append(batch)).toBe("durable");
  };
  /** Expects that every way of reading a log finds these batches, whose messages have these numbers, and nothing else. */
  const expectLog = async (
    log: SharedLog,
    batches: readonly CommandBatch[],
    { numbers, last = [] }: { numbers: readonly number[]; last?: readonly string[] },
  ) => {
    const words = batches.map(({ firstSequence, count }) => `${firstSequence}+${count}`);
    const entries = await followed(log, batches.length + 2 + last.length);
    expect(entries.map(wordOf)).toEqual([
      ...["a takes over", words[0], "b takes over", ...words.slice(1), ...last],
    ]);
    const ats = entries.map((entry) => "at" in entry && entry.at);
    expect(ats.slice(3)).toEqual(numbers);
    const read: LogEntry[] = [];
    for await (const entry of log.read(1)) read.push(entry);
    expect(read).toMatchObject(batches);
    const end = await endOf(log);
    expect(end).toMatchObject({ at: ats.at(-1), term: 2 + last.length });
    expect(end.lastSequence).toBe(
      (batches.at(-1)?.firstSequence ?? 0) + (batches.at(-1)?.count ?? 0) - 1,
    );
    for (const entry of entries) {
      if (entry.kind !== "batch") continue;
      const { firstSequence, count, chain } = entry;
      const lastSequence = firstSequence + count - 1;
      expect(await log.chainAfter(lastSequence)).toBe(chain);
      for await (const first of log.read(lastSequence)) {
        expect(first).toMatchObject({ firstSequence, count });
        break;
      }
    }
  };

  describe("what is void behind a takeover at NATS JetStream", () => {
    it.each(places)(
      "is passed over by all at place %i, and the new writer goes on",
      async (place) => {
        const { log, old, writer, stale } = await takenOver();
        const before = batchesOf(
          Array.from({ length: place - 1 }, () => 2),
          2,
        );
        await append(writer, before);
        await stale(2 + place);
        expect(log.voidMessages).toBe(0);
        const from = 2 * place;
        // Several at once: the first one finds its place taken.
        const after = batchesOf(
          Array.from({ length: 12 }, () => 1),
          from,
        );
        const outcomes = await Promise.all(after.map((batch) => writer.append(batch)));
        expect(new Set(outcomes)).toEqual(new Set(["durable"]));
        expect(log.voidMessages).toBe(1);

        const numbers = Array.from(
          { length: place + 11 },
          (_, index) => 4 + index + (index < place - 1 ? 0 : 1),
        );
        await expectLog(log, [batchAt(1), ...before, ...after], { numbers });
        expect(await old.append(batchAt(2))).toMatchObject({ kind: "fenced" });
      },
    );

    it("may have all seven places, and be the end of the log", async () => {
      const { log, writer, stale } = await takenOver();
      for (const place of places) await stale(2 + place);

      await expectLog(log, [batchAt(1)], { numbers: [] });
      await append(writer, [batchAt(2, 3)]);
      await expectLog(log, [batchAt(1), batchAt(2, 3)], { numbers: [11] });
    });

    it("may stand between all of the first messages of the new writer", async () => {
      const { log, writer, stale } = await takenOver();
      const batches = batchesOf([1, 2, 3, 4], 2);
      for (const [index, batch] of batches.entries()) {
        await stale(3 + 2 * index);
        await append(writer, [batch]);
      }
      await expectLog(log, [batchAt(1), ...batches], { numbers: [5, 7, 9, 11] });
    });

    it("holds up nobody that takes over, who may have seen it or not", async () => {
      const { log, old, writer, stale } = await takenOver();
      const end = await endOf(log);
      await stale(3);
      await stale(4);
      const both = await Promise.all([log.takeOver(end, "c"), log.takeOver(end, "d")]);
      expect(both.filter((outcome) => outcome === "overtaken")).toHaveLength(1);
      const [third] = both.filter((outcome) => outcome !== "overtaken") as [CommandLog];
      await stale(6);
      await append(third, [batchAt(2), tickBefore(3)]);

      for (const fenced of [old, writer]) {
        expect(await fenced.append(batchAt(2))).toMatchObject({ kind: "fenced" });
      }
      const words = (await followed(log, 6)).map(wordOf);
      expect(words.slice(0, 3)).toEqual(["a takes over", "1+1", "b takes over"]);
      expect(words[3]).toMatch(/^[cd] takes over$/);
      expect(words.slice(4)).toEqual(["2+1", "tick"]);
      expect(await endOf(log)).toMatchObject({ at: 9, term: 3 });
    });

    it("is passed over where it comes while somebody follows", async () => {
      const { log, writer, stale } = await takenOver();
      const stop = new AbortController();
      const seen: string[] = [];
      const following = (async () => {
        for await (const entry of log.follow(2, stop.signal)) seen.push(wordOf(entry));
      })();
      await until(() => expect(seen).toEqual(["b takes over"]));
      await stale(3);
      await until(() => expect(log.voidMessages).toBe(1));
      await append(writer, [batchAt(2)]);
      await until(() => expect(seen).toEqual(["b takes over", "2+1"]));
      stop.abort();
      await following;
    });

    it("is damage where no writer could have had it under way", async () => {
      const { log, writer, stale } = await takenOver();
      await append(writer, batchesOf([1, 1, 1, 1, 1, 1, 1], 2));
      await stale(10);
      expect((await followed(log, 11)).map(wordOf).at(-1)).toBe("corrupt");
    });
  });
});
