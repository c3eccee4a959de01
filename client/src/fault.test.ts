import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ClientError, type Fault, faultOf } from "./fault.ts";

/** Each kind once, or this does not compile. */
const kinds: Readonly<Record<Fault["kind"], true>> = {
  unauthorized: true,
  refused: true,
  "unknown-name": true,
  "rate-limited": true,
  unavailable: true,
  timeout: true,
  network: true,
  silent: true,
  ended: true,
  unreadable: true,
  overflow: true,
  "unknown-outcome": true,
  misuse: true,
  closed: true,
};

describe("what can go wrong", () => {
  it("is a closed union, all of which the README names", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const [, text = ""] = /`error\.fault\.kind` is one of (.*?)\.\n/s.exec(readme) ?? [];
    const named = Array.from(text.matchAll(/`([a-z-]+)`/g), ([, name]) => name);
    expect(named.toSorted()).toEqual(Object.keys(kinds).toSorted());
  });

  it("is carried by one error, and errors of the platform are those of the network", () => {
    const fault: Fault = { kind: "overflow", message: "full", max: 3 };
    const error = new ClientError(fault);
    expect([error.message, error.name, faultOf(error)]).toEqual(["full", "ClientError", fault]);
    expect(faultOf(new TypeError("fetch failed"))).toEqual({
      kind: "network",
      message: "fetch failed",
    });
    expect(faultOf("no")).toEqual({ kind: "network", message: "no" });
  });
});
