/**
 * Shared records in a stream of JetStream that keeps the newest message of each subject: laid out as the
 * key-value buckets of NATS, so that its tools show them. Reads are answered by the stream's leader alone. Who
 * watches asks what came since, again and again, so that there is nothing that can stand still unnoticed.
 */
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StoredMsg,
} from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import { assert } from "../../core/assert.ts";
import {
  isUnreachable,
  type SharedBucket,
  type SharedChange,
  type SharedRecord,
  type SharedWatch,
  sharedKeyPattern,
  sharedValueBytesMax,
  type Unreachable,
} from "../../ports/shared-bucket.ts";
import { StartError } from "../../ports/start-error.ts";
import { type BucketOptions, bucketConfig, bucketStream, bucketSubject } from "./bucket-config.ts";
import { BucketWatch } from "./bucket-watch.ts";
import type { NatsLink } from "./link.ts";
import { patiently } from "./patient.ts";
import { deniedBy, wordsOf } from "./words.ts";

/** How long an answer of the broker is waited for, in milliseconds. */
const answerMs = 2_000;

/** Attempts to change a record where it is another one each time. */
const attemptsMax = 5;

/** For how long a removal is told of where records end by their age, as the broker writes it. */
const removalLife = "60s";

/** The broker's words for a record that is not the one that a change was to replace. */
const wrongRevision: readonly number[] = [10_071, 10_164];

const operationHeader = "KV-Operation";

/** A bucket of the broker. */
export class NatsBucket implements SharedBucket {
  readonly #link: NatsLink;
  readonly #manager: JetStreamManager;
  readonly #client: JetStreamClient;
  readonly #options: BucketOptions;
  #making: Promise<boolean> | undefined;

  private constructor(link: NatsLink, manager: JetStreamManager, options: BucketOptions) {
    this.#link = link;
    this.#manager = manager;
    this.#client = jetstream(link.connection, { timeout: answerMs });
    this.#options = options;
  }

  /** Finds or makes the bucket. A `StartError` says why that cannot be. */
  static async open(link: NatsLink, options: BucketOptions): Promise<NatsBucket> {
    const { name } = options;
    assert(sharedKeyPattern.test(name), "a bucket has a name of letters, digits, - and _");
    try {
      const api = { timeout: answerMs, checkAPI: false };
      const manager = await jetstreamManager(link.connection, api);
      const { config } = await patiently(() => foundOrMade(manager, options));
      if (config.max_msgs_per_subject !== 1 || config.subjects[0] !== `$KV.${name}.>`) {
        throw new StartError(
          `the broker's stream ${bucketStream(name)} is no bucket of openbourse: name the cluster otherwise`,
        );
      }
      return new NatsBucket(link, manager, options);
    } catch (error) {
      if (error instanceof StartError) throw error;
      throw new StartError(`the broker's bucket ${name} cannot be used: ${wordsOf(error)}`);
    }
  }

  async get(key: string): Promise<SharedRecord | undefined | Unreachable> {
    const found = await this.#newest(key);
    if (found === undefined || isUnreachable(found)) return found;
    const { value, revision } = found;
    return value === undefined ? undefined : { key, value, revision };
  }

  async put(
    key: string,
    value: Uint8Array,
    revision?: number,
  ): Promise<number | "changed" | Unreachable> {
    assert(value.length <= sharedValueBytesMax, "a shared value is bounded");
    const outcome = await this.#publish(key, value, revision);
    if (outcome !== "changed" || revision !== 0) return outcome;
    // What was removed has left a message, which a new record has to come after.
    const found = await this.#newest(key);
    if (isUnreachable(found)) return found;
    if (found !== undefined && found.value !== undefined) return "changed";
    return await this.#publish(key, value, found?.revision ?? 0);
  }

  async remove(key: string, revision?: number): Promise<boolean | Unreachable> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const found = await this.get(key);
      if (isUnreachable(found)) return found;
      if (found === undefined) return false;
      if (revision !== undefined && found.revision !== revision) return false;
      const outcome = await this.#publish(key, undefined, found.revision);
      if (isUnreachable(outcome)) return outcome;
      if (outcome !== "changed") return true;
    }
    return { kind: "unreachable", message: `others change ${key} all the time` };
  }

  watch(listener: (change: SharedChange) => void): SharedWatch {
    const { name } = this.#options;
    return new BucketWatch(this.#link, this.#manager, {
      ...{ stream: bucketStream(name), subject: bucketSubject(name, ">") },
      told: (message) => listener(changeOf(message)),
    });
  }

  async #newest(key: string): Promise<SharedChange | undefined | Unreachable> {
    assert(sharedKeyPattern.test(key), "a shared record has a key of letters, digits, - and _");
    const { name } = this.#options;
    try {
      const query = { last_by_subj: bucketSubject(name, key) };
      const found = await this.#link.asked(() =>
        this.#manager.streams.getMessage(bucketStream(name), query),
      );
      return found === null ? undefined : changeOf(found);
    } catch (error) {
      return (await this.#isMadeAnew()) ? undefined : unreachable(name, error);
    }
  }

  /** Puts a message of a key; without a value it says that the record was removed. */
  async #publish(
    key: string,
    value: Uint8Array | undefined,
    revision: number | undefined,
  ): Promise<number | "changed" | Unreachable> {
    assert(sharedKeyPattern.test(key), "a shared record has a key of letters, digits, - and _");
    const { name, ageMsMax } = this.#options;
    const removal = headers();
    removal.set(operationHeader, "DEL");
    const publish = () =>
      this.#client.publish(bucketSubject(name, key), value, {
        ...{ timeout: answerMs, retries: 0 },
        ...(revision === undefined ? {} : { expect: { lastSubjectSequence: revision } }),
        ...(value === undefined ? { headers: removal } : {}),
        ...(value === undefined && ageMsMax !== undefined ? { ttl: removalLife } : {}),
      });
    try {
      return (await this.#link.asked(publish)).seq;
    } catch (error) {
      if (error instanceof JetStreamApiError && wrongRevision.includes(error.code)) {
        return "changed";
      }
      // Whoever changes a record again looks first what there is now.
      return (await this.#isMadeAnew()) ? "changed" : unreachable(name, error);
    }
  }

  /** Whether a bucket that was in memory was gone with its server, and is there again, without records. */
  async #isMadeAnew(): Promise<boolean> {
    if (this.#options.storage !== "memory") return false;
    this.#making ??= this.#link
      .asked(() => isMissing(this.#manager, bucketStream(this.#options.name)))
      .then(async (isGone) => {
        if (isGone) {
          await this.#link.asked(() => this.#manager.streams.add(bucketConfig(this.#options)));
        }
        return isGone;
      })
      .catch(() => false)
      .finally(() => {
        this.#making = undefined;
      });
    return await this.#making;
  }
}

function changeOf({ subject, seq, data, header }: StoredMsg): SharedChange {
  const key = subject.slice(subject.lastIndexOf(".") + 1);
  const isRemoval = header.get(operationHeader) !== "";
  return { key, value: isRemoval ? undefined : data, revision: seq };
}

function unreachable(name: string, error: unknown): Unreachable {
  return { kind: "unreachable", message: `the broker's bucket ${name}: ${wordsOf(error)}` };
}

async function foundOrMade(manager: JetStreamManager, options: BucketOptions) {
  const stream = bucketStream(options.name);
  if (!(await isMissing(manager, stream))) return await manager.streams.info(stream);
  try {
    return await manager.streams.add(bucketConfig(options));
  } catch (error) {
    if (deniedBy(error) === undefined) throw error;
    throw new StartError(
      `the NATS servers have no bucket ${options.name}, and this node's user may not make it: start an engine of the cluster first, or correct cluster.name`,
    );
  }
}

async function isMissing(manager: JetStreamManager, stream: string): Promise<boolean> {
  try {
    await manager.streams.info(stream);
    return false;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return true;
    throw error;
  }
}
