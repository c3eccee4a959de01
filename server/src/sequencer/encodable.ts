/** Whether a command can be written to the log as it is. Callers that decode well never meet a "no". */
import type { Command } from "../core/commands.ts";

/** Longest text of a command, in UTF-16 units; the core's own bounds are narrower. */
export const commandTextMax = 1_024;

/** Amounts have fewer digits than this many. */
const amountLimit = 10n ** 40n;

/** True when all numbers are safe integers from 0 on and all texts and amounts are within bounds. */
export function isEncodable(command: Command): boolean {
  return isEncodableValue(command);
}

function isEncodableValue(value: unknown): boolean {
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value) && value >= 0;
    case "string":
      return value.length <= commandTextMax;
    case "bigint":
      return value >= 0n && value < amountLimit;
    case "undefined":
      return true;
    case "object":
      return value !== null && Object.values(value).every(isEncodableValue);
    default:
      return false;
  }
}
