/**
 * What happened to each user's orders, fills and balances, handed to the hub in the order in which it
 * happened. Nothing is ever left out: these streams are histories.
 */
import { oppositeOf } from "../core/book/book.ts";
import type { ExchangeEvent, Traded } from "../core/events.ts";
import type { MarketRules, Side } from "../core/market/rules.ts";
import type { Hub } from "../hub/hub.ts";
import { type MarketBoardView, rulesOf } from "../marketdata/market-board.ts";
import type { Cause } from "../marketdata/position.ts";
import type { TopicOf, UpdateOf } from "../marketdata/topic.ts";
import {
  type FillUpdate,
  type MarketUnits,
  type OrderUpdate,
  unitsOf,
} from "../marketdata/updates.ts";
import type { Released } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";
import type { PrivateTopic } from "../ports/stream-history.ts";
import type { Numbering } from "./numbering.ts";

const asHistory = { kind: "history" } as const;

/** The private streams of all users. */
export class AccountStreams implements Stage {
  readonly #hub: Hub;
  readonly #numbering: Numbering;
  readonly #board: MarketBoardView;

  /** The board has to know each market before its orders are published. */
  constructor(hub: Hub, board: MarketBoardView, numbering: Numbering) {
    this.#hub = hub;
    this.#numbering = numbering;
    this.#board = board;
  }

  /** Publishes what durable commands did. */
  take(released: readonly Released[]): void {
    for (const { sequence, timeUs, events } of released) {
      for (const event of events) this.#publishEvent(event, { sequence, timeUs, tick: 0 });
    }
  }

  #publishEvent(event: ExchangeEvent, command: TimedCause): void {
    const { timeUs } = command;
    switch (event.kind) {
      case "order-opened":
        this.#order(command, { phase: "created", order: event.order, timeUs });
        break;
      case "order-updated":
        this.#order(command, { phase: "updated", order: event.order, timeUs });
        break;
      case "order-closed":
        this.#order(command, {
          ...{ phase: "finished", order: event.order },
          ...{ reason: event.reason, timeUs },
        });
        break;
      case "traded":
        for (const { user, update } of fillsOf(
          event,
          command,
          rulesOf(this.#board, event.market),
        )) {
          this.#publish({ kind: "fills", user, market: event.market }, command, update);
        }
        break;
      case "balance-changed": {
        // What is held is told by the orders; a wallet's stream tells what can be spent.
        if (event.oldAvailable === event.newAvailable) break;
        const { user, currency } = event;
        const update = { timeUs, change: event };
        this.#publish({ kind: "balances", user, currency }, command, update);
        break;
      }
    }
  }

  #order(command: Cause, parts: WithoutUnits<OrderUpdate>): void {
    const { user, market } = parts.order;
    const update: OrderUpdate = { ...unitsOf(rulesOf(this.#board, market)), ...parts };
    this.#publish({ kind: "orders", user, market }, command, update);
  }

  #publish<Kind extends PrivateTopic["kind"]>(
    topic: TopicOf<Kind>,
    cause: Cause,
    update: UpdateOf[Kind],
  ): void {
    this.#hub.publish(topic, this.#numbering.number(topic, cause, update), asHistory);
  }
}

/** A command, and when it was stamped. */
interface TimedCause extends Cause {
  readonly timeUs: number;
}

type WithoutUnits<Updates> = Updates extends unknown ? Omit<Updates, keyof MarketUnits> : never;

/** The halves of a match, the maker's first: the maker's order rested first. */
function fillsOf(
  traded: Traded,
  { sequence, timeUs }: TimedCause,
  rules: MarketRules,
): readonly { readonly user: string; readonly update: FillUpdate }[] {
  const { ordinal, price, quantity, value, aggressor } = traded;
  const received = (side: Side) => (side === "buy" ? rules.base : rules.quote);
  const makerSide = oppositeOf(aggressor);
  const common = { ...unitsOf(rules), sequence, timeUs, ordinal, price, quantity, value };
  return [
    {
      user: traded.makerUser,
      update: {
        ...common,
        order: traded.maker,
        orderCreatedUs: traded.makerCreatedUs,
        role: "maker",
        side: makerSide,
        fee: traded.makerFee,
        feeCurrency: received(makerSide),
      },
    },
    {
      user: traded.takerUser,
      update: {
        ...common,
        order: traded.taker,
        // The taker is the order of this very command.
        orderCreatedUs: timeUs,
        role: "taker",
        side: aggressor,
        fee: traded.takerFee,
        feeCurrency: received(aggressor),
      },
    },
  ];
}
