/**
 * Fan-out: who subscribes to what, one encoding per update and dialect, one write per connection
 * and flush. The hub knows topics and frames; it knows no socket and no wire field.
 */
import type { Topic, TopicOf, Update, UpdateOf } from "../marketdata/topic.ts";
import { topicKey } from "../marketdata/topic.ts";
import type { Encoding } from "../ports/dialect.ts";
import type { Allocate, Frame, FrameText } from "../ports/transport.ts";
import { Audience, fingerprint } from "./audience.ts";
import { Cohort, type Due, type Policy } from "./cohort.ts";
import { formOf, Gatherer } from "./gatherer.ts";
import {
  Outbox,
  type OutboxFigures,
  type OutboxHost,
  type OutboxOptions,
  sumOfFigures,
} from "./outbox.ts";

/** Bytes that become due within one turn after which they are written without waiting for its end. */
export const flushBytesMax = 262_144;

/** What the hub counts. */
export interface HubCounters {
  /** Updates turned into a frame. */
  encodes: number;
  /** Connections closed because they were too far behind. */
  slowConsumers: number;
}

/** What waits in the outboxes of clients that are behind. */
export interface HubBacklog {
  readonly connections: number;
  /** Bytes of all of them, and of the one that is furthest behind. */
  readonly bytes: number;
  readonly bytesMax: number;
}

/** What a hub is made of. */
export interface HubOptions {
  readonly frameText: FrameText;
  readonly allocate: Allocate;
  /** Bytes that may wait for all clients together; beyond it those that are furthest behind are closed. */
  readonly backlogBytesMax?: number;
  /** Runs `task` soon, once the present turn of the event loop has done its work. */
  schedule(task: () => void): void;
  /** Told of each new subscription after it has been made. */
  subscribed?(topic: Topic): void;
  /**
   * The state that a newcomer is sent at once, and with which a client that skipped changes goes on;
   * undefined for topics that have none. Asked again, the same object while nothing has changed.
   */
  current?(topic: Topic): CurrentState | undefined;
}

/** The state of a topic. */
export interface CurrentState {
  readonly state: Update;
  /**
   * Whether the other subscribers are still to be sent it. When this very object is published next,
   * whoever was sent it as a newcomer is not sent it again.
   */
  readonly isNews: boolean;
}

/**
 * What a client that is behind is spared: of a `state` all but the newest of its key, of `changes` all
 * of them, as it is sent the whole state when it reads again, and of a `history` nothing.
 */
export type Delivery =
  | { readonly kind: "state"; readonly key: string }
  | { readonly kind: "changes" }
  | { readonly kind: "history" };

/** Topics, subscribers and the flush. */
export class Hub {
  readonly counters: HubCounters = { encodes: 0, slowConsumers: 0 };
  readonly #options: HubOptions;
  readonly #audiences = new Map<string, Audience[]>();
  /** By fingerprint of their audiences; hardly ever more than one has the same. */
  readonly #cohorts = new Map<number, Cohort[]>();
  readonly #outboxes = new Set<Outbox>();
  /** Connections whose subscriptions are not those of their cohort any more. */
  readonly #unsettled = new Set<Outbox>();
  /** Cohorts and connections that something is due to. */
  readonly #dueCohorts = new Set<Cohort>();
  readonly #dueOutboxes = new Set<Outbox>();
  readonly #behind = new Set<Outbox>();
  readonly #host: OutboxHost;
  /** What the members of a cohort are written together. */
  readonly #shared: Gatherer;
  #figuresOfTheGone: OutboxFigures = { framesOut: 0, bytesOut: 0, conflated: 0 };
  /** Of what waits for several, each has its share. */
  #backlogBytes = 0;
  readonly #backlogBytesMax: number;
  #flushScheduled = false;
  #subscriptions = 0;
  #audiencesMade = 0;
  #caughtUp: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#backlogBytesMax = options.backlogBytesMax ?? Number.POSITIVE_INFINITY;
    this.#shared = new Gatherer(options.allocate);
    this.#host = {
      gatherer: new Gatherer(options.allocate),
      behindChanged: (outbox) => this.#noteBehind(outbox),
      overflowed: () => {
        this.counters.slowConsumers += 1;
      },
      waits: (bytes) => {
        const wasWithin = this.#backlogBytes <= this.#backlogBytesMax;
        this.#backlogBytes += bytes;
        if (wasWithin && this.#backlogBytes > this.#backlogBytesMax) this.#scheduleShedding();
      },
    };
  }

  /** Subscriptions of all connections. */
  get subscriptions(): number {
    return this.#subscriptions;
  }

  /** What was counted of all connections, those that are gone included. */
  get figures(): OutboxFigures {
    let sum = this.#figuresOfTheGone;
    for (const { figures } of this.#outboxes) sum = sumOfFigures(sum, figures);
    return sum;
  }

  /** How many clients are behind, and what waits for them; a pass over these alone. */
  get backlog(): HubBacklog {
    const backlog = { connections: this.#behind.size, bytes: 0, bytesMax: 0 };
    for (const { bytes } of this.#behind) {
      backlog.bytes += bytes;
      backlog.bytesMax = Math.max(backlog.bytesMax, bytes);
    }
    return backlog;
  }

  /** Takes a connection in. */
  join(options: OutboxOptions): Outbox {
    const outbox = new Outbox(this.#host, options);
    this.#outboxes.add(outbox);
    return outbox;
  }

  /** Forgets a connection that is gone, and its subscriptions. */
  leave(outbox: Outbox): void {
    outbox.end();
    if (!this.#outboxes.delete(outbox)) return;
    this.#figuresOfTheGone = sumOfFigures(this.#figuresOfTheGone, outbox.figures);
    for (const audience of outbox.audiences) this.#unsubscribe(outbox, audience);
    this.#leaveCohort(outbox);
    this.#unsettled.delete(outbox);
    this.#dueOutboxes.delete(outbox);
    this.#noteBehind(outbox);
  }

  /** Whether anybody would be sent an update of the topic: where not, none has to be made. */
  hasAudience(topic: Topic): boolean {
    return this.#audiences.has(topicKey(topic));
  }

  /** Adds a subscription and sends the topic's state; a repeated one only sends the state again. */
  subscribe(outbox: Outbox, topic: Topic, encoding: Encoding): void {
    if (outbox.closed) return;
    const audience = this.#audience(topic, encoding);
    const isNew = !outbox.audiences.has(audience);
    if (isNew) {
      outbox.subscribe(audience);
      audience.subscribers += 1;
      this.#subscriptions += 1;
      this.#unsettled.add(outbox);
    }
    this.#sendState(outbox, audience);
    if (isNew) this.#options.subscribed?.(topic);
  }

  /** Removes a subscription; one that is not there changes nothing. */
  unsubscribe(outbox: Outbox, topic: Topic, encoding: Encoding): void {
    const audiences = this.#audiences.get(topicKey(topic));
    const audience = audiences?.find((candidate) => candidate.encoding === encoding);
    if (audience === undefined || !outbox.audiences.has(audience)) return;
    this.#unsubscribe(outbox, audience);
    this.#unsettled.add(outbox);
  }

  /** Sends an update to everybody who subscribes to the topic. */
  publish<Kind extends Topic["kind"]>(
    topic: TopicOf<Kind>,
    update: UpdateOf[Kind],
    delivery: Delivery,
  ): void {
    const audiences = this.#audiences.get(topicKey(topic));
    if (audiences === undefined) return;
    this.#settle();
    for (const audience of audiences) {
      const due = {
        frame: this.#encode(audience, update),
        policy: policyOf(delivery, audience),
        sharedBy: audience.subscribers,
      };
      const { news } = audience;
      audience.news = undefined;
      if (news?.update === update) this.#noteOthers(audience, due, news.told);
      else for (const cohort of audience.cohorts) this.#noteCohort(cohort, due);
    }
    this.#scheduleFlush();
  }

  #noteCohort(cohort: Cohort, due: Due): void {
    cohort.note(due);
    if (cohort.due.length === 1) this.#dueCohorts.add(cohort);
    if (cohort.bytes > flushBytesMax) this.#flushCohort(cohort);
  }

  /** Notes an update for all subscribers but those who were told. */
  #noteOthers(audience: Audience, due: Due, told: ReadonlySet<Outbox>): void {
    const withTold = new Set([...told].map(({ cohort }) => cohort));
    for (const cohort of audience.cohorts) {
      if (!withTold.has(cohort)) {
        this.#noteCohort(cohort, due);
        continue;
      }
      // A flush may come in between, and a client that overflows then leaves the list.
      for (const outbox of [...cohort.members]) if (!told.has(outbox)) this.#noteOwn(outbox, due);
    }
  }

  /** Sends one message to one connection, in order with everything else it is sent. */
  send(outbox: Outbox, text: string): void {
    this.#sendFrame(outbox, this.#options.frameText(text), 1);
  }

  /** The connection's socket can take more again. */
  drained(outbox: Outbox): void {
    if (outbox.closed || !outbox.behind) return;
    outbox.drained();
    this.#makeUp(outbox);
  }

  /** Closes a connection after it was sent what is due to it. */
  close(outbox: Outbox, code: number, reason: string): void {
    outbox.close(code, reason);
  }

  /**
   * Resolves when no client is behind; undefined when none is now. A source that is faster than
   * wall time waits for it, so that its speed is that of its slowest consumer.
   */
  caughtUp(): Promise<void> | undefined {
    if (this.#behind.size === 0) return undefined;
    this.#caughtUp ??= Promise.withResolvers<void>();
    return this.#caughtUp.promise;
  }

  /** Writes out all that is due. Runs by itself after each turn in which something became due. */
  flush(): void {
    this.#flushScheduled = false;
    this.#settle();
    for (const cohort of this.#dueCohorts) this.#flushCohort(cohort);
    for (const outbox of this.#dueOutboxes) outbox.take([]);
    this.#dueOutboxes.clear();
  }

  #flushCohort(cohort: Cohort): void {
    this.#dueCohorts.delete(cohort);
    const due = cohort.take();
    const { members } = cohort;
    const slab = members.length > 1 ? this.#lay(due, cohort.compresses) : undefined;
    let isKept = false;
    // From the end, where one that leaves changes only the places of those that had their turn.
    for (let place = members.length - 1; place >= 0; place -= 1) {
      const outbox = members[place];
      if (outbox === undefined) continue;
      if (slab === undefined || !outbox.isPlain) outbox.take(due);
      else if (outbox.writeShared(slab, due.length) !== "sent") isKept = true;
    }
    if (this.#shared.length > 0) this.#shared.clear(isKept);
  }

  /** All frames in one piece of memory; undefined when they are too long for that. */
  #lay(due: readonly Due[], compresses: boolean): Uint8Array | undefined {
    const [first] = due;
    if (first !== undefined && due.length === 1) return formOf(first.frame, compresses);
    const laid = this.#shared.addFrom(due, 0, compresses);
    return laid === due.length ? this.#shared.view() : undefined;
  }

  #audience(topic: Topic, encoding: Encoding): Audience {
    const key = topicKey(topic);
    let audiences = this.#audiences.get(key);
    if (audiences === undefined) {
      audiences = [];
      this.#audiences.set(key, audiences);
    }
    let audience = audiences.find((candidate) => candidate.encoding === encoding);
    if (audience === undefined) {
      this.#audiencesMade += 1;
      audience = new Audience(topic, encoding, this.#audiencesMade);
      audiences.push(audience);
    }
    return audience;
  }

  #unsubscribe(outbox: Outbox, audience: Audience): void {
    outbox.unsubscribe(audience);
    audience.news?.told.delete(outbox);
    audience.subscribers -= 1;
    this.#subscriptions -= 1;
    if (audience.subscribers > 0) return;
    const key = topicKey(audience.topic);
    const left = (this.#audiences.get(key) ?? []).filter((other) => other !== audience);
    if (left.length > 0) this.#audiences.set(key, left);
    else this.#audiences.delete(key);
  }

  /** Brings connections whose subscriptions have changed into the cohorts where they belong. */
  #settle(): void {
    if (this.#unsettled.size === 0) return;
    for (const outbox of this.#unsettled) {
      const { audiences, cohort, compresses } = outbox;
      if (cohort?.isFor(audiences, compresses)) continue;
      const joins = audiences.size === 0 ? undefined : this.#cohortFor(outbox);
      this.#leaveCohort(outbox, joins);
      // What its first cohort was due has become its own.
      if (outbox.ownBytes > 0) this.#dueOutboxes.add(outbox);
    }
    this.#unsettled.clear();
  }

  #cohortFor({ audiences, compresses }: Outbox): Cohort {
    const key = fingerprint(audiences);
    const candidates = this.#cohorts.get(key) ?? [];
    const known = candidates.find((cohort) => cohort.isFor(audiences, compresses));
    if (known !== undefined) return known;
    const cohort = new Cohort(audiences, compresses);
    this.#cohorts.set(key, [...candidates, cohort]);
    for (const audience of audiences) audience.add(cohort);
    return cohort;
  }

  #leaveCohort(outbox: Outbox, to?: Cohort): void {
    const { cohort } = outbox;
    outbox.move(to);
    if (cohort === undefined || cohort.members.length > 0) return;
    this.#dueCohorts.delete(cohort);
    for (const audience of cohort.audiences) audience.remove(cohort);
    const key = fingerprint(cohort.audiences);
    const left = (this.#cohorts.get(key) ?? []).filter((other) => other !== cohort);
    if (left.length > 0) this.#cohorts.set(key, left);
    else this.#cohorts.delete(key);
  }

  #sendState(outbox: Outbox, audience: Audience): void {
    const current = this.#options.current?.(audience.topic);
    if (current === undefined) return;
    if (outbox.behind) {
      outbox.miss(audience);
      return;
    }
    const { state: update, isNews } = current;
    if (isNews) {
      if (audience.news?.update !== update) audience.news = { update, told: new Set() };
      audience.news.told.add(outbox);
    }
    // Many come at once after an outage, and all of them are sent the same state.
    if (audience.state?.update !== update) {
      audience.state = { update, frame: this.#encode(audience, update) };
    }
    this.#sendFrame(outbox, audience.state.frame, audience.subscribers);
  }

  #sendFrame(outbox: Outbox, frame: Frame, sharedBy: number): void {
    this.#noteOwn(outbox, { frame, policy: asHistory, sharedBy });
    this.#scheduleFlush();
  }

  /** Notes something for one connection alone, in order with what its cohort is due. */
  #noteOwn(outbox: Outbox, due: Due): void {
    if (outbox.closed) return;
    outbox.note(due);
    this.#dueOutboxes.add(outbox);
    if (outbox.ownBytes > flushBytesMax) this.#flushOutbox(outbox);
  }

  /** Writes out what is due to one connection before its turn; the rest of its cohort is no later. */
  #flushOutbox(outbox: Outbox): void {
    const { cohort } = outbox;
    if (cohort !== undefined && cohort.due.length > 0) this.#flushCohort(cohort);
    else outbox.take([]);
    this.#dueOutboxes.delete(outbox);
  }

  #encode({ topic, encoding }: Audience, update: Update): Frame {
    this.counters.encodes += 1;
    return this.#options.frameText(encoding.encode(topic, update));
  }

  /** Sends a client that reads again the whole state of what it missed changes of. */
  #makeUp(outbox: Outbox): void {
    for (const audience of outbox.missed) {
      // The states themselves may be more than it takes at once; the others wait for the next time.
      if (outbox.behind) return;
      outbox.unmiss(audience);
      this.#sendState(outbox, audience);
    }
  }

  /** Closes clients, the one that is furthest behind first, once what is being done is done. */
  #scheduleShedding(): void {
    this.#options.schedule(() => {
      const furthest = [...this.#behind].sort((left, right) => right.share - left.share);
      for (const outbox of furthest) {
        if (this.#backlogBytes > this.#backlogBytesMax) outbox.overflow();
      }
    });
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#options.schedule(() => this.flush());
  }

  #noteBehind(outbox: Outbox): void {
    if (outbox.behind && !outbox.closed) this.#behind.add(outbox);
    else this.#behind.delete(outbox);
    if (this.#behind.size > 0 || this.#caughtUp === undefined) return;
    this.#caughtUp.resolve();
    this.#caughtUp = undefined;
  }
}

const asHistory: Policy = { kind: "history" };

function policyOf(delivery: Delivery, audience: Audience): Policy {
  switch (delivery.kind) {
    case "history":
      return asHistory;
    case "changes":
      return { kind: "changes", audience };
    case "state":
      return { kind: "state", key: `${audience.encoding.name}|${delivery.key}` };
  }
}
