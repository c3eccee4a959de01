/**
 * An agent's place at a market: hands on what he wants, waits until it is answered, pauses after a
 * refusal, and gives up on commands whose answers never come. It wants nothing itself.
 */
import type { Command } from "../core/commands.ts";
import type { OrderClosed, OrderOpened } from "../core/events.ts";
import type { RejectReason } from "../core/reject.ts";
import type { Agent, MarketView } from "./agent.ts";
import { stepsPerSecond } from "./steps.ts";

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

/** One agent and what he waits for. */
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

  /** What the agent does at his turn. */
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

  /** One of his commands was applied, refused or not. */
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
