/** What happens to a real exchange, in a form that a history takes; for its tests and their child processes. */
import { assert } from "../core/assert.ts";
import type { Command, PlaceLimit } from "../core/commands.ts";
import type { FeeSchedule } from "../core/market/fees.ts";
import type { Side } from "../core/market/rules.ts";
import { atoms } from "../core/num/money.ts";
import { lots, ticks } from "../core/num/units.ts";
import { exchangeWith, money, rulesOf } from "../core/scenario.fixture.ts";
import { type Answer, type History, isUnanswered } from "./history.ts";
import type { Released } from "./released.ts";

/** Makers are paid 1 %, takers pay 2 %. */
const fees: FeeSchedule = {
  referenceCurrency: "USDT",
  steps: [{ fromTurnover: atoms(0n), makerPpm: -10_000, takerPpm: 20_000 }],
};

/** A second before the first command of a story. */
const storyStartUs = 1_700_000_000_000_000;

/** A real exchange whose every command is kept as it would be released. A second passes before each. */
export class Story {
  readonly released: Released[] = [];
  readonly #exchange = exchangeWith({ fees, limits: { openOrdersMax: 4_096 } });
  #nowUs = storyStartUs;

  /** Gives a command; returns its sequence, which is the id of the order that it places. */
  give(command: Command): number {
    const sequence = this.released.length + 1;
    this.wait(1);
    const timeUs = this.#nowUs;
    const events = this.#exchange.apply({ sequence, timeUs, command });
    this.released.push({ sequence, timeUs, command, events });
    return sequence;
  }

  /** Lets time pass before the next command. */
  wait(seconds: number): void {
    this.#nowUs += seconds * 1_000_000;
  }

  /** When the command of a sequence was given. */
  timeOf(sequence: number): number {
    const released = this.released[sequence - 1];
    assert(released !== undefined, "the command was given");
    return released.timeUs;
  }

  /** Opens BTC_USDT and ETH_USDT with steps of 1, and gives each user 1000 of every currency. */
  open(users: readonly string[] = ["ann", "bob"]): this {
    for (const base of ["BTC", "ETH"])
      this.give({ kind: "add-market", rules: rulesOf(base, "USDT") });
    for (const user of users) {
      for (const currency of ["USDT", "BTC", "ETH"]) {
        this.deposit(user, currency, { amount: "1000", key: currency });
      }
    }
    return this;
  }

  place(user: string, side: Side, terms: Partial<PlaceLimit> = {}): number {
    const price = ticks(10);
    const quantity = lots(2);
    const usual = { market: "BTC_USDT", price, quantity, timeInForce: "gtc" as const };
    return this.give({ kind: "place-limit", user, side, ...usual, ...terms });
  }

  deposit(user: string, currency: string, what: { amount: string; key: string }): number {
    return this.give({ kind: "deposit", user, currency, ...what, amount: money(what.amount) });
  }

  cancel(user: string, id: number): number {
    return this.give({ kind: "cancel-order", user, order: { id } });
  }

  /** Ids of the orders that a user has open now, oldest first. */
  openOrders(user: string): readonly number[] {
    return this.#exchange.openOrders(user).map(({ id }) => id);
  }

  /** What has been released after a sequence. */
  after(sequence: number): readonly Released[] {
    return this.released.slice(sequence);
  }
}

/** Feeds the rest of a story and waits until it is stored. */
export async function tell(history: History, story: Story): Promise<void> {
  history.record(story.after(history.lastSequence));
  const stored = await history.flushed();
  assert(stored === story.released.length, `a story is stored: ${JSON.stringify(stored)}`);
}

/** The rows of an answer. */
export async function rowsOf<Row>(answer: Answer<Row>): Promise<readonly Row[]> {
  const rows = await answer;
  if (isUnanswered(rows)) throw new Error(`a query is not answered: ${JSON.stringify(rows)}`);
  return rows;
}

/** A story of many short trades and cancels; the same on every call. */
export function busyStory(commands: number): Story {
  const story = new Story().open();
  for (let round = 0; story.released.length < commands; round += 1) {
    const base = round % 4 === 0 ? "ETH" : "BTC";
    const terms = { market: `${base}_USDT`, quantity: lots(3), clientId: `c${round}` };
    const rest = story.place("ann", "buy", terms);
    story.place("bob", "sell", { market: terms.market, price: ticks(9 + (round % 3)) });
    story.cancel("ann", rest);
    story.give({ kind: "cancel-all", user: "bob" });
    story.deposit("ann", "USDT", { amount: "40", key: `${round}` });
    story.deposit("bob", base, { amount: "4", key: `${round}` });
  }
  return story;
}
