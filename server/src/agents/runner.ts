/**
 * Lets the simulated participants live on the exchange: asks them at each of their steps what they
 * want, submits it like anybody's commands, and tells them what became of everybody's.
 */

import type { Level } from "../core/book/book.ts";
import type { Command } from "../core/commands.ts";
import type { MarketView } from "../core/exchange.ts";
import type { Side } from "../core/market/rules.ts";
import type { Clock } from "../ports/clock.ts";
import type { Released } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";
import { StartError } from "../ports/start-error.ts";
import type { Audience } from "./audience.ts";
import type { RecoveredMarket } from "./config.ts";
import { defaultMarkets } from "./default-markets.ts";
import { createParticipants, type Participants } from "./participants.ts";

/** Levels of a side that participants are told about when they come back. */
const recoveredLevelsMax = 100_000;

/** How often they look whether the exchange goes on that waits for its disk, in milliseconds. */
const stallPauseMs = 1_000;

/** What participants see of the exchange before they begin. */
export interface RecoveredExchange {
  markets(): readonly MarketView[];
  depth(market: string, side: Side, levelsMax: number): readonly Level[];
}

/** The exchange in service, as far as participants touch it. */
export interface TradedExchange {
  readonly door: { submit(command: Command): Promise<unknown> };
  readonly sequencer: {
    readonly stallReason: string | undefined;
    readonly stopReason: string | undefined;
    submit(command: Command, done: () => void): void;
  };
}

/** What the participants are to be like. */
export interface ParticipantsSetup {
  readonly seed: number;
  readonly rate: number;
  /** Share of the rate at which they go on while nobody is there. */
  readonly idleShare: number;
}

/** The participants of an exchange: a stage of it, and those who trade on it once they are sent in. */
export class ParticipantRunner implements Stage {
  readonly #clock: Clock;
  readonly #participants: Participants;
  readonly #idleShare: number;

  /** `exchange` is as it was recovered; they are told of everything that happens afterwards. */
  constructor(
    exchange: RecoveredExchange,
    clock: Clock,
    { idleShare, ...setup }: ParticipantsSetup,
  ) {
    const participants = createParticipants({
      ...setup,
      markets: defaultMarkets,
      startUs: clock.nowUs(),
      recovered: recoveredMarkets(exchange),
    });
    if (typeof participants === "string") {
      throw new StartError(`exchange.participants: ${participants}`);
    }
    this.#clock = clock;
    this.#participants = participants;
    this.#idleShare = idleShare;
  }

  take(released: readonly Released[]): void {
    for (const entry of released) this.#participants.observe(entry);
  }

  /**
   * Sends them in; resolves when their markets and money are there. The returned function sends them
   * home.
   */
  async start(engine: TradedExchange, audience: Audience): Promise<() => void> {
    const participants = this.#participants;
    await Promise.all(participants.setUp().map((command) => engine.door.submit(command)));
    const life = live(engine, this.#clock, participants);
    const stopListening = audience.onChange((isThere) => {
      participants.changePace(this.#clock.nowUs(), isThere ? 1 : this.#idleShare);
      life.look();
    });
    return () => {
      stopListening();
      life.end();
    };
  }
}

/** Participants that are asked at each of their steps. */
interface Life {
  /** Finds out again when the next step is. */
  look(): void;
  end(): void;
}

function live(engine: TradedExchange, clock: Clock, participants: Participants): Life {
  let cancel = () => {};
  const wake = () => {
    if (engine.sequencer.stallReason !== undefined) {
      cancel = clock.after(stallPauseMs, wake);
      return;
    }
    // One step at a time: what came of it is known before the next one is asked for.
    if (participants.nextUs <= clock.nowUs()) submitAll(engine, participants.act(clock.nowUs()));
    const waitMs = Math.max(0, Math.ceil((participants.nextUs - clock.nowUs()) / 1_000));
    const isOver = engine.sequencer.stopReason !== undefined;
    if (Number.isFinite(waitMs) && !isOver) cancel = clock.after(waitMs, wake);
  };
  cancel = clock.after(0, wake);
  return {
    look() {
      cancel();
      wake();
    },
    end: () => cancel(),
  };
}

function submitAll(engine: TradedExchange, commands: ReturnType<Participants["setUp"]>): void {
  for (const command of commands) engine.sequencer.submit(command, ignore);
}

/** Participants learn everything from what is released. */
function ignore(): void {}

function recoveredMarkets(exchange: RecoveredExchange): readonly RecoveredMarket[] {
  return exchange.markets().map(({ rules, halted, lastPrice }) => ({
    rules,
    halted,
    lastTicks: lastPrice,
    levels: (["buy", "sell"] as const).flatMap((side) =>
      exchange.depth(rules.code, side, recoveredLevelsMax).map((level) => ({ ...level, side })),
    ),
  }));
}
