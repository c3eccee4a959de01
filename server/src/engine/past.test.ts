import { describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import { Exchange } from "../core/exchange.ts";
import { decodeCommands } from "../sequencer/command-codec.ts";
import { exampleCommands, opening } from "../sequencer/example-stream.fixture.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { MemoryHistory } from "../testing/memory-history.ts";
import { noSnapshots } from "./no-snapshots.ts";
import { liveThrough } from "./past.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const startUs = 1_700_000_000_000_000;

/** Stores that stay when an engine has closed them. */
function storesOf() {
  const storage = new MemoryLogStorage();
  const history = new MemoryHistory();
  const stores = {
    openLog: async () => new MemoryCommandLog(storage),
    openSnapshots: async () => noSnapshots,
    snapshotMaker: () => ({
      make: async () => ({ kind: "stored" }) as const,
      stop: async () => {},
    }),
    openHistory: async () => history,
  };
  return { storage, history, stores };
}

/** Those of the example's commands that name no order by its number, and that the exchange takes. */
function takenCommands(): readonly Command[] {
  const exchange = new Exchange();
  const commands = [...opening, ...exampleCommands(7, 3_000)];
  const named = commands.filter((command) => !("order" in command));
  return named.filter((command) => {
    const stamped = { sequence: exchange.sequence + 1, timeUs: startUs, command };
    return exchange.apply(stamped)[0]?.kind !== "refused";
  });
}

const stepsOf = (commands: readonly Command[]) =>
  commands.map((command, at) => ({ timeUs: startUs + at * 1_000_000, commands: [command] }));

/** What the log says, applied to an exchange of its own. */
async function replayed(storage: MemoryLogStorage) {
  const exchange = new Exchange();
  const times: number[] = [];
  let trades = 0;
  const opened = new MemoryCommandLog(storage);
  for await (const entry of opened.read(1)) {
    if (entry.kind !== "batch") throw new Error("the log is whole");
    const commands = decodeCommands(entry.payload, entry.count);
    if (typeof commands === "string") throw new Error(commands);
    for (const command of commands) {
      const stamped = { sequence: exchange.sequence + 1, timeUs: entry.timeUs, command };
      trades += exchange.apply(stamped).filter(({ kind }) => kind === "traded").length;
      times.push(entry.timeUs);
    }
  }
  await opened.close();
  return { exchange, times, trades };
}

describe("a past that an exchange lives through", () => {
  it("is in its log at the times of then, behind the log's beginning, and in its history", async () => {
    const { storage, history, stores } = storesOf();
    const commands = takenCommands();
    const shares: number[] = [];
    const steps = stepsOf(commands);
    const trades = await liveThrough({
      stores,
      log,
      steps,
      progress: (share) => shares.push(share),
    });

    const found = await replayed(storage);
    expect(found.times.slice(1)).toEqual([
      startUs + 1,
      ...steps.slice(1).map(({ timeUs }) => timeUs),
    ]);
    expect(found.trades).toBe(trades);
    expect(trades).toBeGreaterThan(100);
    expect(history.lastSequence).toBe(commands.length + 1);
    expect(shares).toEqual(shares.toSorted((left, right) => left - right));
    expect(shares.at(-1)).toBe(1);
  });

  it("is the same exchange each time", async () => {
    const steps = stepsOf(takenCommands());
    const hashes: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const { storage, stores } = storesOf();
      await liveThrough({ stores, log, steps, progress() {} });
      hashes.push((await replayed(storage)).exchange.stateHash());
    }
    expect(hashes[1]).toBe(hashes[0]);
  });

  it("is none where the exchange refuses any of it", async () => {
    const [first] = takenCommands();
    if (first === undefined) throw new Error("there are commands");
    const steps = stepsOf([first, { kind: "halt-market", market: "NO_SUCH" }]);
    await expect(
      liveThrough({ stores: storesOf().stores, log, steps, progress() {} }),
    ).rejects.toThrow("the exchange refused: unknown-market");
  });

  it("ends when it is not wanted any more", async () => {
    const { stores } = storesOf();
    const progress = () => {
      throw new Error("not wanted");
    };
    await expect(
      liveThrough({ stores, log, steps: stepsOf(takenCommands()), progress }),
    ).rejects.toThrow("not wanted");
  });
});
