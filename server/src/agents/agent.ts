/**
 * What an agent is: somebody who sees one market and, at decision steps of his own choice, wants
 * something. Agents are strategies; waiting for answers and coping with refusals is done for them.
 */
import type { Command } from "../core/commands.ts";
import type { OrderClosed, OrderOpened } from "../core/events.ts";
import type { BookView } from "./book-view.ts";
import type { OrderSizes } from "./order-sizes.ts";

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
