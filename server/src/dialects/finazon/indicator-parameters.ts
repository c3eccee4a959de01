/** Parameters of indicators: what each may be, and reading it. A value out of range is a fault that names it. */
import type { SeriesType } from "../../marketdata/indicators/indicator.ts";
import { periodMax } from "../../marketdata/indicators/indicator.ts";
import {
  type MovingAverageType,
  movingAverageTypes,
} from "../../marketdata/indicators/moving-average.ts";
import { isRestFault, type RestFault } from "./errors.ts";
import { type FieldSchema, textField } from "./field-schema.ts";
import { given, invalid, type Query, readCount, readTruth } from "./parameters.ts";

/** One parameter: what it is without a value, what the API description says, how its text is read. */
export interface IndicatorParameter<Value> {
  readonly schema: FieldSchema;
  read(query: Query, name: string): Value | RestFault;
}

/** Parameters by their names on the wire. */
export type IndicatorParameters = Readonly<Record<string, IndicatorParameter<unknown>>>;

/** The values that parameters have been read as. */
export type ValuesOf<Parameters extends IndicatorParameters> = {
  readonly [Name in keyof Parameters]: Parameters[Name] extends IndicatorParameter<infer Value>
    ? Value
    : never;
};

/** A number of bars. */
export function period(fallback: number, min = 1): IndicatorParameter<number> {
  return {
    schema: {
      type: "integer",
      minimum: min,
      maximum: periodMax,
      default: fallback,
      description: "A number of bars.",
    },
    read: (query, name) => readCount(query, name, { fallback, min, max: periodMax }),
  };
}

const factorPattern = /^(?:\d{1,3}(?:\.\d{0,9})?|\.\d{1,9})$/;

/** A number with a fraction. */
export function factor(
  fallback: number,
  { min, max, description }: { min: number; max: number; description: string },
): IndicatorParameter<number> {
  return {
    schema: { type: "number", minimum: min, maximum: max, default: fallback, description },
    read(query, name) {
      const text = given(query, name);
      if (text === undefined) return fallback;
      const value = factorPattern.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : invalid(name);
    },
  };
}

/** One of some words, in either case. */
function word<Word extends string>(
  words: readonly Word[],
  fallback: Word,
  description: string,
): IndicatorParameter<Word> {
  return {
    schema: { ...textField(description), enum: words, default: fallback },
    read(query, name) {
      const text = given(query, name)?.toLowerCase();
      if (text === undefined) return fallback;
      return words.find((one) => one.toLowerCase() === text) ?? invalid(name);
    },
  };
}

/** A kind of moving average. */
export const averageType: IndicatorParameter<MovingAverageType> = word(
  movingAverageTypes,
  "SMA",
  "Kind of moving average.",
);

/** A price of a bar. */
export const seriesType: IndicatorParameter<SeriesType> = word(
  ["open", "high", "low", "close"],
  "close",
  "Which price of a bar is looked at.",
);

/** A yes or no. */
export function truth(fallback: boolean, description: string): IndicatorParameter<boolean> {
  return {
    schema: { type: "boolean", default: fallback, description },
    read: (query, name) => readTruth(query, name, fallback),
  };
}

/** Reads all of them; the first that cannot be read is the fault. */
export function readValues<Parameters extends IndicatorParameters>(
  parameters: Parameters,
  query: Query,
): ValuesOf<Parameters> | RestFault {
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = parameter.read(query, name);
    if (isRestFault(value)) return value;
    values[name] = value;
  }
  return values as ValuesOf<Parameters>;
}
