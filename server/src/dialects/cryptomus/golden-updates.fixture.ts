/** Updates as the transcripts write them, with decimals as texts, and what they stand for. */
import type { CloseReason } from "../../core/events.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import { type Decimal, parseDecimal, rescale } from "../../core/num/decimal.ts";
import { type Atoms, parseAtoms } from "../../core/num/money.ts";
import type { Bar } from "../../marketdata/bars/bar.ts";
import { fromAtoms } from "../../marketdata/bars/steps.ts";
import { tableBar } from "../../marketdata/bars/table.ts";
import { type Topic, type TopicOf, topicKey, type UpdateOf } from "../../marketdata/topic.ts";
import { unitsOf } from "../../marketdata/updates.ts";
import { type ExampleBoard, exampleUser } from "./conversation.fixture.ts";

type GoldenLevel = readonly [price: string, quantity: string];

/** An update as a transcript gives it, with decimals as texts. */
export type GoldenUpdate =
  | {
      readonly kind: "last-price";
      readonly market: string;
      readonly timeS: number;
      readonly price: string;
    }
  | {
      readonly kind: "ticker";
      readonly market: string;
      readonly timeS: number;
      readonly last: string;
      readonly open: string;
      readonly high: string;
      readonly low: string;
      readonly volume: string;
      readonly quoteVolume: string;
    }
  | {
      /** A ticker 24 hours after the last trade. */
      readonly kind: "idle-ticker";
      readonly market: string;
      readonly timeS: number;
      readonly last: string;
    }
  | {
      readonly kind: "trades";
      readonly market: string;
      readonly timeS: number;
      readonly trades: readonly {
        readonly price: string;
        readonly quantity: string;
        readonly timeS: number;
        readonly aggressor: "buy" | "sell";
      }[];
    }
  | {
      readonly kind: "depth";
      readonly market: string;
      readonly timeS: number;
      readonly full: boolean;
      readonly scaleIndex: number;
      readonly asks: readonly GoldenLevel[];
      readonly bids: readonly GoldenLevel[];
    }
  | {
      readonly kind: "candle";
      readonly market: string;
      readonly intervalS: number;
      readonly startS: number;
      readonly open: string;
      readonly high: string;
      readonly low: string;
      readonly close: string;
      readonly volume: string;
      readonly value: string;
    }
  | {
      readonly kind: "order";
      readonly user?: string;
      readonly phase: "created" | "updated" | "finished";
      readonly reason?: CloseReason;
      readonly market: string;
      readonly id: number;
      readonly side: "buy" | "sell";
      readonly type: "limit" | "market";
      readonly price?: string;
      readonly quantity?: string;
      readonly value?: string;
      readonly filled: string;
      readonly filledValue: string;
      readonly clientId?: string;
      readonly createdMs: number;
      readonly timeS: number;
    }
  | {
      readonly kind: "fill";
      readonly user?: string;
      readonly market: string;
      readonly order: number;
      readonly orderCreatedMs: number;
      readonly sequence: number;
      readonly ordinal: number;
      readonly role: "maker" | "taker";
      readonly side: "buy" | "sell";
      readonly price: string;
      readonly quantity: string;
      readonly value: string;
      readonly fee: string;
      readonly timeMs: number;
    }
  | {
      readonly kind: "balance";
      readonly user?: string;
      readonly currency: string;
      readonly old: string;
      readonly new: string;
      readonly timeS: number;
    };

function money(text: string): Atoms {
  const amount = parseAtoms(text);
  if (amount === undefined) throw new Error(`not an amount: ${text}`);
  return amount;
}

function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (typeof parsed === "string") throw new Error(`${text}: ${parsed}`);
  return parsed;
}

function price(rules: MarketRules, text = "0"): number {
  return steps(text, rules.tickSize);
}

function quantity(rules: MarketRules, text = "0"): number {
  return steps(text, rules.lotSize);
}

function steps(text: string, step: Decimal): number {
  const value = decimal(text);
  const count = rescale(value.coefficient, value.scale, step.scale) ?? Number.NaN;
  if (count % step.coefficient !== 0) throw new Error(`${text} is no multiple of the step`);
  return count / step.coefficient;
}

function candle(golden: Extract<GoldenUpdate, { kind: "candle" }>, rules: MarketRules): Bar {
  const bar = tableBar({
    startUs: golden.startS * 1_000_000,
    open: price(rules, golden.open),
    high: price(rules, golden.high),
    low: price(rules, golden.low),
    close: price(rules, golden.close),
    volume: quantity(rules, golden.volume),
    quoteVolume: money(golden.value),
    tradeCount: 1,
  });
  const told = fromAtoms(bar, rules);
  if (told === undefined) throw new Error(`${golden.value}: no turnover of ${rules.code}`);
  return told;
}

function levels(rules: MarketRules, list: readonly GoldenLevel[]) {
  return list.map(([at, size]) => ({ price: price(rules, at), quantity: quantity(rules, size) }));
}

/** A topic and its update. */
export type Publication<Kind extends Topic["kind"] = Topic["kind"]> = Kind extends Topic["kind"]
  ? { readonly topic: TopicOf<Kind>; readonly update: UpdateOf[Kind] }
  : never;

function balancePublication(golden: GoldenUpdate & { kind: "balance" }): Publication<"balances"> {
  const { user = exampleUser.userId, currency } = golden;
  return {
    topic: { kind: "balances", user, currency },
    update: {
      timeUs: golden.timeS * 1_000_000,
      change: {
        kind: "balance-changed",
        user,
        currency,
        reason: "hold",
        oldAvailable: money(golden.old),
        newAvailable: money(golden.new),
        oldHeld: money("0"),
        newHeld: money("0"),
      },
    },
  };
}

function orderPublication(
  golden: GoldenUpdate & { kind: "order" },
  rules: MarketRules,
): Publication<"orders"> {
  const { user = exampleUser.userId, market, phase } = golden;
  const order = {
    id: golden.id,
    user,
    market,
    side: golden.side,
    type: golden.type,
    price: price(rules, golden.price),
    quantity: quantity(rules, golden.quantity),
    value: money(golden.value ?? "0"),
    filled: quantity(rules, golden.filled),
    filledValue: money(golden.filledValue),
    stopPrice: 0,
    clientId: golden.clientId,
    createdUs: golden.createdMs * 1_000,
  };
  const common = { ...unitsOf(rules), timeUs: golden.timeS * 1_000_000, order };
  return {
    topic: { kind: "orders", user, market },
    update:
      phase === "finished"
        ? { ...common, phase, reason: golden.reason ?? "filled" }
        : { ...common, phase },
  };
}

function fillPublication(
  golden: GoldenUpdate & { kind: "fill" },
  rules: MarketRules,
): Publication<"fills"> {
  const { user = exampleUser.userId, market } = golden;
  return {
    topic: { kind: "fills", user, market },
    update: {
      ...unitsOf(rules),
      timeUs: golden.timeMs * 1_000,
      order: golden.order,
      orderCreatedUs: golden.orderCreatedMs * 1_000,
      sequence: golden.sequence,
      ordinal: golden.ordinal,
      role: golden.role,
      side: golden.side,
      price: price(rules, golden.price),
      quantity: quantity(rules, golden.quantity),
      value: money(golden.value),
      fee: golden.fee.startsWith("-") ? -money(golden.fee.slice(1)) : money(golden.fee),
      feeCurrency: golden.side === "buy" ? rules.base : rules.quote,
    },
  };
}

function tickerPublication(
  golden: GoldenUpdate & { kind: "ticker" },
  rules: MarketRules,
): Publication<"ticker"> {
  const priceScale = rules.tickSize.scale;
  const volumeScale = rules.lotSize.scale;
  const open = price(rules, golden.open);
  const last = price(rules, golden.last);
  const timeUs = golden.timeS * 1_000_000;
  return {
    topic: { kind: "ticker", market: golden.market },
    update: {
      ...unitsOf(rules),
      timeUs,
      price: last,
      figures: {
        priceScale,
        open,
        high: price(rules, golden.high),
        low: price(rules, golden.low),
        last,
        lastEventUs: timeUs,
        volume: quantity(rules, golden.volume),
        volumeScale,
        quoteVolume: money(golden.quoteVolume) / 10n ** BigInt(16 - priceScale - volumeScale),
        priceChangeHundredths: (BigInt(last - open) * 10_000n) / BigInt(open),
        tradeCount: 1,
      },
    },
  };
}

/** The topic and the update that a line means, on the markets of a board. */
export function publication(golden: GoldenUpdate, board: ExampleBoard): Publication {
  if (golden.kind === "balance") return balancePublication(golden);
  const rules = board.market(golden.market)?.rules;
  if (rules === undefined) throw new Error(`there is no ${golden.market}`);
  const { market } = golden;
  switch (golden.kind) {
    case "last-price":
      return {
        topic: { kind: "last-price", market },
        update: {
          ...unitsOf(rules),
          timeUs: golden.timeS * 1_000_000,
          price: price(rules, golden.price),
        },
      };
    case "ticker":
      return tickerPublication(golden, rules);
    case "idle-ticker":
      return {
        topic: { kind: "ticker", market },
        update: {
          ...unitsOf(rules),
          timeUs: golden.timeS * 1_000_000,
          price: price(rules, golden.last),
          figures: undefined,
        },
      };
    case "trades":
      return {
        topic: { kind: "trades", market },
        update: {
          ...unitsOf(rules),
          timeUs: golden.timeS * 1_000_000,
          trades: golden.trades.map((trade, ordinal) => ({
            sequence: 51,
            ordinal,
            timeUs: trade.timeS * 1_000_000,
            price: price(rules, trade.price),
            quantity: quantity(rules, trade.quantity),
            value: money("1"),
            aggressor: trade.aggressor,
          })),
        },
      };
    case "depth":
      return {
        topic: { kind: "depth", market, depthScale: golden.scaleIndex },
        update: {
          ...unitsOf(rules),
          timeUs: golden.timeS * 1_000_000,
          depthScale: golden.scaleIndex,
          full: golden.full,
          asks: levels(rules, golden.asks),
          bids: levels(rules, golden.bids),
        },
      };
    case "candle":
      return {
        topic: { kind: "candles", market, intervalS: golden.intervalS },
        update: {
          ...unitsOf(rules),
          timeUs: golden.startS * 1_000_000,
          intervalS: golden.intervalS,
          candle: candle(golden, rules),
        },
      };
    case "order":
      return orderPublication(golden, rules);
    case "fill":
      return fillPublication(golden, rules);
  }
}

/** Puts an update on the board: the state that newcomers and queries find there. */
export function putOnBoard(board: ExampleBoard, { topic, update }: Publication): void {
  switch (topic.kind) {
    case "last-price":
      board.lastPrices.set(topic.market, update as UpdateOf["last-price"]);
      break;
    case "ticker":
      board.tickers.set(topic.market, update as UpdateOf["ticker"]);
      break;
    case "depth":
      board.depths.set(topicKey(topic), update as UpdateOf["depth"]);
      break;
    case "trades":
      board.trades.set(topic.market, (update as UpdateOf["trades"]).trades);
      break;
    case "candles":
      board.candleLists.set(topic.market, [(update as UpdateOf["candles"]).candle]);
      break;
    default:
      throw new Error("the board shows only what is public");
  }
}
