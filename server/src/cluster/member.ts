/**
 * A node's role in a cluster. It follows the log that all nodes share; one that may lead takes it over when
 * nothing has come from the writer for a while, and then orders the commands of everybody with the same
 * exchange and the same stages it has followed with. A writer that is fenced goes on as a follower where its
 * state holds nothing that is not in the log, and else has to be started again.
 */
import { assert } from "../core/assert.ts";
import type { Command } from "../core/commands.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Role, RoleParts } from "../engine/role.ts";
import { stopSource } from "../ports/feed.ts";
import type { DurableReading, Released, Submission, Tick } from "../ports/released.ts";
import type { RequestLine } from "../ports/request-line.ts";
import type { LogEnd, SharedBatch, SharedEntry, SharedLog, Takeover } from "../ports/shared-log.ts";
import { StartError } from "../ports/start-error.ts";
import { afterThisTurn, repeat } from "../ports/timers.ts";
import type { Admission } from "../ports/trading-desk.ts";
import { Follower, type FollowerStop } from "../sequencer/follower.ts";
import { Lead } from "./lead.ts";
import { olderThan, toldByLog } from "./log-told.ts";
import { orderSubject } from "./order-messages.ts";
import { OrderPath } from "./order-path.ts";
import type { OwnCopy } from "./own-copy.ts";
import { Silence } from "./silence.ts";
import { StateDigests } from "./state-digest.ts";
import { restSubject, takeOverInOrder } from "./takeover.ts";

/** Without anything from the log for so long a node's state is stale, in milliseconds. */
export const staleAfterMs = 2_000;

/** How long a follower waits for room in its stages before it looks again, in milliseconds. */
const roomMs = 5;

/** How a node leads. */
export interface LeadOptions {
  /** After so much silence of the log it takes over, in milliseconds. */
  readonly takeoverAfterMs: number;
  /** What it copies the log to. */
  readonly copy: OwnCopy | undefined;
}

/** What a member works with besides what its engine gives it. */
export interface MemberOptions {
  /** Name of the cluster. */
  readonly cluster: string;
  /** Name of this node. */
  readonly node: string;
  readonly shared: SharedLog;
  readonly line: RequestLine;
  /** 16 random hex digits, other ones for each process. */
  readonly processHex: string;
  /** Undefined for one that only follows. */
  readonly lead: LeadOptions | undefined;
  /** While it leads: why no command of a kind is let in, where a node does not know it. */
  readonly unknownTo?: ((kind: string) => string | undefined) | undefined;
  /** Told once, with why, when this process has to end: its state must not be shown any more. */
  mustEnd(reason: string): void;
}

/** What a member is doing. */
export type MemberState = "following" | "leading" | "stopped";

/** The role of one node. */
export class Member implements Role {
  /** Of its state; while it follows it applies nothing until one is made. */
  readonly digests: StateDigests;
  readonly #parts: RoleParts;
  readonly #options: MemberOptions;
  readonly #orders: OrderPath;
  readonly #silence: Silence | undefined;
  #follower: Follower | undefined;
  #stopFollowing: () => void = () => {};
  /** Resolves when the last follower has ended. */
  #followed: Promise<void> = Promise.resolve();
  #lead: Lead | undefined;
  #isTakingOver = false;
  /** The last message that it has applied. */
  #end: LogEnd | undefined;
  /** Where the log ended when it was started. */
  #startEnd: LogEnd | undefined;
  #leader: string | undefined;
  #lastTick: Tick | undefined;
  /** Time of the last message that it has applied. */
  #lastUs = 0;
  #lastBatchCount = 0;
  #heardMs = 0;
  #stopReason: string | undefined;
  #isClosing = false;
  #cancelLooks: () => void = () => {};
  #batch: SharedBatch | undefined;
  #whenInService = Promise.withResolvers<void>();
  #refusedBefore = 0;

  constructor(parts: RoleParts, options: MemberOptions) {
    this.#parts = parts;
    this.digests = new StateDigests(parts.exchange, parts.clock);
    this.#options = options;
    const { clock } = parts;
    this.#silence = options.lead && new Silence({ ...options, ...options.lead, clock });
    this.#orders = new OrderPath({
      ...{ line: options.line, clock, processHex: options.processHex },
      subject: orderSubject(options.cluster),
      term: () => this.term,
      applied: (sequence) => this.#follower?.read(() => undefined, sequence) ?? Promise.resolve(),
    });
  }

  /** Whether it writes the log, follows it, or has stopped. */
  get state(): MemberState {
    if (this.#stopReason !== undefined) return "stopped";
    return this.#lead === undefined ? "following" : "leading";
  }

  /** The newest term of the log that it knows; 0 before the first. */
  get term(): number {
    return this.#lead?.term ?? this.#end?.term ?? 0;
  }

  /** Who writes the log, as far as it knows. */
  get leader(): string | undefined {
    return this.#leader;
  }

  /** Milliseconds since it has last heard of the log; 0 while it leads. */
  get silentMs(): number {
    return this.#lead === undefined ? this.#parts.clock.monotonicMs() - this.#heardMs : 0;
  }

  /** Whether what it shows may be old: nothing has come from the log for {@link staleAfterMs}. */
  get isStale(): boolean {
    return this.silentMs >= staleAfterMs;
  }

  /** How old its state is: time since the last batch or tick that it has applied, in milliseconds; 0 while it leads. */
  get lagMs(): number {
    if (this.#lead !== undefined || this.#lastUs === 0) return 0;
    return Math.max(0, Math.round((this.#parts.clock.nowUs() - this.#lastUs) / 1_000));
  }

  /** Commands that were asked of another node and have no result yet. */
  get ordersUnderWay(): number {
    return this.#orders.underWay;
  }

  /** Why its own copy of the log is not written; undefined while it is, or where it has none. */
  get copyFault(): string | undefined {
    return this.#options.lead?.copy?.fault;
  }

  get durableSequence(): number {
    return this.#lead?.sequencer.durableSequence ?? this.#parts.exchange.sequence;
  }

  get pending(): number {
    return this.#lead?.sequencer.pending ?? this.#orders.underWay;
  }

  get refused(): number {
    return this.#refusedBefore + (this.#lead?.door.refused ?? 0);
  }

  get stopReason(): string | undefined {
    return this.#stopReason ?? this.#lead?.sequencer.stopReason;
  }

  get stallReason(): string | undefined {
    if (this.#lead !== undefined) return this.#lead.sequencer.stallReason;
    return this.isStale ? "nothing is heard of the cluster's log" : undefined;
  }

  /** Follows, and resolves when it is where the log was at the start and, if it may lead, somebody does. */
  async start(): Promise<void> {
    const end = await toldByLog(this.#options.shared.end());
    const { exchange, clock } = this.#parts;
    if (end.lastSequence < exchange.sequence) {
      throw new StartError(
        `the cluster's log ends at command ${end.lastSequence}, before this node's own log, which ends at ${exchange.sequence}: its end was lost; stop all nodes and put the longest log of a node back with openbourse cluster refill`,
      );
    }
    if (end.lastSequence === exchange.sequence) this.#end = end;
    this.#heardMs = clock.monotonicMs();
    this.#follow();
    const silence = this.#silence;
    if (silence !== undefined) {
      const untilNextMs = () => silence.untilLookMs(this.silentMs);
      this.#cancelLooks = repeat(clock, untilNextMs, () => this.#look());
    }
    this.#startEnd = end;
    this.#noteInService();
    // Who leads says so in the log first: where it has no message there is nobody whose silence is waited for.
    if (end.at === 0 && this.#silence !== undefined) this.#tryToLead();
    await this.#whenInService.promise;
  }

  submit(command: Command): Promise<Submission | Admission> {
    if (this.#lead !== undefined) return this.#lead.door.submit(command);
    const reason = this.stopReason ?? this.stallReason;
    if (reason !== undefined) return Promise.resolve({ kind: "unavailable", reason, passes: true });
    return this.#orders.submit(command);
  }

  read<Result>(read: (exchange: Exchange) => Result): Promise<DurableReading<Result>> {
    if (this.#lead !== undefined) return this.#lead.sequencer.read(read);
    const reason = this.stopReason ?? this.stallReason;
    if (reason !== undefined) return Promise.resolve({ kind: "stopped", reason, passes: true });
    return Promise.resolve({ kind: "durable", result: read(this.#parts.exchange) });
  }

  audit(count: number): boolean | string {
    if (this.#lead !== undefined) return this.#lead.sequencer.audit(count);
    const found = this.#follower?.audit(count) ?? true;
    return typeof found === "boolean" ? found : found.reason;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#cancelLooks();
    this.#stopFollowing();
    await this.#followed;
    await this.#lead?.close();
    this.#stopReason ??= "the node is stopping";
    await this.#options.shared.close();
  }

  /**
   * Takes the log over at once, also from a writer that is there. Resolves with why it does not lead,
   * undefined when it does.
   */
  async takeOver(): Promise<string | undefined> {
    const { lead, shared, node } = this.#options;
    if (lead === undefined) return "this node only follows: ask one of the role engine";
    if (this.#lead !== undefined) return undefined;
    const after = this.#end;
    if (this.#isTakingOver || this.#isClosing || this.#stopReason !== undefined || !after) {
      return "this node cannot take over now";
    }
    this.#isTakingOver = true;
    try {
      const writer = await shared.takeOver(after, node);
      if (writer === "overtaken") return "something came from the writer meanwhile: try again";
      if ("kind" in writer) return writer.message;
      await this.#begin(writer);
      return undefined;
    } finally {
      this.#isTakingOver = false;
    }
  }

  /** Takes the log over by an operator's wish; see {@link takeOverInOrder}. */
  async takeOverInOrder(): Promise<string | undefined> {
    const { line, cluster, lead } = this.#options;
    if (lead === undefined || this.#lead !== undefined) return await this.takeOver();
    const { report } = this.#parts;
    const pause = () => this.#pause();
    return await takeOverInOrder({ line, cluster, report, pause, takeOver: () => this.takeOver() });
  }

  #follow(): void {
    const { shared } = this.#options;
    const { exchange } = this.#parts;
    const stop = stopSource();
    this.#stopFollowing = () => stop.abort();
    const follower = new Follower({
      exchange,
      epoch: shared.epoch,
      log: {
        epoch: shared.epoch,
        failure: undefined,
        follow: (from, signal) => this.#batches(shared.follow(from, signal)),
      },
      schedule: afterThisTurn,
      release: (released) => this.#release(released),
      tick: (tick) => this.#tick(tick),
    });
    this.#follower = follower;
    this.#followed = follower.run(stop.signal).then((ended) => this.#noteEnd(ended));
  }

  /** What a follower applies; the rest is noted on the way. */
  async *#batches(entries: AsyncIterable<SharedEntry>) {
    for await (const entry of entries) {
      if (entry.kind === "damage") {
        yield entry;
        return;
      }
      this.#heardMs = this.#parts.clock.monotonicMs();
      if (entry.kind === "takeover") {
        this.#noteTakeover(entry);
      } else {
        await this.#untilReady(entry);
        this.#batch = entry;
        // Asked for the next one, it has been applied.
        yield entry;
        const lastSequence = entry.firstSequence + entry.count - 1;
        if (entry.count > 0) this.#lastBatchCount = entry.count;
        this.#lastUs = entry.timeUs;
        this.#end = { at: entry.at, lastSequence, chain: entry.chain, term: entry.term };
      }
      this.#noteInService();
    }
  }

  /** Waits until a batch can be applied. */
  async #untilReady(batch: SharedBatch): Promise<void> {
    while (this.#options.lead?.copy?.take(batch) === false) await this.#pause();
    while (this.digests.isMaking && !this.#isClosing) {
      await this.#pause();
      this.#heardMs = this.#parts.clock.monotonicMs();
    }
  }

  async #release(released: readonly Released[]): Promise<void> {
    this.#parts.release(released);
    this.#orders.applied(released, this.#batch?.origins);
    while (!this.#parts.hasRoom() && !this.#isClosing) await this.#pause();
  }

  #tick(tick: Tick): void {
    if (tick.tick <= (this.#lastTick?.tick ?? 0)) return;
    this.#lastTick = tick;
    this.#parts.tick(tick);
  }

  #noteTakeover({ at, lastSequence, chain, term, node }: Takeover): void {
    this.#end = { at, lastSequence, chain, term };
    this.#leader = node;
    this.#orders.newTerm(term);
    this.#parts.report.info("a node leads", { node, term });
  }

  #noteInService(): void {
    const { lead } = this.#options;
    const has = (this.#end?.at ?? 0) >= (this.#startEnd?.at ?? Number.POSITIVE_INFINITY);
    // Who came after the takeover hears the ticks of the one that leads, and not its name.
    const isHeard = this.#leader !== undefined || this.#hasAppliedMoreThan(this.#startEnd);
    const isSilent = this.#silence?.lasts(this.silentMs) === true;
    const isLed = this.#lead !== undefined || (isHeard && !isSilent);
    if (has && (lead === undefined || isLed)) this.#whenInService.resolve();
  }

  #hasAppliedMoreThan(end: LogEnd | undefined): boolean {
    return end !== undefined && (this.#end?.at ?? 0) > end.at;
  }

  #look(): void {
    const copy = this.#options.lead?.copy;
    if (copy?.hasFailed === true) this.#fail(`this node's own log has failed: ${copy.fault}`);
    if (this.#silence?.isEnough(this.silentMs) === true) this.#tryToLead();
  }

  #tryToLead(): void {
    void this.takeOver().then((reason) => {
      if (reason !== undefined) this.#parts.report.info("this node does not lead", { reason });
    });
  }

  /** Leads, with the exchange and the stages it has followed with. */
  async #begin(writer: ConstructorParameters<typeof Lead>[0]["writer"]): Promise<void> {
    const { node, cluster, line, lead, unknownTo = () => undefined } = this.#options;
    this.#stopFollowing();
    await this.#followed;
    if (this.#isClosing || this.#stopReason !== undefined) {
      await writer.close();
      return;
    }
    const { copy } = lead ?? {};
    const after = { batchCount: this.#lastBatchCount, tick: this.#lastTick };
    const made = new Lead({
      ...{ parts: this.#parts, writer, copy, after, line, unknownTo },
      subject: orderSubject(cluster),
      restSubject: restSubject(cluster),
      rest: () => this.#rest(made),
      ended: () => this.#standDown(made),
      tick: (tick) => {
        this.#lastTick = tick;
        this.#parts.tick(tick);
      },
    });
    this.#lead = made;
    this.#leader = node;
    this.#orders.newTerm(made.term);
    this.#parts.report.info("this node leads", { node, term: made.term });
    const fault = await made.start();
    if (fault !== undefined) {
      this.#whenInService.reject(new StartError(`the cluster's log cannot be begun: ${fault}`));
    }
    this.#noteInService();
    this.#whenInService.resolve();
  }

  /** The writer has stopped: another one has taken over, or it must not go on. */
  #standDown(lead: Lead): void {
    if (this.#isClosing) return;
    const { sequencer } = lead;
    const reason = sequencer.stopReason ?? "the writer has stopped";
    const isWhole = this.#parts.exchange.sequence === sequencer.durableSequence;
    if (!sequencer.isFenced || !isWhole) {
      this.#fail(reason);
      return;
    }
    this.#parts.report.warn("another node has taken over; this one follows", { reason });
    this.#followAfter(lead, lead.close());
  }

  /** Makes durable what was taken, and then follows, so that another node can lead. */
  async #rest(lead: Lead): Promise<void> {
    if (this.#lead !== lead || this.#isClosing) return;
    this.#parts.report.info("another node is to lead; this one follows", {});
    await lead.close();
    if (this.#lead === lead && this.#stopReason === undefined)
      this.#followAfter(lead, Promise.resolve());
  }

  #followAfter(lead: Lead, closed: Promise<void>): void {
    this.#refusedBefore += lead.door.refused;
    this.#lastBatchCount = lead.lastBatchCount;
    this.#heardMs = this.#parts.clock.monotonicMs();
    this.#lead = undefined;
    this.#leader = undefined;
    this.#end = undefined;
    void closed.then(() => {
      if (!this.#isClosing) this.#follow();
    });
  }

  #noteEnd(ended: FollowerStop): void {
    if (ended.kind === "told" || this.#isClosing) return;
    this.#fail(ended.kind === "newer" ? olderThan(ended.reason) : ended.reason);
  }

  #fail(reason: string): void {
    if (this.#stopReason !== undefined) return;
    assert(!this.#isClosing, "a node that stops by itself was not told to");
    this.#stopReason = reason;
    this.#cancelLooks();
    this.#stopFollowing();
    void this.#lead?.stopAnswering();
    this.#parts.report.error("this node has stopped", { reason });
    this.#whenInService.reject(new StartError(reason));
    this.#options.mustEnd(reason);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.after(roomMs, resolve);
    });
  }
}
