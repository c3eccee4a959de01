/** Bounds for tests of the HTTP server: wide enough to be met by none that does not mean to. */
import type { HttpLimits } from "./front.ts";

/** Bounds that no ordinary test meets. */
export const wideLimits: HttpLimits = {
  connectionsMax: 1_000,
  connectionsPerAddressMax: 1_000,
  answerTimeoutMs: 60_000,
  unsentBytesMax: 67_108_864,
  headersTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 60_000,
  strangersMsPerTurn: 4,
  strangersPerSecondMax: 1_000,
  strangersBurstMax: 1_000,
  trustedProxies: [],
};
