/**
 * Fan-out: who subscribes to what, one encoding per update and dialect, one write per connection
 * and flush. The hub knows topics and frames; it knows no socket and no wire field.
 */
import type { Place, Sequenced, Unplaced } from "../marketdata/position.ts";
import type { Topic, TopicOf, Update, UpdateOf } from "../marketdata/topic.ts";
import type { Encoding } from "../ports/dialect.ts";
import type { Frame } from "../ports/transport.ts";
import { Audience } from "./audience.ts";
import { Cohorts } from "./cohorts.ts";
import { asHistory, type Delivery, isFor, keyOf, policyOf } from "./due.ts";
import { formOf, Gatherer } from "./gatherer.ts";
import { type HubBacklog, type HubCounters, type HubOptions, nowhere } from "./options.ts";
import {
  Outbox,
  type OutboxAudience,
  type OutboxCohort,
  type OutboxDue,
  type OutboxFigures,
  type OutboxHost,
  type OutboxOptions,
  sumOfFigures,
} from "./outbox.ts";
import { Rejoins, type Resume, type Subscription } from "./rejoin.ts";
import { isSameValue } from "./same-value.ts";
import type { Stream } from "./stream.ts";
import { Streams, streamBounds } from "./streams.ts";

/** Bytes that become due within one turn after which they are written without waiting for its end. */
export const flushBytesMax = 262_144;

/** Topics, subscribers and the flush. */
export class Hub {
  readonly counters: HubCounters = { encodes: 0, slowConsumers: 0 };
  readonly #options: HubOptions;
  readonly #streams: Streams;
  readonly #rejoins: Rejoins;
  readonly #cohorts = new Cohorts();
  readonly #outboxes = new Set<Outbox>();
  /** Connections whose subscriptions are not those of their cohort any more. */
  readonly #unsettled = new Set<Outbox>();
  /** Cohorts and connections that something is due to. */
  readonly #dueCohorts = new Set<OutboxCohort>();
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
    this.#streams = new Streams({
      bounds: options.streams ?? streamBounds,
      nowMs: () => options.nowMs?.() ?? 0,
      head: (topic) => options.head?.(topic) ?? nowhere,
    });
    this.#rejoins = new Rejoins({
      history: options.history,
      schedule: (task) => options.schedule(task),
      send: ({ outbox, stream, encoding }, message) => {
        const frame = this.#encode(stream, encoding, message.update, message);
        this.#sendFrame(outbox, frame, 1);
      },
      flush: (outbox) => this.#flushOutbox(outbox),
      join: ({ outbox, stream, encoding }, wantsState) =>
        this.#join(outbox, stream, encoding, wantsState),
      left: (stream) => this.#streams.left(stream),
      placeOf: (stream) => this.#placeOf(stream),
    });
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
    this.#rejoins.leave(outbox);
    if (!this.#outboxes.delete(outbox)) return;
    this.#figuresOfTheGone = sumOfFigures(this.#figuresOfTheGone, outbox.figures);
    for (const audience of outbox.audiences) this.#unsubscribe(outbox, audience);
    this.#leaveCohort(outbox);
    this.#unsettled.delete(outbox);
    this.#dueOutboxes.delete(outbox);
    this.#noteBehind(outbox);
  }

  /**
   * Whether anybody is sent the updates of a topic, or may come back for them: where not, none has to be
   * made.
   */
  hasAudience(topic: Topic): boolean {
    return this.#streams.get(topic) !== undefined;
  }

  /** Whether anybody is told positions with the updates of a topic, or may come back with one. */
  tellsPositions(topic: Topic): boolean {
    return this.#streams.get(topic)?.ring !== undefined;
  }

  /** Adds a subscription and sends the topic's state; a repeated one only sends the state again. */
  subscribe(outbox: Outbox, topic: Topic, encoding: Encoding): void {
    if (outbox.closed) return;
    const stream = this.#streams.open(topic);
    this.#rejoins.cancel({ outbox, stream, encoding });
    this.#join(outbox, stream, encoding, true);
  }

  /**
   * Adds subscriptions of one source that the connection does not have, for a client that goes on from what
   * it had last, wherever nothing after that is lost; or for one that begins and is told where.
   */
  resume(outbox: Outbox, subscriptions: readonly Subscription[], resume: Resume): void {
    if (outbox.closed) return;
    const rejoins = subscriptions.map(({ topic, encoding }) => {
      const rejoin = { outbox, stream: this.#streams.open(topic), encoding };
      this.#rejoins.cancel(rejoin);
      return rejoin;
    });
    this.#rejoins.begin(rejoins, resume);
  }

  #placeOf({ topic, epoch, position }: Stream): Place {
    return { epoch, position: this.#options.reached?.(topic) ?? position };
  }

  /** Removes a subscription; one that is not there changes nothing. */
  unsubscribe(outbox: Outbox, topic: Topic, encoding: Encoding): void {
    const stream = this.#streams.get(topic);
    if (stream === undefined) return;
    this.#rejoins.cancel({ outbox, stream, encoding });
    const audience = stream.audienceOf(encoding);
    if (audience === undefined || !outbox.audiences.has(audience)) return;
    this.#unsubscribe(outbox, audience);
    this.#unsettled.add(outbox);
  }

  /** Sends an update to everybody who subscribes to the topic; without a position, to those who are told none. */
  publish<Kind extends Topic["kind"]>(
    topic: TopicOf<Kind>,
    message: Sequenced<UpdateOf[Kind]> | Unplaced<UpdateOf[Kind]>,
    delivery: Delivery,
  ): void {
    const stream = this.#streams.get(topic);
    if (stream === undefined) return;
    const placed = "position" in message ? message : undefined;
    if (placed !== undefined) this.#streams.take(stream, placed, keyOf(delivery));
    const audiences = stream.audiences.filter(({ encoding }) => isFor(encoding, placed, delivery));
    if (audiences.length === 0) return;
    this.#settle();
    const { update } = message;
    for (const audience of audiences) {
      const due = {
        frame: this.#encode(stream, audience.encoding, update, placed),
        policy: policyOf(delivery, audience.encoding),
        source: audience,
        sharedBy: audience.subscribers,
      };
      const { news } = audience;
      audience.news = undefined;
      // That all has been sent is not true of those who are being brought up to date.
      if (topic.kind === "position") this.#noteOthers(audience, due, this.#rejoins.clients);
      else if (news !== undefined && isSameValue(news.update, update)) {
        this.#noteOthers(audience, due, news.told);
      } else {
        for (const cohort of audience.cohorts) this.#noteCohort(cohort, due);
      }
    }
    this.#scheduleFlush();
  }

  /** Forgets what was kept for clients that have not come back. Called about every second. */
  expire(): void {
    this.#streams.expire();
  }

  #noteCohort(cohort: OutboxCohort, due: OutboxDue): void {
    cohort.note(due);
    if (cohort.due.length === 1) this.#dueCohorts.add(cohort);
    if (cohort.bytes > flushBytesMax) this.#flushCohort(cohort);
  }

  /** Notes an update for all subscribers but those who were told. */
  #noteOthers(audience: OutboxAudience, due: OutboxDue, told: ReadonlySet<Outbox>): void {
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
    // It is about to be sent whole states: changes from before must not come without those it was spared.
    if (outbox.missed.size > 0) this.#flushOutbox(outbox);
    outbox.drained();
    this.#makeUp(outbox);
    this.#rejoins.drained(outbox);
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

  #flushCohort(cohort: OutboxCohort): void {
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
  #lay(due: readonly OutboxDue[], compresses: boolean): Uint8Array | undefined {
    const [first] = due;
    if (first !== undefined && due.length === 1) return formOf(first.frame, compresses);
    const laid = this.#shared.addFrom(due, 0, compresses);
    return laid === due.length ? this.#shared.view() : undefined;
  }

  #join(outbox: Outbox, stream: Stream, encoding: Encoding, wantsState: boolean): void {
    const audience = this.#audience(stream, encoding);
    const isNew = !outbox.audiences.has(audience);
    if (isNew) {
      outbox.subscribe(audience);
      audience.subscribers += 1;
      this.#subscriptions += 1;
      this.#unsettled.add(outbox);
    }
    if (wantsState) this.#sendState(outbox, audience);
    if (isNew) this.#options.subscribed?.(stream.topic);
  }

  #audience(stream: Stream, encoding: Encoding): OutboxAudience {
    const known = stream.audienceOf(encoding);
    if (known !== undefined) return known;
    this.#audiencesMade += 1;
    const audience: OutboxAudience = new Audience(stream.topic, encoding, this.#audiencesMade);
    stream.audiences = [...stream.audiences, audience];
    if (encoding.tellsPositions === true) stream.keepMessages();
    return audience;
  }

  #unsubscribe(outbox: Outbox, audience: OutboxAudience): void {
    outbox.unsubscribe(audience);
    audience.news?.told.delete(outbox);
    audience.subscribers -= 1;
    this.#subscriptions -= 1;
    const stream = this.#streams.get(audience.topic);
    if (audience.subscribers > 0 || stream === undefined) return;
    stream.audiences = stream.audiences.filter((other) => other !== audience);
    this.#streams.left(stream);
  }

  /** Brings connections whose subscriptions have changed into the cohorts where they belong. */
  #settle(): void {
    if (this.#unsettled.size === 0) return;
    for (const outbox of this.#unsettled) {
      const { audiences, cohort, compresses } = outbox;
      if (cohort?.isFor(audiences, compresses)) continue;
      const joins = audiences.size === 0 ? undefined : this.#cohorts.for(outbox);
      this.#leaveCohort(outbox, joins);
      // What its first cohort was due has become its own.
      if (outbox.ownBytes > 0) this.#dueOutboxes.add(outbox);
    }
    this.#unsettled.clear();
  }

  #leaveCohort(outbox: Outbox, to?: OutboxCohort): void {
    const { cohort } = outbox;
    outbox.move(to);
    if (cohort === undefined || cohort.members.length > 0) return;
    this.#dueCohorts.delete(cohort);
    this.#cohorts.forget(cohort);
  }

  #sendState(outbox: Outbox, audience: OutboxAudience): void {
    const tellsPositions = audience.encoding.tellsPositions === true;
    const current = this.#options.current?.(audience.topic, tellsPositions);
    const stream = this.#streams.get(audience.topic);
    if (current === undefined || stream === undefined) return;
    if (outbox.behind) {
      outbox.miss(audience);
      return;
    }
    const { state: update, isNews } = current;
    const { encoding } = audience;
    if (isNews && !tellsPositions) {
      const { news } = audience;
      if (news !== undefined && isSameValue(news.update, update)) news.told.add(outbox);
      else audience.news = { update, told: new Set([outbox]) };
    }
    // Many come at once after an outage, and all of them are sent the same state.
    const { state } = audience;
    const at = stream.position;
    const isKnown = state !== undefined && state.at === at && isSameValue(state.update, update);
    const frame = isKnown ? state.frame : this.#encode(stream, encoding, update);
    audience.state = { update, at, frame };
    this.#sendFrame(outbox, frame, audience.subscribers, audience);
  }

  #sendFrame(outbox: Outbox, frame: Frame, sharedBy: number, source?: OutboxAudience): void {
    this.#noteOwn(outbox, { frame, policy: asHistory, source, sharedBy });
    this.#scheduleFlush();
  }

  /** Notes something for one connection alone, in order with what its cohort is due. */
  #noteOwn(outbox: Outbox, due: OutboxDue): void {
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

  #encode(stream: Stream, encoding: Encoding, update: Update, message?: Sequenced<Update>): Frame {
    this.counters.encodes += 1;
    const place = stream.placeOf(encoding, message);
    return this.#options.frameText(encoding.encode(stream.topic, update, place));
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
