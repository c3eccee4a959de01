/** What every log that nodes share must do, whatever it keeps its messages in. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchAt, batchesOf } from "./command-log.contract.ts";
import { type CommandBatch, type CommandLog, originBytes } from "./command-log.ts";
import type { LogEnd, SharedEntry, SharedLog } from "./shared-log.ts";

/** One log, opened by any number of nodes. */
export interface SharedStorage {
  open(): Promise<SharedLog>;
}

/** A tick, whose place is before a sequence. */
export function tickBefore(sequence: number): CommandBatch {
  return batchAt(sequence, 0, 0);
}

/** Makes a node the writer behind what is there; any other outcome fails the test. */
export async function writerOf(log: SharedLog, node: string): Promise<CommandLog> {
  const writer = await log.takeOver(await endOf(log), node);
  if (writer === "overtaken" || "kind" in writer) throw new Error(JSON.stringify(writer));
  return writer;
}

/** Where a log ends; a failure fails the test. */
export async function endOf(log: SharedLog): Promise<LogEnd> {
  const end = await log.end();
  if ("kind" in end) throw new Error(end.message);
  return end;
}

/** Follows until `count` messages have come, which are copied. */
export async function followed(
  log: SharedLog,
  count: number,
  fromSequence = 1,
): Promise<readonly SharedEntry[]> {
  const stop = new AbortController();
  const seen: SharedEntry[] = [];
  for await (const entry of log.follow(fromSequence, stop.signal)) {
    seen.push(entry.kind === "batch" ? { ...entry, payload: entry.payload.slice() } : entry);
    if (seen.length >= count) break;
  }
  return seen;
}

/** A time that is never over. */
const forever = Number.MAX_SAFE_INTEGER;

/** What is read from a command on, in words. */
export async function wordsFrom(log: SharedLog, sequence: number): Promise<readonly string[]> {
  const words: string[] = [];
  for await (const entry of log.read(sequence)) words.push(wordOf(entry as SharedEntry));
  return words;
}

/** What an entry is, in a word. */
export function wordOf(entry: SharedEntry): string {
  if (entry.kind === "damage") return entry.fault;
  if (entry.kind === "takeover") return `${entry.node} takes over`;
  return entry.count === 0 ? "tick" : `${entry.firstSequence}+${entry.count}`;
}

/** Runs the suite against the storages that `create` makes; each must be new and empty. */
export function sharedLogContract(name: string, create: () => SharedStorage): void {
  describe(`${name} as a log that nodes share`, () => {
    let log: SharedLog;
    let other: SharedLog;
    beforeEach(async () => {
      const storage = create();
      log = await storage.open();
      other = await storage.open();
    });
    afterEach(() => Promise.all([log.close(), other.close()]));

    const append = async (writer: CommandLog, batches: readonly CommandBatch[]) => {
      for (const batch of batches) expect(await writer.append(batch)).toBe("durable");
    };

    it("is the same log for all, and begins empty", async () => {
      expect(other.epoch).toBe(log.epoch);
      expect(await endOf(log)).toEqual(await endOf(other));
      expect(await endOf(log)).toMatchObject({ at: 0, lastSequence: 0, term: 0 });
      expect(await log.chainAfter(0)).toBe((await endOf(log)).chain);
      expect(await log.chainAfter(1)).toBeUndefined();
    });

    it("tells all that follow every message at its place, ticks and takeovers included", async () => {
      const seen = followed(other, 6);
      const writer = await writerOf(log, "a");
      await append(writer, [batchAt(1, 2), tickBefore(3), batchAt(3)]);
      await append(await writerOf(other, "b"), [batchAt(4)]);

      const entries = await seen;
      expect(entries.map(wordOf)).toEqual([
        "a takes over",
        "1+2",
        "tick",
        "3+1",
        "b takes over",
        "4+1",
      ]);
      expect(entries.map((entry) => "at" in entry && entry.at)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(entries.map((entry) => "term" in entry && entry.term)).toEqual([1, 1, 1, 1, 2, 2]);
      expect(entries[1]).toMatchObject(batchAt(1, 2));
      const { chain } = await endOf(log);
      expect(entries.at(-1)).toMatchObject({ chain });
      expect(await log.chainAfter(4)).toBe(chain);
      expect(await log.chainAfter(2)).toBe((entries[1] as LogEnd).chain);
      expect(await log.chainAfter(1)).toBeUndefined();
      expect(await followed(log, 6)).toEqual(entries);
    });

    it("begins with what comes behind the command before, or with the batch that holds it", async () => {
      const writer = await writerOf(log, "a");
      await append(writer, [batchAt(1, 2), tickBefore(3), batchAt(3, 3), tickBefore(6)]);
      const from = async (sequence: number, count: number) =>
        (await followed(other, count, sequence)).map(wordOf);

      expect(await from(1, 5)).toEqual(["a takes over", "1+2", "tick", "3+3", "tick"]);
      expect(await from(3, 3)).toEqual(["tick", "3+3", "tick"]);
      expect(await from(4, 2)).toContain("3+3");
      expect(await from(6, 1)).toEqual(["tick"]);
    });

    it("is taken over by one node at a time, right behind what it has applied", async () => {
      const first = await writerOf(log, "a");
      await append(first, [batchAt(1)]);
      const before = await endOf(other);
      await append(first, [tickBefore(2)]);

      expect(await other.takeOver(before, "b")).toBe("overtaken");
      expect(await first.append(batchAt(2))).toBe("durable");
      const end = await endOf(log);
      const both = await Promise.all([log.takeOver(end, "c"), other.takeOver(end, "d")]);
      expect(both.filter((outcome) => outcome === "overtaken")).toHaveLength(1);
      const [second] = both.filter((outcome) => outcome !== "overtaken") as [CommandLog];
      expect(second).toMatchObject({ term: 2, lastSequence: 2 });
      expect(await first.append(batchAt(3))).toMatchObject({ kind: "fenced" });
      await append(second, [batchAt(3, 2)]);

      const read: CommandBatch[] = [];
      for await (const entry of other.read(1)) read.push(entry as CommandBatch);
      expect(read.map(({ firstSequence, count }) => [firstSequence, count])).toEqual([
        [1, 1],
        [2, 1],
        [3, 2],
      ]);
    });

    it("has what a writer was acknowledged that was taken over from, however much it had under way, and nothing else of it", async () => {
      const old = await writerOf(log, "a");
      const offered = batchesOf(Array.from({ length: 60 }, () => 2)).map((batch) =>
        old.append(batch),
      );
      // In the midst of them.
      await offered[19];
      let writer: CommandLog | undefined;
      while (writer === undefined) {
        const taken = await other.takeOver(await endOf(other), "b");
        if (taken !== "overtaken" && "kind" in taken) throw new Error(taken.message);
        if (taken !== "overtaken") writer = taken;
      }
      const outcomes = await Promise.all(offered);
      const durable = outcomes.filter((outcome) => outcome === "durable").length;
      expect(outcomes.slice(0, durable)).toEqual(Array.from({ length: durable }, () => "durable"));
      expect(writer.lastSequence).toBe(2 * durable);
      const later = batchesOf(
        Array.from({ length: 20 }, () => 1),
        2 * durable + 1,
      );
      expect(new Set(await Promise.all(later.map((batch) => writer.append(batch))))).toEqual(
        new Set(["durable"]),
      );

      const words = (await followed(other, durable + 22)).map(wordOf);
      expect(words.indexOf("b takes over")).toBe(durable + 1);
      expect(words.at(-1)).toBe(`${2 * durable + 20}+1`);
      expect(await followed(log, durable + 22)).toEqual(await followed(other, durable + 22));
    });

    it("keeps who asked for each command, and is the same log without", async () => {
      const origins = Uint8Array.from({ length: 3 * originBytes }, (_, index) => index);
      const writer = await writerOf(log, "a");
      await append(writer, [{ ...batchAt(1, 3), origins }, batchAt(4)]);
      const [, first, second] = await followed(other, 3);

      expect(first).toMatchObject({ count: 3, payload: batchAt(1, 3).payload });
      expect(first?.kind === "batch" && Uint8Array.from(first.origins ?? [])).toEqual(origins);
      expect(second?.kind === "batch" && second.origins).toBeUndefined();
    });

    /** So many messages that none before them matters to who begins behind them. */
    const calm = (sequence: number) => Array.from({ length: 8 }, () => tickBefore(sequence));

    it("is shortened to the end of a message, and read and followed from there on by all", async () => {
      await append(await writerOf(log, "a"), [batchAt(1, 2), batchAt(3)]);
      const writer = await writerOf(log, "a");
      await append(writer, [...calm(4), batchAt(4, 3)]);
      const chain = await log.chainAfter(3);
      expect(await other.start()).toMatchObject({ at: 0, lastSequence: 0 });
      expect(await log.shorten(0, forever)).toMatchObject({ at: 0, lastSequence: 0 });

      // Ticks of a log in which nothing happens are left out as well.
      const start = await log.shorten(5, forever);
      expect(start).toMatchObject({ at: 12, lastSequence: 3, chain, term: 2 });
      expect(await other.start()).toEqual(start);
      expect(await other.chainAfter(3)).toBe(chain);
      expect(await other.chainAfter(2)).toBeUndefined();
      await append(writer, [batchAt(7)]);
      expect((await followed(other, 2, 4)).map(wordOf)).toEqual(["4+3", "7+1"]);
      expect(await wordsFrom(other, 4)).toEqual(["4+3", "7+1"]);
      expect(await other.shorten(2, forever)).toEqual(start);
      expect(await endOf(other)).toEqual(await endOf(log));
    });

    it("is smaller when it was shortened", async () => {
      await append(await writerOf(log, "a"), batchesOf(Array.from({ length: 10 }, () => 1)));
      const before = await other.bytes();
      await log.shorten(10, forever);
      expect(await other.bytes()).toBeLessThan(Number(before));
    });

    it("keeps what was stamped after a time", async () => {
      const batches = batchesOf([...Array.from({ length: 9 }, () => 1), 2, 1]);
      await append(await writerOf(log, "a"), batches);
      const { timeUs } = batches[8]!;

      expect(await log.shorten(99, timeUs)).toMatchObject({ lastSequence: 9 });
      expect(await wordsFrom(other, 10)).toEqual(["10+2", "12+1"]);
    });

    it("says to who wants more that it was shortened, also while it is read and followed", async () => {
      const writer = await writerOf(log, "a");
      await append(writer, [batchAt(1, 2), ...calm(3), batchAt(3, 2), batchAt(5)]);
      const slow = other.follow(1, new AbortController().signal)[Symbol.asyncIterator]();
      expect((await slow.next()).value).toMatchObject({ kind: "takeover" });
      await log.shorten(4, forever);

      expect((await followed(other, 1, 3)).map(wordOf)).toEqual(["shortened"]);
      expect(await wordsFrom(other, 4)).toEqual(["shortened"]);
      expect((await followed(other, 1, 5)).map(wordOf)).toEqual(["5+1"]);
      await slow.return?.();
    });

    it("is taken over and written where all but its end was left out", async () => {
      await append(await writerOf(log, "a"), [batchAt(1, 2), ...calm(3)]);
      expect(await log.shorten(2, forever)).toEqual(await endOf(log));
      expect(await wordsFrom(other, 3)).toEqual([]);

      await append(await writerOf(other, "b"), [batchAt(3)]);
      expect((await followed(log, 2, 3)).map(wordOf)).toEqual(["b takes over", "3+1"]);
    });

    it("stops telling when it is closed, and when it is told to", async () => {
      const stop = new AbortController();
      const ended = async (signal: AbortSignal) => {
        for await (const _ of other.follow(1, signal));
        return "ended";
      };
      const told = ended(stop.signal);
      const closed = ended(new AbortController().signal);
      await append(await writerOf(log, "a"), batchesOf([1, 1]));
      stop.abort();
      expect(await told).toBe("ended");
      await other.close();
      expect(await closed).toBe("ended");
    });
  });
}
