/** `limits` and `limits set`: how much the exchange takes in, while a server runs or not. */
import type { LimitsRequest } from "../../admin/limits.ts";
import type { ConfigInput } from "../../config/load.ts";
import { administer } from "../admin-client.ts";
import { askAndPrint, changeLines } from "./administration.ts";

/** Limits as they are written on the command line. */
export interface SetLimitsOptions {
  readonly openOrders?: number;
  readonly openOrdersPerUser?: number;
  readonly users?: number;
  readonly markets?: number;
  readonly json?: true;
}

/** Shows the limits. */
export function showLimitsCommand(input: ConfigInput, json: boolean): Promise<number> {
  return askAndPrint(input, json, {
    ask: (config) => administer(config, "show-limits", {}),
    say: (limits) =>
      Object.entries(limits).map(([name, value]) => `${name.padEnd(26)}  ${String(value)}`),
  });
}

/** Sets limits; resolves with the exit code. */
export function setLimitsCommand(input: ConfigInput, options: SetLimitsOptions): Promise<number> {
  const { openOrders, openOrdersPerUser, users, markets } = options;
  const asked = {
    openOrdersMax: openOrders,
    openOrdersPerUserMax: openOrdersPerUser,
    usersMax: users,
    marketsMax: markets,
  };
  const request: LimitsRequest = Object.fromEntries(
    Object.entries(asked).filter(([, value]) => value !== undefined),
  );
  return askAndPrint(input, options.json === true, {
    ask: (config) => administer(config, "set-limits", request),
    say: ({ changed }) => changeLines(changed),
  });
}
