/**
 * Reads a command log from the stream of its messages, and believes none of them: number, epoch, term, sequence and
 * chain of each have to follow from the one before it.
 */
import type { LogDamage, LogEntry, LogFault } from "../../ports/command-log.ts";
import type { LogEnd } from "../../ports/shared-log.ts";
import { chainStart } from "../chain/batch-chain.ts";
import type { CommandStream } from "./command-stream.ts";
import { chainAfter, decodeMessage, type LogMessage, nextOf } from "./message.ts";
import type { StreamMessage } from "./stream-message.ts";

/** A message that follows from the one before it, and the place behind it. */
export interface CheckedMessage {
  readonly message: LogMessage;
  readonly end: LogEnd;
}

/** Reads one stream. */
export class LogReader {
  readonly #stream: CommandStream;

  constructor(stream: CommandStream) {
    this.#stream = stream;
  }

  /** The place before the first message. */
  get start(): LogEnd {
    return { at: 0, lastSequence: 0, chain: chainStart(this.#stream.epoch), term: 0 };
  }

  /** Where the log ends, as its last message tells it. Rejects where that is none of this log. */
  async end(): Promise<LogEnd> {
    return await this.#behind(await this.#stream.last());
  }

  /**
   * The place behind the batch that ends with a sequence; where none ends there, the place before the one that holds
   * the sequence, or before a message that is none of this log, or the end where the log ends before. Looks at messages
   * up to the number `last`.
   */
  async placeAt(sequence: number, last: number): Promise<LogEnd> {
    if (sequence === 0 || last === 0) return this.start;
    const at = await this.#firstAt(sequence, last);
    const message = await this.#message(at);
    const isBehind = message !== undefined && nextOf(message) <= sequence + 1;
    return isBehind ? placeBehind(at, message) : await this.#behind(at - 1);
  }

  /** What is stored up to the message `last`, from the batch that holds a sequence on, ticks and takeovers left out. */
  async *read(fromSequence: number, last: number): AsyncGenerator<LogEntry, void, undefined> {
    let place = await this.placeAt(fromSequence - 1, last);
    if (place.lastSequence < fromSequence - 1 && place.at === last) return;
    for await (const found of this.#stream.messages(place.at + 1, last)) {
      const checked = this.check(found, place);
      if ("kind" in checked) return yield checked;
      place = checked.end;
      const { takeover, batch } = checked.message;
      if (takeover === undefined && batch.count > 0) yield { kind: "batch", ...batch };
    }
    if (place.at < last) yield this.damage("lost-end", place.lastSequence + 1);
  }

  /** Whether a message is the one that follows a place. */
  check({ at, bytes }: StreamMessage, before: LogEnd): CheckedMessage | LogDamage {
    const { lastSequence, chain, term } = before;
    if (at !== before.at + 1) return this.damage("missing", lastSequence + 1);
    const message = decodeMessage(bytes);
    const isNext =
      message !== undefined &&
      message.epoch === this.#stream.epoch &&
      message.batch.firstSequence === lastSequence + 1 &&
      message.term === (message.takeover === undefined ? term : term + 1) &&
      message.chain === chainAfter(chain, message.batch);
    if (!isNext) return this.damage("corrupt", lastSequence + 1);
    return { message, end: placeBehind(at, message) };
  }

  /** What is wrong, for the operator. */
  damage(fault: LogFault, sequence: number): LogDamage {
    const message = `the broker's stream of log ${this.#stream.epoch} is damaged at command ${sequence} (${fault}): fill it again from the log of a machine that has it`;
    return { kind: "damage", fault, sequence, message };
  }

  /** Number of the first message with which a sequence is reached, or of an earlier one that is none of this log. */
  async #firstAt(sequence: number, last: number): Promise<number> {
    let low = 1;
    let high = last;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const message = await this.#message(middle);
      if (message === undefined || nextOf(message) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  async #behind(at: number): Promise<LogEnd> {
    if (at === 0) return this.start;
    const message = await this.#message(at);
    if (message === undefined)
      throw new Error(`message ${at} is none of log ${this.#stream.epoch}`);
    return placeBehind(at, message);
  }

  /** A message of this log; undefined of any other, and where there is none. */
  async #message(at: number): Promise<LogMessage | undefined> {
    const found = await this.#stream.message(at);
    const message = found && decodeMessage(found.bytes);
    return message?.epoch === this.#stream.epoch ? message : undefined;
  }
}

function placeBehind(at: number, message: LogMessage): LogEnd {
  return { at, lastSequence: nextOf(message) - 1, chain: message.chain, term: message.term };
}
