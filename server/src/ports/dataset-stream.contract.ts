/** What every stream of datasets must do, whatever it keeps its messages in. */
import { beforeEach, describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import type { DatasetMessage, DatasetStream } from "./dataset-stream.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

function textOf(message: DatasetMessage | undefined): string {
  return message === undefined ? "none" : new TextDecoder().decode(message.bytes);
}

/** Reads until there is an answer. */
export function answered(
  read: () => ReturnType<DatasetStream["last"]>,
): Promise<DatasetMessage | undefined> {
  return until(async () => {
    const answer = await read();
    if (answer !== undefined && "message" in answer) throw new Error(answer.message);
    return answer;
  });
}

/**
 * Appends until it is known what became of it: the number of the message, or that another one was before it. Where an answer is
 * lost it is tried again, and the message, which is like no other, may be there from before.
 */
async function outcomeOf(
  stream: DatasetStream,
  dataset: string,
  bytes: Uint8Array,
  after: number,
): Promise<number | "overtaken"> {
  let isLost = false;
  return until(async () => {
    const outcome = await stream.append(dataset, bytes, after);
    if (outcome !== "overtaken" && outcome.kind === "appended") return outcome.at;
    if (outcome !== "overtaken") {
      isLost = true;
      throw new Error(outcome.message);
    }
    const last = isLost ? await answered(() => stream.last(dataset)) : undefined;
    return last !== undefined && Buffer.compare(last.bytes, bytes) === 0 ? last.at : "overtaken";
  });
}

/** Appends, which has to go well; the number of the message. */
export async function appended(
  stream: DatasetStream,
  dataset: string,
  message: string | Uint8Array,
  after: number,
): Promise<number> {
  const bytes = typeof message === "string" ? bytesOf(message) : message;
  const outcome = await outcomeOf(stream, dataset, bytes, after);
  if (outcome === "overtaken") throw new Error("another message was before it");
  return outcome;
}

/** Follows until so many messages have come. */
async function followed(
  stream: DatasetStream,
  dataset: string,
  from: number,
  count: number,
): Promise<readonly DatasetMessage[]> {
  const stop = new AbortController();
  const seen: DatasetMessage[] = [];
  for await (const message of stream.follow(dataset, from, stop.signal)) {
    seen.push({ at: message.at, bytes: message.bytes.slice() });
    if (seen.length >= count) break;
  }
  return seen;
}

/** Runs the suite against what `open` makes: the same stream, which is empty, opened by two nodes. */
export function datasetStreamContract(
  name: string,
  open: () => Promise<readonly [DatasetStream, DatasetStream]>,
): void {
  describe(`${name} as a stream of datasets`, () => {
    let here: DatasetStream;
    let there: DatasetStream;
    beforeEach(async () => {
      [here, there] = await open();
    });

    it("has the same epoch for all who open it", () => {
      expect(here.epoch).toMatch(/^[0-9a-f]{32}$/);
      expect(there.epoch).toBe(here.epoch);
    });

    it("tells the newest message of a dataset, and nothing of one that nobody told of", async () => {
      const first = await appended(here, "trades", "one", 0);
      await appended(here, "trades", "two", first);
      await appended(here, "other.one", "three", 0);
      expect(textOf(await answered(() => there.last("trades")))).toBe("two");
      expect(textOf(await answered(() => there.last("other.one")))).toBe("three");
      expect(await answered(() => there.last("nothing"))).toBeUndefined();
    });

    it("tells the first message of a dataset from a number on", async () => {
      const first = await appended(here, "trades", "one", 0);
      const between = await appended(here, "other", "two", 0);
      const last = await appended(here, "trades", "three", first);
      expect(await answered(() => there.next("trades", 1))).toMatchObject({ at: first });
      expect(await answered(() => there.next("trades", between))).toMatchObject({ at: last });
      expect(await answered(() => there.next("trades", last + 1))).toBeUndefined();
    });

    it("takes of two writers behind the same message one, and says so to the other", async () => {
      const first = await appended(here, "trades", "one", 0);
      const outcomes = await Promise.all([
        outcomeOf(here, "trades", bytesOf("mine"), first),
        outcomeOf(there, "trades", bytesOf("theirs"), first),
      ]);
      expect(outcomes.filter((outcome) => outcome === "overtaken")).toHaveLength(1);
      const kept = outcomes[0] === "overtaken" ? "theirs" : "mine";
      expect(textOf(await answered(() => here.last("trades")))).toBe(kept);
      expect(await outcomeOf(here, "trades", bytesOf("late"), first)).toBe("overtaken");
      expect(await outcomeOf(here, "trades", bytesOf("as if none were"), 0)).toBe("overtaken");
    });

    it("lets each dataset go on by itself, with numbers that grow over all of them", async () => {
      const numbers = [await appended(here, "a", "1", 0), await appended(here, "b", "1", 0)];
      numbers.push(await appended(here, "a", "2", numbers[0] ?? 0));
      numbers.push(await appended(there, "b", "2", numbers[1] ?? 0));
      expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
      expect(new Set(numbers).size).toBe(4);
    });

    it("is followed by others in order: what is kept, then what comes, of one dataset alone", async () => {
      const first = await appended(here, "trades", "one", 0);
      await appended(here, "other", "x", 0);
      const second = await appended(here, "trades", "two", first);
      const seen = followed(there, "trades", 1, 4);
      const third = await appended(here, "trades", "three", second);
      await appended(here, "trades", "four", third);
      expect((await seen).map(textOf)).toEqual(["one", "two", "three", "four"]);
      const rest = await followed(there, "trades", second, 3);
      expect(rest.map(({ at }) => at)[0]).toBe(second);
    });

    it("waits for a message that is not there yet, and ends with its signal", async () => {
      const stop = new AbortController();
      const following = there.follow("trades", 1, stop.signal)[Symbol.asyncIterator]();
      const next = following.next();
      await appended(here, "trades", "one", 0);
      expect(textOf((await next).value as DatasetMessage)).toBe("one");
      const ended = following.next();
      stop.abort();
      expect((await ended).done).toBe(true);
    });

    it("takes a message of its largest size", async () => {
      const bytes = new Uint8Array(here.messageBytesMax).fill(7);
      expect(await appended(here, "trades", bytes, 0)).toBeGreaterThan(0);
      const found = await answered(() => there.last("trades"));
      expect(found?.bytes.length).toBe(bytes.length);
    });
  });
}
