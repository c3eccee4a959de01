/** One order that fills thousands of others, on a real log: who is told of it when. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../adapters/clock/system-clock.ts";
import type { Command } from "../core/commands.ts";
import { lots, ticks } from "../core/num/units.ts";
import { money, rulesOf } from "../core/scenario.fixture.ts";
import { engineStores } from "../main/stores/engine-stores.ts";
import type { Released } from "../ports/released.ts";
import { Engine } from "./engine.ts";
import { toldEventsMax } from "./release-line.ts";

const orders = 1_000;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), "openbourse-sweep-"));
const market = "BTC_USDT";
const released: Released[] = [];
const slices: (readonly Released[])[] = [];
let engine: Engine;

const rest = (user: string, price: number): Command => ({
  kind: "place-limit",
  ...{ user, market, side: "sell", price: ticks(price), quantity: lots(1), timeInForce: "gtc" },
});
const sweep: Command = {
  kind: "place-market",
  ...{ user: "bob", market, side: "buy", size: { quantity: lots(orders) } },
};
const sum = (list: readonly Released[]) => list.reduce((all, { events }) => all + events.length, 0);

beforeAll(async () => {
  engine = await Engine.open({
    stores: engineStores(folder, { log }),
    clock: systemClock(),
    log,
    snapshotEvery: 1_000_000,
  });
  const idle = {};
  await engine.start({
    ...{ listings: idle, localFeed: idle, agents: undefined, marketStates: idle },
    ...{ accounts: idle, positions: idle },
    board: { take: (batch) => released.push(...batch) },
    trades: { take: (slice) => slices.push(slice) },
  });
  const rules = rulesOf("BTC", "USDT", { marketOrderBandPpm: 1_000_000 });
  await engine.sequencer.submitted({ kind: "add-market", rules });
  const amount = money("1000000");
  for (const [user, currency] of [
    ["ann", "BTC"],
    ["bob", "USDT"],
  ] as const) {
    await engine.sequencer.submitted({ kind: "deposit", user, currency, amount, key: "k" });
  }
  await Promise.all(
    Array.from({ length: orders }, (_, at) =>
      engine.sequencer.submitted(rest("ann", 10 + (at % 10))),
    ),
  );
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true });
});

describe("an order that fills a thousand others", () => {
  it("is answered when it is on the board, before the streams are told all of it", async () => {
    const submission = await engine.sequencer.submitted(sweep);
    expect(submission.kind).toBe("released");
    const events = released.at(-1)?.events.length ?? 0;
    expect(events).toBeGreaterThan(8 * orders);
    expect(engine.untoldEvents).toBeGreaterThan(events - 3 * toldEventsMax);
  });

  it("is told in slices, wholly, before what came after it, and is in the history", async () => {
    await engine.sequencer.submitted(rest("ann", 50));
    await engine.historyCaughtUp();
    while (engine.untoldEvents > 0) await new Promise((resolve) => setImmediate(resolve));

    for (const slice of slices) expect(sum(slice)).toBeLessThanOrEqual(toldEventsMax);
    const flat = (list: readonly Released[]) =>
      list.flatMap(({ sequence, events }) => events.map((event) => [sequence, event]));
    const [told, happened] = [flat(slices.flat()), flat(released)];
    expect(told).toHaveLength(happened.length);
    for (const [at, [sequence, event]] of told.entries()) {
      if (sequence !== happened[at]?.[0] || event !== happened[at]?.[1])
        expect(at).toBe("in order");
    }
    const trades = await engine.history.trades({ market, limit: 1_000 });
    expect(trades).toHaveLength(orders);
  });
});
