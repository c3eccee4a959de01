/** New markets, for those who have to be told of them besides the board. */
import type { MarketRules } from "../core/market/rules.ts";
import type { Stage } from "../ports/stage.ts";

/** A stage that tells of each market that has been added. */
export function listingsTo(listed: (rules: MarketRules) => void): Stage {
  return {
    take(released) {
      for (const { events } of released) {
        for (const event of events) if (event.kind === "market-added") listed(event.rules);
      }
    },
  };
}
