import { describe, expect, it } from "vitest";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { atOnce } from "./doors.fixture.ts";
import type { Doorkeeper } from "./grant.ts";
import type { StreamDoor } from "./identity.ts";
import { tokenLifeMs } from "./one-time-tokens.ts";
import { ownCounts } from "./own-counts.ts";
import { VisitorDoorkeeper, VisitorStreamDoor, visitorKeyLifeMs } from "./visitors.ts";

const limits = { connectionsPerAddressMax: 2, connectionsMax: 3, callsPerMinuteMax: 2 };
const means = { limits, secrets: systemSecrets(), counts: ownCounts };

describe("a stream door for visitors", () => {
  /** Says that it was asked. */
  const users: StreamDoor = {
    issueToken: () => ({ token: "of a user" }),
    admit: () => "disabled-user",
  };
  const open = () => new VisitorStreamDoor(users, means);
  const admit = (door: VisitorStreamDoor, token: string, nowMs = 0) =>
    atOnce(door.admit(token, { revoked() {} }, nowMs));

  it("lets somebody in once for each pass, as nobody in particular", () => {
    const door = open();
    const token = door.visitorPass("10.0.0.1", 0);
    const admission = admit(door, token);
    if (typeof admission === "string") throw new Error(admission);
    expect(admission.identity).toBeUndefined();
    admission.confirm();
    admission.release();
    expect(admit(door, token)).toBe("disabled-user");
  });

  it("takes a pass again that opened nothing, and none that is old", () => {
    const door = open();
    const token = door.visitorPass("10.0.0.1", 0);
    const admission = admit(door, token);
    if (typeof admission === "string") throw new Error(admission);
    admission.release();
    expect(admit(door, token, tokenLifeMs)).toBe("expired-token");
    expect(admit(door, token, tokenLifeMs - 1)).not.toBeTypeOf("string");
  });

  it("asks the door of users about everything else", () => {
    expect(admit(open(), "0".repeat(64))).toBe("disabled-user");
    expect(atOnce(open().admit(undefined, { revoked() {} }, 0))).toBe("disabled-user");
  });

  it("has so many places for an address and so many for all; a place that is left can be taken", () => {
    const door = open();
    const enter = (address: string | undefined) => {
      const admission = admit(door, door.visitorPass(address, 0));
      if (typeof admission !== "string") admission.confirm();
      return admission;
    };
    const first = enter("10.0.0.1");
    expect(enter("10.0.0.1")).not.toBeTypeOf("string");
    expect(enter("10.0.0.1")).toBe("too-many-connections");
    expect(enter("10.0.0.2")).not.toBeTypeOf("string");
    expect(enter("10.0.0.3")).toBe("too-many-connections");
    if (typeof first !== "string") first.release();
    expect(enter(undefined)).not.toBeTypeOf("string");
  });
});

describe("a doorkeeper for visitors", () => {
  const keys: Doorkeeper = { authenticate: () => "revoked-key", admit: () => "revoked-key" };
  const defaults = {
    connectionsMax: 9,
    messagesPerMinuteMax: 9,
    messageBytesMax: 999,
    tickersMax: undefined,
    restCallsPerMinuteMax: 9,
    datasets: ["open"],
  };
  const open = () => new VisitorDoorkeeper(keys, defaults, means);

  it("takes a pass for what a workspace without limits of its own may see, until it is old", () => {
    const door = open();
    const key = door.visitorPass("10.0.0.1", 0);
    const grant = atOnce(door.authenticate(key, visitorKeyLifeMs - 1));
    if (typeof grant === "string") throw new Error(grant);
    expect([grant.mayUse("open"), grant.mayUse("closed")]).toEqual([true, false]);
    expect(atOnce(door.authenticate(key, visitorKeyLifeMs))).toBe("unknown-key");
  });

  it("counts the calls of an address whatever pass is shown, and those of this machine not", () => {
    const door = open();
    const call = (address: string | undefined) =>
      typeof atOnce(door.authenticate(door.visitorPass(address, 0), 0));
    expect([call("10.0.0.1"), call("10.0.0.1"), call("10.0.0.1")]).toEqual([
      "object",
      "object",
      "string",
    ]);
    expect([call(undefined), call(undefined), call(undefined)]).toEqual([
      "object",
      "object",
      "object",
    ]);
  });

  it("has so many places for an address", () => {
    const door = open();
    const enter = () =>
      atOnce(door.admit(door.visitorPass("10.0.0.1", 0), { revoked() {}, evicted() {} }, 0));
    const first = enter();
    expect(enter()).not.toBeTypeOf("string");
    expect(enter()).toBe("too-many-connections");
    if (typeof first !== "string") first.release();
    expect(enter()).not.toBeTypeOf("string");
  });

  it("asks the door of keys about everything else, and never about a pass that it does not know", () => {
    const door = open();
    expect(atOnce(door.authenticate("abc", 0))).toBe("revoked-key");
    expect(atOnce(door.authenticate(undefined, 0))).toBe("revoked-key");
    expect(atOnce(door.authenticate(`visitor-${"0".repeat(32)}`, 0))).toBe("unknown-key");
  });
});
