import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { wideLimits } from "../http/limits.fixture.ts";
import { Addresses } from "./address.ts";
import { Connections } from "./connections.ts";

let port = 0;

function socketFrom(address: string): Socket {
  port += 1;
  const socket = new Socket();
  Object.defineProperties(socket, {
    remoteAddress: { value: address },
    remotePort: { value: port },
  });
  return socket;
}

function house(limits: Partial<typeof wideLimits>) {
  const connections = new Connections(
    { ...wideLimits, ...limits },
    new Addresses(["10.0.0.1"]),
    () => 0,
  );
  const open = (address: string, count: number) => {
    const sockets = Array.from({ length: count }, () => socketFrom(address));
    for (const socket of sockets) connections.open(socket);
    return sockets;
  };
  return { connections, open };
}

const openOf = (sockets: readonly Socket[]) => sockets.filter(({ destroyed }) => !destroyed).length;

describe("connections of one address", () => {
  it("are so many at most, but for loopback and trusted proxies", () => {
    const { open, connections } = house({ connectionsPerAddressMax: 2 });
    for (const address of ["192.0.2.1", "2001:db8::1"]) expect(openOf(open(address, 5))).toBe(2);
    for (const address of ["127.0.0.1", "::1", "10.0.0.1"])
      expect(openOf(open(address, 5))).toBe(5);
    expect(connections.endings["address-full"]).toBe(6);
  });

  it("count again when others are gone", async () => {
    const { open } = house({ connectionsPerAddressMax: 1 });
    const [first] = open("192.0.2.1", 1);
    first?.destroy();
    await new Promise((resolve) => first?.once("close", resolve));
    expect(openOf(open("192.0.2.1", 2))).toBe(1);
  });

  it("make room for those of others when they are more than their share", () => {
    const { open } = house({ connectionsMax: 10 });
    const modest = open("192.0.2.1", 2);
    const greedy = open("192.0.2.2", 8);
    const local = open("127.0.0.1", 1);
    const others = open("192.0.2.3", 2);
    expect([modest, greedy, local, others].map(openOf)).toEqual([2, 5, 1, 2]);
  });
});
