/** Figures for operators. Label values come from closed or configured sets only, never from clients. */

/** Label values by label name. */
export type Labels = Readonly<Record<string, string>>;

/** A figure that only grows. */
export interface Counter {
  add(by: number, labels?: Labels): void;
}

/** A figure that is read when it is asked for. */
export interface Gauge {
  set(value: number, labels?: Labels): void;
}

/** Makes figures; a name is used once. */
export interface Meter {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
}
