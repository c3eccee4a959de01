/**
 * An agent sees one market and, at decision steps of its own choice, wants something. Agents are strategies;
 * waiting for answers and coping with refusals is done for them by their seat.
 */
import type { Command } from "../core/commands.ts";
import type { OrderClosed, OrderOpened } from "../core/events.ts";
import type { RejectReason } from "../core/reject.ts";
import type { BookView } from "./book-view.ts";
import { type OrderSizes, stepsPerSecond } from "./parts.ts";

/** What agents see of their market. */
export interface MarketView {
  readonly code: string;
  readonly book: BookView;
  readonly sizes: Pick<OrderSizes, "within">;
  /** Size of an ordinary order. */
  readonly medianLots: number;
  /** Unit in which distances of prices are measured here: what the price moves in about a second. */
  readonly cellTicks: number;
  /** What the market is worth, in ticks with a fraction. */
  readonly fairTicks: number;
  /** Around which makers quote: the fair price, shifted by what they have taken in. */
  readonly quoteTicks: number;
  /** How busy the market is, 1 on average. */
  readonly intensity: number;
  /** How fast the price moves at the moment, 1 on average. */
  readonly unrest: number;
}

/** A participant with one strategy in one market. */
export interface Agent {
  /** The name of its account; real users have UUIDs. */
  readonly user: string;
  /** Step at which it wants to act next. */
  readonly nextStep: number;
  /** With how many commands still unanswered it is ready to act. */
  readonly unansweredMax: number;
  /** What it wants at a step; moves {@link nextStep} to a later one. */
  act(step: number, market: MarketView): readonly Command[];
  /** Learns what became of one of its orders. */
  observe(event: OrderOpened | OrderClosed): void;
}

/** After so much time of the clock without any answer the unanswered commands count as lost. */
export const answerPatienceUs = 10_000_000;

/** Pause after a refusal, and after one for want of money, which does not come back soon. */
const refusalPauseSteps = stepsPerSecond;
const fundsPauseSteps = 60 * stepsPerSecond;

/** A moment at which an agent may act. */
export interface Turn {
  readonly step: number;
  /** What the clock says, in microseconds since 1970. */
  readonly nowUs: number;
}

/**
 * An agent's place at a market: hands on what it wants, waits until it is answered, pauses after a
 * refusal, and gives up on commands whose answers never come. It wants nothing itself.
 */
export class Seat {
  readonly #agent: Agent;
  #unanswered = 0;
  /** Since when there has been no answer. */
  #silentSinceUs = 0;
  /** Steps to pause from the next turn on, and the step at which the pause ends. */
  #pauseSteps = 0;
  #pausedUntil = 0;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  get user(): string {
    return this.#agent.user;
  }

  get nextStep(): number {
    return Math.max(this.#agent.nextStep, this.#pausedUntil);
  }

  /** What the agent does at its turn. */
  act({ step, nowUs }: Turn, market: MarketView): readonly Command[] {
    if (this.#pauseSteps > 0) {
      this.#pausedUntil = step + this.#pauseSteps;
      this.#pauseSteps = 0;
      return [];
    }
    if (this.#unanswered > this.#agent.unansweredMax) return this.#wait(nowUs);
    const commands = this.#agent.act(step, market);
    if (this.#unanswered === 0) this.#silentSinceUs = nowUs;
    this.#unanswered += commands.length;
    return commands;
  }

  /** One of its commands was applied, refused or not. */
  answered(refusal: RejectReason | undefined, timeUs: number): void {
    this.#unanswered = Math.max(this.#unanswered - 1, 0);
    this.#silentSinceUs = timeUs;
    // An order that was filled before it could be moved is no reason to pause: the fill is told too.
    if (refusal === undefined || refusal === "unknown-order") return;
    this.#pauseSteps = refusal === "insufficient-funds" ? fundsPauseSteps : refusalPauseSteps;
  }

  observe(event: OrderOpened | OrderClosed): void {
    this.#agent.observe(event);
  }

  /** Lost commands may still have reached the exchange: nothing of them is to stay there. */
  #wait(nowUs: number): readonly Command[] {
    if (nowUs - this.#silentSinceUs <= answerPatienceUs) return [];
    this.#silentSinceUs = nowUs;
    this.#unanswered = 1;
    return [{ kind: "cancel-all", user: this.user }];
  }
}
