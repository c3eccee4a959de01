import { describe, expect, it } from "vitest";
import { formatReadable } from "./readable.ts";

describe("a readable log line", () => {
  it.each([
    [
      '{"level":"info","time":"2026-01-02T12:30:01.999Z","workspace":"desk","msg":"client connected"}\n',
      "12:30:01 info  client connected workspace=desk\n",
    ],
    ['{"level":"error","time":"2026-01-02T00:00:00.000Z","msg":"x"}', "00:00:00 error x\n"],
  ])("says what %j says", (jsonLine, line) => {
    expect(formatReadable(jsonLine)).toBe(line);
  });
});
