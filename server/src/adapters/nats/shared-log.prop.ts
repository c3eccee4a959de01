/** Writers that take over from each other while messages and answers come late, in any order, or never. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import { say } from "../../../../test/support/say.ts";
import type { AppendOutcome, CommandBatch, CommandLog, LogEntry } from "../../ports/command-log.ts";
import { followed } from "../../ports/shared-log.contract.ts";
import type { LogEnd, SharedBatch, SharedEntry, Takeover } from "../../ports/shared-log.ts";
import { Random } from "../../simulation/random.ts";
import { chainStart } from "../chain/batch-chain.ts";
import { LogReader } from "./log-reader.ts";
import { chainAfter, decodeMessage, type LogMessage } from "./message.ts";
import { ModelStream } from "./model-stream.fixture.ts";
import { NatsSharedLog } from "./shared-log.ts";

const doubt = { looks: 3, everyMs: 1 };
const offeredMax = 14;
const takeoversMax = 6;
const actions = 800;

/** A batch that a writer was given, and what became of it. */
interface Offered {
  readonly batch: CommandBatch;
  outcome?: AppendOutcome;
}

/** One who has taken over, and goes on whatever has become of that. */
interface Writer {
  /** Whose it is. */
  readonly node: number;
  readonly log: CommandLog;
  next: number;
  underWay: number;
}

/** Nodes that take the log over, each over a line of its own, of which any may be slow for a while. */
class Nodes {
  readonly stored: Uint8Array[] = [];
  readonly offered: Offered[] = [];
  readonly #random: Random;
  readonly #lines: readonly ModelStream[];
  readonly #logs: readonly NatsSharedLog[];
  readonly #writers: Writer[] = [];
  #slow = 0;
  #takeovers = 0;
  #working = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#lines = Array.from({ length: 3 }, () => new ModelStream(this.stored, random));
    this.#logs = this.#lines.map((line) => new NatsSharedLog(line, { doubt }));
  }

  /** Something happens. */
  async act(): Promise<void> {
    const what = this.#random.below(100);
    // The newest two are more interesting.
    const age = 1 + this.#random.below(this.#random.chance(0.8) ? 2 : takeoversMax);
    const writer = this.#writers.at(-age);
    if (what === 0) this.#takeOver();
    else if (what < 25 && writer !== undefined) this.#offer(writer);
    else if (what < 28) this.#slow = this.#random.below(this.#lines.length);
    // Some of the pauses of writers.
    else if (what === 28) await vi.advanceTimersByTimeAsync(100);
    else this.#step();
    await turn();
  }

  /** Until all that was asked is answered, and what was late has come. */
  async settle(): Promise<void> {
    for (;;) {
      if (this.#step()) await turn();
      else if (this.#working > 0) await vi.advanceTimersByTimeAsync(100);
      else return;
    }
  }

  /** One request is carried out; false where there is none. */
  #step(): boolean {
    const busy = this.#lines.filter(({ isBusy }) => isBusy);
    const quick = busy.filter((line) => line !== this.#lines[this.#slow]);
    const lines = quick.length > 0 ? quick : busy;
    lines[this.#random.below(lines.length)]?.step();
    return lines.length > 0;
  }

  #takeOver(): void {
    if (this.#takeovers >= takeoversMax) return;
    this.#takeovers += 1;
    const node = this.#random.below(this.#logs.length);
    const shared = this.#logs[node]!;
    // What the writer has under way comes later.
    if (this.#random.chance(0.8)) this.#slow = this.#writers.at(-1)?.node ?? node;
    void this.#work(async () => {
      const end = await shared.end();
      const log = "kind" in end ? end : await shared.takeOver(end, "node");
      if (log === "overtaken" || "kind" in log) return;
      this.#writers.push({ node, log, next: log.lastSequence + 1, underWay: 0 });
    });
  }

  #offer(writer: Writer): void {
    if (writer.underWay >= offeredMax) return;
    const count = this.#random.below(4);
    const timeUs = this.offered.length + 1;
    const payload = Uint8Array.from({ length: count }, () => timeUs);
    const offered: Offered = { batch: { firstSequence: writer.next, count, timeUs, payload } };
    this.offered.push(offered);
    writer.next += count;
    writer.underWay += 1;
    void this.#work(async () => {
      const outcome = await writer.log.append(offered.batch);
      if (outcome === "no-room") throw new Error("there is room for batches as small as these");
      offered.outcome = outcome;
      writer.underWay -= 1;
    });
  }

  async #work(task: () => Promise<void>): Promise<void> {
    this.#working += 1;
    await task();
    this.#working -= 1;
  }
}

/** A stream as the rule says, read from its beginning: what counts, and where the log ends behind each message. */
class Truth {
  readonly entries: (SharedBatch | Takeover)[] = [];
  readonly ends: LogEnd[];
  voids = 0;

  constructor(stored: readonly Uint8Array[]) {
    const { epoch } = new ModelStream([]);
    let end: LogEnd = { at: 0, lastSequence: 0, chain: chainStart(epoch), term: 0 };
    this.ends = [end];
    let takenOverAt = 0;
    for (const [index, bytes] of stored.entries()) {
      const at = index + 1;
      const message = decodeMessage(bytes)!;
      if (message.takeover === undefined && message.term < end.term) {
        expect(at - takenOverAt).toBeLessThanOrEqual(7);
        this.voids += 1;
      } else {
        end = this.#counts(at, message, end);
        if (message.takeover !== undefined) takenOverAt = at;
      }
      this.ends.push(end);
    }
  }

  /** All that counts is to follow from what counted before. */
  #counts(at: number, { takeover, term, chain, batch }: LogMessage, before: LogEnd): LogEnd {
    expect(batch.firstSequence).toBe(before.lastSequence + 1);
    expect(chain).toBe(chainAfter(before.chain, batch));
    expect(term).toBe(takeover === undefined ? before.term : before.term + 1);
    const end = { at, lastSequence: before.lastSequence + batch.count, chain, term };
    this.entries.push(
      takeover === undefined
        ? { kind: "batch", ...batch, at, chain, term }
        : { kind: "takeover", ...end, node: takeover },
    );
    return end;
  }

  get batches(): readonly SharedBatch[] {
    return this.entries.filter((entry) => entry.kind === "batch");
  }
}

/** Expects that a stream is the same log for all who read it, wherever it ends and wherever they begin. */
async function expectOneLog(stored: readonly Uint8Array[], truth: Truth): Promise<void> {
  for (const [last, end] of truth.ends.entries()) {
    const stream = new ModelStream(stored.slice(0, last));
    expect((await new LogReader(stream).end()).end).toEqual(end);
  }
  const log = new NatsSharedLog(new ModelStream([...stored]), { doubt });
  const commands = truth.batches.filter(({ count }) => count > 0);
  for (const [index, { at, firstSequence, count, chain }] of commands.entries()) {
    const lastSequence = firstSequence + count - 1;
    expect(await log.chainAfter(lastSequence)).toBe(chain);
    if (count > 1) expect(await log.chainAfter(firstSequence)).toBeUndefined();
    // Not from each of them: it would be the square of their number.
    if (index % 10 !== 0) continue;
    const read: LogEntry[] = [];
    for await (const entry of log.read(lastSequence)) read.push(entry);
    expect(read).toEqual(commands.slice(index).map(({ at, chain, term, ...entry }) => entry));
    const later: SharedEntry[] = truth.entries.filter((entry) => entry.at > at);
    if (later.length > 0)
      expect(await followed(log, later.length, lastSequence + 1)).toEqual(later);
  }
  const { entries } = truth;
  if (entries.length > 0) expect(await followed(log, entries.length)).toEqual(entries);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);

beforeAll(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterAll(() => {
  vi.useRealTimers();
});

it(`what was acknowledged is the log, once and in order, and the same for all (seed ${seed})`, async () => {
  const found = { messages: 0, durable: 0, fenced: 0, voids: 0 };
  for (let run = 0; run < rounds(40, 2_000); run += 1) {
    const nodes = new Nodes(new Random(seed, `nodes ${run}`));
    for (let action = 0; action < actions; action += 1) await nodes.act();
    await nodes.settle();

    const truth = new Truth(nodes.stored);
    const durable = nodes.offered.filter(({ outcome }) => outcome === "durable");
    expect(durable.map(({ batch }) => batch.timeUs).toSorted((a, b) => a - b)).toEqual(
      truth.batches.map(({ timeUs }) => timeUs).toSorted((a, b) => a - b),
    );
    for (const { outcome } of nodes.offered) {
      if (outcome !== "durable") expect(outcome).toMatchObject({ kind: "fenced" });
    }
    await expectOneLog(nodes.stored, truth);

    found.messages += nodes.stored.length;
    found.durable += durable.length;
    found.fenced += nodes.offered.length - durable.length;
    found.voids += truth.voids;
  }
  say(`${JSON.stringify(found)}\n`);
  expect(found.voids).toBeGreaterThan(0);
});
