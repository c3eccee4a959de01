/** Reads query parameters. What cannot be read is a fault that names the parameter. */
import { isRestFault, type RestFault } from "./errors.ts";
import { secondUs } from "./seconds.ts";

/** The query of a call: the first value of each parameter. */
export type Query = Readonly<Record<string, string>>;

/** Latest time that can be asked for, in seconds since 1970: the beginning of the year 2200. */
export const timeMaxS = 7_258_118_400;

/** The fault of a parameter that is missing, or has a value it cannot have. */
export function invalid(parameter: string): RestFault {
  return { reason: "invalid-parameter", subject: parameter };
}

/** The text of a parameter; an empty one counts as absent. */
export function given(query: Query, name: string): string | undefined {
  const text = query[name];
  return text === "" ? undefined : text;
}

const countPattern = /^\d{1,9}$/;

/** A whole number in a range, `fallback` where none is given. */
export function readCount(
  query: Query,
  name: string,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number | RestFault {
  const text = query[name];
  if (text === undefined) return fallback;
  const count = countPattern.test(text) ? Number(text) : Number.NaN;
  return count >= min && count <= max ? count : invalid(name);
}

const secondsPattern = /^\d{1,10}$/;

/** A time in whole seconds since 1970; undefined where none is given. */
export function readSeconds(query: Query, name: string): number | undefined | RestFault {
  const text = query[name];
  if (text === undefined) return undefined;
  const seconds = secondsPattern.test(text) ? Number(text) : Number.NaN;
  return seconds <= timeMaxS ? seconds : invalid(name);
}

/** Checks that a parameter, where it is given, is one of some words; what it says changes nothing here. */
export function checkWord(
  query: Query,
  name: string,
  words: readonly string[],
): RestFault | undefined {
  const text = given(query, name);
  return text === undefined || words.includes(text) ? undefined : invalid(name);
}

/** The times of `start_at` and `end_at`: both seconds belong to them. */
export interface AskedTime {
  readonly fromUs: number;
  readonly toUs: number;
  /** Whether the caller said where it begins, and where it ends. */
  readonly hasStart: boolean;
  readonly hasEnd: boolean;
}

/** All of time but for what `start_at` and `end_at` leave out. */
export function readAskedTime(query: Query): AskedTime | RestFault {
  const startS = readSeconds(query, "start_at");
  if (isRestFault(startS)) return startS;
  const endS = readSeconds(query, "end_at");
  if (isRestFault(endS)) return endS;
  if (startS !== undefined && endS !== undefined && startS > endS) {
    return { reason: "invalid-date-range", subject: "" };
  }
  return {
    fromUs: (startS ?? 0) * secondUs,
    toUs: ((endS ?? timeMaxS) + 1) * secondUs,
    hasStart: startS !== undefined,
    hasEnd: endS !== undefined,
  };
}

const truth = /^(?:true|false|t|f|1|0)$/i;

/** A yes or no, in any of the ways that {@link checkTruth} takes; `fallback` where none is given. */
export function readTruth(query: Query, name: string, fallback: boolean): boolean | RestFault {
  const text = given(query, name);
  if (text === undefined) return fallback;
  return truth.test(text) ? /^[t1]/i.test(text) : invalid(name);
}

/** Checks a yes or no, in the ways in which programs of others write them; what it says changes nothing here. */
export function checkTruth(query: Query, name: string): RestFault | undefined {
  const text = given(query, name);
  return text === undefined || truth.test(text) ? undefined : invalid(name);
}

/** In which order items are told: the newest first unless it is said otherwise, in either case. */
export function readOrder(query: Query): "oldest-first" | "newest-first" | RestFault {
  const order = given(query, "order")?.toLowerCase() ?? "desc";
  if (order === "desc") return "newest-first";
  return order === "asc" ? "oldest-first" : invalid("order");
}
