/**
 * A stream of a broker in memory whose answers come late, in another order or never, as each node has it over a line of
 * its own.
 */
import type { Random } from "../../simulation/random.ts";
import type { MessageStream, Published } from "./command-stream.ts";
import type { Delivery } from "./delivery.ts";
import type { StreamMessage } from "./stream-message.ts";

/** A stream as one node has it. */
export class ModelStream implements MessageStream {
  readonly epoch: string = "0123456789abcdef".repeat(2);
  readonly payloadBytesMax = 1_000;
  readonly link = { goElsewhere() {} };
  /** All messages, which other nodes share; the first one has number 1. */
  readonly stored: Uint8Array[];
  /** Undefined where every request is carried out at once, and every answer comes. */
  readonly #random: Random | undefined;
  readonly #requests: (() => void)[] = [];

  constructor(stored: Uint8Array[], random?: Random) {
    this.stored = stored;
    this.#random = random;
  }

  get isBusy(): boolean {
    return this.#requests.length > 0;
  }

  /** Carries a request out, mostly the oldest. */
  step(): void {
    const isInOrder = this.#random?.chance(0.9) !== false;
    const index = isInOrder ? 0 : this.#random!.below(this.#requests.length);
    this.#requests.splice(index, 1)[0]?.();
  }

  last(): Promise<number> {
    return this.#asked(() => this.stored.length);
  }

  first(): Promise<number> {
    return this.#asked(() => 1);
  }

  bytes(): Promise<number> {
    return this.#asked(() => this.stored.reduce((sum, { length }) => sum + length, 0));
  }

  forgetBefore(): Promise<never> {
    return Promise.reject(new Error("nothing is forgotten here"));
  }

  message(at: number): Promise<StreamMessage | undefined> {
    return this.#asked(() => this.#at(at));
  }

  async *messages(from: number, to: number): AsyncGenerator<StreamMessage, void, undefined> {
    for (let at = from; at <= to; at += 1) {
      const found = await this.message(at);
      if (found === undefined) return;
      yield found;
    }
  }

  publish(bytes: Uint8Array, after: number): Promise<Published> {
    const store = (): Published => {
      if (this.stored.length !== after) return "taken";
      this.stored.push(bytes);
      return "stored";
    };
    if (this.#random?.chance(0.05) !== true) return this.#asked(store);
    // Of a message without an answer nobody knows whether it is yet to come.
    if (this.#random.chance(0.7)) this.#requests.push(store);
    return this.#asked(() => new Error("no answer"));
  }

  deliver(): Promise<Delivery> {
    return Promise.reject(new Error("nothing is delivered here"));
  }

  #at(at: number): StreamMessage | undefined {
    const bytes = this.stored[at - 1];
    return bytes && { at, bytes };
  }

  /** Asks later, and has the answer then or later still. */
  #asked<Result>(carryOut: () => Result): Promise<Result> {
    const random = this.#random;
    if (random === undefined) return Promise.resolve(carryOut());
    return new Promise((resolve) => {
      this.#requests.push(() => {
        const result = carryOut();
        if (random.chance(0.5)) resolve(result);
        else this.#requests.push(() => resolve(result));
      });
    });
  }
}
