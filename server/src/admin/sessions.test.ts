import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { exchangeTarget } from "./exchange-target.fixture.ts";
import { listedSessionsMax, listSessions, sessionsRequest } from "./sessions.ts";

const session = {
  number: 7,
  dialect: "finazon",
  owner: "research/1a2b3c4d",
  remote: "127.0.0.1:50000",
  openedAtMs: 1_700_000_000_000,
  subscriptions: 2,
  messagesIn: 3,
  framesOut: 4,
  bytesOut: 500,
  conflated: 0,
  waitingBytes: 0,
  behind: false,
};

describe("the listing of sessions", () => {
  it("has as many as were asked for, and tells how many there are", async () => {
    const asked: number[] = [];
    const sessions = {
      connections: 20,
      list(max: number) {
        asked.push(max);
        return [session];
      },
    };
    const answer = await listSessions({ limit: 1 }, { ...exchangeTarget(), sessions });
    expect(answer).toEqual({ kind: "done", result: { connections: 20, sessions: [session] } });
    expect(asked).toEqual([1]);
  });

  it("is not to be had where no server runs", async () => {
    expect((await listSessions({ limit: 1 }, exchangeTarget())).kind).toBe("unavailable");
  });

  it.each([
    [{ limit: 1 }, true],
    [{ limit: listedSessionsMax }, true],
    [{ limit: listedSessionsMax + 1 }, false],
    [{ limit: 0 }, false],
    [{ limit: 1.5 }, false],
    [{}, false],
    [{ limit: 1, all: true }, false],
  ])("is asked for with %j: %s", (request, isGood) => {
    expect(Value.Check(sessionsRequest, request)).toBe(isGood);
  });
});
