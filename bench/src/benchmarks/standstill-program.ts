/**
 * A program of its own: an exchange with its log and snapshots, in which as many orders rest as
 * the first argument says; then a user places and cancels orders, for some seconds alone and then while
 * a state snapshot is made. It prints how long the thread that trades did nothing else, as processor
 * time, with the collections apart.
 */
import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../../../server/src/adapters/clock/system-clock.ts";
import { tuneCollector } from "../../../server/src/cli/collector.ts";
import type { Command } from "../../../server/src/core/commands.ts";
import { lots, ticks } from "../../../server/src/core/num/units.ts";
import { Engine } from "../../../server/src/engine/engine.ts";
import { engineStores } from "../../../server/src/main/stores/engine-stores.ts";
import type { Released } from "../../../server/src/ports/released.ts";
import { MemoryHistory } from "../../../server/src/testing/memory-history.ts";
import { withFolder } from "../load/disk.ts";
import { marketCode, setupCommands, userName } from "../load/order-commands.ts";
import { createRandom } from "../load/random.ts";

/** What the program prints, as JSON; milliseconds. */
export interface Standstill {
  readonly openOrders: number;
  /** The time before a snapshot is due, and while it is made. */
  readonly alone: Slices;
  readonly beside: Slices;
  readonly snapshotTookMs: number;
  /** Memory of the process at most, in MiB, before and while. */
  readonly residentBefore: number;
  readonly residentMax: number;
}

/** What a time was like. */
export interface Slices {
  readonly commands: number;
  /** Most processor time between two turns of the event loop, collections taken out. */
  readonly longestMs: number;
  /** The same, exceeded by one turn in a thousand of those that did anything. */
  readonly p999Ms: number;
  /** Longest collection, as wall time. */
  readonly longestCollectionMs: number;
}

const options = { seed: 20_261_127, markets: 6, users: 1_000, resting: 0, operations: 0 };
const middlePrice = 1_000_000;
const pricesOfSide = 1_000;
/** Placed and cancelled before the snapshot is due: long enough for an examination of the state. */
const commandsAlone = 60_000;
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
await withFolder(run);

async function run(folder: string): Promise<void> {
  const setup = setupCommands(options);
  const due = setup.length + orders + commandsAlone;
  const engine = await Engine.open({
    stores: {
      ...engineStores(folder, { log: silent }),
      openHistory: async () => new ForgetfulHistory(),
    },
    ...{ clock: systemClock(), log: silent },
    snapshotEvery: due,
  });
  await engine.start("none");
  const { snapshotter, sequencer } = engine;
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
  const alone = await watch(engine, () => sequencer.durableSequence < due - 100);
  const dueMs = performance.now();
  const beside = await watch(engine, () => snapshotter.lastSequence === 0);
  const snapshotTookMs = performance.now() - dueMs;
  const residentMax = process.resourceUsage().maxRSS / 1_024;
  const found: Standstill = {
    ...{ openOrders: orders, alone, beside, snapshotTookMs, residentBefore, residentMax },
  };
  console.log(JSON.stringify(found));
  await engine.stop();
}

/** Has a user place and cancel orders while `goesOn`, and says what the turns of that time were like. */
async function watch(engine: Engine, goesOn: () => boolean): Promise<Slices> {
  const turns: Turn[] = [];
  const startedAt = performance.now();
  const firstSequence = engine.sequencer.durableSequence;
  let from = startedAt;
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
  // Collections are told later than they are.
  await delay(100);
  const meanwhile = collections.filter((one) => one.from >= startedAt);
  const own = turns.map((turn) => turn.cpuMs - within(turn, meanwhile));
  const sorted = own.filter((ms) => ms > 0).sort((left, right) => left - right);
  return {
    commands: engine.sequencer.durableSequence - firstSequence,
    longestMs: sorted.at(-1) ?? 0,
    p999Ms: sorted[Math.floor(sorted.length * 0.999)] ?? 0,
    longestCollectionMs: Math.max(0, ...meanwhile.map((one) => one.to - one.from)),
  };
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
