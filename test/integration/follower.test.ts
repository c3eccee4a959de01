/** A follower in the writer's process, on the log of a file: the real thread, the real disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openCommandLog } from "../../server/src/adapters/sqlite/log/log.ts";
import { Exchange } from "../../server/src/core/exchange.ts";
import type { CommandLog } from "../../server/src/ports/command-log.ts";
import type { Released, Tick } from "../../server/src/ports/released.ts";
import { exampleCommands, opening } from "../../server/src/sequencer/example-stream.fixture.ts";
import { Follower } from "../../server/src/sequencer/follower.ts";
import { Sequencer } from "../../server/src/sequencer/sequencer.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { VirtualClock } from "../../server/src/testing/virtual-clock.ts";

let folder: string;
let log: CommandLog;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-follower-"));
  const opened = await openCommandLog({ file: join(folder, "commands.db") });
  if (opened.kind === "refused") throw new Error(opened.message);
  log = opened.log;
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

/** Follows with an exchange of its own. */
function follow() {
  const exchange = new Exchange();
  const left: (Released | Tick)[] = [];
  const follower = new Follower({
    exchange,
    epoch: log.epoch,
    log,
    schedule: (task) => setImmediate(task),
    release: (released) => void left.push(...released),
    tick: (tick) => void left.push(tick),
  });
  return { exchange, left, follower, ended: follower.run(new AbortController().signal) };
}

it("comes to the writer's state, with its events and ticks in order, also when it came late", async () => {
  const seed = 7;
  const random = new Random(seed, "follower");
  const clock = new VirtualClock();
  const exchange = new Exchange();
  const left: (Released | Tick)[] = [];
  const writer = new Sequencer({
    exchange,
    log,
    clock,
    schedule: (task) => setImmediate(task),
    release: (released) => void left.push(...released),
    tick: (tick) => void left.push(tick),
  });
  const first = follow();
  let late = first;
  const commands = [...opening, ...exampleCommands(seed, 600)];
  for (const [index, command] of commands.entries()) {
    const submitted = writer.submitted(command);
    clock.advanceBy(random.below(20_000));
    const isLast = index === commands.length - 1;
    if (random.below(10) === 0 || isLast) await submitted;
    if (index === 300) late = follow();
  }
  // The writer leaves out a tick that is under way when it is closed.
  await new Promise((resolve) => setImmediate(resolve));
  await writer.close();
  const hashAt = { kind: "durable", result: exchange.stateHash() };
  for (const { follower } of [first, late]) {
    expect(await follower.read((state) => state.stateHash(), commands.length)).toEqual(hashAt);
  }
  await log.close();

  expect(first.left).toEqual(left);
  expect(late.left.filter((entry) => "command" in entry)).toEqual(
    left.filter((entry) => "command" in entry),
  );
  expect(left.length).toBeGreaterThan(commands.length);
  expect(await first.ended).toEqual({ kind: "log-ended", reason: "the log was closed" });
  expect((await late.ended).kind).toBe("log-ended");
});
