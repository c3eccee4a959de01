/**
 * Market time of recordings that are played together: where it begins, how it runs, and what an operator does to
 * it. It reads no file and sleeps through the feeds that it moves; each of them has a seat.
 */
import { assert } from "../../core/assert.ts";
import { barIntervalUs } from "../../marketdata/bar-update.ts";
import { type FeedContext, type StopSignal, stopSource } from "../../ports/feed.ts";
import type {
  ReplayAction,
  ReplayControl,
  ReplayMember,
  ReplaySpeed,
  ReplayStatus,
  ReplayStep,
} from "../../ports/replay.ts";
import { ReplayActions } from "../../ports/replay-actions.ts";
import type { ReplayClock as ReplayClockKind } from "./config.ts";
import { Pace } from "./pace.ts";

const secondUs = 1_000_000;

/** A moment after all that is recorded. */
const never = Number.POSITIVE_INFINITY;

/** One recording at a clock. */
export class Seat {
  clock: ReplayClock;
  /** Its first trade, as recorded; undefined until it is known, or where there is none. */
  firstUs: number | undefined;
  /** Counts how often it is played from its beginning. */
  run = 1;
  /** Whether it may still have something to play. */
  isActive = true;
  /** When its next trade is due, from when it waits for that until it plays it. */
  dueUs: number | undefined;
  /** Market time that is known to have come: up to there it plays without a look at the clock. */
  playableUs: number = Number.NEGATIVE_INFINITY;
  /** Up to where it has played. */
  reachedUs: number = Number.NEGATIVE_INFINITY;
  /** Where a seek leads that it is on the way to. */
  seekUs: number | undefined;

  constructor(clock: ReplayClock) {
    this.clock = clock;
    clock.add(this);
  }

  /** Takes its place at another clock. */
  moveTo(clock: ReplayClock): void {
    this.clock.remove(this);
    this.clock = clock;
    clock.add(this);
  }

  /** It is played from its beginning. */
  begin(): void {
    this.run += 1;
    this.isActive = true;
    this.firstUs = undefined;
    this.dueUs = undefined;
    this.reachedUs = Number.NEGATIVE_INFINITY;
  }

  /** A run has nothing more to play; one that has been left for another says nothing any more. */
  leave(run: number): void {
    if (run !== this.run) return;
    this.isActive = false;
    this.seekUs = undefined;
    this.clock.changed();
  }
}

/** The clock of all recordings that are played together. */
export class ReplayClock implements ReplayControl {
  readonly kind: ReplayClockKind;
  #speed: ReplaySpeed;
  readonly #seats = new Set<Seat>();
  readonly #members: ReplayMember[] = [];
  #pace: Pace | undefined;
  /** Market time while it stands still. */
  #heldUs: number | undefined;
  #firstUs: number | undefined;
  #isHeldFromStart = false;
  #isGoingBack = false;
  #nowUs: () => number = () => 0;
  #change = Promise.withResolvers<void>();
  /** Ends the sleeps of those that wait. */
  #wake = stopSource();
  readonly #actions = new ReplayActions({
    status: () => this.status(),
    done: (action) => this.#done(action),
  });
  /** By what recorded times are moved. */
  offsetUs = 0;

  constructor(kind: ReplayClockKind, speed: ReplaySpeed) {
    this.kind = kind;
    this.#speed = speed;
  }

  /** Whether it moves more than one recording. */
  get isShared(): boolean {
    return this.#seats.size > 1;
  }

  /** Whether market time stands still. */
  get isHeld(): boolean {
    return this.#heldUs !== undefined;
  }

  get speed(): ReplaySpeed {
    return this.#speed;
  }

  add(seat: Seat): void {
    this.#seats.add(seat);
  }

  remove(seat: Seat): void {
    this.#seats.delete(seat);
    this.#tell();
  }

  attach(member: ReplayMember): void {
    this.#members.push(member);
  }

  /** A recording knows its first trade; resolves when all that are played together do, and market time has begun. */
  async begin(
    seat: Seat,
    firstUs: number,
    context: FeedContext,
    signal: StopSignal,
  ): Promise<void> {
    seat.firstUs = firstUs;
    seat.isActive = true;
    if (!this.isShared && !this.#isGoingBack) this.#pace = undefined;
    if (this.#pace !== undefined) return;
    this.#nowUs = () => context.nowUs();
    this.changed();
    while (this.#pace === undefined && !signal.aborted) {
      const active = [...this.#seats].filter(({ isActive }) => isActive);
      if (active.every((one) => one.firstUs !== undefined)) this.#start(active);
      else await this.#nextChange(signal);
    }
  }

  #start(active: readonly Seat[]): void {
    const firstUs = Math.min(...active.map((one) => one.firstUs ?? never));
    const nowUs = this.#nowUs();
    // By whole minutes: each second of a minute stays where it was, and every bar is the same.
    const minutes = Math.floor((nowUs - firstUs) / barIntervalUs);
    this.offsetUs = this.kind === "shifted" ? minutes * barIntervalUs : 0;
    this.#firstUs = firstUs + this.offsetUs;
    if (this.#isHeldFromStart) this.#heldUs = this.#firstUs;
    this.#isHeldFromStart = false;
    this.#runFrom(this.#firstUs);
  }

  /** The market time that has come; past all times at speed `max`. */
  marketUs(): number {
    return this.#heldUs ?? this.#pace?.marketUs(this.#nowUs()) ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * The market time that has come for one recording. It plays no further than the second in which others have something
   * earlier: what is published, at whole seconds, is in the order of event times, however fast market time passes.
   */
  comeUs(seat: Seat, marketUs: number = this.marketUs()): number {
    if (this.isHeld) return marketUs;
    const others = [...this.#seats].filter((one) => one !== seat && one.isActive);
    // Who tells something may have something earlier still.
    const nextUs = Math.min(
      ...others.map(({ dueUs }) => dueUs ?? Number.NEGATIVE_INFINITY),
      marketUs,
    );
    return nextUs === marketUs ? marketUs : Math.min(marketUs, wholeAfter(nextUs, secondUs) - 1);
  }

  /** Goes on from a moment of market time at once, as when nothing happened before it. */
  jump(toUs: number): void {
    this.#runFrom(toUs);
  }

  /**
   * Whether all other recordings wait for something that is not before a moment: nothing happens before it.
   */
  isNextOf(seat: Seat, dueUs: number): boolean {
    return [...this.#seats].every(
      (one) => one === seat || !one.isActive || (one.dueUs ?? Number.NEGATIVE_INFINITY) >= dueUs,
    );
  }

  /** Lets a recording wait for a moment of market time, or for whatever comes before it. */
  async wait(seat: Seat, dueUs: number, context: FeedContext, signal: StopSignal): Promise<void> {
    // What changed while it was telling what it had is looked at first.
    const heldUs = this.#heldUs ?? Number.NEGATIVE_INFINITY;
    if (heldUs >= dueUs || seat.reachedUs < heldUs) return;
    // Those who wait for their turn look again at each news, and are to rest when there is none.
    const isNews = seat.dueUs !== dueUs || this.isHeld;
    seat.dueUs = dueUs;
    if (isNews) this.#tell();
    const wake = this.#wake.signal;
    const own = stopSource();
    const end = () => own.abort();
    for (const one of [wake, signal]) one.addEventListener("abort", end, { once: true });
    if (!signal.aborted && !wake.aborted) await this.#next(seat, context, own.signal);
    for (const one of [wake, signal]) one.removeEventListener("abort", end);
  }

  /** Resolves when there may be something to do for a recording that waits, or when the signal says so. */
  async #next(seat: Seat, context: FeedContext, signal: StopSignal): Promise<void> {
    const { dueUs = never } = seat;
    if (this.#heldUs !== undefined) {
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      return;
    }
    const marketUs = this.marketUs();
    const comeUs = this.comeUs(seat, marketUs);
    // It has come while what was ready was sent.
    if (comeUs >= dueUs) return;
    if (comeUs < marketUs) {
      // It is others' turn, who tell when they wait again.
      await this.#nextChange(signal);
    } else {
      await context.sleep(this.#sleepMs(dueUs), signal);
    }
  }

  #sleepMs(dueUs: number): number {
    assert(this.#pace !== undefined, "market time runs while somebody waits");
    return Math.max(1, this.#pace.sleepMs(dueUs, this.#nowUs()));
  }

  #isOpening(): boolean {
    return this.#pace === undefined && [...this.#seats].some(({ isActive }) => isActive);
  }

  status(): ReplayStatus {
    const isOver = [...this.#seats].every(({ isActive }) => !isActive);
    const hasBegun = this.#pace !== undefined;
    const isHeld = this.#heldUs !== undefined || this.#isHeldFromStart;
    const state = isOver ? "ended" : isHeld ? "paused" : hasBegun ? "playing" : "waiting";
    return {
      datasets: this.#members.map(({ dataset }) => dataset),
      state,
      marketUs: hasBegun ? this.#presentUs() : undefined,
      firstUs: this.#firstUs,
      speed: this.#speed,
    };
  }

  act(action: ReplayAction): Promise<ReplayStatus | string> {
    return this.#actions.act(action);
  }

  async #done(action: ReplayAction): Promise<string | undefined> {
    if (action.kind === "speed") return this.#setSpeed(action.speed);
    if (action.kind === "pause") return this.#pause();
    if (action.kind === "resume") return this.#resume();
    // Recordings that were opened just now have not read their first trades yet.
    while (this.#isOpening()) await this.#change.promise;
    if (this.#pace === undefined) return "nothing has been played yet";
    return action.kind === "step" ? await this.#step(action.step) : await this.#seek(action.toUs);
  }

  #pause(): undefined {
    if (this.#pace === undefined) this.#isHeldFromStart = true;
    else this.#heldUs ??= this.#presentUs();
    this.changed();
  }

  #resume(): undefined {
    const heldUs = this.#heldUs;
    this.#isHeldFromStart = false;
    this.#heldUs = undefined;
    if (heldUs !== undefined) this.#runFrom(heldUs);
  }

  #setSpeed(speed: ReplaySpeed): undefined {
    const presentUs = this.#presentUs();
    this.#speed = speed;
    if (this.#pace !== undefined) this.#runFrom(presentUs);
  }

  async #step(step: ReplayStep): Promise<string | undefined> {
    this.#pause();
    await this.#settled();
    const nowUs = this.#presentUs();
    const next =
      step === "trade"
        ? Math.min(...[...this.#seats].map(({ isActive, dueUs }) => (isActive && dueUs) || never))
        : wholeAfter(nowUs, step === "second" ? secondUs : barIntervalUs);
    if (next === never) return "there is nothing more to play";
    this.#heldUs = next;
    this.changed();
    await this.#settled();
    return undefined;
  }

  async #seek(toUs: number): Promise<string | undefined> {
    const targetUs = Math.max(toUs, this.#firstUs ?? toUs);
    const isHeld = this.#heldUs !== undefined;
    const isBack = targetUs < this.#presentUs();
    const isOver = this.status().state === "ended";
    if (this.kind === "shifted" && (isBack || isOver)) {
      return "a replay on the shifted clock does not go back: its times were those of the present; use clock: recorded";
    }
    this.#heldUs = targetUs;
    if (isBack || isOver) for (const seat of this.#seats) seat.begin();
    for (const seat of this.#seats) if (seat.isActive) seat.seekUs = targetUs;
    if (isBack || isOver) {
      this.#isGoingBack = true;
      await Promise.all(this.#members.map((member) => member.again()));
    }
    this.changed();
    await this.#settled();
    this.#isGoingBack = false;
    if (!isHeld) this.#resume();
    return undefined;
  }

  /** Market time, also where nothing is waited for. */
  #presentUs(): number {
    const marketUs = this.marketUs();
    if (marketUs !== never) return marketUs;
    return Math.max(...[...this.#seats].map(({ reachedUs }) => reachedUs), this.#firstUs ?? 0);
  }

  /** Resolves when everything up to the held time has been played. */
  async #settled(): Promise<void> {
    const heldUs = this.#heldUs ?? 0;
    const isSettled = ({ isActive, dueUs, reachedUs }: Seat) =>
      !isActive || (dueUs !== undefined && dueUs > heldUs && reachedUs >= heldUs);
    while (![...this.#seats].every(isSettled)) await this.#change.promise;
  }

  #runFrom(marketUs: number): void {
    if (this.#heldUs !== undefined) this.#heldUs = marketUs;
    this.#pace = new Pace(this.#speed, { marketUs, wallUs: this.#nowUs() });
    this.changed();
  }

  /** Wakes all who wait: what they wait for may have changed. */
  changed(): void {
    const wake = this.#wake;
    this.#wake = stopSource();
    for (const seat of this.#seats) {
      seat.playableUs = Number.NEGATIVE_INFINITY;
      seat.dueUs = undefined;
    }
    wake.abort();
    this.#tell();
  }

  #tell(): void {
    const change = this.#change;
    this.#change = Promise.withResolvers();
    change.resolve();
  }

  #nextChange(signal: StopSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      void this.#change.promise.then(resolve);
    });
  }
}

function wholeAfter(us: number, unitUs: number): number {
  return (Math.floor(us / unitUs) + 1) * unitUs;
}
