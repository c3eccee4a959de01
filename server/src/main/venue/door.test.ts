import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VirtualClock } from "../../adapters/clock/virtual-clock.ts";
import type { Command } from "../../core/commands.ts";
import { lots, ticks } from "../../core/num/units.ts";
import { money, rulesOf } from "../../core/scenario.contract.ts";
import { standardLimits } from "../../core/trading/state.ts";
import { Venue } from "./venue.ts";

const rememberedMax = standardLimits.closedClientIdsPerUserMax;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), "openbourse-desk-"));

/** A virtual clock that stands still hands nothing over to the history unless somebody waits for it. */
const clock = new VirtualClock();
let venue: Venue;

beforeAll(async () => {
  venue = await Venue.open({ folder, clock, log, snapshotEvery: 1_000_000 });
  await submit({ kind: "add-market", rules: rulesOf("BTC", "USDT") });
});
afterAll(async () => {
  await venue.stop();
  rmSync(folder, { recursive: true });
});

describe("a client id that the exchange has forgotten", () => {
  it("is refused although the history is behind, and is nobody else's", async () => {
    await endow("ann");
    await endow("bob");
    await openAndClose("ann", 0, rememberedMax);
    expect(venue.exchange.clientIdsForgottenUpTo("ann")).toBe(0);
    await openAndClose("ann", rememberedMax, 1);
    expect(venue.exchange.clientIdsForgottenUpTo("ann")).toBeGreaterThan(
      venue.history.lastSequence,
    );

    expect(await venue.door.submit(order("ann", "id 0"))).toEqual(duplicate);
    expect(await venue.door.submit(order("bob", "id 0"))).toMatchObject(taken);
    expect(await venue.door.submit(order("ann", "never used"))).toMatchObject(taken);
  });

  it("is looked up without a wait when the history holds all that was forgotten", async () => {
    await endow("joe");
    await openAndClose("joe", 0, rememberedMax);
    await venue.historyCaughtUp();
    await openAndClose("joe", rememberedMax, 1);
    const { lastSequence } = venue.history;
    expect(lastSequence).toBeLessThan(venue.sequencer.durableSequence);

    expect(await venue.door.submit(order("joe", "id 0"))).toEqual(duplicate);
    expect(venue.history.lastSequence).toBe(lastSequence);
  });
});

const duplicate = { kind: "refused", reason: "duplicate-client-id" };
const taken = { kind: "released", released: { events: [{ kind: "order-opened" }, {}, {}] } };

function order(user: string, clientId: string): Command {
  const market = "BTC_USDT";
  const terms = { price: ticks(1), quantity: lots(1), timeInForce: "gtc" } as const;
  return { kind: "place-limit", user, side: "buy", market, ...terms, clientId };
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
  const submission = await venue.sequencer.submitted(command);
  expect(submission).toMatchObject({ kind: "released" });
  if (submission.kind !== "released") return;
  expect(submission.released.events).not.toMatchObject([{ kind: "refused" }]);
}
