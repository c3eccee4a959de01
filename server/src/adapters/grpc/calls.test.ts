import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { wideLimits } from "../http/limits.fixture.ts";
import { Addresses } from "../peers/address.ts";
import { AddressRates } from "../peers/address-rates.ts";
import { Connections, type Visitor } from "../peers/connections.ts";
import { Calls, callsMax, type OpenCall, refusedInARowMax } from "./calls.ts";

let port = 0;

function house(limits: Partial<typeof wideLimits> = {}, burst = 3) {
  let nowMs = 0;
  const connections = new Connections({ ...wideLimits, ...limits }, new Addresses([]), () => nowMs);
  const calls = new Calls(connections, new AddressRates({ perSecond: 1, burst }), () => nowMs);
  const open = (address: string): Visitor => {
    port += 1;
    const socket = new Socket();
    Object.defineProperties(socket, {
      remoteAddress: { value: address },
      remotePort: { value: port },
    });
    connections.open(socket);
    const visitor = connections.find(socket);
    if (visitor === undefined) throw new Error("not taken");
    return visitor;
  };
  const begin = (visitor: Visitor, address: string | undefined = visitor.address): OpenCall => {
    const call = calls.begin(visitor, address);
    if (typeof call === "string") throw new Error(call);
    return call;
  };
  const pass = (ms: number) => {
    nowMs += ms;
    connections.sweep();
  };
  return { connections, calls, open, begin, pass };
}

const stranger = "192.0.2.1";

describe("calls", () => {
  it("of strangers are so many of an address, on all its connections; those of others go on", () => {
    const { calls, open, begin } = house();
    const [one, other] = [open(stranger), open(stranger)];
    for (const visitor of [one, other, one]) begin(visitor);
    expect([calls.begin(one, stranger), calls.begin(other, stranger)]).toEqual([
      "too-often",
      "too-often",
    ]);
    begin(open("192.0.2.2"));
    begin(open("127.0.0.1"));
  });

  it("of those who have shown a key are not counted, until they show a bad one", () => {
    const { calls, open, begin } = house({}, 1);
    const visitor = open(stranger);
    calls.answered(begin(visitor), 1, true);
    for (let call = 0; call < 9; call += 1) calls.answered(begin(visitor), 1, undefined);
    calls.answered(begin(visitor), 1, false);
    begin(visitor);
    expect(calls.begin(visitor, stranger)).toBe("too-often");
  });

  it("that are refused again and again end their connection", () => {
    const { calls, connections, open, begin } = house({}, 1);
    const visitor = open(stranger);
    begin(visitor);
    for (let call = 0; call < refusedInARowMax; call += 1) calls.begin(visitor, stranger);
    expect(visitor.socket.destroyed).toBe(false);
    calls.begin(visitor, stranger);
    expect([visitor.socket.destroyed, connections.endings.flood]).toEqual([true, 1]);
  });

  it("wait for an answer in so many places, of all together, and give them back once", () => {
    const { calls, open, begin } = house();
    const visitor = open("127.0.0.1");
    const all = Array.from({ length: callsMax }, () => begin(visitor));
    expect(calls.begin(visitor, undefined)).toBe("busy");
    const [first, second] = all;
    if (first === undefined || second === undefined) throw new Error("no calls");
    calls.answered(first, 9, true);
    calls.ended(first);
    calls.ended(first);
    begin(visitor);
    expect(calls.begin(visitor, undefined)).toBe("busy");
    calls.ended(second);
    begin(visitor);
  });

  it("whose answers are not taken end the connection that waits for the longest, when there is too much", () => {
    const { calls, connections, open, begin } = house({ unsentBytesMax: 100 });
    const [slow, busy] = [open("192.0.2.1"), open("192.0.2.2")];
    const [first, second, third] = [begin(slow), begin(busy), begin(busy)];
    calls.answered(first, 60, true);
    calls.answered(second, 30, true);
    expect(connections.unsentBytes).toBe(90);
    calls.answered(third, 20, true);
    expect([slow.socket.destroyed, busy.socket.destroyed]).toEqual([true, false]);
    expect(connections.unsentBytes).toBe(50);
    for (const call of [first, second, third]) calls.ended(call);
    expect(connections.unsentBytes).toBe(0);
  });

  it("end their connection when one is not over in time, however many others come and go", () => {
    const { calls, open, begin, pass } = house({ answerTimeoutMs: 1_000 });
    const [lazy, busy] = [open("192.0.2.1"), open("127.0.0.1")];
    begin(lazy);
    for (let step = 0; step < 9; step += 1) {
      pass(100);
      for (const visitor of [busy, lazy]) {
        const call = begin(visitor, undefined);
        calls.answered(call, 10, true);
        calls.ended(call);
      }
    }
    expect(lazy.socket.destroyed).toBe(false);
    pass(100);
    expect([lazy.socket.destroyed, busy.socket.destroyed]).toEqual([true, false]);
  });
});
