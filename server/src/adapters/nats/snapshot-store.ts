/**
 * Snapshots of the exchange's state in a stream, for every node of a cluster to start from: the state in
 * pieces, and one message that says what they are the pieces of, which is stored last. What is read is what
 * was written, or is refused: its SHA-256 is in that message.
 */
import { createHash, type Hash, randomBytes } from "node:crypto";
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { assert } from "../../core/assert.ts";
import type {
  ReadSnapshot,
  Snapshot,
  SnapshotDamage,
  SnapshotEntry,
  SnapshotStore,
} from "../../ports/snapshot-store.ts";
import { StartError } from "../../ports/start-error.ts";
import { type StorageFailure, storageFailure } from "../../ports/storage-fault.ts";
import type { NatsLink } from "./link.ts";
import { patiently } from "./patient.ts";
import { assertSnapshot, type Manifest, parseManifest } from "./snapshot-manifest.ts";
import { wordsOf } from "./words.ts";

/** Snapshots that are kept. */
const kept = 3;

/** Bytes of a piece, which a broker takes that nobody has told otherwise. */
const pieceBytes = 512 * 1_024;

/** Pieces that are under way at once. */
const piecesUnderWay = 4;

/** How long an answer of the broker is waited for, in milliseconds. */
const answerMs = 5_000;

/** After which time pieces without their manifest are taken for left over, in milliseconds. */
const leftOverMs = 3_600_000;

/** Which snapshots. */
export interface NatsSnapshotsOptions {
  /** Name of the cluster: letters, digits, `-` and `_`. */
  readonly name: string;
  /** On how many servers each snapshot is: 1, 3 or 5. */
  readonly replicas: number;
  /** Wall time, which tells what was left over long ago. */
  readonly nowMs: () => number;
}

/** The snapshots of a cluster. */
export class NatsSnapshotStore implements SnapshotStore {
  readonly #link: NatsLink;
  readonly #manager: JetStreamManager;
  readonly #client: JetStreamClient;
  readonly #stream: string;
  readonly #subject: string;
  readonly #nowMs: () => number;
  #isWriting = false;

  private constructor(
    link: NatsLink,
    manager: JetStreamManager,
    { name, nowMs }: NatsSnapshotsOptions,
  ) {
    this.#link = link;
    this.#manager = manager;
    this.#nowMs = nowMs;
    this.#client = jetstream(link.connection, { timeout: answerMs });
    this.#stream = streamOf(name);
    this.#subject = subjectOf(name);
  }

  /** Finds or makes the stream. A `StartError` says why that cannot be. */
  static async open(link: NatsLink, options: NatsSnapshotsOptions): Promise<NatsSnapshotStore> {
    try {
      const api = { timeout: answerMs, checkAPI: false };
      const manager = await jetstreamManager(link.connection, api);
      await patiently(() => foundOrMade(manager, options));
      return new NatsSnapshotStore(link, manager, options);
    } catch (error) {
      throw new StartError(`the broker's snapshots cannot be used: ${wordsOf(error)}`);
    }
  }

  async write(snapshot: Snapshot): Promise<"stored" | StorageFailure> {
    assert(!this.#isWriting, "one snapshot is written at a time");
    assertSnapshot(snapshot);
    this.#isWriting = true;
    try {
      const { sequence, epoch, format, state } = snapshot;
      const upload = `${this.#nowMs().toString(36)}-${randomBytes(8).toString("hex")}`;
      const names = { sequence, epoch, format, bytes: state.length };
      const sha256 = await this.#send(upload, state, hashOf(names));
      const manifest: Manifest = { ...names, upload, sha256 };
      await this.#publish(`manifest.${sequence}`, Buffer.from(JSON.stringify(manifest)));
      await this.#tidy();
      return "stored";
    } catch (error) {
      return this.#failure(error);
    } finally {
      this.#isWriting = false;
    }
  }

  async list(): Promise<readonly SnapshotEntry[] | StorageFailure> {
    try {
      const manifests = await this.#manifests();
      return manifests.map(({ sequence, bytes }) => ({ sequence, bytes }));
    } catch (error) {
      return this.#failure(error);
    }
  }

  async read(sequence: number): Promise<ReadSnapshot | SnapshotDamage> {
    const damage = (detail: string): SnapshotDamage => {
      const message = `the broker's snapshot of ${sequence} cannot be used: ${detail}`;
      return { kind: "damage", sequence, message };
    };
    try {
      const manifest = await this.#manifest(sequence);
      if (manifest === undefined) return damage("it is not there, or its description is not ours");
      const { upload, sha256, bytes, ...names } = manifest;
      const state = new Uint8Array(bytes);
      const hash = hashOf({ ...names, bytes });
      if (!(await this.#receive(upload, state, hash))) return damage("a piece of it is missing");
      if (hash.digest("hex") !== sha256) return damage("its SHA-256 does not fit");
      return { kind: "snapshot", ...names, state };
    } catch (error) {
      return damage(wordsOf(error));
    }
  }

  /** Stores the pieces of a state; resolves with the SHA-256 when all are there. */
  async #send(upload: string, state: Uint8Array, hash: Hash): Promise<string> {
    for (let at = 0; at < state.length; at += piecesUnderWay * pieceBytes) {
      const pieces = piecesAt(state, at).map(async ({ number, bytes }) => {
        hash.update(bytes);
        await this.#publish(`piece.${upload}.${number}`, bytes);
      });
      await Promise.all(pieces);
    }
    return hash.digest("hex");
  }

  /** Fills a state with its pieces; false where one is not there. */
  async #receive(upload: string, state: Uint8Array, hash: Hash): Promise<boolean> {
    for (let at = 0; at < state.length; at += piecesUnderWay * pieceBytes) {
      const pieces = piecesAt(state, at);
      const reading = pieces.map(({ number }) => this.#piece(`piece.${upload}.${number}`));
      const found = await Promise.all(reading);
      for (const [index, { bytes }] of pieces.entries()) {
        const data = found[index];
        if (data?.length !== bytes.length) return false;
        bytes.set(data);
        hash.update(bytes);
      }
    }
    return true;
  }

  async #piece(name: string): Promise<Uint8Array | undefined> {
    const query = { last_by_subj: this.#subject + name };
    // Any server may have it; one that is behind has not got it yet, and the leader has.
    const found = await this.#link.asked(
      async () =>
        (await this.#manager.direct.getMessage(this.#stream, query)) ??
        (await this.#manager.streams.getMessage(this.#stream, query)),
    );
    return found?.data;
  }

  async #publish(name: string, bytes: Uint8Array): Promise<void> {
    const subject = this.#subject + name;
    await this.#link.asked(() => this.#client.publish(subject, bytes, { timeout: answerMs }));
  }

  /** Newest first. */
  async #manifests(): Promise<readonly Manifest[]> {
    const names = await this.#names("manifest.*");
    const sequences = names.map((name) => Number(name.slice(name.lastIndexOf(".") + 1)));
    const found: Manifest[] = [];
    for (const sequence of sequences.sort((left, right) => right - left)) {
      const manifest = await this.#manifest(sequence);
      if (manifest !== undefined) found.push(manifest);
    }
    return found;
  }

  async #manifest(sequence: number): Promise<Manifest | undefined> {
    const query = { last_by_subj: `${this.#subject}manifest.${sequence}` };
    const found = await this.#link.asked(() =>
      this.#manager.streams.getMessage(this.#stream, query),
    );
    return found === null ? undefined : parseManifest(found.data, sequence);
  }

  async #names(filter: string): Promise<readonly string[]> {
    const query = { subjects_filter: this.#subject + filter };
    const { state } = await this.#link.asked(() => this.#manager.streams.info(this.#stream, query));
    return Object.keys(state.subjects ?? {});
  }

  /** Removes the oldest ones beyond those that are kept, and what belongs to none. */
  async #tidy(): Promise<void> {
    const manifests = await this.#manifests();
    const superfluous = manifests.slice(kept);
    for (const { sequence } of superfluous) await this.#purge(`manifest.${sequence}`);
    const needed = new Set(manifests.slice(0, kept).map(({ upload }) => upload));
    const gone = new Set(superfluous.map(({ upload }) => upload));
    const uploads = (await this.#names("piece.>")).map((name) => name.split(".").at(-2) ?? "");
    const oldest = this.#nowMs() - leftOverMs;
    for (const upload of new Set(uploads)) {
      if (needed.has(upload)) continue;
      const isLeftOver = Number.parseInt(upload, 36) < oldest;
      if (isLeftOver || gone.has(upload)) await this.#purge(`piece.${upload}.*`);
    }
  }

  async #purge(filter: string): Promise<void> {
    const query = { filter: this.#subject + filter };
    await this.#link.asked(() => this.#manager.streams.purge(this.#stream, query));
  }

  #failure(error: unknown): StorageFailure {
    return storageFailure("failed", `the broker's stream ${this.#stream}`, wordsOf(error));
  }
}

/** The next pieces of a state from `at` on, as views on it, with their numbers. */
function piecesAt(state: Uint8Array, at: number) {
  const pieces: { readonly number: number; readonly bytes: Uint8Array }[] = [];
  const end = Math.min(state.length, at + piecesUnderWay * pieceBytes);
  for (let next = at; next < end; next += pieceBytes) {
    const bytes = state.subarray(next, Math.min(next + pieceBytes, end));
    pieces.push({ number: next / pieceBytes, bytes });
  }
  return pieces;
}

/** A hash that has taken the names of a snapshot, and takes its state. */
function hashOf({ sequence, epoch, format, bytes }: Omit<Manifest, "upload" | "sha256">): Hash {
  return createHash("sha256").update(`${sequence}\n${epoch}\n${format}\n${bytes}\n`);
}

function streamOf(name: string): string {
  return `${name}_snapshots`;
}

function subjectOf(name: string): string {
  return `openbourse.${name}.snapshots.`;
}

async function foundOrMade(
  manager: JetStreamManager,
  { name, replicas }: NatsSnapshotsOptions,
): Promise<void> {
  try {
    await manager.streams.info(streamOf(name));
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.status === 404)) throw error;
    await manager.streams.add({
      name: streamOf(name),
      subjects: [`${subjectOf(name)}>`],
      storage: "file",
      retention: "limits",
      discard: "new",
      num_replicas: replicas,
      max_msgs_per_subject: 1,
      allow_direct: true,
    });
  }
}
