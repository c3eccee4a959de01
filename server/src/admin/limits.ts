/** Seeing and setting the limits of the exchange. */
import Type, { type Static } from "typebox";
import type { LimitsSet } from "../core/events.ts";
import { type ChangeableLimits, type ExchangeLimits, limitsMax } from "../core/parameters.ts";
import { type AdminAnswer, done, refused, takenOr, unavailable } from "./answer.ts";
import { type Change, changesBetween } from "./changes.ts";
import type { AdminTarget } from "./target.ts";

/** Limits to set; the others stay. */
export const limitsRequest = Type.Object(
  {
    openOrdersMax: Type.Optional(Type.Integer()),
    openOrdersPerUserMax: Type.Optional(Type.Integer()),
    usersMax: Type.Optional(Type.Integer()),
    marketsMax: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
);

/** Limits to set. */
export type LimitsRequest = Static<typeof limitsRequest>;

/** Shows the limits that apply. */
export async function showLimits(
  _request: unknown,
  target: AdminTarget,
): Promise<AdminAnswer<ExchangeLimits>> {
  const parameters = await target.parameters(0);
  return "kind" in parameters ? unavailable(parameters.reason) : done(parameters.limits);
}

/** Sets limits. What is there beyond a lower one stays; only more is refused. */
export async function setLimits(
  request: LimitsRequest,
  target: AdminTarget,
): Promise<AdminAnswer<{ readonly changed: readonly Change[] }>> {
  const names = Object.keys(request) as (keyof ChangeableLimits)[];
  if (names.length === 0) return refused("name at least one limit to set");
  for (const name of names) {
    const value = request[name] ?? 0;
    if (value < 1 || value > limitsMax[name]) {
      return refused(`${name} is a whole number from 1 to ${limitsMax[name]}, and not ${value}`);
    }
  }
  const released = takenOr(await target.submit({ kind: "set-limits", changes: request }), {});
  if ("kind" in released) return released;
  const set = released.events.find((event): event is LimitsSet => event.kind === "limits-set");
  return done({ changed: set === undefined ? [] : changesBetween(set.before, set.limits) });
}
