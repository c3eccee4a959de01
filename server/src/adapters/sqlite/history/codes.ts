/**
 * The numbers that stand for words in the history's file. A number means the same word for ever; it
 * knows no other words than those of the core's closed unions.
 */
import type { BalanceReason, CloseReason } from "../../../core/events.ts";
import type { Side } from "../../../core/market/rules.ts";
import type { OrderPhase } from "../../../ports/history.ts";

/** A number for every word of a closed union. Files hold these numbers: a number is never used again. */
export class Codes<Word extends string> {
  readonly #numbers: Readonly<Record<Word, number>>;
  readonly #words: ReadonlyMap<unknown, Word>;

  constructor(numbers: Readonly<Record<Word, number>>) {
    this.#numbers = numbers;
    const entries = Object.entries(numbers) as [Word, number][];
    this.#words = new Map(entries.map(([word, number]) => [number, word]));
  }

  numberOf(word: Word): number {
    return this.#numbers[word];
  }

  /** The word of a number that was read; undefined when there is none. */
  wordOf(number: unknown): Word | undefined {
    return this.#words.get(number);
  }
}

export const sideCodes: Codes<Side> = new Codes({ buy: 0, sell: 1 });

export const directionCodes: Codes<"deposit" | "withdraw"> = new Codes({ deposit: 0, withdraw: 1 });

export const orderPhaseCodes: Codes<OrderPhase> = new Codes({
  created: 0,
  updated: 1,
  finished: 2,
});

export const balanceReasonCodes: Codes<BalanceReason> = new Codes({
  deposit: 0,
  withdrawal: 1,
  hold: 2,
  release: 3,
  settle: 4,
  fee: 5,
});

export const closeReasonCodes: Codes<CloseReason> = new Codes({
  filled: 0,
  cancelled: 1,
  replaced: 2,
  "self-trade": 3,
  "stop-price": 4,
  "immediate-or-cancel": 5,
  liquidity: 6,
  funds: 7,
});
