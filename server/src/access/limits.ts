/** The limits a workspace has when nobody said otherwise, and how overrides are laid over them. */
import type { WorkspaceLimits } from "../ports/key-store.ts";
import type { Limits } from "./grant.ts";

/**
 * What the published limits of the stream are (protocol.md 2.3), with our own choice of a thousand
 * REST calls a minute. No cap on tickers or datasets.
 */
export const defaultLimits: Limits = {
  connectionsMax: 3,
  messagesPerMinuteMax: 100,
  messageBytesMax: 102_400,
  tickersMax: undefined,
  restCallsPerMinuteMax: 1_000,
  datasets: undefined,
};

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
