import { beforeEach, describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import { Exchange } from "../core/exchange.ts";
import { type Tick, tickUs } from "../ports/released.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { defaultStartUs, VirtualClock } from "../testing/virtual-clock.ts";
import { rulesOf } from "./example-stream.fixture.ts";
import { Sequencer } from "./sequencer.ts";

const addMarket: Command = { kind: "add-market", rules: rulesOf("BTC", "USDT") };
const full = { kind: "failure", fault: "disk-full", message: "no room on the disk" } as const;

let clock: VirtualClock;
let storage: MemoryLogStorage;
let log: MemoryCommandLog;
let sequencer: Sequencer;
/** What leaves the sequencer, in order: sequences of commands, and ticks. */
let left: (number | Tick)[];

beforeEach(() => {
  clock = new VirtualClock();
  storage = new MemoryLogStorage();
  log = new MemoryCommandLog(storage);
  left = [];
  sequencer = new Sequencer({
    exchange: new Exchange(),
    log,
    clock,
    schedule: queueMicrotask,
    release: (released) => left.push(...released.map(({ sequence }) => sequence)),
    tick: (tick) => left.push(tick),
  });
});

/** Lets promises settle. */
async function settle(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await Promise.resolve();
}

async function submit(): Promise<void> {
  sequencer.submit(addMarket, () => {});
  await settle();
}

async function pass(us: number): Promise<void> {
  for (let left = us; left > 0; left -= tickUs) {
    clock.advanceBy(Math.min(left, tickUs));
    await settle();
  }
}

/** The tick after command `sequence`, so many microseconds after the start. */
function tick(sequence: number, afterUs: number): Tick {
  const timeUs = defaultStartUs + afterUs;
  return { sequence, timeUs, tick: Math.floor(timeUs / tickUs) };
}

describe("ticks", () => {
  it("come at each tenth of a second, also while no command comes, and are in no log", async () => {
    await pass(99_999);
    expect(left).toEqual([]);
    await pass(1);
    await submit();
    await pass(100_000);
    await pass(100_000);

    expect(left).toEqual([tick(0, 100_000), 1, tick(1, 200_000), tick(1, 300_000)]);
    expect(storage.batches.length).toBe(1);
  });

  it("leave the sequencer when all before them is durable, and before all after them", async () => {
    log.holdBack();
    await submit();
    await pass(100_000);
    await submit();
    expect(left).toEqual([]);

    log.letThrough(1);
    await settle();
    expect(left).toEqual([1]);
    log.letThrough(1);
    await settle();
    expect(left).toEqual([1, tick(1, 100_000)]);
    log.letThrough();
    await settle();
    expect(left).toEqual([1, tick(1, 100_000), 2]);
  });

  it("come after what this turn has submitted", async () => {
    sequencer.submit(addMarket, () => {});
    await pass(100_000);

    expect(left).toEqual([1, tick(1, 100_000)]);
  });

  it("that have to wait take the place of those after them", async () => {
    log.holdBack();
    await submit();
    await pass(3_000_000);
    log.letThrough();
    await settle();
    await pass(100_000);
    log.letThrough();
    await settle();

    expect(left).toEqual([1, tick(1, 100_000), tick(1, 3_100_000)]);
  });

  it("go on while the disk is full, unless a command waits for it", async () => {
    log.stallWith(full);
    log.letThrough();
    await pass(100_000);
    log.letThrough();
    await settle();

    expect(left).toEqual([tick(0, 100_000)]);
  });

  it("go on while a command waits for the disk, after what is durable, and do not come again later", async () => {
    await submit();
    log.holdBack();
    await submit();
    await pass(100_000);
    log.stallWith(full);
    await pass(100_000);
    await pass(100_000);
    expect(left).toEqual([1, tick(1, 200_000), tick(1, 300_000)]);

    log.goOn();
    await settle();
    await pass(100_000);
    expect(left.slice(3)).toEqual([2, tick(2, 400_000)]);
  });

  it("never come twice or go back, and no command after one is older, though the clock goes back", async () => {
    await submit();
    await pass(250_000);
    clock.stepWallBy(-10_000_000);
    await pass(5_000_000);
    await submit();
    await pass(5_200_000);

    const { timeUs } = storage.batches[1] ?? { timeUs: 0 };
    expect(timeUs).toBe(defaultStartUs + 200_000);
    expect(left).toEqual([
      1,
      tick(1, 100_000),
      tick(1, 200_000),
      2,
      tick(2, 300_000),
      tick(2, 400_000),
    ]);
  });

  it("are not before the last command, whose time may be ahead of the clock", async () => {
    await pass(250_000);
    await submit();
    clock.stepWallBy(-200_000);
    left = [];
    await pass(249_999);
    expect(left).toEqual([]);
    await pass(1);

    expect(left).toEqual([tick(1, 300_000)]);
  });

  it("go on after the last durable command when the writer has stopped", async () => {
    await submit();
    log.holdBack();
    await submit();
    log.fail(full);
    await settle();
    await pass(100_000);
    await pass(100_000);

    expect(left).toEqual([1, tick(1, 100_000), tick(1, 200_000)]);
  });

  it("find out that another writer has taken over, and end", async () => {
    await submit();
    new MemoryCommandLog(storage, { takesOver: true });
    await pass(500_000);

    expect(left).toEqual([1]);
    expect(sequencer.stopReason).toContain("another writer has taken over");
  });

  it("end when the writer is closed, and give their timer back", async () => {
    log.holdBack();
    await submit();
    await pass(100_000);
    const closing = sequencer.close();
    log.letThrough();
    await closing;
    await pass(1_000_000);

    expect(left).toEqual([1]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("are made only for somebody who takes them", async () => {
    await sequencer.close();
    new Sequencer({
      exchange: new Exchange(),
      log,
      clock,
      schedule: queueMicrotask,
      release: () => {},
    });

    expect(clock.pendingTimers).toBe(0);
  });
});
