/**
 * Lets visitors in who have no credentials, to see what is public: each is given a pass first, which is short-lived, kept in memory
 * alone and counted by the address that asked for it. The doors here stand in front of those for users and keys, and hand on
 * whatever is no pass of theirs.
 */
import type { AdmissionCounts } from "../ports/admission-counts.ts";
import { type Awaitable, whenThere } from "../ports/awaitable.ts";
import type { ConnectionCounts } from "../ports/connection-counts.ts";
import type { VisitorLimits } from "../ports/protocol.ts";
import type { Quota } from "../ports/quota.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { IssuedToken } from "../ports/stream-tokens.ts";
import type {
  AccessRefusal,
  Admission,
  AdmissionEvents,
  Doorkeeper,
  Grant,
  Limits,
} from "./grant.ts";
import type {
  Identity,
  StreamAdmission,
  StreamDoor,
  StreamEvents,
  TokenRefusal,
} from "./identity.ts";
import { OneTimeTokens } from "./one-time-tokens.ts";

/** What the doors for visitors work with. */
export interface VisitorDoorOptions {
  readonly limits: VisitorLimits;
  readonly secrets: Secrets;
  readonly counts: AdmissionCounts;
}

/** How long a pass is good that takes REST calls and opens connections, in milliseconds. */
export const visitorKeyLifeMs = 900_000;

/** Most passes of that kind at once; the oldest goes for one more. */
export const visitorKeysMax = 20_000;

const keyBytes = 16;
const keyPrefix = "visitor-";

/** Whose visitors of this very machine are, or of a proxy on it: only all together are bounded. */
const thisMachine = "this machine";

function connectionsMaxOf(owner: string, limits: VisitorLimits): number {
  return owner === thisMachine ? limits.connectionsMax : limits.connectionsPerAddressMax;
}

/** A stream door that also takes one-time tokens of visitors. */
export class VisitorStreamDoor implements StreamDoor {
  readonly #door: StreamDoor;
  readonly #limits: VisitorLimits;
  readonly #tokens: OneTimeTokens;
  readonly #connections: ConnectionCounts;

  constructor(door: StreamDoor, { limits, secrets, counts }: VisitorDoorOptions) {
    this.#door = door;
    this.#limits = limits;
    this.#tokens = new OneTimeTokens(secrets);
    this.#connections = counts.connections("visitors of streams", limits.connectionsMax);
  }

  /** A token that opens one connection for public channels. */
  visitorPass(address: string | undefined, nowMs: number): string {
    return this.#tokens.issue(address ?? thisMachine, nowMs).token;
  }

  issueToken(identity: Identity, nowMs: number): Awaitable<IssuedToken> {
    return this.#door.issueToken(identity, nowMs);
  }

  admit(
    token: string | undefined,
    events: StreamEvents,
    nowMs: number,
    address?: string,
  ): Awaitable<StreamAdmission | TokenRefusal> {
    const claimed = token === undefined ? "unknown-token" : this.#tokens.claim(token, nowMs);
    if (claimed === "unknown-token") return this.#door.admit(token, events, nowMs, address);
    if (typeof claimed === "string") return claimed;
    const owner = claimed.userId;
    const taking = this.#connections.take(owner, connectionsMaxOf(owner, this.#limits));
    return whenThere(taking, (lease) => {
      if (typeof lease === "string") {
        claimed.giveBack();
        return "too-many-connections";
      }
      let isOpen = false;
      return {
        identity: undefined,
        confirm() {
          isOpen = true;
          claimed.useUp();
        },
        release() {
          lease.release();
          if (!isOpen) claimed.giveBack();
        },
      };
    });
  }

  /** Forgets what has expired; called about every second. */
  refresh(nowMs: number): void {
    this.#tokens.sweep(nowMs);
  }
}

/** A pass that was given to a visitor, without its text. */
interface VisitorKey {
  readonly grant: Grant;
  readonly expiresAtMs: number;
}

/** A doorkeeper that also takes short-lived keys of visitors. All visitors of an address are one workspace. */
export class VisitorDoorkeeper implements Doorkeeper {
  readonly #door: Doorkeeper;
  readonly #secrets: Secrets;
  readonly #limits: VisitorLimits;
  /** What visitors may do. */
  readonly #granted: Limits;
  readonly #calls: Quota;
  readonly #connections: ConnectionCounts;
  /** Keys by hash, oldest first. */
  readonly #keys = new Map<string, VisitorKey>();

  /** `defaults` are the limits of a workspace that has none of its own. */
  constructor(door: Doorkeeper, defaults: Limits, { limits, secrets, counts }: VisitorDoorOptions) {
    this.#door = door;
    this.#secrets = secrets;
    this.#limits = limits;
    this.#granted = {
      ...defaults,
      connectionsMax: limits.connectionsPerAddressMax,
      restCallsPerMinuteMax: limits.callsPerMinuteMax,
    };
    this.#calls = counts.quota("calls of visitors");
    this.#connections = counts.connections("visitors of workspaces", limits.connectionsMax);
  }

  /** A key for public data that is good for {@link visitorKeyLifeMs}. */
  visitorPass(address: string | undefined, nowMs: number): string {
    this.refresh(nowMs);
    const [oldest] = this.#keys.keys();
    if (this.#keys.size >= visitorKeysMax && oldest !== undefined) this.#keys.delete(oldest);
    const key = keyPrefix + this.#secrets.randomHex(keyBytes);
    const hash = this.#secrets.sha256Hex(key);
    const { datasets } = this.#granted;
    const grant = {
      workspace: address ?? thisMachine,
      keyId: "visitor",
      limits: this.#granted,
      mayUse: (code: string) => datasets?.includes(code) ?? true,
    };
    this.#keys.set(hash, { grant, expiresAtMs: nowMs + visitorKeyLifeMs });
    return key;
  }

  authenticate(
    key: string | undefined,
    nowMs: number,
    address?: string,
  ): Awaitable<Grant | AccessRefusal> {
    const grant = this.#grantOf(key, nowMs);
    if (typeof grant === "string") return grant;
    if (grant === undefined) return this.#door.authenticate(key, nowMs, address);
    const { workspace, limits } = grant;
    const callsMax = workspace === thisMachine ? undefined : limits.restCallsPerMinuteMax;
    const counting = this.#calls.take(workspace, callsMax, nowMs);
    return whenThere(counting, (isWithin) => (isWithin ? grant : "too-many-calls"));
  }

  admit(
    key: string | undefined,
    events: AdmissionEvents,
    nowMs: number,
    address?: string,
  ): Awaitable<Admission | AccessRefusal> {
    const grant = this.#grantOf(key, nowMs);
    if (typeof grant === "string") return grant;
    if (grant === undefined) return this.#door.admit(key, events, nowMs, address);
    const owner = grant.workspace;
    const taking = this.#connections.take(owner, connectionsMaxOf(owner, this.#limits));
    return whenThere(taking, (lease) =>
      typeof lease === "string"
        ? "too-many-connections"
        : { grant, release: () => lease.release() },
    );
  }

  /** Forgets what has expired; called about every second. */
  refresh(nowMs: number): void {
    this.#calls.refresh(nowMs);
    for (const [hash, { expiresAtMs }] of this.#keys) {
      if (nowMs < expiresAtMs) return;
      this.#keys.delete(hash);
    }
  }

  /** Undefined for what is no key of a visitor. */
  #grantOf(key: string | undefined, nowMs: number): Grant | AccessRefusal | undefined {
    if (key?.startsWith(keyPrefix) !== true || key.length > keyPrefix.length + keyBytes * 2) return;
    const known = this.#keys.get(this.#secrets.sha256Hex(key));
    return known === undefined || nowMs >= known.expiresAtMs ? "unknown-key" : known.grant;
  }
}
