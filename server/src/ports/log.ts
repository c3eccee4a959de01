/** Structured logging: a lower-case phrase and fields, never a built string, never a secret. */

/** Values that a log field may hold. */
export type LogValue = string | number | boolean | null | undefined;

/** Named values that go with a phrase. */
export type LogFields = Readonly<Record<string, LogValue>>;

/** Where the house writes what an operator should know. */
export interface Log {
  debug(phrase: string, fields?: LogFields): void;
  info(phrase: string, fields?: LogFields): void;
  warn(phrase: string, fields?: LogFields): void;
  error(phrase: string, fields?: LogFields): void;
}
