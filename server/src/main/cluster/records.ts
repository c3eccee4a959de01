/**
 * What the nodes of a cluster share besides the commands: users, keys, one-time tokens, counts and the signed
 * requests that were taken. Engines push what was edited in their own stores, all take what others did.
 */
import { tokenLifeMs } from "../../access/one-time-tokens.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { NatsBucket } from "../../adapters/nats/bucket.ts";
import type { BucketOptions } from "../../adapters/nats/bucket-config.ts";
import type { NatsLink } from "../../adapters/nats/link.ts";
import { Mirror, type MirroredKind } from "../../cluster/mirror.ts";
import { mirroredKeys, mirroredWorkspaces } from "../../cluster/mirrored-keys.ts";
import { mirroredUsers } from "../../cluster/mirrored-users.ts";
import { nodeAliveMs } from "../../cluster/node-registry.ts";
import { aliveMs, SharedCounts } from "../../cluster/shared-counts.ts";
import { SharedTokens } from "../../cluster/shared-tokens.ts";
import { SharedTakenRequests } from "../../cluster/taken-requests.ts";
import type { AdmissionCounts } from "../../ports/admission-counts.ts";
import type { Clock } from "../../ports/clock.ts";
import type { KeyStore } from "../../ports/key-store.ts";
import type { Log } from "../../ports/log.ts";
import type { ExchangeAccess } from "../../ports/protocol.ts";
import type { SharedBucket } from "../../ports/shared-bucket.ts";
import type { SignedStamps } from "../../ports/signed-stamps.ts";
import { StartError } from "../../ports/start-error.ts";
import { every } from "../../ports/timers.ts";
import type { UserRecord, UserStore } from "../../ports/user-store.ts";

/** How long a node waits at its start for what the others have, in milliseconds. */
const takenWithinMs = 60_000;

/** Between two looks whether what was taken is still remembered, in milliseconds. */
const lookEveryMs = 1_000;

const minuteMs = 60_000;

/** How each kind of records is kept, by the end of its name. */
const buckets = {
  users: { storage: "file", recordsMax: 1_000_000, whenFull: "new" },
  keys: { storage: "file", recordsMax: 1_000_000, whenFull: "new" },
  workspaces: { storage: "file", recordsMax: 100_000, whenFull: "new" },
  tokens: {
    ...{ storage: "file", recordsMax: 400_000, whenFull: "old" },
    ageMsMax: tokenLifeMs + minuteMs,
  },
  // What is counted is of the moment: the servers need not write it down.
  places: { storage: "memory", recordsMax: 1_000_000, whenFull: "new" },
  alive: { storage: "memory", recordsMax: 10_000, whenFull: "old", ageMsMax: aliveMs },
  quotas: { storage: "memory", recordsMax: 1_000_000, whenFull: "new", ageMsMax: 3 * minuteMs },
  // Who belongs to the cluster, and who is heard of.
  nodes: { storage: "file", recordsMax: 10_000, whenFull: "new" },
  beats: { storage: "memory", recordsMax: 10_000, whenFull: "old", ageMsMax: nodeAliveMs },
  // Twice the widest window, and some more for clocks that differ.
  taken: { storage: "memory", recordsMax: 1_000_000, whenFull: "new", ageMsMax: 2.5 * minuteMs },
} as const satisfies Readonly<Record<string, Omit<BucketOptions, "name" | "replicas">>>;

/** Names of the buckets of a cluster, by what is in them. */
type BucketName = keyof typeof buckets;

/** Whose records. */
export interface NodeRecordsOptions {
  readonly link: NatsLink;
  /** Name of the cluster. */
  readonly cluster: string;
  readonly replicas: number;
  /** Whether users and keys are edited here, so that changes are pushed. */
  readonly pushes: boolean;
  readonly clock: Clock;
  readonly wallMs: () => number;
  readonly log: Log;
}

/** Whether this node's master key is that of the cluster. */
export interface SharedKeyCheck {
  /** Whether it opens the key of a user. */
  readonly opens: (user: UserRecord) => boolean;
  /** What to say where it opens none. */
  readonly fault: string;
}

/** Something that goes on until it is stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** What this node shares. */
export class NodeRecords {
  readonly #options: NodeRecordsOptions;
  readonly #buckets: ReadonlyMap<BucketName, SharedBucket>;
  readonly #counts: SharedCounts;
  readonly #taken: SharedTakenRequests;

  private constructor(options: NodeRecordsOptions, opened: ReadonlyMap<BucketName, SharedBucket>) {
    const { clock, wallMs, link } = options;
    this.#options = options;
    this.#buckets = opened;
    const secrets = systemSecrets();
    const [places, alive, quotas, taken] = [
      ...[this.#bucket("places"), this.#bucket("alive"), this.#bucket("quotas")],
      this.#bucket("taken"),
    ] as const;
    this.#counts = new SharedCounts({ places, alive, quotas, secrets, clock });
    this.#taken = new SharedTakenRequests({ bucket: taken, secrets, wallMs });
    link.onChange((isConnected) => {
      if (isConnected) return;
      this.#taken.doubt();
      this.#counts.doubt();
    });
  }

  /** Finds or makes what is shared. A `StartError` says why that cannot be. */
  static async open(options: NodeRecordsOptions): Promise<NodeRecords> {
    const { link, cluster, replicas } = options;
    const opened = new Map<BucketName, SharedBucket>();
    for (const name of Object.keys(buckets) as BucketName[]) {
      const kept = { ...buckets[name], name: `${cluster}_${name}`, replicas };
      opened.set(name, await NatsBucket.open(link, kept));
    }
    return new NodeRecords(options, opened);
  }

  /** Counts of all gateways. */
  get counts(): AdmissionCounts {
    return this.#counts;
  }

  /** How users are let in by all gateways together. */
  get admissions(): Pick<ExchangeAccess, "tokens" | "stamps" | "taken"> {
    const tokens = new SharedTokens(this.#bucket("tokens"), systemSecrets());
    return { tokens, stamps: noStamps, taken: this.#taken };
  }

  /** Who belongs to the cluster, and who is heard of. */
  get nodes(): { readonly nodes: SharedBucket; readonly beats: SharedBucket } {
    return { nodes: this.#bucket("nodes"), beats: this.#bucket("beats") };
  }

  /** Lets clients in from now on; when that ends, the places of their connections are free at once. */
  async letIn(): Promise<Stoppable> {
    await this.#counts.start();
    await this.#taken.look();
    const stop = every(this.#options.clock, lookEveryMs, () => void this.#taken.look());
    return {
      stop: async () => {
        stop();
        await this.#counts.stop();
      },
    };
  }

  /**
   * Resolves when this store has all users of the cluster, and keeps it so. Own users are told to nobody before it is
   * known that the master key is the cluster's; a `StartError` says that it is not.
   */
  mirrorUsers(store: UserStore, { opens, fault }: SharedKeyCheck): Promise<Stoppable> {
    const kind = mirroredUsers(store);
    let [shared, opened] = [0, 0];
    const parse = (value: unknown) => {
      const user = kind.parse(value);
      if (user === undefined || opened > 0) return user;
      shared += 1;
      if (opens(user)) opened += 1;
      return user;
    };
    return this.#mirror({ ...kind, parse }, "users", () => {
      if (shared > 0 && opened === 0) throw new StartError(fault);
    });
  }

  /** Resolves when this store has all keys and workspaces of the cluster, and keeps it so. */
  async mirrorKeys(store: KeyStore): Promise<Stoppable> {
    const kept = [
      await this.#mirror(mirroredWorkspaces(store, systemSecrets()), "workspaces"),
      await this.#mirror(mirroredKeys(store), "keys"),
    ];
    return {
      stop: async () => {
        await Promise.all(kept.map((mirror) => mirror.stop()));
      },
    };
  }

  async #mirror<Kind>(
    kind: MirroredKind<Kind>,
    name: BucketName,
    taken?: () => void,
  ): Promise<Stoppable> {
    const { pushes, clock, log } = this.#options;
    const bucket = this.#bucket(name);
    const mirror = new Mirror({ kind, bucket, pushes, taken, clock, log });
    const late = Promise.withResolvers<never>();
    const cancel = clock.after(takenWithinMs, () => {
      late.reject(new StartError(`the NATS servers do not tell the cluster's ${kind.name}`));
    });
    try {
      await Promise.race([mirror.start(), late.promise]);
      return mirror;
    } catch (error) {
      await mirror.stop();
      throw error;
    } finally {
      cancel();
    }
  }

  #bucket(name: BucketName): SharedBucket {
    return this.#buckets.get(name) as SharedBucket;
  }
}

/** What was taken is known one by one, also what an earlier process has taken. */
const noStamps: SignedStamps = { floorMs: () => undefined, note: () => {} };
