import { describe, expect, it } from "vitest";
import { closings, streamErrorCodes, streamErrorObject, upgradeRefusal } from "./errors.ts";

describe("the errors of the stream", () => {
  it("keep code 1 for what is no request", () => {
    const ones = Object.entries(streamErrorCodes).filter(([, code]) => code === 1);

    expect(ones).toEqual([["invalid-format", 1]]);
  });

  it("repeat at most 64 characters of a client's text", () => {
    const { message } = streamErrorObject({ reason: "unknown-market", subjects: ["x".repeat(65)] });

    expect(message).toBe(`Unknown market: ${"x".repeat(64)}…`);
  });
});

describe("refused upgrades", () => {
  it.each([
    ["missing-token", 401],
    ["unknown-token", 401],
    ["expired-token", 401],
    ["disabled-user", 401],
    ["unavailable", 503],
    ["too-many-connections", 429],
    ["too-many-new-connections", 429],
  ] as const)("answer %s with %d and a body that says so", (refusal, status) => {
    const reply = upgradeRefusal(refusal, 80_500);

    expect(reply.status).toBe(status);
    expect(Number(reply.headers?.["retry-after"]) > 0).toBe(status !== 401);
    expect(JSON.parse(reply.body)).toEqual({ code: status, message: expect.any(String) });
    expect(reply.body.startsWith(`{"code":${status},"message":"`)).toBe(true);
  });
});

describe("closings", () => {
  it("fit in a close frame, with a code that a server may send", () => {
    for (const { code, reason } of Object.values(closings)) {
      expect([1001, 1007, 1008]).toContain(code);
      expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123);
    }
  });
});
