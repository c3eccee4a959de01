import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import type { Command } from "../core/commands.ts";
import { Exchange } from "../core/exchange.ts";
import type { Released, Tick } from "../ports/released.ts";
import { Random } from "../simulation/random.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { CommandEncoder } from "./command-codec.ts";
import { exampleCommands, opening } from "./example-stream.fixture.ts";
import { Follower, type FollowerStop } from "./follower.ts";
import { Sequencer } from "./sequencer.ts";

type Draw = (below: number) => number;

function drawing(seed: number): Draw {
  const random = new Random(seed, "follower");
  return (below) => random.below(below);
}

/** Lets everything that is scheduled and promised happen. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** A writer on one log, and what it has shown. */
class Writer {
  readonly clock = new VirtualClock();
  readonly exchange: Exchange;
  readonly log: MemoryCommandLog;
  readonly sequencer: Sequencer;
  /** What left the writer, in order. */
  readonly left: (Released | Tick)[] = [];
  /** The state after each batch. */
  readonly hashes = new Map<number, string>();
  readonly #durable = new Exchange();

  constructor(log: MemoryCommandLog, exchange: Exchange = new Exchange()) {
    this.log = log;
    this.exchange = exchange;
    this.#durable.restore(exchange.snapshot());
    this.sequencer = new Sequencer({
      exchange,
      log,
      clock: this.clock,
      schedule: queueMicrotask,
      release: (released) => {
        this.left.push(...released);
        for (const { sequence, timeUs, command } of released) {
          this.#durable.apply({ sequence, timeUs, command });
        }
        this.hashes.set(this.#durable.sequence, this.#durable.stateHash());
      },
      tick: (tick) => this.left.push(tick),
    });
  }

  get released(): readonly Released[] {
    return this.left.filter((entry) => "command" in entry);
  }

  /** Submits commands in bursts, while batches wait for the disk now and then and time passes. */
  async work(commands: readonly Command[], draw: Draw): Promise<void> {
    for (const command of commands) {
      if (draw(8) === 0) this.log.holdBack();
      if (draw(4) === 0) this.log.letThrough(1 + draw(4));
      this.sequencer.submit(command, () => {});
      this.clock.advanceBy(draw(40_000));
      if (draw(3) === 0) await turn();
    }
    this.log.letThrough();
    await turn();
    this.log.letThrough();
    await turn();
  }
}

/** What a witness follows. */
type Followed = Pick<MemoryCommandLog, "epoch" | "failure" | "follow">;

/** A follower of a log and what it has shown, which may be cut and go on. */
class Witness {
  readonly exchange = new Exchange();
  readonly left: (Released | Tick)[] = [];
  readonly hashes = new Map<number, string>();
  readonly #log: Followed;
  readonly #pause: () => Promise<void> | undefined;
  #stop = new AbortController();
  follower: Follower;
  ended: Promise<FollowerStop>;

  constructor(log: Followed, pause: () => Promise<void> | undefined = () => undefined) {
    this.#log = log;
    this.#pause = pause;
    this.follower = this.#follow();
    this.ended = this.follower.run(this.#stop.signal);
  }

  get released(): readonly Released[] {
    return this.left.filter((entry) => "command" in entry);
  }

  /** Stops following; resolves when it has. */
  async cut(): Promise<FollowerStop> {
    this.#stop.abort();
    return await this.ended;
  }

  /** Follows again from where it was. */
  goOn(): void {
    this.#stop = new AbortController();
    this.follower = this.#follow();
    this.ended = this.follower.run(this.#stop.signal);
  }

  async reached(sequence: number): Promise<void> {
    await this.follower.read(() => undefined, sequence);
  }

  #follow(): Follower {
    const { exchange } = this;
    return new Follower({
      exchange,
      epoch: this.#log.epoch,
      log: this.#log,
      schedule: (task) => setImmediate(task),
      release: async (released) => {
        this.left.push(...released);
        this.hashes.set(exchange.sequence, exchange.stateHash());
        await this.#pause();
      },
      tick: (tick) => this.left.push(tick),
    });
  }
}

const seeds = Array.from({ length: rounds(4, 8) }, (_, index) => index + 1);

describe("a large batch", () => {
  it("lets others in, and is applied to its end by a follower that is told to stop meanwhile", async () => {
    const exchange = new Exchange();
    const commands = [...opening, ...exampleCommands(1, 400)];
    const encoder = new CommandEncoder();
    for (const command of commands) encoder.add(command);
    const batch = {
      firstSequence: 1,
      count: commands.length,
      timeUs: 1e15,
      payload: encoder.payload(),
    };
    const stop = new AbortController();
    const seen: number[] = [];
    const released: number[] = [];
    const follower = new Follower({
      exchange,
      epoch: "e",
      log: {
        ...{ epoch: "e", failure: undefined },
        async *follow() {
          yield { kind: "batch" as const, ...batch };
        },
      },
      schedule: (task) => {
        seen.push(exchange.sequence);
        stop.abort();
        setImmediate(task);
      },
      release: (entries) => void released.push(entries.length),
    });
    await follower.run(stop.signal);

    expect(seen.length).toBeGreaterThan(1);
    expect(seen[0]).toBeLessThan(commands.length);
    expect(exchange.sequence).toBe(commands.length);
    expect(released).toEqual([commands.length]);
  });
});

describe("followers beside a writer", () => {
  it.each(seeds)(
    "come to its state after each batch: at once, late, slow, and cut again and again (seed %i)",
    async (seed) => {
      const draw = drawing(seed);
      // Little is kept, so that whoever is behind reads from storage.
      const log = new MemoryCommandLog(new MemoryLogStorage(), { tailBytesMax: 3_000 });
      const writer = new Writer(log);
      const commands = [...opening, ...exampleCommands(seed, 300)];
      const slow = new Witness(log, async () => {
        for (let turns = draw(30); turns > 0; turns -= 1) await turn();
      });
      const broken = new Witness(log);
      const lateFrom = draw(commands.length);
      await writer.work(commands.slice(0, lateFrom), draw);
      const late = new Witness(log);
      for (let at = lateFrom; at < commands.length; ) {
        const piece = 1 + draw(60);
        await writer.work(commands.slice(at, at + piece), draw);
        at += piece;
        expect((await broken.cut()).kind).toBe("told");
        if (draw(2) === 0) await writer.work(exampleCommands(seed + at, 20), draw);
        broken.goOn();
      }

      const last = log.lastSequence;
      for (const witness of [slow, broken, late]) {
        await witness.reached(last);
        expect(witness.exchange.stateHash()).toBe(writer.exchange.stateHash());
        expect(witness.released).toEqual(writer.released);
        const wrong = [...witness.hashes].filter(
          ([sequence, hash]) => writer.hashes.get(sequence) !== hash,
        );
        expect(wrong).toEqual([]);
        await witness.cut();
      }
    },
  );

  it.each(seeds)(
    "release the same commands and ticks in the same order (seed %i)",
    async (seed) => {
      const draw = drawing(seed);
      const log = new MemoryCommandLog(new MemoryLogStorage());
      const writer = new Writer(log);
      const witness = new Witness(log);
      await turn();
      await writer.work([...opening, ...exampleCommands(seed, 150)], draw);
      await witness.reached(log.lastSequence);
      await until(() => witness.left.length === writer.left.length);

      expect(witness.left).toEqual(writer.left);
      expect(writer.left.length).toBeGreaterThan(writer.released.length);
      await witness.cut();
    },
  );
});

describe("a standby", () => {
  it.each(seeds)(
    "takes over at any moment: nothing acknowledged is lost, and the older writer adds nothing (seed %i)",
    async (seed) => {
      const draw = drawing(seed);
      const storage = new MemoryLogStorage();
      const older = new Writer(new MemoryCommandLog(storage));
      const standby = new Witness(older.log);
      const commands = [...opening, ...exampleCommands(seed, 200)];
      await older.work(commands.slice(0, 20 + draw(100)), draw);
      older.log.holdBack();
      for (const command of exampleCommands(seed + 100, 5)) {
        older.sequencer.submit(command, () => {});
        if (draw(2) === 0) await turn();
        if (draw(4) === 0) older.log.letThrough(1);
      }

      const log = new MemoryCommandLog(storage, { takesOver: true });
      await standby.reached(log.lastSequence);
      await standby.cut();
      const newer = new Writer(log, standby.exchange);
      const watcher = new Witness(log);
      await Promise.all([
        newer.work(exampleCommands(seed + 200, 100), draw),
        older.work(exampleCommands(seed + 300, 100), draw),
      ]);
      await watcher.reached(log.lastSequence);

      expect(older.sequencer.stopReason).toContain("another writer has taken over");
      expect(newer.sequencer.stopReason).toBeUndefined();
      expect([...older.released, ...newer.released]).toEqual(watcher.released);
      expect(watcher.exchange.stateHash()).toBe(newer.exchange.stateHash());
      await watcher.cut();
    },
  );
});

describe("reading at a follower", () => {
  let log: MemoryCommandLog;
  let writer: Writer;
  let witness: Witness;
  beforeEach(() => {
    log = new MemoryCommandLog(new MemoryLogStorage());
    writer = new Writer(log);
    witness = new Witness(log);
  });
  afterEach(async () => void (await witness.cut()));

  const submit = (commands: readonly Command[]) =>
    Promise.all(commands.map((command) => writer.sequencer.submitted(command)));

  it("shows what the writer has answered, once it is asked for with its sequence", async () => {
    const draw = drawing(1);
    for (let at = 0; at < 200; at += 5) {
      const answers = await submit([...opening, ...exampleCommands(1, 200)].slice(at, at + 5));
      const last = answers.at(-1);
      if (last?.kind !== "released") throw new Error("it was released");
      const { sequence } = last.released;
      if (draw(3) === 0) await turn();
      const balances = (exchange: Exchange) => [exchange.sequence, exchange.balances("ann")];
      const [there, here] = await Promise.all([
        writer.sequencer.read(balances),
        witness.follower.read(balances, sequence),
      ]);

      expect(here).toEqual(there);
    }
  });

  it("shows nothing that is not durable", async () => {
    log.holdBack();
    void submit(opening);
    await turn();
    expect(writer.exchange.sequence).toBe(opening.length);

    expect(await witness.follower.read((exchange) => exchange.sequence)).toEqual({
      kind: "durable",
      result: 0,
    });
  });

  it("waits for each one's sequence, in whatever order they ask", async () => {
    const order: number[] = [];
    const readings = [3, 1, 2, 3].map(async (sequence) => {
      const reading = await witness.follower.read((exchange) => exchange.sequence, sequence);
      order.push(sequence);
      return reading.kind === "durable" && reading.result >= sequence;
    });
    for (const command of opening.slice(0, 3)) {
      await submit([command]);
      await turn();
      await turn();
    }

    expect(await Promise.all(readings)).toEqual([true, true, true, true]);
    expect(order).toEqual([1, 2, 3, 3]);
  });

  it("is told why there will be no answer when the follower stops", async () => {
    const waiting = witness.follower.read(() => 0, 1);
    await log.close();
    await witness.ended;

    const stopped = { kind: "stopped", reason: "the log was closed" };
    expect(await waiting).toEqual(stopped);
    expect(await witness.follower.read(() => 0)).toEqual(stopped);
  });
});

describe("a follower stops", () => {
  let storage: MemoryLogStorage;
  let log: MemoryCommandLog;
  let writer: Writer;
  beforeEach(async () => {
    storage = new MemoryLogStorage();
    log = new MemoryCommandLog(storage);
    writer = new Writer(log);
    for (const command of opening.slice(0, 6)) await writer.sequencer.submitted(command);
  });

  it("when its state is not the one that another replica came to, and shows nothing of it", async () => {
    const witness = new Witness(log);
    expect(witness.follower.expectHash(3, writer.hashes.get(3) ?? "")).toBe(true);
    witness.follower.expectHash(5, writer.hashes.get(4) ?? "");

    expect(await witness.ended).toMatchObject({
      kind: "fault",
      reason: expect.stringContaining("the state after command 5 differs"),
    });
    expect(witness.released.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  });

  it("at the next entry when its present state differs; what is asked meanwhile is refused", async () => {
    const witness = new Witness(log);
    await witness.reached(6);
    const waiting = witness.follower.read(() => 0, 7);
    witness.follower.expectHash(6, writer.hashes.get(5) ?? "");
    const reason = expect.stringContaining("the state after command 6 differs");

    expect(await waiting).toEqual({ kind: "stopped", reason });
    expect(await witness.follower.read(() => 0)).toEqual({ kind: "stopped", reason });
    await writer.sequencer.submitted(opening[6] as Command);
    expect(await witness.ended).toEqual({ kind: "fault", reason });
    expect(witness.follower.stopped).toEqual({ kind: "fault", reason });
    expect(witness.exchange.sequence).toBe(6);
  });

  it("at a hole in the log", async () => {
    storage.batches.splice(2, 1);

    expect(await new Witness(log).ended).toEqual({
      kind: "fault",
      reason: "batch at sequence 4: commands from 3 on are missing",
    });
  });

  it("at damage", async () => {
    storage.corrupt(4);
    const witness = new Witness(log);

    expect(await witness.ended).toMatchObject({
      kind: "damage",
      reason: "the log in memory is damaged at sequence 4 (corrupt)",
    });
    expect(witness.exchange.sequence).toBe(3);
  });

  it("at what a newer release has written, and says that it is not damage", async () => {
    const damage = { kind: "damage", fault: "newer", sequence: 1, message: "newer" } as const;
    const newer = {
      ...{ epoch: log.epoch, failure: undefined },
      async *follow() {
        yield damage;
      },
    };
    expect(await new Witness(newer).ended).toEqual({ kind: "newer", reason: "newer" });
  });

  it("when the log ends before it does", async () => {
    const witness = new Witness(log);
    await witness.reached(6);
    await witness.cut();
    storage.batches.splice(4);
    witness.goOn();

    expect(await witness.ended).toMatchObject({
      kind: "damage",
      reason: expect.stringContaining("ends at command 4, but its follower knows commands up to 6"),
    });
  });

  it("when the log is another one than its state comes from", async () => {
    const follower = new Follower({
      exchange: new Exchange(),
      epoch: "f".repeat(32),
      log,
      schedule: (task) => setImmediate(task),
    });

    expect(await follower.run(new AbortController().signal)).toEqual({
      kind: "other-log",
      reason: `the log is ${"0".repeat(32)}, but the state comes from the log ${"f".repeat(32)}`,
    });
  });

  it("when the log has failed, after all that was durable", async () => {
    const witness = new Witness(log);
    await witness.reached(6);
    log.fail({ kind: "failure", fault: "failed", message: "the disk is gone" });

    expect(await witness.ended).toEqual({ kind: "log-ended", reason: "the disk is gone" });
  });

  it("and cannot be run again: another one goes on with its exchange", async () => {
    const witness = new Witness(log);
    await witness.reached(6);
    const { follower } = witness;
    await expect(follower.run(new AbortController().signal)).rejects.toThrow("runs once");
    await witness.cut();
    await expect(follower.run(new AbortController().signal)).rejects.toThrow("runs once");

    witness.goOn();
    await writer.sequencer.submitted(opening[6] as Command);
    await witness.reached(7);
    expect(witness.exchange.stateHash()).toBe(writer.exchange.stateHash());
    await witness.cut();
  });
});
