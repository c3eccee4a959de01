/**
 * Clients that follow numbered trades by their positions and go on at another server where they stopped. Each
 * holds what it is told against the numbers, so that nothing can be missing unseen.
 */
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { lotsPerUnit } from "./numbered-trades.ts";

interface Place {
  readonly epoch: string;
  readonly seq: number;
  readonly tick?: number;
  readonly ord: number;
}

/** What a server says, as far as these clients look at it. */
interface Told extends Place {
  readonly method?: string;
  readonly error: unknown;
  readonly recovered?: boolean;
  readonly data: { readonly trades?: readonly { readonly quantity: number }[] };
}

/** How often a client comes before it gives up, and how long it waits at most in between, in milliseconds. */
const attemptsMax = 30;
const betweenMsMax = 1_000;

/** One that comes and comes back. */
export class ResumingClient {
  readonly #market: string;
  #socket: WebSocket | undefined;
  #whole: Place | undefined;
  #isAnswered = false;
  #last: number | undefined;
  #whenWhole: (() => void) | undefined;
  /** When the last `since` was answered. */
  answeredMs = Number.NaN;
  /** Trades that did not come. */
  gaps = 0;
  repeats = 0;
  recovered = 0;
  lost = 0;
  faults = 0;
  /** Connections that ended before it had everything: it came again. */
  cut = 0;

  constructor(market: string) {
    this.#market = market;
  }

  /** Number of the newest trade that it knows of; undefined before the first. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Comes, again and again if need be; resolves when it has been told that it has everything up to a position. */
  async come(port: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#connect(port);
        return;
      } catch (error) {
        if (attempt === attemptsMax) throw error;
        this.cut += 1;
        await delay(Math.random() * betweenMsMax);
      }
    }
  }

  #connect(port: number): Promise<void> {
    this.#isAnswered = false;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?positions=1`, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
    });
    this.#socket = socket;
    const request = { id: 1, method: "trade_subscribe", params: [this.#market] };
    return new Promise((resolve, reject) => {
      this.#whenWhole = resolve;
      socket.on("open", () => socket.send(JSON.stringify({ ...request, since: this.#whole })));
      socket.on("message", (data: Buffer) => this.#take(JSON.parse(data.toString()) as Told));
      socket.on("error", reject);
      socket.on("close", (code) => reject(new Error(`a client was closed with ${code}`)));
    });
  }

  /** Ends, without a word. */
  leave(): void {
    this.#socket?.terminate();
  }

  #take(told: Told): void {
    if (told.error !== null) this.faults += 1;
    else if (told.method === "trade_subscribe") this.#answered(told);
    else if (told.method === "trade_update") this.#trades(told);
    else if (told.method === "position_update") this.#isWhole(told);
  }

  #answered(told: Told): void {
    this.#isAnswered = true;
    this.answeredMs = performance.now();
    if (told.recovered === true) this.recovered += 1;
    if (told.recovered === false) this.lost += 1;
    this.#whole ??= placeOf(told);
  }

  #trades({ data: { trades = [] } }: Told): void {
    for (const { quantity } of trades) {
      const number = Math.round(quantity * lotsPerUnit);
      if (this.#last !== undefined && number <= this.#last) {
        this.repeats += 1;
        continue;
      }
      if (this.#last !== undefined) this.gaps += number - this.#last - 1;
      this.#last = number;
    }
  }

  #isWhole(told: Told): void {
    if (!this.#isAnswered) return;
    this.#whole = placeOf(told);
    this.#whenWhole?.();
    this.#whenWhole = undefined;
  }
}

function placeOf({ epoch, seq, tick, ord }: Told): Place {
  return { epoch, seq, ord, ...(tick === undefined ? {} : { tick }) };
}
