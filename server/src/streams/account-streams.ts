/**
 * What happened to each user's orders, fills and balances, handed to the hub in the order in which it
 * happened. Nothing is ever left out: these streams are histories.
 */
import { oppositeOf } from "../core/book/book.ts";
import type { ExchangeEvent, Traded } from "../core/events.ts";
import type { MarketRules, Side } from "../core/market/rules.ts";
import type { Hub } from "../hub/hub.ts";
import { type MarketBoardView, rulesOf } from "../marketdata/market-board.ts";
import {
  type FillUpdate,
  type MarketUnits,
  type OrderUpdate,
  unitsOf,
} from "../marketdata/updates.ts";
import type { Released } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";

const asHistory = { kind: "history" } as const;

/** The private streams of all users. */
export class AccountStreams implements Stage {
  readonly #hub: Hub;
  readonly #board: MarketBoardView;

  /** The board has to know each market before its orders are published. */
  constructor(hub: Hub, board: MarketBoardView) {
    this.#hub = hub;
    this.#board = board;
  }

  /** Publishes what durable commands did. */
  take(released: readonly Released[]): void {
    for (const { sequence, timeUs, events } of released) {
      for (const event of events) this.#publishEvent(event, sequence, timeUs);
    }
  }

  #publishEvent(event: ExchangeEvent, sequence: number, timeUs: number): void {
    switch (event.kind) {
      case "order-opened":
        this.#order({ phase: "created", order: event.order, timeUs });
        break;
      case "order-updated":
        this.#order({ phase: "updated", order: event.order, timeUs });
        break;
      case "order-closed":
        this.#order({ phase: "finished", order: event.order, reason: event.reason, timeUs });
        break;
      case "traded":
        for (const fill of fillsOf(event, {
          sequence,
          timeUs,
          rules: rulesOf(this.#board, event.market),
        })) {
          const { user, update } = fill;
          this.#hub.publish({ kind: "fills", user, market: event.market }, update, asHistory);
        }
        break;
      case "balance-changed": {
        // What is held is told by the orders; a wallet's stream tells what can be spent.
        if (event.oldAvailable === event.newAvailable) break;
        const { user, currency } = event;
        const update = { timeUs, change: event };
        this.#hub.publish({ kind: "balances", user, currency }, update, asHistory);
        break;
      }
    }
  }

  #order(parts: WithoutUnits<OrderUpdate>): void {
    const { user, market } = parts.order;
    const update: OrderUpdate = { ...unitsOf(rulesOf(this.#board, market)), ...parts };
    this.#hub.publish({ kind: "orders", user, market }, update, asHistory);
  }
}

type WithoutUnits<Updates> = Updates extends unknown ? Omit<Updates, keyof MarketUnits> : never;

/** The halves of a match, the maker's first: the maker's order rested first. */
function fillsOf(
  traded: Traded,
  {
    rules,
    ...place
  }: { readonly sequence: number; readonly timeUs: number; readonly rules: MarketRules },
): readonly { readonly user: string; readonly update: FillUpdate }[] {
  const { ordinal, price, quantity, value, aggressor } = traded;
  const received = (side: Side) => (side === "buy" ? rules.base : rules.quote);
  const makerSide = oppositeOf(aggressor);
  const common = { ...unitsOf(rules), ...place, ordinal, price, quantity, value };
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
        orderCreatedUs: place.timeUs,
        role: "taker",
        side: aggressor,
        fee: traded.takerFee,
        feeCurrency: received(aggressor),
      },
    },
  ];
}
