/**
 * The clock of a recording that trades on an exchange. It runs, pauses, steps and leaps forward; it never goes back, for
 * what was traded is in the log.
 */
import type { Clock } from "../../ports/clock.ts";
import type { StopSignal } from "../../ports/feed.ts";
import type {
  ReplayAction,
  ReplayControl,
  ReplaySpeed,
  ReplayStatus,
  ReplayStep,
} from "../../ports/replay.ts";
import { ReplayActions } from "../../ports/replay-actions.ts";

const never = Number.POSITIVE_INFINITY;
const stepUs: Record<Exclude<ReplayStep, "trade">, number> = { second: 1_000_000, bar: 60_000_000 };

/** Longest sleep, in milliseconds; longer ones are several. */
const sleepMsMax = 60_000;

/** Recorded time, as it passes for one recording. */
export class FlowClock implements ReplayControl {
  readonly #clock: Pick<Clock, "monotonicMs" | "after">;
  readonly #market: string;
  #speed: ReplaySpeed;
  /** Recorded time that had come at a moment; undefined before the first event. */
  #base: { readonly marketUs: number; readonly atMs: number } | undefined;
  #firstUs: number | undefined;
  /** Recorded time at which it stands still. */
  #heldUs: number | undefined;
  #isHeldFromStart: boolean;
  #isOver = false;
  /** When the next event is due that is waited for. */
  #dueUs: number | undefined;
  #change = Promise.withResolvers<void>();
  readonly #actions = new ReplayActions({
    status: () => this.status(),
    done: (action) => this.#done(action),
  });

  constructor(
    clock: Pick<Clock, "monotonicMs" | "after">,
    {
      market,
      speed,
      isPaused,
    }: { readonly market: string; readonly speed: ReplaySpeed; readonly isPaused: boolean },
  ) {
    this.#clock = clock;
    this.#market = market;
    this.#speed = speed;
    this.#isHeldFromStart = isPaused;
  }

  /** Recorded time that has come. */
  get marketUs(): number {
    if (this.#heldUs !== undefined) return this.#heldUs;
    if (this.#base === undefined) return Number.NEGATIVE_INFINITY;
    if (this.#speed === "max") return never;
    const passedMs = this.#clock.monotonicMs() - this.#base.atMs;
    return Math.floor(this.#base.marketUs + passedMs * 1_000 * this.#speed);
  }

  /** Resolves when an event is due, or when it is told to stop. */
  async reach(atUs: number, signal: StopSignal): Promise<void> {
    if (this.#base === undefined) {
      this.#firstUs = atUs;
      if (this.#isHeldFromStart) this.#heldUs = atUs - 1;
      this.#runFrom(atUs);
    }
    while (this.marketUs < atUs && !signal.aborted) {
      this.#dueUs = atUs;
      this.#tell();
      const changed = this.#change.promise;
      const cancel = this.#heldUs === undefined ? this.#wakeAt(atUs) : () => {};
      const stop = () => this.#tell();
      signal.addEventListener("abort", stop, { once: true });
      await changed;
      signal.removeEventListener("abort", stop);
      cancel();
    }
    this.#dueUs = undefined;
  }

  /** There is nothing more to play. */
  end(): void {
    this.#isOver = true;
    this.#tell();
  }

  status(): ReplayStatus {
    const isHeld = this.#heldUs !== undefined || this.#isHeldFromStart;
    const state = isHeld ? "paused" : this.#base === undefined ? "waiting" : "playing";
    const marketUs = this.marketUs;
    return {
      datasets: [this.#market],
      state: this.#isOver ? "ended" : state,
      marketUs: Number.isFinite(marketUs) ? marketUs : this.#dueUs,
      firstUs: this.#firstUs,
      speed: this.#speed,
    };
  }

  act(action: ReplayAction): Promise<ReplayStatus | string> {
    return this.#actions.act(action);
  }

  async #done(action: ReplayAction): Promise<string | undefined> {
    // Its file is being opened.
    while (this.#base === undefined && !this.#isOver) await this.#change.promise;
    if (this.#isOver)
      return "the recording is over; start with another data folder to trade its day again";
    switch (action.kind) {
      case "pause":
        this.#pause();
        return undefined;
      case "resume":
        this.#resume();
        return undefined;
      case "speed": {
        const presentUs = this.#presentUs();
        this.#speed = action.speed;
        if (this.#heldUs === undefined) this.#runFrom(presentUs);
        return undefined;
      }
      case "step":
        return await this.#step(action.step);
      default:
        return await this.#seek(action.toUs);
    }
  }

  #pause(): void {
    this.#heldUs ??= this.#presentUs();
    this.#tell();
  }

  #resume(): void {
    const presentUs = this.#presentUs();
    this.#heldUs = undefined;
    this.#runFrom(presentUs);
  }

  async #step(step: ReplayStep): Promise<string | undefined> {
    this.#pause();
    await this.#settled();
    const heldUs = this.#presentUs();
    const next =
      step === "trade"
        ? (this.#dueUs ?? never)
        : (Math.floor(heldUs / stepUs[step]) + 1) * stepUs[step];
    if (next === never) return "there is nothing more to play";
    await this.#leap(next);
    return undefined;
  }

  async #seek(toUs: number): Promise<string | undefined> {
    if (toUs < this.#presentUs()) {
      return "a market does not go back: what was traded is in the log; start with another data folder";
    }
    const isHeld = this.#heldUs !== undefined;
    await this.#leap(toUs);
    if (!isHeld) this.#resume();
    return undefined;
  }

  /** Plays everything up to a moment and stands still there. */
  async #leap(toUs: number): Promise<void> {
    this.#heldUs = toUs;
    this.#tell();
    await this.#settled();
  }

  /** Resolves when everything up to the held time has been played. */
  async #settled(): Promise<void> {
    while (!this.#isOver && (this.#dueUs ?? never * -1) <= (this.#heldUs ?? 0)) {
      await this.#change.promise;
    }
  }

  #presentUs(): number {
    const marketUs = this.marketUs;
    return marketUs === never ? (this.#dueUs ?? this.#base?.marketUs ?? 0) : marketUs;
  }

  #runFrom(marketUs: number): void {
    this.#base = { marketUs, atMs: this.#clock.monotonicMs() };
    this.#tell();
  }

  #wakeAt(atUs: number): () => void {
    const speed = this.#speed === "max" ? never : this.#speed;
    const waitMs = Math.ceil((atUs - this.marketUs) / 1_000 / speed);
    return this.#clock.after(Math.min(Math.max(waitMs, 1), sleepMsMax), () => this.#tell());
  }

  #tell(): void {
    const change = this.#change;
    this.#change = Promise.withResolvers();
    change.resolve();
  }
}
