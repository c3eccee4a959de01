/**
 * JSON Schemas of the messages of the stream, for its description and for the tests, which hold every
 * message against them. The fields of each are those of its type in `messages.ts`, or this does not compile.
 */
import Type, { type TProperties, type TSchema } from "typebox";
import { idLengthMax } from "./decode.ts";
import { streamErrorCodes } from "./errors.ts";
import {
  type Acknowledgement,
  type BalanceInfo,
  type CandleTuple,
  channels,
  type DealInfo,
  type ErrorObject,
  type LastPriceData,
  type OrderData,
  type OrderInfo,
  type QueryMethod,
  queryMethods,
  type ReplyMethod,
  type TickerData,
} from "./messages.ts";
import { amount8, amount16, id, plain } from "./schemas-replies.ts";

/** A schema for each field of a type, those that may be absent too. */
type FieldsOf<Message> = { readonly [Field in keyof Required<Message>]: TSchema };

/** An object with exactly the fields of a type. */
function objectOf<Message>(fields: FieldsOf<Message>): TSchema {
  return Type.Object(fields, { additionalProperties: false });
}

const seconds = (description: string) =>
  Type.Integer({ description: `${description} Unix seconds.` });
const market = () => Type.String({ description: "Market, `BASE_QUOTE`." });
const direction = (description: string) => Type.Enum(["buy", "sell"], { description });

/** `id` of replies. */
const requestId = (description: string) =>
  Type.Union([Type.String(), Type.Number()], { description });

/** What an answered request and an update have beside their data. */
const noError = Type.Null({ description: "Nothing is wrong." });

/** A request with these parameters; they may be left out where none are ones that mean something. */
export function request(method: string, params: TSchema & { readonly minItems?: number }): TSchema {
  const needsParams = (params.minItems ?? 0) > 0;
  return Type.Object(
    {
      id: Type.Union([Type.String({ maxLength: idLengthMax }), Type.Integer()], {
        description: "Your own id of the request, which the reply repeats character by character.",
      }),
      method: Type.Literal(method),
      params: needsParams ? params : Type.Optional(params),
    },
    { required: ["id", "method", ...(needsParams ? ["params"] : [])] },
  );
}

/** The reply to a query. */
export function answer(method: ReplyMethod, data: TSchema): TSchema {
  const idField = requestId("That of the request.");
  return envelope({ id: idField, method: Type.Literal(method), data, error: noError });
}

/** A message of a public channel; its id is the number 0. */
export function publicUpdate(method: string, data: TSchema, more: TProperties = {}): TSchema {
  const update = { id: Type.Literal(0), method: Type.Literal(method), data, error: noError };
  return envelope({ ...update, ...more });
}

/** A message of a private channel; its id is a text. */
export function privateUpdate(method: string, ids: readonly string[], data: TSchema): TSchema {
  return envelope({ id: Type.Enum([...ids]), method: Type.Literal(method), data, error: noError });
}

interface Envelope {
  readonly id: TSchema;
  readonly method: TSchema;
  readonly data: TSchema;
  readonly error: TSchema;
}

function envelope(fields: Envelope): TSchema {
  return objectOf<Envelope>(fields);
}

const subscriptionMethods = channels.flatMap((channel) => [
  `${channel}_subscribe`,
  `${channel}_unsubscribe`,
]);

/** The reply to a subscribe or unsubscribe that was carried out. */
export const acknowledgement: TSchema = envelope({
  id: requestId("That of the request."),
  method: Type.Optional(
    Type.Enum(subscriptionMethods, {
      description: "That of the request; absent of `deal_subscribe` and of every unsubscribe.",
    }),
  ),
  data: objectOf<Acknowledgement>({ status: Type.Literal("success") }),
  error: noError,
});

const replyMethods = [
  ...subscriptionMethods,
  ...queryMethods.map((method: QueryMethod) => (method === "ping" ? "pong" : method)),
];

/** The reply to a request that is refused. */
export const refusal: TSchema = envelope({
  id: requestId("That of the request; 0 where it cannot be repeated."),
  method: Type.Optional(Type.Enum(replyMethods, { description: "Where a success would have it." })),
  data: Type.Null(),
  error: objectOf<ErrorObject>({
    code: Type.Enum([...new Set(Object.values(streamErrorCodes))], {
      description: "1 for what is no request, 2 for everything else.",
    }),
    message: Type.String({ description: "What is wrong, and what would be right." }),
  }),
});

/** `data` of `lastprice_update`. */
export const lastPriceData: TSchema = objectOf<LastPriceData>({
  symbol: market(),
  timestamp: seconds("When it was traded."),
  price: plain("Price of the newest trade."),
});

/** `data` of `ticker_update` and of the queries about the same. */
export const tickerData: TSchema = objectOf<TickerData>({
  symbol: market(),
  timestamp: seconds("Of these figures."),
  price: plain("Price of the newest trade."),
  open: plain("First price of the last 24 hours."),
  high: plain("Highest price of the last 24 hours."),
  low: plain("Lowest price of the last 24 hours."),
  volume: plain("Base quantity of the last 24 hours."),
  quote_volume: plain("Quote amount of the last 24 hours."),
  price_change: Type.String({
    pattern: "^-?[0-9]+\\.[0-9]{2}$",
    description: "How far the price has moved in 24 hours, in percent.",
  }),
});

const level = Type.Tuple([plain("Price."), plain("Base quantity; 0 takes the price away.")]);
const sides = {
  asks: Type.Array(level, { description: "Lowest price first." }),
  bids: Type.Array(level, { description: "Highest price first." }),
};

/** `data` of `depth_update`. */
export const depthData: TSchema = Type.Object(
  {
    symbol: market(),
    timestamp: seconds("Of this state."),
    full_reload: Type.Boolean({ description: "Whether this is the whole book, not only changes." }),
    scale_index: Type.Integer({
      minimum: 0,
      maximum: 5,
      description: "Index of the scale: 0 for the finest, each next one ten times as coarse.",
    }),
    ...sides,
  },
  { additionalProperties: false },
);

/** `data` of the reply to `depth_request`. */
export const bookData: TSchema = Type.Object(
  { timestamp: seconds("Of this state."), ...sides },
  { additionalProperties: false },
);

const tradeFields = {
  price: Type.Number({ description: "Price, with all its digits." }),
  quantity: Type.Number({ description: "Base quantity, with all its digits." }),
  timestamp: seconds("When it was traded."),
  direction: direction("Side of the taker."),
};

/** `data` of `trade_update`. */
export const tradeData: TSchema = Type.Object(
  {
    symbol: market(),
    timestamp: seconds("Of the newest of them."),
    trades: Type.Array(Type.Object(tradeFields, { additionalProperties: false })),
  },
  { additionalProperties: false },
);

/** `data` of the reply to `trades_request`. */
export const recentTrades: TSchema = Type.Array(
  Type.Object({ id: id("Id of the trade."), ...tradeFields }, { additionalProperties: false }),
  { description: "Newest first." },
);

/** A schema for each place of a tuple. */
type PlacesOf<Tuple extends readonly unknown[]> = { readonly [Place in keyof Tuple]: TSchema };

const candlePlaces: PlacesOf<CandleTuple> = [
  seconds("When it begins."),
  plain("Open."),
  plain("Close."),
  plain("High."),
  plain("Low."),
  plain("Base quantity."),
  plain("Quote amount."),
  market(),
];

/** `data` of `candles_update` and of the reply to `candles_request`. */
export const candleList: TSchema = Type.Array(Type.Tuple([...candlePlaces]), {
  description: "Start, open, close, high, low, volume, quote volume, market; oldest first.",
});

const orderInfo = objectOf<OrderInfo>({
  id: id("Id of the order."),
  symbol: market(),
  orderType: Type.Enum(["limit", "market"]),
  direction: direction("Which way the order goes."),
  price: amount16("Worst price; 0 of a market order."),
  quantity: amount16("Base quantity; of a market order by value what was traded so far."),
  value: amount16("Price × quantity; of a market order by quantity what was traded so far."),
  filledQuantity: amount16("Base quantity traded so far."),
  filledValue: amount16("Quote amount traded so far."),
  clientOid: Type.Union([Type.String(), Type.Null()], { description: "Your own id of the order." }),
  createTs: seconds("When it was created."),
  updateTs: Type.Optional(seconds("When it changed; only of `updated`.")),
  finishTs: Type.Optional(seconds("When it ended; only of `finished`, as are those that follow.")),
  state: Type.Optional(Type.Enum(["completed", "cancelled"])),
  internalState: Type.Optional(Type.Enum(["filled", "partially_filled", "empty"])),
});

/** `data` of `order_update`. */
export const orderData: TSchema = objectOf<OrderData>({
  type: Type.Enum(["created", "updated", "finished"]),
  info: orderInfo,
});

/** `data` of `balance_update`. */
export const balanceData: TSchema = objectOf<{ info: BalanceInfo }>({
  info: objectOf<BalanceInfo>({
    walletId: id("Id of the wallet."),
    currencyCode: Type.String({ description: "Code of the currency." }),
    amount: amount16("Size of the movement, whichever its direction."),
    oldBalance: amount16("What was available before."),
    newBalance: amount8("What is available now."),
  }),
});

/** `data` of `deal_update`. */
export const dealData: TSchema = objectOf<{ info: DealInfo }>({
  info: objectOf<DealInfo>({
    dealId: id("Id of all fills of the order together."),
    symbol: market(),
    dealState: Type.Literal("completed"),
    transactionId: id("Id of the fill."),
    filledPrice: amount16("Price of the fill."),
    filledQuantity: amount16("Base quantity of the fill."),
    filledValue: amount16("Quote amount of the fill."),
    fee: amount16("Fee, taken from what was received; negative for a rebate."),
    feeCurrency: Type.String({ description: "Currency of the fee." }),
    tradeRole: Type.Enum(["maker", "taker"]),
    committedAt: seconds("When it happened."),
  }),
});

/** `data` of `position_update`. */
export const positionData: TSchema = Type.Object(
  { timestamp: seconds("When that was so.") },
  { additionalProperties: false },
);
