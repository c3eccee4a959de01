/** Who is told when of what the exchange has released. */
import { beforeEach, describe, expect, it } from "vitest";
import { Exchange } from "../core/exchange.ts";
import { rulesOf } from "../core/scenario.fixture.ts";
import type { Released, Submission } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";
import { Sequencer } from "../sequencer/sequencer.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { type OwnStages, type Pipeline, pipelineOf, type Stages } from "./pipeline.ts";
import { toldEventsMax } from "./release-line.ts";

/** Who was told, in order. */
let told: string[];
/** What waits for the next turn of the event loop. */
let turns: (() => void)[];

beforeEach(() => {
  told = [];
  turns = [];
});

const nextTurn = () => turns.shift()?.();

/** A stage that notes that it was told, and of which command or tick. */
function noting(name: string): Stage {
  return {
    take: (released) => told.push(...released.map(({ sequence }) => `${name} ${sequence}`)),
    tick: ({ tick }) => told.push(`${name} tick ${tick}`),
  };
}

const names = ["board", "listings", "localFeed", "agents", "marketStates", "trades", "accounts"];

function pipelineWith(other: Partial<Stages & OwnStages> = {}): Pipeline {
  const stages = Object.fromEntries(names.map((name) => [name, noting(name)]));
  const own = { history: noting("history"), snapshots: noting("snapshots") };
  const given = { ...stages, ...other } as unknown as Stages;
  return pipelineOf({ ...own, ...other }, given, (task) => turns.push(task));
}

function command(sequence: number, events = 1): Released {
  return {
    sequence,
    timeUs: sequence,
    command: { kind: "cancel-all", user: "a" },
    events: Array.from({ length: events }, () => ({ kind: "refused", reason: "unknown-market" })),
  };
}

describe("what was released", () => {
  it("passes every stage in this order", () => {
    pipelineWith().release([command(1)]);
    expect(told).toEqual([
      "history 1",
      "board 1",
      "listings 1",
      "localFeed 1",
      "agents 1",
      "marketStates 1",
      "trades 1",
      "accounts 1",
      "snapshots 1",
    ]);
  });

  it("is answered when it has passed them all", async () => {
    const pipeline = pipelineWith();
    const sequencer = new Sequencer({
      exchange: new Exchange(),
      log: new MemoryCommandLog(new MemoryLogStorage()),
      clock: new VirtualClock(),
      schedule: queueMicrotask,
      release: (released) => pipeline.release(released),
    });
    const answered = (submission: Submission) => told.push(submission.kind);
    await new Promise<void>((resolve) => {
      sequencer.submit({ kind: "add-market", rules: rulesOf("BTC", "USDT") }, (submission) => {
        answered(submission);
        resolve();
      });
    });
    expect(told).toHaveLength(10);
    expect(told.at(-1)).toBe("released");
  });

  it("passes an engine that nobody watches, too", () => {
    const own = { history: noting("history"), snapshots: noting("snapshots") };
    const pipeline = pipelineOf(own, "none", (task) => turns.push(task));
    pipeline.release([command(1)]);
    expect(told).toEqual(["history 1", "snapshots 1"]);
  });
});

describe("a command with many events", () => {
  it("is told to the streams in slices, and to all others as a whole at once", () => {
    const pipeline = pipelineWith();
    pipeline.release([command(1, 2 * toldEventsMax + 1)]);
    pipeline.release([command(2)]);
    expect(told.filter((line) => line.startsWith("trades"))).toEqual(["trades 1"]);
    expect(told.filter((line) => line.startsWith("board"))).toEqual(["board 1", "board 2"]);
    expect(told.filter((line) => line.startsWith("snapshots"))).toHaveLength(2);

    nextTurn();
    nextTurn();
    expect(told.filter((line) => line.startsWith("trades"))).toEqual([
      "trades 1",
      "trades 1",
      "trades 1",
      "trades 2",
    ]);
    expect(pipeline.untoldEvents).toBe(0);
  });

  it("is told to the end when the exchange is closed", () => {
    const pipeline = pipelineWith();
    pipeline.release([command(1, 3 * toldEventsMax)]);
    pipeline.finish();
    expect(told.filter((line) => line.startsWith("accounts"))).toHaveLength(3);
  });
});

describe("a tick", () => {
  it("passes the stages that know the state as it is then, in their order, and waits for no slice", () => {
    const pipeline = pipelineWith();
    pipeline.release([command(1, 2 * toldEventsMax)]);
    told = [];
    pipeline.tick({ sequence: 1, timeUs: 700_000, tick: 7 });
    expect(told).toEqual([
      "history tick 7",
      "board tick 7",
      "listings tick 7",
      "localFeed tick 7",
      "agents tick 7",
      "marketStates tick 7",
    ]);
  });
});

describe("a stage that lags", () => {
  it("holds the exchange back through the pipeline's one signal, whichever stage it is", () => {
    for (const name of ["history", ...names]) {
      let hasRoom = true;
      const stage: Stage = {
        get hasRoom() {
          return hasRoom;
        },
      };
      const pipeline = pipelineWith({ [name]: stage });
      expect(pipeline.hasRoom).toBe(true);
      hasRoom = false;
      expect(pipeline.hasRoom).toBe(false);
    }
  });
});

describe("a stage that throws", () => {
  it("is a bug: it is not passed over, and none behind it is told what it has not taken", () => {
    const broken: Stage = {
      take() {
        throw new Error("broken");
      },
    };
    expect(() => pipelineWith({ localFeed: broken }).release([command(1)])).toThrow("broken");
    expect(told).toEqual(["history 1", "board 1", "listings 1"]);
  });
});
