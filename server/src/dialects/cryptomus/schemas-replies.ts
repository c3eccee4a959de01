/**
 * What REST answers with, for the API description and for the tests, which hold every reply against
 * it: field names, forms of numbers, and what each field means (docs/protocols/cryptomus, REST).
 */
import Type, { type TProperties, type TSchema } from "typebox";

const object = (properties: TProperties) =>
  Type.Object(properties, { additionalProperties: false });

const decimals = (places: string, description: string) =>
  Type.String({ pattern: `^-?[0-9]+\\.[0-9]{${places}}$`, description });
/** Sixteen decimals, always. */
export const amount16 = (description: string) => decimals("16", description);
/** Eight decimals, or sixteen where eight would round. */
export const amount8 = (description: string) => decimals("8,16", description);
export const plain = (description: string) =>
  Type.String({ pattern: "^-?(0|[1-9][0-9]*)(\\.[0-9]*[1-9])?$", description });
export const id = (description: string) =>
  Type.String({ pattern: "^[0-9A-HJKMNP-TV-Z]{26}$", description: `${description} A ULID.` });
const dateTime = (description: string) =>
  Type.String({
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
    description: `${description} In UTC.`,
  });
const direction = () => Type.Enum(["buy", "sell"], { description: "Which way the order goes." });
const market = () => Type.String({ description: "Market, `BASE_QUOTE`." });
const currency = (description: string) => Type.String({ description });

const resultOf = (result: TSchema) => object({ result });
const stateAndResult = (result: TSchema) => object({ state: Type.Literal(0), result });
/** The same value twice: where the documents have it and where the live service has it. */
const resultAndData = (result: TSchema) => object({ state: Type.Literal(0), result, data: result });

const marketFields = (amount: typeof amount16) => ({
  id: id("Id of the market."),
  symbol: market(),
  baseCurrency: currency("What is bought and sold."),
  quoteCurrency: currency("What prices are in."),
  baseMinSize: amount("Smallest quantity of an order."),
  quoteMinSize: amount("Smallest price × quantity of an order."),
  baseMaxSize: amount("Largest quantity of an order."),
  quoteMaxSize: amount("Largest price × quantity of an order."),
  basePrec: Type.String({ pattern: "^[0-9]+$", description: "Decimals of quantities." }),
  quotePrec: Type.String({ pattern: "^[0-9]+$", description: "Decimals of prices." }),
});

export const marketsReply: TSchema = resultOf(
  Type.Array(
    object({
      ...marketFields(amount16),
      baseCurrencyFullName: Type.String(),
      quoteCurrencyFullName: Type.String(),
    }),
  ),
);

export const pairsReply: TSchema = resultOf(Type.Array(object(marketFields(amount8))));

export const timeReply: TSchema = resultOf(
  object({
    timestamp: Type.Integer({ description: "The server's time in milliseconds since 1970." }),
  }),
);

export const scalesReply: TSchema = object({
  status: Type.Literal("success"),
  message: Type.Literal("success"),
  data: Type.Array(
    object({ scale: plain("Price step of the scale."), index: Type.Integer({ minimum: 0 }) }),
  ),
});

export const priceReply: TSchema = object({ price: plain("Price of the newest trade.") });

export const assetsReply: TSchema = stateAndResult(
  Type.Array(
    object({
      currency_code: currency("Code of the currency."),
      network_code: Type.String({ description: "Network on which it is moved." }),
      can_withdraw: Type.Boolean(),
      can_deposit: Type.Boolean(),
      min_withdraw: amount8("Smallest withdrawal."),
      max_withdraw: amount8("Largest withdrawal."),
      max_deposit: amount8("Largest deposit."),
      min_deposit: amount8("Smallest deposit."),
    }),
  ),
);

const level = object({
  price: plain("Price of the level."),
  quantity: plain("Base quantity of all its orders."),
});

export const bookReply: TSchema = resultAndData(
  object({
    timestamp: Type.String({ pattern: "^[0-9]+$", description: "Unix seconds." }),
    bids: Type.Array(level, { description: "Best price first." }),
    asks: Type.Array(level, { description: "Best price first." }),
  }),
);

export const tickersReply: TSchema = resultAndData(
  Type.Array(
    object({
      currency_pair: market(),
      last_price: plain("Price of the newest trade."),
      base_volume: plain("Base quantity of the last 24 hours."),
      quote_volume: plain("Quote amount of the last 24 hours."),
    }),
  ),
);

export const tradesReply: TSchema = resultAndData(
  Type.Array(
    object({
      trade_id: id("Id of the trade."),
      price: amount16("Price."),
      base_volume: amount16("Price × quantity, in the quote currency: the names are swapped."),
      quote_volume: amount16("Quantity, in the base currency: the names are swapped."),
      timestamp: Type.Integer({ description: "Unix seconds." }),
      type: Type.Enum(["buy", "sell"], { description: "Side of the taker." }),
    }),
  ),
);

export const tokenReply: TSchema = object({
  token: Type.String({
    pattern: "^[0-9a-f]{64}$",
    description: "One-time token of the stream, good for one connection within 5 minutes.",
  }),
});

export const createdReply: TSchema = object({ order_id: id("Id of the new order.") });

export const cancelledReply: TSchema = object({ success: Type.Literal(true) });

const orderAmounts = {
  filledQuantity: amount16("Base quantity traded so far."),
  filledValue: amount16("Quote amount traded so far."),
};

const optionalFields = {
  clientOrderId: Type.Optional(Type.String({ description: "Your own id of the order." })),
  stopLossPrice: Type.Optional(plain("Market price that cancels the order.")),
};

export const openOrdersReply: TSchema = resultOf(
  Type.Array(
    object({
      id: id("Id of the order."),
      direction: direction(),
      symbol: market(),
      price: amount16("Worst price."),
      quantity: amount16("Base quantity."),
      value: amount16("Price × quantity."),
      ...orderAmounts,
      createdAt: dateTime("When it was created."),
      ...optionalFields,
    }),
  ),
);

const transaction = object({
  id: id("Id of the fill."),
  tradeRole: Type.Enum(["maker", "taker"]),
  filledPrice: amount16("Price of the fill."),
  filledQuantity: amount16("Base quantity of the fill."),
  filledValue: amount16("Quote amount of the fill."),
  fee: amount16("Fee, taken from what was received; negative for a rebate."),
  feeCurrency: currency("Currency of the fee."),
  committedAt: dateTime("When it happened."),
});

const deal = object({
  id: id("Id of all fills of the order together."),
  state: Type.Literal("completed"),
  createdAt: dateTime("First fill."),
  completedAt: dateTime("Last fill."),
  averageFilledPrice: amount16("Value ÷ quantity, rounded down."),
  transactions: Type.Array(transaction, { description: "Fills, oldest first." }),
});

export const closedOrdersReply: TSchema = resultOf(
  Type.Array(
    object({
      id: id("Id of the order."),
      type: Type.Enum(["limit", "market"]),
      direction: direction(),
      symbol: market(),
      price: Type.Optional(amount16("Worst price of a limit order.")),
      quantity: amount16("Base quantity; what was traded for a market order by value."),
      ...orderAmounts,
      state: Type.Enum(["completed", "cancelled"]),
      internalState: Type.Enum(["filled", "partially_filled", "empty"]),
      createdAt: dateTime("When it was created."),
      finishedAt: dateTime("When it ended."),
      ...optionalFields,
      deal: Type.Union([deal, Type.Null()], { description: "Null when nothing traded." }),
    }),
  ),
);

export const balancesReply: TSchema = resultOf(
  Type.Array(
    object({
      ticker: currency("Code of the currency."),
      available: amount8("What can be used."),
      held: amount8("What orders hold."),
    }),
  ),
);

const tariffStep = object({
  step: Type.String({ pattern: "^[0-9]+$", description: "Number of the step, counted from 0." }),
  from_turnover: amount8("Turnover of 30 days from which it applies."),
  maker_percent: plain("Fee of the resting side, in percent; negative for a rebate."),
  taker_percent: plain("Fee of the incoming side, in percent."),
});

export const tariffsReply: TSchema = resultOf(
  object({
    equivalent_currency_code: currency("Currency of all amounts here."),
    current_tariff_step: tariffStep,
    tariff_steps: Type.Array(tariffStep),
    daily_turnover: amount8("Turnover of the running fee day, which begins at 09:00 UTC."),
    monthly_turnover: amount8("Turnover of the 30 fee days before it and of the running one."),
    circulation_funds: amount8("What orders hold, at last prices, rounded down."),
  }),
);
