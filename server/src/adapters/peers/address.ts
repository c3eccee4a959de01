/**
 * Whose load a connection is: the address of its peer, or what a trusted proxy states. Addresses are
 * compared as keys: IPv4 whole, IPv6 by its first 64 bits, which are what one subscriber gets.
 */
import { BlockList, isIP, isIPv6 } from "node:net";

/** An address by which load is shared out; undefined for one that is exempt, because it is loopback. */
export type AddressKey = string | undefined;

/** Longest `X-Forwarded-For` that is looked at, in characters. */
const forwardedLengthMax = 4_096;

/** Tells addresses of clients from those of the operator's own proxies. */
export class Addresses {
  readonly #trusted = new BlockList();
  /** Most servers have no proxy before them, and each request asks. */
  readonly #trustsAny: boolean;

  /** `trustedProxies` are addresses, or ranges such as `10.0.0.0/8`; others have been refused before. */
  constructor(trustedProxies: readonly string[]) {
    this.#trustsAny = trustedProxies.length > 0;
    for (const proxy of trustedProxies) {
      const [address = "", bits] = proxy.split("/");
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      if (bits === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(bits), family);
    }
  }

  /** Whether what this peer states of its clients is believed. */
  isTrusted(peer: string): boolean {
    if (!this.#trustsAny) return false;
    const address = plain(peer);
    const family = isIP(address);
    return family !== 0 && this.#trusted.check(address, family === 6 ? "ipv6" : "ipv4");
  }

  /** The key of a connection's own peer. A trusted proxy is nobody's load by itself. */
  ofPeer(peer: string | undefined): AddressKey {
    if (peer === undefined || this.isTrusted(peer)) return undefined;
    return keyOf(plain(peer));
  }

  /** The key of a request's client: the last address in `X-Forwarded-For` that is no trusted proxy. */
  ofRequest(peer: string | undefined, forwarded: string | undefined): AddressKey {
    if (peer === undefined || !this.isTrusted(peer)) return this.ofPeer(peer);
    const stated = this.#stated(forwarded);
    return stated === undefined ? undefined : keyOf(stated);
  }

  /** The whole address of a request's client, for the log: the peer's where no other is known. */
  shown(peer: string | undefined, forwarded: string | undefined): string | undefined {
    if (peer === undefined) return undefined;
    const stated = this.isTrusted(peer) ? this.#stated(forwarded) : undefined;
    return stated ?? plain(peer);
  }

  /** The last address that trusted proxies state and that is none of them. */
  #stated(forwarded = ""): string | undefined {
    for (const part of forwarded.slice(-forwardedLengthMax).split(",").reverse()) {
      const address = plain(withoutPort(part.trim()));
      if (isIP(address) === 0) return undefined;
      if (!this.isTrusted(address)) return address;
    }
    return undefined;
  }
}

/** Whether a text is an address, or a range such as `10.0.0.0/8`. */
export function isAddressOrRange(text: string): boolean {
  try {
    new Addresses([text]);
    return !text.endsWith("/");
  } catch {
    return false;
  }
}

/** The key of an address that is known to be one. */
export function keyOf(address: string): AddressKey {
  if (isIPv6(address)) return address === "::1" ? undefined : firstHalf(address);
  return address.startsWith("127.") ? undefined : address;
}

/** The first four groups of an IPv6 address, written in full. */
function firstHalf(address: string): string {
  const [head = "", tail] = address.split("%", 1)[0]!.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - last.length;
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill("0"), ...last];
  const half = all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${half.join(":")}::/64`;
}

/** An IPv4 address that a socket for both families shows as `::ffff:192.0.2.1`. */
function plain(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(address: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(address);
  return bracketed?.[1] ?? address.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
}
