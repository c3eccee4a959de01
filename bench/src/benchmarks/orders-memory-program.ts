/**
 * A program of its own, because memory that a process once used is not given back: rests as many
 * orders in an exchange as its first argument says, with client order ids if the second one says so,
 * and prints what the process holds then.
 */
import { assert } from "../../../server/src/core/assert.ts";
import type { Command } from "../../../server/src/core/commands.ts";
import { Exchange } from "../../../server/src/core/exchange.ts";
import { lots, ticks } from "../../../server/src/core/num/units.ts";
import { applyNext, marketCode, setupCommands, userName } from "../load/order-commands.ts";
import { createRandom } from "../load/random.ts";

/** What the program prints, as JSON. */
export interface MemoryHeld {
  /** Resident memory of the process, in bytes. */
  readonly resident: number;
  /** What lives in the heap after a collection, in bytes. */
  readonly heap: number;
}

const options = { seed: 20_261_122, markets: 6, users: 1_000, resting: 0, operations: 0 };
const middlePrice = 1_000_000;
/** Prices of a side: a deep book with some 80 orders at each. */
const pricesOfSide = 1_000;
const lotsMax = 1_000;

const [count = "0", ids = ""] = process.argv.slice(2);
const exchange = new Exchange();
const random = createRandom(options.seed);
for (const command of setupCommands(options)) applyNext(exchange, command);
for (let order = 0; order < Number(count); order += 1) applyNext(exchange, restingOrder(order));
exchange.checkInvariants();
const { gc } = globalThis;
assert(gc !== undefined, "the program is run with --expose-gc");
// The second collection takes what the first one's finalisation let go.
gc();
gc();
const held: MemoryHeld = {
  resident: process.memoryUsage.rss(),
  heap: process.memoryUsage().heapUsed,
};
console.log(JSON.stringify(held));

function restingOrder(order: number): Command {
  const side = order % 2 === 0 ? "buy" : "sell";
  const distance = 1 + Math.floor(random() * pricesOfSide);
  return {
    kind: "place-limit",
    user: userName(order % options.users),
    market: marketCode(order % options.markets),
    side,
    price: ticks(side === "buy" ? middlePrice - distance : middlePrice + distance),
    quantity: lots(1 + Math.floor(random() * lotsMax)),
    timeInForce: "gtc",
    ...(ids === "client-ids" ? { clientId: clientIdOf(order) } : {}),
  };
}

/** A text in one piece, as decoding makes it; what is put together here would hold its parts as well. */
function clientIdOf(order: number): string {
  return Buffer.from(`order-${String(order).padStart(14, "0")}`).toString("latin1");
}
