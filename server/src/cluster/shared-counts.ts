/**
 * Places of owners over all gateways. Each gateway keeps in an owner's record how many it has, and a record of its
 * own says that it is alive: what a gateway has that is gone counts no more. Who has no limit, and nobody
 * in particular, is counted by each gateway alone, as are all places together.
 */
import { ownCounts } from "../access/own-counts.ts";
import type { AdmissionCounts } from "../ports/admission-counts.ts";
import type { Awaitable } from "../ports/awaitable.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConnectionCounts, ConnectionLease, NoPlace } from "../ports/connection-counts.ts";
import type { Quota } from "../ports/quota.ts";
import type { Secrets } from "../ports/secrets.ts";
import { isUnreachable, type SharedBucket } from "../ports/shared-bucket.ts";
import { everyUnlessBusy } from "../ports/timers.ts";
import { type Alive, OwnersPlaces } from "./owners-places.ts";
import { SharedQuota } from "./shared-quota.ts";

/** How long a gateway counts that does not say that it is alive, in milliseconds. */
export const aliveMs = 5_000;

/** Between two times at which it says so, in milliseconds. */
const sayEveryMs = 1_000;

/** Owners whose records are put right at a time. */
const mendedAtOnce = 1_000;

/** Digits of the hash of an owner's name. */
const nameDigits = 40;

/** Random bytes of a gateway's name. */
const nodeBytes = 8;

/** What it works with. */
export interface SharedCountsOptions {
  /** Records of owners; they do not end by their age. */
  readonly places: SharedBucket;
  /** Records that end {@link aliveMs} after they were put. */
  readonly alive: SharedBucket;
  /** Records that end some minutes after they were put. */
  readonly quotas: SharedBucket;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

/** Counts of all gateways. */
export class SharedCounts implements AdmissionCounts {
  readonly #options: SharedCountsOptions;
  readonly #node: string;
  readonly #connections: SharedConnections[] = [];
  #saidMs = Number.NEGATIVE_INFINITY;
  #stop: () => void = () => {};
  #saying: Promise<void> = Promise.resolve();

  constructor(options: SharedCountsOptions) {
    this.#options = options;
    this.#node = options.secrets.randomHex(nodeBytes);
  }

  /** Says from now on that this gateway is alive. */
  async start(): Promise<void> {
    await this.look();
    this.#stop = everyUnlessBusy(this.#options.clock, sayEveryMs, () => this.look());
  }

  /** Says that this gateway is alive, and puts right what could not be put; done each second. */
  look(): Promise<void> {
    this.#saying = this.#saying.then(() => this.#say());
    return this.#saying;
  }

  /** The connection was lost: what this gateway has may not be in the records when it is back. */
  doubt(): void {
    this.#saidMs = Number.NEGATIVE_INFINITY;
  }

  /** All its places are free at once. */
  async stop(): Promise<void> {
    this.#stop();
    await this.#saying;
    await this.#options.alive.remove(this.#node);
  }

  connections(name: string, allMax: number): ConnectionCounts {
    const { places, secrets } = this.#options;
    const keyOf = (owner: string) => secrets.sha256Hex(`${name}\n${owner}`).slice(0, nameDigits);
    const parts = { node: this.#node, places, isAlive: (node: string) => this.#isAlive(node) };
    const made = new SharedConnections(allMax, { ...parts, keyOf });
    this.#connections.push(made);
    return made;
  }

  quota(name: string): Quota {
    const { quotas, secrets } = this.#options;
    return new SharedQuota(name, quotas, secrets);
  }

  async #say(): Promise<void> {
    const { alive, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const put = await alive.put(this.#node, new Uint8Array());
    if (isUnreachable(put)) return;
    // The others may have taken this gateway for gone, and what it has out of their counts.
    if (nowMs - this.#saidMs >= aliveMs) for (const counts of this.#connections) counts.doubtAll();
    this.#saidMs = nowMs;
    for (const counts of this.#connections) await counts.mend(mendedAtOnce);
  }

  async #isAlive(node: string): Promise<Alive> {
    const found = await this.#options.alive.get(node);
    if (isUnreachable(found)) return "unknown";
    return found === undefined ? "gone" : "alive";
  }
}

/** Places of owners, under a bound of this gateway's own for all together. */
class SharedConnections implements ConnectionCounts {
  readonly #allMax: number;
  /** All of this gateway, and those who are counted here alone. */
  readonly #all: ConnectionCounts;
  readonly #alone: ConnectionCounts;
  readonly #owners: OwnersPlaces;

  constructor(allMax: number, owners: ConstructorParameters<typeof OwnersPlaces>[0]) {
    this.#allMax = allMax;
    this.#all = ownCounts.connections("all", allMax);
    this.#alone = ownCounts.connections("alone", allMax);
    this.#owners = new OwnersPlaces(owners);
  }

  take(owner: string, max: number): Awaitable<ConnectionLease | NoPlace> {
    if (owner === "" || max >= this.#allMax) return this.#alone.take(owner, max);
    return this.#take(owner, max);
  }

  doubtAll(): void {
    this.#owners.doubtAll();
  }

  mend(max: number): Promise<void> {
    return this.#owners.mend(max);
  }

  async #take(owner: string, max: number): Promise<ConnectionLease | NoPlace> {
    const place = await this.#all.take("", this.#allMax);
    if (typeof place === "string") return "all-taken";
    const shared = await this.#owners.take(owner, max);
    if (typeof shared === "string") {
      place.release();
      return shared;
    }
    return {
      release() {
        shared.release();
        place.release();
      },
    };
  }
}
