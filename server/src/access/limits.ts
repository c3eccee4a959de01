/** How the limits of a workspace are laid over those that the server has by default. */
import type { WorkspaceLimits } from "../ports/key-store.ts";
import type { Limits } from "./grant.ts";

/**
 * Lays the overrides of a workspace over the server's defaults. What is undefined in the overrides
 * keeps the default, so a limit is lifted by a number too large to reach, not by undefined.
 */
export function fillLimits(overrides: WorkspaceLimits, defaults: Limits): Limits {
  return {
    connectionsMax: overrides.connectionsMax ?? defaults.connectionsMax,
    messagesPerMinuteMax: overrides.messagesPerMinuteMax ?? defaults.messagesPerMinuteMax,
    messageBytesMax: overrides.messageBytesMax ?? defaults.messageBytesMax,
    tickersMax: overrides.tickersMax ?? defaults.tickersMax,
    restCallsPerMinuteMax: overrides.restCallsPerMinuteMax ?? defaults.restCallsPerMinuteMax,
    datasets: overrides.datasets ?? defaults.datasets,
  };
}
