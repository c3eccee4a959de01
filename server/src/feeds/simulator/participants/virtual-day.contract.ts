/** Participants on a real exchange and a virtual clock: what the tests watch, step by step. */
import type { Command } from "../../../core/commands.ts";
import type { ExchangeEvent } from "../../../core/events.ts";
import { Exchange } from "../../../core/exchange.ts";
import type { ParticipantsOptions } from "./config.ts";
import { defaultMarkets } from "./default-markets.ts";
import { createParticipants, type Participants, type Released } from "./participants.ts";

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
  participants: Participants;
  nowUs: number = startUs;
  /** Sees everything that is released. */
  watch: (released: Released) => void = () => {};

  constructor(options: ParticipantsOptions = optionsWith(), exchange: Exchange = newExchange()) {
    this.exchange = exchange;
    this.participants = participantsOf(options);
    for (const command of this.participants.setUp()) this.submit(command);
  }

  /** Applies a command of anybody and tells the participants. */
  submit(command: Command): readonly ExchangeEvent[] {
    const stamped = { sequence: this.exchange.sequence + 1, timeUs: this.nowUs, command };
    const released = { ...stamped, events: this.exchange.apply(stamped) };
    this.participants.observe(released);
    this.watch(released);
    return released.events;
  }

  /** Lets time pass, from one decision to the next. */
  run(seconds: number): void {
    const untilUs = this.nowUs + seconds * 1_000_000;
    while (this.participants.nextUs <= untilUs) {
      this.nowUs = Math.max(this.participants.nextUs, this.nowUs);
      for (const command of this.participants.act(this.nowUs)) this.submit(command);
    }
    this.nowUs = untilUs;
  }
}

/** An exchange that needs less memory than a real one. */
export function newExchange(): Exchange {
  return new Exchange({ limits: { openOrdersMax: 4_096 } });
}
