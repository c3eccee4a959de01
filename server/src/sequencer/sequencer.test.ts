import { beforeEach, describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import { Exchange } from "../core/exchange.ts";
import { batchBoundMax } from "../ports/command-log.ts";
import type { Released, Submission } from "../ports/released.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { exampleCommands, money, opening, rulesOf } from "./example-stream.fixture.ts";
import { Sequencer, type SequencerOptions } from "./sequencer.ts";

const addMarket: Command = { kind: "add-market", rules: rulesOf("BTC", "USDT") };
const deposit = (key: string): Command => ({
  kind: "deposit",
  user: "ann",
  currency: "USDT",
  amount: money(1),
  key,
});

let tasks: (() => void)[];
let released: Released[];
let answers: Submission[];
let stops: string[];
let clock: VirtualClock;

beforeEach(() => {
  tasks = [];
  released = [];
  answers = [];
  stops = [];
  clock = new VirtualClock();
});

function setUp(
  more: Partial<SequencerOptions> = {},
  storage = new MemoryLogStorage(),
  largestBatch = batchBoundMax,
  inFlightBytesMax = 1e6,
) {
  const log = new MemoryCommandLog(storage, { inFlightBytesMax, largestBatch });
  const exchange = new Exchange();
  const sequencer = new Sequencer({
    exchange,
    log,
    clock,
    schedule: (task) => tasks.push(task),
    release: (batch) => released.push(...batch),
    stopped: (reason) => stops.push(reason),
    ...more,
  });
  const submit = (command: Command) => sequencer.submit(command, (answer) => answers.push(answer));
  return { log, exchange, sequencer, submit, storage };
}

/** Ends the turn of the event loop, and lets promises settle. */
async function turn(): Promise<void> {
  for (const task of tasks.splice(0)) task();
  for (let settled = 0; settled < 10; settled += 1) await Promise.resolve();
}

describe("a command", () => {
  it("is applied at once, but nobody sees the result before it is durable", async () => {
    const { log, exchange, sequencer, submit } = setUp();
    log.holdBack();
    submit(addMarket);
    submit(deposit("a"));
    await turn();
    expect(exchange.sequence).toBe(2);
    expect([released, answers, sequencer.durableSequence, sequencer.pending]).toEqual([
      [],
      [],
      0,
      2,
    ]);

    log.letThrough();
    await turn();
    expect(released.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(answers.map(({ kind }) => kind)).toEqual(["released", "released"]);
    expect([sequencer.durableSequence, sequencer.pending]).toEqual([2, 0]);
  });

  it("that the exchange refuses is logged and answered like any other", async () => {
    const { submit, storage } = setUp();
    submit({ kind: "halt-market", market: "NO_SUCH" });
    await turn();
    expect(released[0]?.events).toEqual([{ kind: "refused", reason: "unknown-market" }]);
    expect(storage.lastSequence).toBe(1);
  });

  it("carries the time at which its batch began, and time goes on though the clock goes back", async () => {
    const { submit } = setUp();
    submit(deposit("a"));
    clock.advanceBy(1_500);
    submit(deposit("b"));
    await turn();
    submit(deposit("c"));
    await turn();
    clock.stepWallBy(-5_000_000);
    for (const user of ["d", "e", "f"]) submit(deposit(user));
    await turn();
    submit(deposit("g"));
    await turn();
    const [a, b, c, d, , , g] = released.map(({ timeUs }) => timeUs);
    expect(a).toBe(b);
    expect(c).toBe((a ?? 0) + 1_500);
    expect(d).toBe((c ?? 0) + 1);
    expect(g).toBe((d ?? 0) + 3);
  });

  it("that cannot be written is not taken, and disturbs nothing", async () => {
    const { submit, exchange } = setUp();
    submit({ kind: "reduce-order", user: "ann", order: { id: -1 }, by: 1 as never });
    await turn();
    expect(answers).toEqual([{ kind: "malformed" }]);
    expect(exchange.sequence).toBe(0);
  });
});

describe("batches", () => {
  it("hold what one turn submits, and go on being made while earlier ones are written", async () => {
    const { log, submit, storage } = setUp();
    log.holdBack();
    for (const key of ["a", "b"]) submit(deposit(key));
    await turn();
    submit(deposit("c"));
    await turn();
    expect(log.inFlightBatches).toBe(2);
    log.letThrough();
    await turn();
    expect(storage.batches.map(({ firstSequence, count }) => [firstSequence, count])).toEqual([
      [1, 2],
      [3, 1],
    ]);
  });

  it("are bounded, and wait in the sequencer while the log has no room", async () => {
    const storage = new MemoryLogStorage();
    const log = new MemoryCommandLog(storage, { inFlightBytesMax: 1 });
    const { submit } = setUp({ batchMax: 2, log }, new MemoryLogStorage());
    log.holdBack();
    for (const key of ["a", "b", "c", "d", "e"]) submit(deposit(key));
    await turn();
    expect(log.inFlightBatches).toBe(1);
    log.letThrough();
    await turn();
    log.letThrough();
    await turn();
    expect(storage.batches.map(({ count }) => count)).toEqual([2, 3]);
    expect(answers.length).toBe(5);
  });

  it("are as large as the log takes, in commands and in bytes", async () => {
    const commands = [...opening, ...exampleCommands(3, 200)];
    for (const largestBatch of [
      { commands: 3, bytes: 100_000 },
      { commands: 1_000, bytes: 300 },
    ]) {
      released = [];
      const { submit, storage } = setUp({}, new MemoryLogStorage(), largestBatch);
      for (const command of commands) submit(command);
      await turn();
      expect(released.map(({ command }) => command)).toEqual(commands);
      const sizes = storage.batches.map(({ count, payload }) => [count, payload.length] as const);
      expect(Math.max(...sizes.map(([count]) => count))).toBeLessThanOrEqual(largestBatch.commands);
      expect(Math.max(...sizes.map(([, bytes]) => bytes))).toBeLessThanOrEqual(largestBatch.bytes);
      expect(sizes.length).toBeLessThan(commands.length / 2);
    }
  });

  it("that are full while the log has no room make the exchange answer busy", async () => {
    const bound = { commands: 2, bytes: 1_000 };
    const { log, submit, storage } = setUp({}, new MemoryLogStorage(), bound, 1);
    log.holdBack();
    for (const key of ["a", "b", "c", "d", "e", "f"]) submit(deposit(key));
    await turn();
    expect(answers).toEqual([{ kind: "busy" }, { kind: "busy" }]);
    log.letThrough();
    await turn();
    log.letThrough();
    await turn();
    expect(storage.batches.map(({ count }) => count)).toEqual([2, 2]);
    expect(released.length).toBe(4);
  });

  it("have no room for a command that is larger than the log takes", async () => {
    const { submit, exchange } = setUp({}, new MemoryLogStorage(), { commands: 9, bytes: 20 });
    submit(deposit("a"));
    await turn();
    expect([answers, exchange.sequence]).toEqual([[{ kind: "malformed" }], 0]);
  });

  it("fill up to a bound of pending commands; more are answered busy until some are durable", async () => {
    const { log, submit } = setUp({ pendingMax: 2 });
    log.holdBack();
    for (const key of ["a", "b", "c"]) submit(deposit(key));
    await turn();
    expect(answers).toEqual([{ kind: "busy" }]);
    log.letThrough();
    await turn();
    submit(deposit("d"));
    await turn();
    log.letThrough();
    await turn();
    expect(answers.map(({ kind }) => kind)).toEqual(["busy", "released", "released", "released"]);
  });
});

describe("those who receive what is released", () => {
  it("can make the exchange answer busy until they have caught up", async () => {
    let hasRoom = false;
    const { submit } = setUp({ hasRoom: () => hasRoom });
    submit(deposit("a"));
    await turn();
    hasRoom = true;
    submit(deposit("b"));
    await turn();
    expect(answers.map(({ kind }) => kind)).toEqual(["busy", "released"]);
  });
});

describe("when the log fails", () => {
  const full = { kind: "failure", fault: "disk-full", message: "no room on the disk" } as const;

  it("the writer stops: nothing that was under way is shown, and everything later is refused", async () => {
    const { log, submit, sequencer } = setUp();
    submit(deposit("kept"));
    await turn();
    log.holdBack();
    submit(deposit("lost 1"));
    await turn();
    submit(deposit("lost 2"));
    await turn();
    log.fail(full);
    await turn();
    submit(deposit("late"));
    await turn();
    expect(released.map(({ sequence }) => sequence)).toEqual([1]);
    const stopped = { kind: "stopped", reason: "no room on the disk" };
    expect(answers.slice(1)).toEqual([stopped, stopped, stopped]);
    expect(stops).toEqual(["no room on the disk"]);
    expect([sequencer.stopReason, sequencer.pending]).toEqual(["no room on the disk", 0]);
  });
});

describe("when another writer takes over", () => {
  const reason =
    "another writer has taken over: the log is at command 2, and this writer expected it at 1";

  it("the older one stops at its next command, which is in no log, and says why", async () => {
    const older = setUp();
    older.submit(deposit("both know"));
    await turn();
    const log = new MemoryCommandLog(older.storage, { takesOver: true });
    const exchange = new Exchange();
    exchange.restore(older.exchange.snapshot());
    const newer = setUp({ log, exchange }, new MemoryLogStorage());
    newer.submit(deposit("new"));
    await turn();
    answers = [];
    older.submit(deposit("old 1"));
    await turn();
    older.submit(deposit("old 2"));
    newer.submit(deposit("newer"));
    await turn();

    expect(answers.map((answer) => ("reason" in answer ? answer.reason : answer.kind))).toEqual([
      reason,
      reason,
      "released",
    ]);
    expect([older.sequencer.stopReason, newer.sequencer.stopReason]).toEqual([reason, undefined]);
    expect(stops).toEqual([reason]);
    const keys = released.map(({ command }) => "key" in command && command.key);
    expect(keys).toEqual(["both know", "new", "newer"]);
    expect(older.storage.lastSequence).toBe(3);
  });

  it("the older one stops even if the newer has written nothing", async () => {
    const older = setUp();
    new MemoryCommandLog(older.storage, { takesOver: true });
    older.submit(deposit("a"));
    await turn();

    expect(answers).toMatchObject([{ kind: "stopped" }]);
    expect([released, older.storage.lastSequence]).toEqual([[], 0]);
  });
});

describe("while the log waits for its disk", () => {
  const full = { kind: "failure", fault: "disk-full", message: "no room on the disk" } as const;
  const stopped = { kind: "stopped", reason: "no room on the disk" };

  it("nobody is kept waiting and nothing is taken; then all that was taken is released, once", async () => {
    const stalls: unknown[] = [];
    const { log, submit, sequencer, exchange } = setUp({ stalled: (why) => stalls.push(why) });
    submit(addMarket);
    await turn();
    log.holdBack();
    submit(deposit("a"));
    await turn();
    submit(deposit("b"));
    const reading = sequencer.read((state) => state.balances("ann"));
    log.stallWith(full);
    submit(deposit("c"));
    await turn();

    expect(answers.slice(1)).toEqual([stopped, stopped, stopped]);
    expect(await reading).toEqual(stopped);
    expect(await sequencer.read((state) => state.balances("ann"))).toEqual(stopped);
    expect([sequencer.stopReason, exchange.sequence, sequencer.pending]).toEqual([undefined, 3, 2]);

    log.goOn();
    await turn();
    submit(deposit("c"));
    await turn();
    expect(released.map(({ command }) => "key" in command && command.key)).toEqual([
      false,
      "a",
      "b",
      "c",
    ]);
    expect([answers.length, answers.at(-1)?.kind, sequencer.pending]).toEqual([5, "released", 0]);
    expect([stalls, stops]).toEqual([["no room on the disk", undefined], []]);
  });

  it("what is durable may be read, since nothing else was applied", async () => {
    const { log, submit, sequencer } = setUp();
    submit(addMarket);
    await turn();
    log.stallWith(full);
    const reading = await sequencer.read((state) => state.balances("ann").length);
    expect(reading).toEqual({ kind: "durable", result: 0 });
  });

  it("a close does not wait, and what becomes durable after it is told to nobody", async () => {
    const { log, submit, sequencer, storage } = setUp();
    log.holdBack();
    submit(deposit("a"));
    await turn();
    log.stallWith(full);
    await sequencer.close();
    log.goOn();
    await turn();
    expect([released, storage.lastSequence]).toEqual([[], 1]);
  });

  it("and fails for good, the writer stops", async () => {
    const { log, submit, sequencer } = setUp();
    log.stallWith(full);
    log.fail({ ...full, fault: "failed", message: "the disk is gone" });
    submit(deposit("a"));
    await turn();
    expect(sequencer.stopReason).toBe("the disk is gone");
    expect(stops).toEqual(["the disk is gone"]);
  });
});

describe("reading the state", () => {
  it("shows at once what is durable, and what is not as soon as it is", async () => {
    const { log, sequencer, submit } = setUp();
    submit(addMarket);
    await turn();
    const balances = () => sequencer.read((exchange) => exchange.balances("ann").length);
    expect(await balances()).toEqual({ kind: "durable", result: 0 });

    log.holdBack();
    submit(deposit("a"));
    let seen: unknown;
    void balances().then((reading) => {
      seen = reading;
    });
    submit(deposit("b"));
    await turn();
    expect(seen).toBeUndefined();
    log.letThrough();
    await turn();
    expect(seen).toEqual({ kind: "durable", result: 1 });
  });

  it("shows nothing that could not be made durable", async () => {
    const { log, sequencer, submit } = setUp();
    submit(addMarket);
    await turn();
    log.fail({ kind: "failure", fault: "disk-full", message: "no room on the disk" });
    submit(deposit("a"));
    const reading = sequencer.read((exchange) => exchange.balances("ann"));
    await turn();
    const stopped = { kind: "stopped", reason: "no room on the disk" };
    expect(await reading).toEqual(stopped);
    expect(await sequencer.read((exchange) => exchange.balances("ann"))).toEqual(stopped);
  });
});

describe("when an invariant is violated", () => {
  it("the writer stops at that command; what came before it is kept", async () => {
    const { exchange, submit, sequencer, storage } = setUp();
    submit(deposit("a"));
    const apply = exchange.apply.bind(exchange);
    exchange.apply = (stamped) => {
      if (stamped.sequence === 2) throw new Error("money has appeared");
      return apply(stamped);
    };
    submit(deposit("b"));
    submit(deposit("c"));
    await turn();
    expect(answers.map(({ kind }) => kind).toSorted()).toEqual(["released", "stopped", "stopped"]);
    expect(sequencer.stopReason).toBe("the exchange stopped at command 2: money has appeared");
    expect(storage.lastSequence).toBe(1);
  });
});

describe("closing", () => {
  it("waits until all that was taken is durable, and takes nothing more", async () => {
    const { log, submit, sequencer } = setUp();
    log.holdBack();
    submit(deposit("a"));
    let closed = false;
    const closing = sequencer.close().then(() => {
      closed = true;
    });
    submit(deposit("b"));
    await turn();
    expect(closed).toBe(false);
    log.letThrough();
    await closing;
    expect(answers.map(({ kind }) => kind).toSorted()).toEqual(["released", "stopped"]);
    expect(stops).toEqual([]);
  });
});

describe("a long stream", () => {
  it("through the sequencer gives what the exchange gives alone", async () => {
    const { submit, exchange } = setUp();
    const commands = [...opening, ...exampleCommands(7, 2_000)];
    for (const command of commands) {
      submit(command);
      if (released.length % 3 === 0) await turn();
      clock.advanceBy(500);
    }
    await turn();
    const alone = new Exchange();
    for (const { sequence, timeUs, command, events } of released) {
      expect(alone.apply({ sequence, timeUs, command })).toEqual(events);
    }
    expect(released.map(({ command }) => command)).toEqual(commands);
    expect(exchange.stateHash()).toBe(alone.stateHash());
  });
});
