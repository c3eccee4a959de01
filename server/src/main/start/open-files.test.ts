import { describe, expect, it } from "vitest";
import { boundsWithin, filesReserved, openFilesMax } from "./open-files.ts";

describe("connections", () => {
  const configured = { connectionsMax: 20_000, httpConnectionsMax: 2_000 };

  it("are as many as configured where the system lets them", () => {
    expect(boundsWithin(Number.POSITIVE_INFINITY, configured)).toEqual(configured);
    expect(boundsWithin(22_128, configured)).toEqual(configured);
  });

  it.each([22_127, 4_096, 1_024, 256])(
    "within %d files leave some for everything else",
    (files) => {
      const { connectionsMax, httpConnectionsMax } = boundsWithin(files, configured);
      expect(connectionsMax + httpConnectionsMax).toBe(files - filesReserved);
      expect(httpConnectionsMax).toBeGreaterThanOrEqual(64);
      expect(connectionsMax).toBeGreaterThanOrEqual(64);
    },
  );

  it("within hardly any files are a few all the same", () => {
    expect(boundsWithin(10, configured)).toEqual({ connectionsMax: 8, httpConnectionsMax: 8 });
  });

  it("are bounded by what this process may open", () => {
    expect(openFilesMax()).toBeGreaterThan(filesReserved);
  });
});
