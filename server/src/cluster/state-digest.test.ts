import { beforeEach, describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import type { Exchange } from "../core/exchange.ts";
import { lots, ticks } from "../core/num/units.ts";
import { exchangeWith, money, noFees, rulesOf } from "../core/scenario.fixture.ts";
import { nextTurn } from "../ports/timers.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { digestWithinMs, StateDigests } from "./state-digest.ts";

let exchange: Exchange;
let clock: VirtualClock;
let digests: StateDigests;

function say(command: Command): void {
  exchange.apply({ sequence: exchange.sequence + 1, timeUs: 1e15, command });
}

beforeEach(() => {
  exchange = exchangeWith({ fees: noFees, limits: { openOrdersMax: 4_096 } });
  clock = new VirtualClock();
  digests = new StateDigests(exchange, clock);
  say({ kind: "add-market", rules: rulesOf("BTC", "USDT") });
  const amount = money("1000000000");
  say({ kind: "deposit", user: "ann", currency: "USDT", amount, key: "a" });
  for (let order = 0; order < 2_000; order += 1) {
    const size = { price: ticks(1 + (order % 50)), quantity: lots(1) };
    const market = { market: "BTC_USDT", side: "buy", timeInForce: "gtc" } as const;
    say({ kind: "place-limit", user: "ann", ...market, ...size, clientId: `order-${order}` });
  }
});

describe("the digest of a state", () => {
  it("is that of the whole, and lets others in while it is made", async () => {
    const made = digests.make();
    let turns = 0;
    for (; digests.isMaking; turns += 1) await nextTurn();

    expect(turns).toBeGreaterThan(2);
    const { sequence } = exchange;
    expect(await made).toEqual({ sequence, stateHash: exchange.stateHash() });
  });

  it("begins again when a command is applied meanwhile", async () => {
    const made = digests.make();
    await nextTurn();
    say({ kind: "cancel-all", user: "ann" });

    const { sequence } = exchange;
    expect(await made).toEqual({ sequence, stateHash: exchange.stateHash() });
  });

  it("is not made where that takes too long", async () => {
    const made = digests.make();
    await nextTurn();
    clock.advanceBy((digestWithinMs + 1) * 1_000);

    expect(await made).toMatchObject({ stateHash: undefined });
  });
});
