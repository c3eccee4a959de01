/**
 * Keeps one kind of records of a node's own store and those of the other nodes alike, through a bucket that all
 * share. Nodes whose stores are edited push what was changed there; all take what others changed. Whatever
 * both have changed is decided field by field (`merge.ts`).
 */
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import {
  isUnreachable,
  type SharedBucket,
  type SharedChange,
  type SharedRecord,
  type SharedWatch,
  type Unreachable,
} from "../ports/shared-bucket.ts";
import { nextTurn } from "../ports/timers.ts";
import { type Lifted, nothingLifted } from "./merge.ts";
import { bytesOf, fieldsOf } from "./record-fields.ts";

/** Between two looks at the own store, in milliseconds. */
export const lookEveryMs = 500;

/** Records that are read at once. */
const pageRecords = 200;

/** Attempts to put a record that others change at the same time. */
const attemptsMax = 10;

/** A record as all share it. */
export interface Shared<Kind> {
  readonly record: Kind;
  readonly lifted: Lifted;
}

/** One kind of records: how they are found in the own store, written there, and merged. */
export interface MirroredKind<Kind> {
  /** For the log: `users`. */
  readonly name: string;
  version(): number;
  /** Own records behind an id, by their ids; from the first one on behind an empty text. */
  behind(id: string, max: number): readonly Kind[];
  read(id: string): Kind | undefined;
  idOf(record: Kind): string;
  /** Key in the bucket. */
  keyOf(id: string): string;
  /** What somebody has put there; undefined where that is no such record. */
  parse(value: unknown): Kind | undefined;
  merge(base: Kind | undefined, mine: Kind, theirs: Shared<Kind>): Shared<Kind>;
  /** Makes the own record what this one is; false where that cannot be. */
  store(record: Kind): boolean;
}

/** What a mirror works with. */
export interface MirrorOptions<Kind> {
  readonly kind: MirroredKind<Kind>;
  readonly bucket: SharedBucket;
  /** Whether the own store is edited, so that what changed there is pushed. */
  readonly pushes: boolean;
  /** Called once when this node has all that the others have, before own records are pushed: it may raise a `StartError`. */
  readonly taken?: (() => void) | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** One kind of records, kept alike. */
export class Mirror<Kind> {
  readonly #options: MirrorOptions<Kind>;
  /** What this node and the others last agreed on, by id. As many as there are records. */
  readonly #agreed = new Map<string, { readonly record: Kind; readonly revision: number }>();
  /** Ids of own records that have to be pushed. As many as there are records, at most. */
  readonly #due = new Set<string>();
  readonly #watch: SharedWatch;
  #seenVersion: number | undefined;
  #pushing: Promise<void> = Promise.resolve();
  #cancel: () => void = () => {};
  #trouble: string | undefined;
  #isStopped = false;

  constructor(options: MirrorOptions<Kind>) {
    this.#options = options;
    this.#watch = options.bucket.watch((change) => this.#take(change));
  }

  /** Resolves when this node has all that the others have. Own changes are pushed from then on. */
  async start(): Promise<void> {
    await this.#watch.caughtUp;
    this.#options.taken?.();
    void this.look().then(() => this.#later());
  }

  /** Pushes what has changed in the own store; meant for tests, as it is done twice a second. */
  look(): Promise<void> {
    if (!this.#options.pushes) return Promise.resolve();
    this.#pushing = this.#pushing.then(() => this.#push());
    return this.#pushing;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    this.#watch.stop();
    await this.#pushing;
  }

  #later(): void {
    if (this.#isStopped || !this.#options.pushes) return;
    this.#cancel = this.#options.clock.after(lookEveryMs, () => {
      void this.look().then(() => this.#later());
    });
  }

  /** Takes a record as another node has put it. */
  #take({ key, value, revision }: SharedChange): void {
    const theirs = value && this.#parse(key, value);
    if (theirs === undefined) return;
    const { kind, pushes } = this.#options;
    const id = kind.idOf(theirs.record);
    const mine = kind.read(id);
    if (!pushes) {
      this.#store(id, theirs.record, mine);
      return;
    }
    const agreed = this.#agreed.get(id);
    // What was put by this node since may be told before what it has replaced.
    if (agreed !== undefined && revision <= agreed.revision) return;
    const merged = mine ? kind.merge(agreed?.record, mine, theirs) : theirs;
    this.#store(id, merged.record, mine);
    this.#agreed.set(id, { record: theirs.record, revision });
    if (textOf(merged) !== textOf(theirs)) this.#due.add(id);
  }

  #store(id: string, record: Kind, mine: Kind | undefined): void {
    if (mine !== undefined && JSON.stringify(mine) === JSON.stringify(record)) return;
    const { kind, log } = this.#options;
    if (kind.store(record)) return;
    log.warn("a record of another node cannot be taken: this node has another one of its name", {
      ...{ kind: kind.name, id },
    });
  }

  async #push(): Promise<void> {
    await this.#notice();
    for (const id of this.#due) {
      if (this.#isStopped) return;
      const unreachable = await this.#pushOne(id);
      this.#tell(unreachable?.message);
      if (unreachable !== undefined) return;
      this.#due.delete(id);
    }
  }

  /** Finds what was changed in the own store, some records in a turn of the event loop. */
  async #notice(): Promise<void> {
    const { kind } = this.#options;
    const version = kind.version();
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    for (let last = ""; !this.#isStopped; ) {
      const page = kind.behind(last, pageRecords);
      for (const record of page) {
        last = kind.idOf(record);
        const agreed = this.#agreed.get(last)?.record;
        if (agreed === undefined || JSON.stringify(agreed) !== JSON.stringify(record)) {
          this.#due.add(last);
        }
      }
      if (page.length < pageRecords) return;
      await nextTurn();
    }
  }

  /** Puts an own record, merged with what is there. */
  async #pushOne(id: string): Promise<Unreachable | undefined> {
    const { kind, bucket } = this.#options;
    const key = kind.keyOf(id);
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const found = await bucket.get(key);
      if (isUnreachable(found)) return found;
      const mine = kind.read(id);
      if (mine === undefined) return undefined;
      const theirs = found && this.#parse(key, found.value);
      const merged = theirs
        ? kind.merge(this.#agreed.get(id)?.record, mine, theirs)
        : { record: mine, lifted: nothingLifted };
      const put = await this.#put(key, merged, { found, theirs });
      if (isUnreachable(put)) return put;
      if (put === "changed") continue;
      // It may have been edited while it was being put.
      if (JSON.stringify(kind.read(id)) !== JSON.stringify(mine)) continue;
      this.#store(id, merged.record, mine);
      this.#agreed.set(id, { record: merged.record, revision: put });
      return undefined;
    }
    return { kind: "unreachable", message: `others change ${kind.name} ${id} all the time` };
  }

  async #put(
    key: string,
    merged: Shared<Kind>,
    there: { readonly found: SharedRecord | undefined; readonly theirs: Shared<Kind> | undefined },
  ): Promise<number | "changed" | Unreachable> {
    const { found, theirs } = there;
    if (found !== undefined && theirs !== undefined && textOf(merged) === textOf(theirs)) {
      return found.revision;
    }
    const { record, lifted } = merged;
    return await this.#options.bucket.put(key, bytesOf({ record, lifted }), found?.revision ?? 0);
  }

  #parse(key: string, value: Uint8Array): Shared<Kind> | undefined {
    const { kind, log } = this.#options;
    const read = fieldsOf(value);
    const record = kind.parse(read["record"]);
    if (record !== undefined && kind.keyOf(kind.idOf(record)) === key) {
      return { record, lifted: liftedOf(read["lifted"]) };
    }
    log.warn("a shared record is none that this release knows: a newer one may have written it", {
      kind: kind.name,
      key,
    });
    return undefined;
  }

  /** Says when own changes cannot be told to the others, and when they can again. */
  #tell(trouble: string | undefined): void {
    const { kind, log } = this.#options;
    if (trouble !== undefined && this.#trouble === undefined) {
      const waiting = this.#due.size;
      log.warn("changes wait until the other nodes can be told", {
        ...{ kind: kind.name, waiting, reason: trouble },
      });
    } else if (trouble === undefined && this.#trouble !== undefined) {
      log.info("the other nodes are told of changes again", { kind: kind.name });
    }
    this.#trouble = trouble;
  }
}

function textOf<Kind>({ record, lifted }: Shared<Kind>): string {
  return JSON.stringify({ record, lifted });
}

function liftedOf(value: unknown): Lifted {
  if (typeof value !== "object" || value === null) return nothingLifted;
  const { bans, refusals } = { bans: [], refusals: [], ...value };
  const isList = Array.isArray(bans) && Array.isArray(refusals);
  if (!isList) return nothingLifted;
  return {
    bans: bans.filter((ban) => typeof ban === "number"),
    refusals: refusals.filter((name) => typeof name === "string"),
  };
}
