/** Participants on a real exchange and a virtual clock: what the tests watch, step by step. */
import type { Command } from "../core/commands.ts";
import type { ExchangeEvent } from "../core/events.ts";
import type { Exchange } from "../core/exchange.ts";
import { exchangeWith } from "../core/scenario.fixture.ts";
import type { Released } from "../ports/released.ts";
import type { ParticipantsOptions } from "./config.ts";
import { defaultMarkets } from "./default-markets.ts";
import { createParticipants, type Participants } from "./participants.ts";

export const startUs: number = Date.UTC(2025, 5, 26) * 1_000;

/** Good options, unless a test changes them. */
export function optionsWith(changes: Partial<ParticipantsOptions> = {}): ParticipantsOptions {
  return { seed: 1, startUs, markets: defaultMarkets, ...changes };
}

/** Participants that the test knows to have good options. */
export function participantsOf(options: ParticipantsOptions): Participants {
  const participants = createParticipants(options);
  if (typeof participants === "string") throw new Error(participants);
  return participants;
}

/** One exchange, its participants and the time. */
export class VirtualDay {
  readonly exchange: Exchange;
  readonly participants: Participants;
  nowUs: number;
  /** How long it takes until the participants hear of what happened. */
  answerDelayUs = 0;
  readonly #unheard: Released[] = [];
  /** Sees everything that is released. */
  watch: (released: Released) => void = () => {};

  constructor(options: ParticipantsOptions = optionsWith(), exchange: Exchange = newExchange()) {
    this.exchange = exchange;
    this.nowUs = options.startUs;
    this.participants = participantsOf(options);
    for (const command of this.participants.setUp()) this.submit(command);
  }

  /** Applies a command of anybody and tells the participants, sooner or later. */
  submit(command: Command): readonly ExchangeEvent[] {
    const stamped = { sequence: this.exchange.sequence + 1, timeUs: this.nowUs, command };
    const released = { ...stamped, events: this.exchange.apply(stamped) };
    this.#unheard.push(released);
    this.#tell();
    this.watch(released);
    return released.events;
  }

  /** Lets time pass; the clock is read every `lookUs` only, and all that is due is done then. */
  run(seconds: number, lookUs = 1): void {
    const untilUs = this.nowUs + seconds * 1_000_000;
    while (this.participants.nextUs <= untilUs) {
      const dueUs = Math.max(this.participants.nextUs, this.nowUs);
      this.nowUs = Math.ceil(dueUs / lookUs) * lookUs;
      this.#tell();
      for (const command of this.participants.act(this.nowUs)) this.submit(command);
    }
    this.nowUs = Math.max(untilUs, this.nowUs);
  }

  #tell(): void {
    while (this.#unheard.length > 0) {
      const [released] = this.#unheard;
      if (released === undefined || released.timeUs + this.answerDelayUs > this.nowUs) return;
      this.#unheard.shift();
      this.participants.observe(released);
    }
  }
}

/** An exchange that needs less memory than a real one. */
export function newExchange(): Exchange {
  return exchangeWith({ limits: { openOrdersMax: 4_096 } });
}

/** How many more orders of the chosen owners are open after some events than before. */
export function openedIn(
  events: readonly ExchangeEvent[],
  isChosen: (user: string) => boolean = () => true,
): number {
  const change = { "order-opened": 1, "order-closed": -1 };
  return events
    .filter((event) => event.kind === "order-opened" || event.kind === "order-closed")
    .filter(({ order }) => isChosen(order.user))
    .reduce((sum, { kind }) => sum + change[kind], 0);
}
