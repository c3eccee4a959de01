/**
 * A program of its own: an exchange with its log and snapshots, in which as many orders rest as
 * the first argument says; then a user places and cancels orders, for some seconds alone and then while
 * state snapshots are made, and their memory is given back. It prints how long the thread that trades did
 * nothing else, as processor time, with the collections apart. What the machine itself takes, for interrupts
 * or other guests, is charged to whatever is running: so every time is looked at in rounds, since work comes
 * back in each, and a thread and a process beside it that have nothing to do show what is charged for nothing.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { systemClock } from "../../../server/src/adapters/clock/system-clock.ts";
import type { SqliteCommandLog } from "../../../server/src/adapters/sqlite/log/log.ts";
import { tuneCollector } from "../../../server/src/cli/collector.ts";
import type { Command } from "../../../server/src/core/commands.ts";
import { lots, ticks } from "../../../server/src/core/num/units.ts";
import { Engine } from "../../../server/src/engine/engine.ts";
import { engineStores } from "../../../server/src/main/stores/engine-stores.ts";
import type { Released } from "../../../server/src/ports/released.ts";
import type { SnapshotMaker } from "../../../server/src/ports/snapshot-maker.ts";
import { MemoryHistory } from "../../../server/src/testing/memory-history.ts";
import { withFolder } from "../load/disk.ts";
import { marketCode, setupCommands, userName } from "../load/order-commands.ts";
import { createRandom } from "../load/random.ts";

/** What the program prints, as JSON; milliseconds. */
export interface Standstill {
  readonly openOrders: number;
  /** The time without a snapshot, and while snapshots are made. */
  readonly alone: Slices;
  readonly beside: Slices;
  /** The first one, which reads the whole log. */
  readonly snapshotTookMs: number;
  /** Memory of the process at most, in MiB, before and while. */
  readonly residentBefore: number;
  readonly residentMax: number;
}

/** What a time was like, in rounds. */
export interface Slices {
  readonly commands: number;
  /** Most processor time between two turns of the event loop, collections taken out. */
  readonly longestMs: number;
  /** The same in the round in which it was least: what comes back in each round is no more than this. */
  readonly recurringMs: number;
  /** Exceeded by one turn in a thousand of those that did anything. */
  readonly p999Ms: number;
  /** What a thread with nothing to do was charged with likewise. */
  readonly idleThreadMs: number;
  /** And a process with nothing to do. */
  readonly idleProcessMs: number;
  /** And a process that computes a third of a millisecond in each turn, which is taken out. */
  readonly busyProcessMs: number;
  /** Longest collection, as wall time. */
  readonly longestCollectionMs: number;
}

const options = { seed: 20_261_127, markets: 6, users: 1_000, resting: 0, operations: 0 };
const middlePrice = 1_000_000;
const pricesOfSide = 1_000;
const rounds = 3;
/** The engine keeps the memory of a thread that has ended for some eight seconds. */
const givenBackMs = 10_000;
/** Placed and cancelled in a round without a snapshot: long enough for a part of each examination. */
const commandsOfRound = 20_000;
const silent = { debug() {}, info() {}, warn: console.error, error: console.error };

/** One turn, or a few short ones. */
interface Turn {
  readonly from: number;
  readonly to: number;
  readonly cpuMs: number;
}

const collections: { readonly from: number; readonly to: number }[] = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    collections.push({ from: startTime, to: startTime + duration });
  }
}).observe({ entryTypes: ["gc"] });

/** Millions of rows take a disk minutes, and are no work of the trading thread: nothing is kept of them. */
class ForgetfulHistory extends MemoryHistory {
  override record(released: readonly Released[], isUnfinished = false): void {
    super.record(
      released.map((each) => ({ ...each, events: [] })),
      isUnfinished,
    );
  }
}

tuneCollector();
const orders = Number(process.argv[2] ?? "1000000");
const random = createRandom(options.seed);
const idleProgram = new URL("./idle-program.ts", import.meta.url);
// Begun while this process is small: of a large one the system copies the tables of all its memory.
const idleProcess = fork(idleProgram, { execArgv: [] });
const busyProcess = fork(idleProgram, ["busy"], { execArgv: [] });
await withFolder(run);
for (const each of [idleProcess, busyProcess]) each.kill();

async function run(folder: string): Promise<void> {
  const setup = setupCommands(options);
  const stores = engineStores(folder, { log: silent, isPrepared: true });
  let maker: SnapshotMaker | undefined;
  const engine = await Engine.open({
    stores: {
      ...stores,
      snapshotMaker: (log: SqliteCommandLog) => {
        maker = stores.snapshotMaker(log);
        return maker;
      },
      openHistory: async () => new ForgetfulHistory(),
    },
    ...{ clock: systemClock(), log: silent },
    snapshotEvery: Number.POSITIVE_INFINITY,
  });
  await engine.start("none");
  const { sequencer } = engine;
  await submitAll(engine, setup);
  for (let at = 0; at < orders; at += 4_096) {
    const count = Math.min(4_096, orders - at);
    await submitAll(
      engine,
      Array.from({ length: count }, (_, index) => restingOrder(at + index)),
    );
    const reason = await engine.historyCaughtUp();
    if (reason !== undefined) throw new Error(reason);
  }
  const residentBefore = process.memoryUsage.rss() / 2 ** 20;
  const alone = await watch(engine, () => {
    const end = sequencer.durableSequence + commandsOfRound;
    return () => sequencer.durableSequence < end;
  });
  const tookMs: number[] = [];
  const beside = await watch(engine, () => {
    const from = performance.now();
    let goesOn = true;
    void maker?.make(sequencer.durableSequence).then(async ({ kind }) => {
      if (kind !== "stored") throw new Error(`no snapshot was made: ${kind}`);
      tookMs.push(performance.now() - from);
      await delay(givenBackMs);
      goesOn = false;
    });
    return () => goesOn;
  });
  const [snapshotTookMs = 0] = tookMs;
  const residentMax = process.resourceUsage().maxRSS / 1_024;
  const found: Standstill = {
    ...{ openOrders: orders, alone, beside, snapshotTookMs, residentBefore, residentMax },
  };
  console.log(JSON.stringify(found));
  await engine.stop();
}

/**
 * Has a user place and cancel orders for some rounds, each for as long as what `begin` answers is true, and
 * says what the turns of that time were like.
 */
async function watch(engine: Engine, begin: () => () => boolean): Promise<Slices> {
  const idleThread = new Worker(idleProgram, { execArgv: [] });
  await once(idleThread, "online");
  const idle = [idleThread, idleProcess, busyProcess];
  await Promise.all(idle.map(chargedFor));
  const startedAt = performance.now();
  const firstSequence = engine.sequencer.durableSequence;
  const turns: Turn[][] = [];
  const charged: (readonly number[])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    turns.push(await watchRound(engine, begin()));
    charged.push(await Promise.all(idle.map(chargedFor)));
  }
  const commands = engine.sequencer.durableSequence - firstSequence;
  // Collections are told later than they are.
  await delay(100);
  await idleThread.terminate();
  const meanwhile = collections.filter((one) => one.from >= startedAt);
  const own = turns.map((round) =>
    round
      .map((turn) => turn.cpuMs - within(turn, meanwhile))
      .filter((ms) => ms > 0)
      .sort((left, right) => left - right),
  );
  const longest = own.map((round) => round.at(-1) ?? 0);
  const sorted = own.flat().sort((left, right) => left - right);
  return {
    commands,
    longestMs: Math.max(...longest),
    recurringMs: Math.min(...longest),
    p999Ms: sorted[Math.floor(sorted.length * 0.999)] ?? 0,
    idleThreadMs: Math.min(...charged.map(([thread = 0]) => thread)),
    idleProcessMs: Math.min(...charged.map(([, ofProcess = 0]) => ofProcess)),
    busyProcessMs: Math.min(...charged.map(([, , ofBusy = 0]) => ofBusy)),
    longestCollectionMs: Math.max(0, ...meanwhile.map((one) => one.to - one.from)),
  };
}

/** The most that a thread or process with nothing to do was charged with since it was asked before. */
async function chargedFor(idle: Worker | ChildProcess): Promise<number> {
  const answer = once(idle, "message");
  if (idle instanceof Worker) idle.postMessage("charged");
  else idle.send("charged");
  const [longestMs] = (await answer) as [number];
  return longestMs;
}

async function watchRound(engine: Engine, goesOn: () => boolean): Promise<Turn[]> {
  const turns: Turn[] = [];
  let from = performance.now();
  let usage = process.threadCpuUsage();
  while (goesOn()) {
    placeAndCancel(engine);
    await delay(1);
    const to = performance.now();
    const { user, system } = process.threadCpuUsage(usage);
    usage = process.threadCpuUsage();
    turns.push({ from, to, cpuMs: (user + system) / 1_000 });
    from = to;
  }
  return turns;
}

/** How much of a turn collections took. */
function within(turn: Turn, meanwhile: readonly { from: number; to: number }[]): number {
  return meanwhile
    .map((one) => Math.min(turn.to, one.to) - Math.max(turn.from, one.from))
    .filter((ms) => ms > 0)
    .reduce((sum, ms) => sum + ms, 0);
}

function placeAndCancel({ sequencer }: Engine): void {
  sequencer.submit(restingOrder(Math.floor(random() * 1_000_000)), (submission) => {
    if (submission.kind !== "released") return;
    const { sequence, command } = submission.released;
    if (command.kind !== "place-limit") return;
    const { user } = command;
    sequencer.submit({ kind: "cancel-order", user, order: { id: sequence } }, () => {});
  });
}

async function submitAll({ sequencer }: Engine, commands: readonly Command[]): Promise<void> {
  for (const { kind } of await Promise.all(commands.map((each) => sequencer.submitted(each)))) {
    if (kind !== "released") throw new Error(`a command was not taken: ${kind}`);
  }
}

function restingOrder(order: number): Command {
  const side = order % 2 === 0 ? "buy" : "sell";
  const distance = 1 + Math.floor(random() * pricesOfSide);
  return {
    kind: "place-limit",
    user: userName(order % options.users),
    market: marketCode(order % options.markets),
    side,
    price: ticks(side === "buy" ? middlePrice - distance : middlePrice + distance),
    quantity: lots(1 + Math.floor(random() * 1_000)),
    timeInForce: "gtc",
  };
}
