import { describe, expect, it } from "vitest";
import type { WorkspaceLimits } from "../ports/key-store.ts";
import { defaultLimits } from "./limits.fixture.ts";
import { fillLimits } from "./limits.ts";

describe("the limits of a workspace", () => {
  it("are the defaults when the workspace has none of its own", () => {
    expect(fillLimits({}, defaultLimits)).toEqual({
      connectionsMax: 3,
      messagesPerMinuteMax: 100,
      messageBytesMax: 102_400,
      tickersMax: undefined,
      restCallsPerMinuteMax: 1_000,
      datasets: undefined,
    });
  });

  const overrides: readonly WorkspaceLimits[] = [
    { connectionsMax: 0 },
    { messagesPerMinuteMax: 5 },
    { messageBytesMax: 1 },
    { tickersMax: 2 },
    { restCallsPerMinuteMax: 0 },
    { datasets: [] },
    { datasets: ["huobi"] },
  ];
  it.each(overrides)("take %j from the workspace and the rest from the defaults", (override) => {
    expect(fillLimits(override, defaultLimits)).toEqual({ ...defaultLimits, ...override });
  });
});
