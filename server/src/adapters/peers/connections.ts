/**
 * All connections of a listener, and what bounds them: how many there are, how many of one address,
 * how long a peer may take to read an answer, how much may wait for all of them. When one more comes
 * than may be open, the one that has been of no use for the longest has to go, so that a newcomer, the
 * operator for example, always finds a place.
 */
import type { Socket } from "node:net";
import type { Addresses, AddressKey } from "./address.ts";

/** The bounds. */
export interface ConnectionLimits {
  /** Connections that are not WebSockets, with those whose TLS handshake is not finished. */
  readonly connectionsMax: number;
  /** Connections of one address, WebSockets included; loopback and trusted proxies are exempt. */
  readonly connectionsPerAddressMax: number;
  /** How long an answer may take from its request until the peer has taken it all. */
  readonly answerTimeoutMs: number;
  /** Bytes of answers that may wait for all peers together. */
  readonly unsentBytesMax: number;
}

/** Why a connection was ended or not taken. */
export type Ending = "address-full" | "made-room" | "answer-timeout" | "unsent-bytes" | "flood";

/** Where a connection comes from. */
export type Peer = Pick<Socket, "remoteAddress" | "remotePort">;

/** What is counted. */
export type EndingCounters = Record<Ending, number>;

/** One connection. */
export class Visitor {
  readonly socket: Socket;
  readonly address: AddressKey;
  /**
   * Whether its last request was that of somebody who had shown who they are, was cheap, and was not
   * one too many. Others wait for their turn.
   */
  isKnown = false;
  /** When the request came that is being answered. */
  askedAtMs: number | undefined;
  isUpgraded = false;

  constructor(socket: Socket, address: AddressKey) {
    this.socket = socket;
    this.address = address;
  }
}

/** The connections that are open. */
export class Connections {
  readonly endings: EndingCounters = {
    "address-full": 0,
    "made-room": 0,
    "answer-timeout": 0,
    "unsent-bytes": 0,
    flood: 0,
  };
  readonly #limits: ConnectionLimits;
  readonly #addresses: Addresses;
  readonly #monotonicMs: () => number;
  /** Those that are not upgraded; the one that was last of use is last. */
  readonly #visitors = new Set<Visitor>();
  /** By where they come from, as a TLS socket is not the socket that was counted. */
  readonly #byPeer = new Map<string, Visitor>();
  readonly #perAddress = new Map<string, number>();
  /** Bytes of answers that were written and not taken, the one that waits the longest first. */
  readonly #unsent = new Map<Visitor, number>();
  #unsentBytes = 0;

  constructor(limits: ConnectionLimits, addresses: Addresses, monotonicMs: () => number) {
    this.#limits = limits;
    this.#addresses = addresses;
    this.#monotonicMs = monotonicMs;
  }

  /** Connections that are not WebSockets. */
  get size(): number {
    return this.#visitors.size;
  }

  /** Bytes of answers that peers have not taken. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** Takes a new TCP connection in, or ends it; another one may have to go for it. */
  open(socket: Socket): void {
    const address = this.#addresses.ofPeer(socket.remoteAddress);
    if (!this.take(address)) {
      socket.destroy();
      return;
    }
    if (this.#visitors.size >= this.#limits.connectionsMax) this.#makeRoom();
    const visitor = new Visitor(socket, address);
    const peer = peerOf(socket);
    this.#visitors.add(visitor);
    this.#byPeer.set(peer, visitor);
    socket.once("close", () => {
      this.#visitors.delete(visitor);
      if (this.#byPeer.get(peer) === visitor) this.#byPeer.delete(peer);
      this.taken(visitor);
      this.release(address);
    });
  }

  /** The connection of a socket; undefined when it is gone. */
  find(socket: Peer): Visitor | undefined {
    return this.#byPeer.get(peerOf(socket));
  }

  /** Counts one connection of an address; false, and not counted, when it has as many as it may. */
  take(address: AddressKey): boolean {
    if (address === undefined) return true;
    const open = this.#perAddress.get(address) ?? 0;
    if (open >= this.#limits.connectionsPerAddressMax) {
      this.endings["address-full"] += 1;
      return false;
    }
    this.#perAddress.set(address, open + 1);
    return true;
  }

  /** Gives back what {@link take} has counted. */
  release(address: AddressKey): void {
    if (address === undefined) return;
    const open = (this.#perAddress.get(address) ?? 1) - 1;
    if (open > 0) this.#perAddress.set(address, open);
    else this.#perAddress.delete(address);
  }

  /** A request has come. */
  asked(visitor: Visitor): void {
    visitor.askedAtMs = this.#monotonicMs();
  }

  /** The whole answer was written, and so many bytes of it wait for the peer. */
  answered(visitor: Visitor, waitingBytes: number): void {
    if (visitor.isUpgraded || visitor.socket.destroyed) return;
    this.#note(visitor, waitingBytes);
    while (this.#unsentBytes > this.#limits.unsentBytesMax) {
      const [slowest] = this.#unsent.keys();
      if (slowest === undefined) return;
      this.end(slowest, "unsent-bytes");
    }
  }

  /** The peer has taken the whole answer, or is gone. */
  taken(visitor: Visitor): void {
    visitor.askedAtMs = undefined;
    this.#note(visitor, 0);
    if (!this.#visitors.delete(visitor) || visitor.socket.destroyed) return;
    this.#visitors.add(visitor);
  }

  /** The connection is a WebSocket from now on, and others bound it. */
  upgraded(visitor: Visitor): void {
    visitor.isUpgraded = true;
    this.#visitors.delete(visitor);
    this.#note(visitor, 0);
  }

  /** Ends those whose peers do not read their answers. Meant to be called about every second. */
  sweep(): void {
    const nowMs = this.#monotonicMs();
    for (const visitor of this.#visitors) {
      const { askedAtMs } = visitor;
      if (askedAtMs === undefined) continue;
      if (nowMs - askedAtMs >= this.#limits.answerTimeoutMs) this.end(visitor, "answer-timeout");
    }
  }

  /** Ends one connection. */
  end(visitor: Visitor, why: Ending): void {
    this.endings[why] += 1;
    this.#visitors.delete(visitor);
    this.#note(visitor, 0);
    visitor.socket.destroy();
  }

  /** Ends all that are not WebSockets. */
  endAll(): void {
    for (const visitor of this.#visitors) visitor.socket.destroy();
  }

  /** Ends one connection: of the address with most of them, else the one that is of no use for the longest. */
  #makeRoom(): void {
    const heaviest = this.#heaviestAddress();
    let victim: Visitor | undefined;
    for (const visitor of this.#visitors) {
      if (heaviest !== undefined && visitor.address !== heaviest) continue;
      victim ??= visitor;
      if (visitor.isKnown) continue;
      victim = visitor;
      break;
    }
    if (victim !== undefined) this.end(victim, "made-room");
  }

  /** The address of more than its share of connections; undefined where none has. */
  #heaviestAddress(): AddressKey {
    const counts = new Map<AddressKey, number>();
    for (const { address } of this.#visitors) counts.set(address, (counts.get(address) ?? 0) + 1);
    const share = this.#limits.connectionsMax / counts.size;
    let heaviest: AddressKey;
    let most = share;
    for (const [address, count] of counts) {
      if (address === undefined || count <= most) continue;
      heaviest = address;
      most = count;
    }
    return heaviest;
  }

  #note(visitor: Visitor, bytes: number): void {
    this.#unsentBytes += bytes - (this.#unsent.get(visitor) ?? 0);
    // One for whom more comes to wait keeps its place before those that wait for less long.
    if (bytes > 0) this.#unsent.set(visitor, bytes);
    else this.#unsent.delete(visitor);
  }
}

function peerOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`;
}
