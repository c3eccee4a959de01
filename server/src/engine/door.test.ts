import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command, PlaceLimit, Transfer } from "../core/commands.ts";
import { lots, ticks } from "../core/num/units.ts";
import { standardParameters } from "../core/parameters.ts";
import { money, rulesOf } from "../core/scenario.fixture.ts";
import { engineFiles } from "../main/stores/engine-files.ts";
import { engineStores } from "../main/stores/engine-stores.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Engine } from "./engine.ts";

const rememberedMax = standardParameters.limits.closedClientIdsPerUserMax;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), "openbourse-desk-"));

/** A virtual clock that stands still hands nothing over to the history unless somebody waits for it. */
const clock = new VirtualClock();
let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
  await submit({ kind: "add-market", rules: rulesOf("BTC", "USDT") });
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true });
});

describe("a client id that the exchange has forgotten", () => {
  it("is refused although the history is behind, and is nobody else's", async () => {
    await endow("ann");
    await endow("bob");
    await openAndClose("ann", 0, rememberedMax);
    expect(engine.exchange.clientIdsForgottenUpTo("ann")).toBe(0);
    await openAndClose("ann", rememberedMax, 1);
    expect(engine.exchange.clientIdsForgottenUpTo("ann")).toBeGreaterThan(
      engine.history.lastSequence,
    );

    expect(await engine.door.submit(order("ann", "id 0"))).toEqual(duplicate);
    expect(await engine.door.submit(order("bob", "id 0"))).toMatchObject(taken);
    expect(await engine.door.submit(order("ann", "never used"))).toMatchObject(taken);
  });

  it("is looked up without a wait when the history holds all that was forgotten", async () => {
    await endow("joe");
    await openAndClose("joe", 0, rememberedMax);
    await engine.historyCaughtUp();
    await openAndClose("joe", rememberedMax, 1);
    const { lastSequence } = engine.history;
    expect(lastSequence).toBeLessThan(engine.sequencer.durableSequence);

    expect(await engine.door.submit(order("joe", "id 0"))).toEqual(duplicate);
    expect(engine.history.lastSequence).toBe(lastSequence);
  });
});

describe("an order that the exchange would refuse", () => {
  it.each<[string, Command, string]>([
    ["of a stranger", order("nobody", "x"), "insufficient-funds"],
    ["that cannot be paid", { ...order("pol", "x"), quantity: lots(1_001) }, "insufficient-funds"],
    ["in no market", { ...order("pol", "x"), market: "NO_SUCH" }, "unknown-market"],
    [
      "too small",
      { ...order("pol", "x"), price: ticks(1), quantity: lots(0) },
      "quantity-precision",
    ],
    [
      "to cancel what is not open",
      { kind: "cancel-order", user: "pol", order: { id: 1 } },
      "unknown-order",
    ],
  ])("%s is refused and costs the log nothing", async (_, command, reason) => {
    if (engine.exchange.balances("pol").length === 0) await endow("pol");
    const { sequence } = engine.exchange;
    const { refused } = engine.door;
    for (let times = 0; times < 100; times += 1) {
      expect(await engine.door.submit(command)).toEqual({ kind: "refused", reason });
    }
    expect(engine.exchange.sequence).toBe(sequence);
    expect(engine.door.refused).toBe(refused + 100);
  });

  it("is told so when that by which it was judged is durable", async () => {
    await endow("sue");
    const first = engine.sequencer.submitted({ ...order("sue", "a"), quantity: lots(1_000) });
    const { sequence } = engine.exchange;
    expect(engine.sequencer.durableSequence).toBeLessThan(sequence);
    expect(await engine.door.submit(order("sue", "b"))).toMatchObject({ kind: "refused" });
    expect(engine.sequencer.durableSequence).toBeGreaterThanOrEqual(sequence);
    await first;
  });
});

const duplicate = { kind: "refused", reason: "duplicate-client-id" };
const taken = { kind: "released", released: { events: [{ kind: "order-opened" }, {}, {}] } };

function order(user: string, clientId: string): PlaceLimit {
  const market = "BTC_USDT";
  const terms = { price: ticks(1), quantity: lots(1), timeInForce: "gtc" } as const;
  return { kind: "place-limit", user, side: "buy", market, ...terms, clientId };
}

describe("a transfer key that the exchange has forgotten", () => {
  const transfer = (key: string, changes: Partial<Transfer> = {}): Transfer => ({
    ...{ kind: "deposit", user: "zoe", currency: "USDT", amount: money("5"), key },
    ...changes,
  });

  it("moves no money a second time, neither at once, nor after a restart, nor with a rebuilt history", async () => {
    await submit(transfer("once"));
    await submit(transfer("taken", { kind: "withdraw", amount: money("1") }));
    const others = Array.from(
      { length: standardParameters.limits.transferKeysPerUserMax },
      (_, index) => submit(transfer(`other ${index}`)),
    );
    await Promise.all(others);
    const before = engine.exchange.balances("zoe");
    const { sequence } = engine.exchange;

    for (const start of ["none", "snapshot", "log"]) {
      if (start !== "none") await engine.stop();
      if (start === "log") rmSync(engineFiles(folder).history);
      if (start !== "none") engine = await openEngine();
      const again = await engine.door.submit(transfer("once"));
      expect(again).toMatchObject({
        kind: "released",
        released: { events: [{ kind: "transferred", key: "once", repeated: true }] },
      });
      expect(
        await engine.door.submit(transfer("taken", { kind: "withdraw", amount: money("1") })),
      ).toMatchObject({ released: { events: [{ repeated: true }] } });
      for (const changes of [{ amount: money("6") }, { kind: "withdraw" as const }]) {
        expect(await engine.door.submit(transfer("once", changes))).toEqual({
          kind: "refused",
          reason: "transfer-key-reused",
        });
      }
      expect(engine.exchange.balances("zoe")).toEqual(before);
      expect(engine.exchange.sequence).toBe(sequence);
    }
  });
});

describe("a history that an older version wrote", () => {
  const tamper = (version: number): void => {
    const database = new DatabaseSync(engineFiles(folder).history);
    database.exec(`PRAGMA user_version = ${version}`);
    database.close();
  };

  it("is rebuilt from the log at the start", async () => {
    await engine.historyCaughtUp();
    const digest = await engine.history.digest();
    await engine.stop();
    tamper(3);

    engine = await openEngine();
    await engine.historyCaughtUp();
    expect(await engine.history.digest()).toEqual(digest);
  });

  it("stays as it is when the log lacks what is in it", async () => {
    await engine.stop();
    tamper(3);
    const { history } = engineFiles(folder);
    const database = new DatabaseSync(history);
    database.exec("UPDATE progress SET last_sequence = last_sequence + 1");
    database.close();
    const bytes = readFileSync(history);

    await expect(openEngine()).rejects.toThrow("history.db knows commands up to");
    expect(readFileSync(history)).toEqual(bytes);
    rmSync(history);
    engine = await openEngine();
  });
});

async function openEngine(): Promise<Engine> {
  const opened = await Engine.open({
    stores: engineStores(folder, { log }),
    clock,
    log,
    snapshotEvery: 1_000_000,
  });
  await opened.start("none");
  return opened;
}

async function endow(user: string): Promise<void> {
  const amount = money("1000");
  await submit({ kind: "deposit", user, currency: "USDT", amount, key: `for ${user}` });
}

/** Places and cancels orders with the client ids `id FROM` and on. */
async function openAndClose(user: string, from: number, count: number): Promise<void> {
  const submitted: Promise<void>[] = [];
  for (let number = from; number < from + count; number += 1) {
    const clientId = `id ${number}`;
    submitted.push(submit(order(user, clientId)));
    submitted.push(submit({ kind: "cancel-order", user, order: { clientId } }));
  }
  await Promise.all(submitted);
}

async function submit(command: Command): Promise<void> {
  const submission = await engine.sequencer.submitted(command);
  expect(submission).toMatchObject({ kind: "released" });
  if (submission.kind !== "released") return;
  expect(submission.released.events).not.toMatchObject([{ kind: "refused" }]);
}
