/**
 * Exercises the code of large commands before the first of them comes. One order may fill ten thousand
 * others. The first such order in a process would run code that is not compiled yet, in memory that the
 * process does not have yet, and would take three to five times as long as the next ones while everybody
 * else waits. So a start does the same in scratch exchanges: no log knows of them, they share nothing
 * with the exchange that trades, and nothing is left of them but compiled code and a larger heap.
 */
import { assert } from "../core/assert.ts";
import type { Command } from "../core/commands.ts";
import type { ExchangeEvent } from "../core/events.ts";
import { Exchange } from "../core/exchange.ts";
import type { MarketRules, Side } from "../core/market/rules.ts";
import { type Atoms, atoms, atomsPerUnit } from "../core/num/money.ts";
import { lots, ticks } from "../core/num/units.ts";

/** Rounds of 4,000 fills; more of them gain nothing that could be measured. */
export const warmUpRounds = 5;

/** Orders of each side that rest in a round before one order fills them, and how many at one price. */
const ordersOfSide = 2_000;
const ordersAtPrice = 50;
const middlePrice = 20_000;

/**
 * What is allocated in the end. The young generation's two halves have 32 MiB each by now; the events of
 * 10,000 fills are 22 MB, and most of what they cost in new memory is the system's work of providing it.
 */
const heapPassBytes = 48 * 1_048_576;
/** Small enough to be an object of the young generation. */
const pieceBytes = 65_536;

const funds: Atoms = atoms(1_000_000_000n * atomsPerUnit);

const rules: MarketRules = {
  code: "BASE_QUOTE",
  base: "BASE",
  quote: "QUOTE",
  tickSize: { coefficient: 1, scale: 2 },
  lotSize: { coefficient: 1, scale: 5 },
  baseMin: lots(1),
  baseMax: lots(1_000_000_000),
  quoteMin: atoms(0n),
  quoteMax: funds,
  marketOrderBandPpm: 1_000_000,
};

/**
 * Runs up to {@link warmUpRounds} rounds, each only if `mayGoOn` says so; returns how many it ran. A
 * round takes 20 to 100 milliseconds, and passing through the heap afterwards 50 to 200.
 */
export function warmUp(mayGoOn: () => boolean): number {
  // The events of all rounds are held until the end, as those of a large command are until they are
  // told: the engine enlarges the young generation only for what survives.
  const told: (readonly ExchangeEvent[])[] = [];
  let rounds = 0;
  while (rounds < warmUpRounds && mayGoOn()) {
    // A new exchange each time, or code would be compiled for the objects of this one alone.
    const scratch = new Scratch(rounds % 2 === 1);
    told.push(scratch.fill("sell"), scratch.fill("buy"));
    rounds += 1;
  }
  if (rounds > 0 && mayGoOn()) passThroughHeap();
  return rounds;
}

/** Has the system provide the memory of the young generation. */
function passThroughHeap(): void {
  const words = pieceBytes / 8;
  let piece: number[] = [];
  for (let bytes = 0; bytes < heapPassBytes; bytes += pieceBytes) piece = new Array(words).fill(0);
  assert(piece.length === words, "the last piece is there");
}

/** An exchange that is thrown away. */
class Scratch {
  readonly #exchange = new Exchange();
  readonly #hasClientIds: boolean;

  constructor(hasClientIds: boolean) {
    this.#hasClientIds = hasClientIds;
    this.#apply({ kind: "set-limits", changes: { openOrdersMax: ordersOfSide + 1 } });
    this.#apply({ kind: "add-market", rules });
    for (const user of ["maker", "taker"]) {
      for (const currency of [rules.base, rules.quote]) {
        this.#apply({ kind: "deposit", user, currency, amount: funds, key: currency });
      }
    }
  }

  /** Has one order fill all that it first lets rest on a side; returns what that one did. */
  fill(side: Side): readonly ExchangeEvent[] {
    for (let index = 0; index < ordersOfSide; index += 1) {
      const distance = Math.floor(index / ordersAtPrice);
      this.#apply({
        kind: "place-limit",
        user: "maker",
        market: rules.code,
        side,
        price: ticks(side === "sell" ? middlePrice + distance : middlePrice - distance),
        quantity: lots(1),
        timeInForce: "gtc",
        ...(this.#hasClientIds ? { clientId: `${side}-${index}` } : {}),
      });
    }
    const events = this.#apply({
      kind: "place-market",
      user: "taker",
      market: rules.code,
      side: side === "sell" ? "buy" : "sell",
      size: { quantity: lots(ordersOfSide) },
    });
    assert(this.#exchange.openOrders("maker").length === 0, "one order fills all that rest");
    return events;
  }

  #apply(command: Command): readonly ExchangeEvent[] {
    const sequence = this.#exchange.sequence + 1;
    return this.#exchange.apply({ sequence, timeUs: sequence, command });
  }
}
