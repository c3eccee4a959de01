/** Who subscribes to one topic in one encoding. It knows groups of connections, not single ones. */
import type { Position } from "../marketdata/position.ts";
import type { Topic, Update } from "../marketdata/topic.ts";
import type { Encoding } from "../ports/dialect.ts";
import type { Frame } from "../ports/transport.ts";
import type { Cohort } from "./cohort.ts";
import type { Placed } from "./due.ts";

const wordRange = 2 ** 32;

/** Subscribers of one topic in one encoding. */
export class Audience<Member extends Placed> {
  readonly topic: Topic;
  readonly encoding: Encoding;
  /** Tells audiences apart in the keys of cohorts; no two of a hub have the same. */
  readonly id: number;
  /** Connections, counted at once when they come and go; cohorts follow a moment later. */
  subscribers = 0;
  /** The last state that newcomers were sent, where its stream was then, and its frame. */
  state: { readonly update: Update; readonly at: Position; readonly frame: Frame } | undefined;
  /** A state that newcomers have been sent and the others are still to be sent, and those newcomers. */
  news: { readonly update: Update; readonly told: Set<Member> } | undefined;
  readonly #cohorts = new Set<Cohort<Audience<Member>, Member>>();
  /** The same as a list, which is quicker to go through; undefined after a change. */
  #list: readonly Cohort<Audience<Member>, Member>[] | undefined;

  constructor(topic: Topic, encoding: Encoding, id: number) {
    this.topic = topic;
    this.encoding = encoding;
    this.id = id;
  }

  get cohorts(): readonly Cohort<Audience<Member>, Member>[] {
    this.#list ??= [...this.#cohorts];
    return this.#list;
  }

  add(cohort: Cohort<Audience<Member>, Member>): void {
    this.#cohorts.add(cohort);
    this.#list = undefined;
  }

  remove(cohort: Cohort<Audience<Member>, Member>): void {
    this.#cohorts.delete(cohort);
    this.#list = undefined;
  }
}

/**
 * A number that is the same for the same set of audiences in whatever order, and very rarely for
 * another one; after a match the sets are compared.
 */
export function fingerprint(audiences: Iterable<{ readonly id: number }>): number {
  let high = 0;
  let low = 0;
  for (const { id } of audiences) {
    high = (high + scatter(id)) >>> 0;
    low = (low ^ scatter(id ^ 0x5bd1e995)) >>> 0;
  }
  // 53 bits, so that it stays a safe integer.
  return (high % 2 ** 21) * wordRange + low;
}

/** Spreads neighbouring numbers over 32 bits (the finaliser of MurmurHash3, public domain). */
function scatter(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
