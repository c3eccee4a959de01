/**
 * Follows a stream of messages without a hole and without a repeat, whatever becomes of its servers. Messages
 * are delivered as they come; where none has come for a while the end of the stream is looked at, what was left
 * out is read, and a new delivery is asked for. A stream that is shorter than what was seen, or gone, is
 * damage only when it stays so: a server that was cut off from the others knows an older state for some seconds.
 */
import type { LogDamage, LogFault } from "../../ports/command-log.ts";
import type { StopSignal } from "../../ports/feed.ts";
import type { SharedEntry } from "../../ports/shared-log.ts";
import { type MessageStream, saysNoStream } from "./command-stream.ts";
import type { Delivery } from "./delivery.ts";
import type { CheckedMessage, LogPlace, LogReader } from "./log-reader.ts";

/** Silence after which the end of the stream is looked at, in milliseconds. */
const silenceMs = 1_500;

/** Between two looks while no delivery can be had, in milliseconds. */
const againMs = 50;

/** Messages that are read one page after another before a delivery is asked for. */
const behindMax = 512;

/** Looks without an answer, of two seconds each, after which another server is gone to: no election takes that long. */
const unansweredMax = 6;

/** When something is believed to be lost. */
export interface Doubt {
  /** So many looks one after another have to agree. */
  readonly looks: number;
  /** Between two of them, in milliseconds. */
  readonly everyMs: number;
}

/** Longer than any election of the broker. */
export const doubtDefault: Doubt = { looks: 15, everyMs: 1_000 };

/** What is followed. */
export interface FollowingOptions {
  readonly stream: MessageStream;
  readonly reader: LogReader;
  readonly signal: StopSignal;
  readonly doubt: Doubt;
  /** Told of each message that is void. */
  passedOver(): void;
}

/** Follows once. */
export class Following {
  readonly #options: FollowingOptions;
  /** What was told last. */
  #place: LogPlace;
  #delivery: Delivery | undefined;
  #isAsking = false;
  #unanswered = 0;
  /** Looks that have agreed that something is lost. */
  #doubts = 0;
  #hasEnded = false;
  #wake: () => void = () => {};

  constructor(options: FollowingOptions) {
    this.#options = options;
    this.#place = options.reader.start;
  }

  /** See `SharedLog.follow`. */
  async *entries(fromSequence: number): AsyncGenerator<SharedEntry, void, undefined> {
    const { signal } = this.#options;
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      const damage = (await this.#begin(fromSequence)) ?? (yield* this.#follow());
      if (damage !== undefined) yield damage;
    } finally {
      this.#hasEnded = true;
      signal.removeEventListener("abort", wake);
      this.#endDelivery();
    }
  }

  /** Finds where to begin. */
  async #begin(fromSequence: number): Promise<LogDamage | undefined> {
    const { stream, reader, signal } = this.#options;
    while (!signal.aborted) {
      const damage = await this.#try(async () => {
        const last = await stream.last();
        const place = await reader.placeAt(fromSequence - 1, last);
        if (place === undefined) return reader.damage("shortened", fromSequence);
        const { lastSequence } = place.end;
        const isShort = place.passed === last && lastSequence < fromSequence - 1;
        if (isShort) return this.#doubted("lost-end", lastSequence);
        this.#place = place;
        return "found";
      });
      if (damage === "found") return undefined;
      if (damage !== undefined) return damage;
    }
    return undefined;
  }

  async *#follow(): AsyncGenerator<SharedEntry, LogDamage | undefined, undefined> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const delivered = this.#delivered();
      if (delivered !== undefined) {
        yield* this.#told(delivered);
        continue;
      }
      if (this.#delivery !== undefined && (await this.#comes(this.#delivery))) continue;
      if (signal.aborted) break;
      const damage = yield* this.#lookedUp();
      if (damage !== undefined) return damage;
    }
    return undefined;
  }

  /** The next message, where it was delivered. A delivery that has left some out, or changed one, is not believed any more. */
  #delivered(): CheckedMessage | undefined {
    for (;;) {
      const found = this.#delivery?.take();
      if (found === undefined) return undefined;
      if (found.at <= this.#place.passed) continue;
      const checked = this.#options.reader.check(found, this.#place);
      if (!("kind" in checked)) return checked;
      this.#endDelivery();
    }
  }

  /** Whether a message is delivered before the silence is too long. */
  async #comes(delivery: Delivery): Promise<boolean> {
    this.#wake = () => delivery.wake();
    if (await delivery.comes(silenceMs)) return true;
    if (delivery.isSilent) this.#endDelivery();
    return false;
  }

  /** Looks where the stream ends, and reads what was not delivered. */
  async *#lookedUp(): AsyncGenerator<SharedEntry, LogDamage | undefined, undefined> {
    const { stream } = this.#options;
    const last = await this.#try(async () => {
      const found = await stream.last();
      const { passed, end } = this.#place;
      return found < passed ? this.#doubted("lost-end", end.lastSequence) : found;
    });
    if (typeof last !== "number") return last;
    // What was not delivered by now is not waited for.
    if (last > this.#place.passed) this.#endDelivery();
    if (last - this.#place.passed <= behindMax) this.#ask();
    if (last > this.#place.passed) return yield* this.#missed(last);
    this.#doubts = 0;
    if (this.#delivery === undefined) await this.#pause(againMs);
    return undefined;
  }

  async *#missed(last: number): AsyncGenerator<SharedEntry, LogDamage | undefined, undefined> {
    const { stream, reader, signal } = this.#options;
    try {
      for await (const found of stream.messages(this.#place.passed + 1, last)) {
        const checked = reader.check(found, this.#place);
        if ("kind" in checked) return yield* this.#askedLeader();
        yield* this.#told(checked);
        if (signal.aborted) return undefined;
      }
    } catch {
      await this.#pause(againMs);
      return undefined;
    }
    return this.#place.passed < last ? yield* this.#askedLeader() : undefined;
  }

  /** The next message as the leader has it: another server may have lost or changed its copy. */
  async *#askedLeader(): AsyncGenerator<SharedEntry, LogDamage | undefined, undefined> {
    const { stream, reader } = this.#options;
    let checked: CheckedMessage | undefined;
    const damage = await this.#try(async () => {
      const { passed, end } = this.#place;
      const { lastSequence } = end;
      const found = await stream.message(passed + 1);
      if (found === undefined) {
        const isShortened = (await stream.first()) > passed + 1;
        if (isShortened) return reader.damage("shortened", lastSequence + 1);
        return this.#doubted("missing", lastSequence);
      }
      const result = reader.check(found, this.#place);
      if ("kind" in result) return this.#doubted(result.fault, lastSequence);
      checked = result;
      return "found";
    });
    if (checked !== undefined) yield* this.#told(checked);
    return damage === "found" ? undefined : damage;
  }

  /** Runs what asks the broker, and waits a little where it did not come to anything. */
  async #try<Result>(
    task: () => Promise<Result | LogDamage | undefined>,
  ): Promise<Result | LogDamage | undefined> {
    try {
      const result = await task();
      this.#unanswered = 0;
      if (result === undefined) await this.#pause(this.#options.doubt.everyMs);
      return result;
    } catch (error) {
      if (saysNoStream(error)) {
        const damage = this.#doubted("missing", this.#place.end.lastSequence);
        if (damage !== undefined) return damage;
        await this.#pause(this.#options.doubt.everyMs);
        return undefined;
      }
      this.#unanswered += 1;
      if (this.#unanswered % unansweredMax === 0) this.#options.stream.link.goElsewhere();
      await this.#pause(againMs);
      return undefined;
    }
  }

  /** One more look that finds something lost; the damage when enough have. */
  #doubted(fault: LogFault, lastSequence: number): LogDamage | undefined {
    this.#doubts += 1;
    const isSure = this.#doubts >= this.#options.doubt.looks;
    return isSure ? this.#options.reader.damage(fault, lastSequence + 1) : undefined;
  }

  /** Asks for a delivery of what comes next; goes on meanwhile. */
  #ask(): void {
    if (this.#delivery !== undefined || this.#isAsking) return;
    this.#isAsking = true;
    const take = (delivery: Delivery) => {
      this.#delivery = delivery;
      if (this.#hasEnded) this.#endDelivery();
    };
    void this.#options.stream
      .deliver(this.#place.passed + 1)
      .then(take, () => {})
      .finally(() => {
        this.#isAsking = false;
        this.#wake();
      });
  }

  #endDelivery(): void {
    this.#delivery?.close();
    this.#delivery = undefined;
  }

  /** Goes on behind a message, and tells it where it counts. */
  *#told({ message, place }: CheckedMessage): Generator<SharedEntry, void, undefined> {
    this.#place = place;
    this.#doubts = 0;
    if (message === undefined) return this.#options.passedOver();
    const { takeover: node, batch } = message;
    const { at, chain, term } = place.end;
    yield node === undefined
      ? { kind: "batch", ...batch, at, chain, term }
      : { kind: "takeover", ...place.end, node };
  }

  async #pause(ms: number): Promise<void> {
    if (this.#options.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
