/**
 * A program of its own, since only the first large command of a process is measured: prepares as a
 * server's start does when its second argument says so, rests 10,000 orders in an exchange, has one
 * command fill all of them, or with a single trade reach the stop price of all, as its first argument
 * says, and prints the processor time that applying this command took.
 */

import { tuneCollector } from "../../../server/src/cli/collector.ts";
import { assert } from "../../../server/src/core/assert.ts";
import type { Command } from "../../../server/src/core/commands.ts";
import { Exchange } from "../../../server/src/core/exchange.ts";
import { atoms, atomsPerUnit } from "../../../server/src/core/num/money.ts";
import { lots, ticks } from "../../../server/src/core/num/units.ts";
import { warmUp } from "../../../server/src/sequencer/warm-up.ts";

/** What the program prints, as JSON. */
export interface FirstCommand {
  /** Of the thread that applied it, in milliseconds. */
  readonly cpuMs: number;
  /** Of the preparation; 0 without one. */
  readonly warmUpMs: number;
}

const market = "BTC_USDT";
const orders = 10_000;
/** As the server's default for a start. */
const warmUpMaxMs = 3_000;

tuneCollector();
const [what = "fills", preparing = "prepared"] = process.argv.slice(2);
const [warmUpMs] = cpuMsOf(() => {
  const until = performance.now() + warmUpMaxMs;
  if (preparing === "prepared") warmUp(() => performance.now() < until);
});

const exchange = new Exchange();
apply({
  kind: "add-market",
  rules: {
    ...{ code: market, base: "BTC", quote: "USDT" },
    tickSize: { coefficient: 1, scale: 2 },
    lotSize: { coefficient: 1, scale: 5 },
    ...{ baseMin: lots(1), baseMax: lots(1_000_000_000) },
    ...{ quoteMin: atoms(0n), quoteMax: atoms(1_000_000_000n * atomsPerUnit) },
    marketOrderBandPpm: 1_000_000,
  },
});
for (const user of ["maker", "taker", "other"]) {
  for (const currency of ["BTC", "USDT"]) {
    const amount = atoms(1_000_000_000n * atomsPerUnit);
    apply({ kind: "deposit", user, currency, amount, key: currency });
  }
}
const trigger = what === "fills" ? restToBeFilled() : restToBeStopped();
const [cpuMs, events] = cpuMsOf(() => apply(trigger));
assert(events.length > orders, "the command concerned all orders");
const found: FirstCommand = { cpuMs, warmUpMs };
console.log(JSON.stringify(found));

function restToBeFilled(): Command {
  for (let index = 0; index < orders; index += 1) sell({ price: 10 + (index % 10) });
  const size = { quantity: lots(orders) };
  return { kind: "place-market", user: "taker", market, side: "buy", size };
}

function restToBeStopped(): Command {
  // A trade above the stops, then the bid that will bring the market down to them.
  sell({ user: "other", price: 15_000 });
  const size = { quantity: lots(1) };
  apply({ kind: "place-market", user: "taker", market, side: "buy", size });
  for (let index = 0; index < orders; index += 1) {
    sell({ price: 20_000 + index, stopPrice: ticks(11_000) });
  }
  apply(limitOrder("other", "buy", 10_000));
  return { kind: "place-market", user: "taker", market, side: "sell", size };
}

function sell(order: { user?: string; price: number; stopPrice?: ReturnType<typeof ticks> }): void {
  const { user = "maker", price, ...stop } = order;
  apply({ ...limitOrder(user, "sell", price), ...stop });
}

function limitOrder(user: string, side: "buy" | "sell", price: number) {
  return {
    ...({ kind: "place-limit", user, market, side } as const),
    ...({ price: ticks(price), quantity: lots(1), timeInForce: "gtc" } as const),
  };
}

function apply(command: Command) {
  const sequence = exchange.sequence + 1;
  return exchange.apply({ sequence, timeUs: sequence, command });
}

function cpuMsOf<Result>(work: () => Result): [ms: number, result: Result] {
  const before = process.threadCpuUsage();
  const result = work();
  const { user, system } = process.threadCpuUsage(before);
  return [(user + system) / 1_000, result];
}
