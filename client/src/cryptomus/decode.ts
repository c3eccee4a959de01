/** Wire data of the Cryptomus stream into this package's words. What cannot be used throws `unreadable`. */
import { isDecimal } from "../decimal.ts";
import { fieldsOf } from "../exact-json.ts";
import { ClientError } from "../fault.ts";
import type { DepthUpdate } from "../order-book.ts";
import type {
  BalanceChange,
  Candle,
  Fill,
  LastPrice,
  OrderEnd,
  OrderUpdate,
  Ticker,
  Trade,
} from "./messages.ts";
import type {
  BalanceInfo,
  CandleTuple,
  Channel,
  DealInfo,
  DepthData,
  LastPriceData,
  OrderData,
  TickerData,
  TradeData,
} from "./wire.ts";

/** An update, the name of what it is about, and the key under which newer ones replace it. */
export interface Routed {
  readonly name: string;
  readonly item: unknown;
}

/** Each channel's reader. */
export const decoders: Readonly<Record<Channel, (data: unknown) => readonly Routed[]>> = {
  lastprice: (data) => [routed(data as LastPriceData, lastPrice)],
  ticker: (data) => [routed(data as TickerData, ticker)],
  trade(data) {
    const { symbol, trades } = data as TradeData;
    return listOf(trades).map((trade) => ({ name: symbol, item: tradeOf(symbol, trade) }));
  },
  depth(data) {
    const item = depth(data as DepthData);
    return [{ name: `${item.market}:${item.scale}`, item }];
  },
  candles: (data) =>
    listOf(data as readonly CandleTuple[]).map((tuple) => ({
      name: tuple[7],
      item: candle(tuple),
    })),
  order(data) {
    const item = order(data as OrderData);
    return [{ name: item.market, item }];
  },
  deal(data) {
    const item = fill(fieldsOf(data)["info"] as DealInfo);
    return [{ name: item.market, item }];
  },
  balance(data) {
    const item = balance(fieldsOf(data)["info"] as BalanceInfo);
    return [{ name: item.currency, item }];
  },
};

function routed<Data extends { readonly symbol: string }>(
  data: Data,
  read: (data: Data) => unknown,
): Routed {
  return { name: data.symbol, item: read(data) };
}

function lastPrice({ symbol, timestamp, price }: LastPriceData): LastPrice {
  return { market: symbol, timeMs: ms(timestamp), price: exact(price) };
}

function ticker(data: TickerData): Ticker {
  return {
    ...lastPrice(data),
    open: exact(data.open),
    high: exact(data.high),
    low: exact(data.low),
    volume: exact(data.volume),
    quoteVolume: exact(data.quote_volume),
    changePercent: exact(data.price_change),
  };
}

function tradeOf(market: string, trade: TradeData["trades"][number]): Trade {
  return {
    type: "trade",
    market,
    timeMs: ms(Number(trade.timestamp)),
    price: exact(trade.price),
    quantity: exact(trade.quantity),
    direction: trade.direction,
  };
}

function depth(data: DepthData): DepthUpdate {
  return {
    market: data.symbol,
    scale: data.scale_index,
    timeMs: ms(data.timestamp),
    isWhole: data.full_reload,
    bids: listOf(data.bids),
    asks: listOf(data.asks),
  };
}

/** A candle of the stream or of `candles_request`. */
export function candle(tuple: CandleTuple): Candle {
  const [startS, open, close, high, low, volume, quoteVolume, market] = tuple;
  return {
    market,
    startMs: ms(startS),
    open: exact(open),
    high: exact(high),
    low: exact(low),
    close: exact(close),
    volume: exact(volume),
    quoteVolume: exact(quoteVolume),
  };
}

function order({ type, info }: OrderData): OrderUpdate {
  const { finishTs, state, internalState } = info;
  return {
    type: "order",
    phase: type,
    id: info.id,
    market: info.symbol,
    orderType: info.orderType,
    direction: info.direction,
    price: exact(info.price),
    quantity: exact(info.quantity),
    value: exact(info.value),
    filledQuantity: exact(info.filledQuantity),
    filledValue: exact(info.filledValue),
    clientOrderId: info.clientOid ?? undefined,
    createdMs: ms(info.createTs),
    ...(finishTs === undefined
      ? {}
      : { finishedMs: ms(finishTs), end: { state, internalState } as OrderEnd }),
  };
}

function fill(info: DealInfo): Fill {
  return {
    type: "fill",
    dealId: info.dealId,
    id: info.transactionId,
    market: info.symbol,
    price: exact(info.filledPrice),
    quantity: exact(info.filledQuantity),
    value: exact(info.filledValue),
    fee: exact(info.fee),
    feeCurrency: info.feeCurrency,
    role: info.tradeRole,
    timeMs: ms(info.committedAt),
  };
}

function balance(info: BalanceInfo): BalanceChange {
  return {
    type: "balance",
    walletId: info.walletId,
    currency: info.currencyCode,
    amount: exact(info.amount),
    oldBalance: exact(info.oldBalance),
    newBalance: exact(info.newBalance),
  };
}

function ms(seconds: number): number {
  if (!Number.isFinite(seconds)) throw unreadable("a time is no number");
  return seconds * 1_000;
}

function exact(text: string): string {
  if (typeof text !== "string" || !isDecimal(text)) throw unreadable("an amount is no decimal");
  return text;
}

function listOf<T>(value: readonly T[]): readonly T[] {
  if (!Array.isArray(value)) throw unreadable("a list is none");
  return value;
}

function unreadable(message: string): ClientError {
  return new ClientError({ kind: "unreadable", message });
}
