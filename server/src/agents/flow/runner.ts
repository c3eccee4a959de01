/**
 * Lets a recorded day trade on the exchange: waits until each event is due, plays it, and takes no more
 * than the log keeps up with.
 */
import type { Command } from "../../core/commands.ts";
import type { OrderView } from "../../core/events.ts";
import { lotAtoms, type MarketRules, notionalAtoms } from "../../core/market/rules.ts";
import { type Atoms, atomsMax } from "../../core/num/money.ts";
import type { Clock } from "../../ports/clock.ts";
import { type StopSignal, stopSource } from "../../ports/feed.ts";
import type { Log } from "../../ports/log.ts";
import type { FlowBatches, FlowCounts, FlowEvent } from "../../ports/order-flow.ts";
import type { Submission } from "../../ports/released.ts";
import type { ReplaySpeed } from "../../ports/replay.ts";
import { nextTurn } from "../../ports/timers.ts";
import { MarketUsers } from "../mirror/market-users.ts";
import type { RecoveredExchange } from "../mirror/recovered.ts";
import type { TradedExchange } from "../runner.ts";
import { FlowDriver, type FlowExchange, type FlowModel, flowNames } from "./driver.ts";
import { FlowClock } from "./flow-clock.ts";

/** Commands of a recording that wait for the disk at once. */
export const unansweredMax = 1_000;

/** Events that are played in one turn of the event loop. */
const turnEvents = 100;

/** How long it waits for a disk that takes nothing, in milliseconds, before it looks again. */
const stallPauseMs = 1_000;

/** A part of what money there may be of a currency, far more than a day needs. */
const fundsPart = 1_000_000n;

/** A recorded day in a market. */
export interface FlowDay {
  readonly rules: MarketRules;
  readonly isMissing: boolean;
  readonly model: FlowModel;
  readonly speed: ReplaySpeed;
  readonly isPaused: boolean;
  /** Moments of the recording before which nothing waits, and after which nothing is played. */
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
  /** Opens the recording; `counts` grow while it is read. */
  readonly read: (counts: FlowCounts) => FlowBatches;
  readonly counts: FlowCounts;
}

/** An exchange in service, as a recording touches it. */
export interface FlowEngine extends Pick<TradedExchange, "door"> {
  readonly exchange: {
    readonly sequence: number;
    openOrder(user: string, id: number): OrderView | undefined;
  };
  readonly sequencer: Pick<TradedExchange["sequencer"], "stallReason" | "stopReason"> & {
    submit(command: Command, done: (submission: Submission) => void): void;
  };
}

interface Play {
  readonly engine: FlowEngine;
  readonly driver: FlowDriver;
  readonly signal: StopSignal;
}

/** One recorded day. */
export class FlowRunner {
  readonly clock: FlowClock;
  readonly market: string;
  readonly counts: FlowCounts;
  /** Commands that were refused or lost because the exchange was busy. */
  refused = 0;
  readonly #day: FlowDay;
  readonly #house: { readonly clock: Clock; readonly log: Log };
  readonly #users: MarketUsers;
  readonly #unfunded: readonly { readonly user: string; readonly currency: string }[];
  #driver: FlowDriver | undefined;
  #unanswered = 0;
  #answered = Promise.withResolvers<void>();

  /** `exchange` is as it was recovered. */
  constructor(
    day: FlowDay,
    exchange: RecoveredExchange,
    house: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#day = day;
    this.#house = house;
    this.market = day.rules.code;
    this.counts = day.counts;
    this.clock = new FlowClock(house.clock, { ...day, market: this.market });
    const users = Object.values(flowNames(this.market));
    this.#users = new MarketUsers(users, exchange);
    this.#unfunded = users.flatMap((user) => {
      const known = new Set(exchange.balances(user).map(({ currency }) => currency));
      const { base, quote } = day.rules;
      return [base, quote]
        .filter((currency) => !known.has(currency))
        .map((currency) => ({ user, currency }));
    });
  }

  /** What became of the recording so far; undefined before it is played. */
  get figures(): FlowDriver["figures"] | undefined {
    return this.#driver?.figures;
  }

  /** What has to be done before anything else: the day begins with an empty book and enough money. */
  setUp(): readonly Command[] {
    const amount = (atomsMax / fundsPart) as Atoms;
    return [
      ...this.#users.setUp(this.#day),
      ...this.#unfunded.map(
        ({ user, currency }): Command => ({
          kind: "deposit",
          user,
          currency,
          amount,
          key: `replay-start-${currency}`,
        }),
      ),
    ];
  }

  /** Begins to play; the returned function ends that and resolves when nothing more is submitted. */
  async start(engine: FlowEngine): Promise<() => Promise<void>> {
    await Promise.all(this.setUp().map((command) => engine.door.submit(command)));
    const { rules, model } = this.#day;
    const driver = new FlowDriver(rules, model, this.#exchangeOf(engine));
    this.#driver = driver;
    const stopping = stopSource();
    const playing = this.#play(engine, driver, stopping.signal).catch((error: unknown) => {
      this.#house.log.error("a recorded day has stopped", {
        market: this.market,
        reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    });
    return async () => {
      stopping.abort();
      this.#answered.resolve();
      await playing;
    };
  }

  #exchangeOf({ exchange, sequencer }: FlowEngine): FlowExchange {
    return {
      submit: (command) => {
        this.#unanswered += 1;
        sequencer.submit(command, (submission) => {
          const isTaken =
            submission.kind === "released" && submission.released.events[0]?.kind !== "refused";
          if (!isTaken) this.refused += 1;
          this.#unanswered -= 1;
          this.#answered.resolve();
        });
        return exchange.sequence;
      },
      left: (user, id) => {
        const order = exchange.openOrder(user, id);
        return order === undefined ? 0 : order.quantity - order.filled;
      },
    };
  }

  async #play(engine: FlowEngine, driver: FlowDriver, signal: StopSignal): Promise<void> {
    const { read, counts } = this.#day;
    const batches = read(counts);
    this.#house.log.info("a recorded day is traded", { market: this.market });
    let reason: string | undefined;
    for (let isOver = false; !isOver; ) {
      const next = await batches.next();
      if (next.done === true) {
        if (next.value.kind === "failed") reason = next.value.reason;
        break;
      }
      isOver = await this.#playBatch(next.value, { engine, driver, signal });
    }
    await batches.return({ kind: "finished" });
    await this.#answers(0, signal);
    this.clock.end();
    this.#tellEnd(reason, signal);
  }

  /** Plays events, each when it is due; whether that was all. */
  async #playBatch(
    events: readonly FlowEvent[],
    { engine, driver, signal }: Play,
  ): Promise<boolean> {
    const { fromUs = 0, toUs = Number.POSITIVE_INFINITY } = this.#day;
    for (const event of events) {
      if (event.atUs >= toUs) return true;
      // What is before the beginning makes its book, and takes no time.
      if (event.atUs >= fromUs) await this.#reach(event.atUs, signal);
      if (signal.aborted) return true;
      for (const _ of driver.play(event)) {
        await this.#room(engine, signal);
        await nextTurn();
      }
      await this.#room(engine, signal);
      if (driver.figures.events % turnEvents === 0) await nextTurn();
    }
    return false;
  }

  /**
   * Waits until an event is due. What was played before is durable and shown then: who has moved the clock finds it in the
   * market, on any machine.
   */
  async #reach(atUs: number, signal: StopSignal): Promise<void> {
    if (this.clock.marketUs < atUs) await this.#answers(0, signal);
    await this.clock.reach(atUs, signal);
  }

  #tellEnd(reason: string | undefined, signal: StopSignal): void {
    const { log } = this.#house;
    const { market, counts, refused } = this;
    const told = { market, ...counts, ...this.figures, refused };
    if (reason !== undefined) log.error("a recorded day has stopped", { ...told, reason });
    else if (!signal.aborted) log.info("a recorded day is over", told);
  }

  /** Waits until no more commands than so many have no answer. */
  async #answers(most: number, signal: StopSignal): Promise<void> {
    while (this.#unanswered > most && !signal.aborted) {
      await this.#answered.promise;
      this.#answered = Promise.withResolvers();
    }
  }

  /** Waits while the log is behind. */
  async #room({ sequencer }: FlowEngine, signal: StopSignal): Promise<void> {
    await this.#answers(unansweredMax - 1, signal);
    while (sequencer.stallReason !== undefined && !signal.aborted) {
      await new Promise<void>((resolve) => void this.#house.clock.after(stallPauseMs, resolve));
    }
    if (sequencer.stopReason !== undefined) throw new Error(sequencer.stopReason);
  }
}

/** Whether there is enough money for a day in a market. */
export function fundsFault(rules: MarketRules): string | undefined {
  const most = atomsMax / fundsPart;
  const isEnough = most / lotAtoms(rules) > 1_000_000n && most / notionalAtoms(rules) > 1_000_000n;
  return isEnough ? undefined : "its tick or lot size is too large";
}
