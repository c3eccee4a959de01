/** How an agent takes what is offered without resting in the book himself. */
import type { PlaceLimit } from "../core/commands.ts";

/** What to take, at most and at worst. */
export type Taking = Pick<PlaceLimit, "side" | "price" | "quantity">;

/** The order that takes it. */
export function takeWithin(user: string, market: string, taking: Taking): PlaceLimit {
  return { kind: "place-limit", user, market, ...taking, timeInForce: "ioc" };
}
