/** Checks what a row of the history holds: what its writer cannot have written is an error. */
import { type Atoms, parseAtoms } from "../../../core/num/money.ts";
import { integerOf } from "./cells.ts";
import { damagedHistory } from "./error.ts";

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** The checks of one file's cells; each raises a `StoreError` for what is never written. */
export class CellChecks {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  text(value: unknown): string {
    return this.known(typeof value === "string" ? value : undefined);
  }

  integer(value: unknown): number {
    return this.known(integerOf(value));
  }

  amount(value: unknown): Atoms {
    return this.known(parseAtoms(this.text(value)));
  }

  signedAmount(value: unknown): bigint {
    const text = this.text(value);
    return text.startsWith("-") ? -this.amount(text.slice(1)) : this.amount(text);
  }

  /** What was read, unless it is nothing that is ever written. */
  known<Value>(value: Value | undefined): Value {
    if (value === undefined) throw damagedHistory(this.#file, "a row holds what is never written");
    return value;
  }
}
