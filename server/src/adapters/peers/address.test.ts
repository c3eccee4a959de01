import { describe, expect, it } from "vitest";
import { Addresses, isAddressOrRange } from "./address.ts";

describe("the address by which load is shared out", () => {
  const addresses = new Addresses(["10.0.0.0/8", "192.0.2.9", "2001:db8:ff::/48", "::1"]);

  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::7", "2001:db8:1:2::/64"],
    ["2001:0db8:0001::7", "2001:db8:1:0::/64"],
    ["::7", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["127.0.0.1", undefined],
    ["127.1.2.3", undefined],
    ["::ffff:127.0.0.1", undefined],
    ["::1", undefined],
    ["10.1.2.3", undefined],
    ["::ffff:10.1.2.3", undefined],
    ["2001:db8:ff:1::1", undefined],
    [undefined, undefined],
  ])("of peer %s is %s", (peer, key) => {
    expect(addresses.ofPeer(peer)).toBe(key);
  });

  it.each([
    ["192.0.2.1", "198.51.100.1", "192.0.2.1"],
    ["10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1"],
    ["10.0.0.1", "6.6.6.6, 198.51.100.1:4711", "198.51.100.1"],
    ["::1", "[2001:db8:1:2::7]:4711", "2001:db8:1:2::/64"],
    ["10.0.0.1", "198.51.100.1, unknown", undefined],
    ["10.0.0.1", "127.0.0.1", undefined],
    ["10.0.0.1", "", undefined],
    ["10.0.0.1", undefined, undefined],
  ])("of a request of %s for %s is %s", (peer, forwarded, key) => {
    expect(addresses.ofRequest(peer, forwarded)).toBe(key);
  });

  it.each([
    ["127.0.0.1", "6.6.6.6", "127.0.0.1"],
    ["::ffff:192.0.2.1", undefined, "192.0.2.1"],
    ["10.0.0.1", "6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1"],
    ["::1", "[2001:db8:1:2::7]:4711", "2001:db8:1:2::7"],
    ["10.0.0.1", "unknown", "10.0.0.1"],
    [undefined, "6.6.6.6", undefined],
  ])("of a request of %s for %s is shown as %s", (peer, forwarded, shown) => {
    expect(addresses.shown(peer, forwarded)).toBe(shown);
  });
});

describe("a trusted proxy", () => {
  it.each([
    ["10.0.0.1", true],
    ["10.0.0.0/8", true],
    ["::1", true],
    ["2001:db8::/32", true],
    ["10.0.0.300", false],
    ["10.0.0.0/33", false],
    ["10.0.0.0/", false],
    [":::", false],
    ["proxy", false],
    ["", false],
  ])("%s: %s", (text, isOne) => {
    expect(isAddressOrRange(text)).toBe(isOne);
  });
});
