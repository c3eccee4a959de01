/**
 * What REST takes in: query parameters, path parts and bodies with their field names. Each schema is
 * what `rest-validation` checks by and what the API description shows; nothing here decides anything.
 */
import Type, { type TSchema, type TUnsafe } from "typebox";
import type { Side } from "../../core/market/rules.ts";
import { decimalTextMax } from "../../core/num/decimal.ts";
import { depthScalesMax } from "../../marketdata/depth-scales.ts";
import { historyOffsetMax } from "../../ports/history.ts";
import type { Amount } from "./rest-amounts.ts";

/** Longest market code, currency code and order id that is looked at, in UTF-16 units. */
export const codeLengthMax = 64;

/** Longest client order id, which is also the exchange's own limit. */
export const clientOrderIdLengthMax = 64;

/** Longest broker tag; it is accepted and forgotten. */
export const tagLengthMax = 255;

/** Most orders of one list (docs/protocols/cryptomus, REST). */
export const listLimitMax = 100;

const listLimitDefault = 50;

/** `format` of a number in decimal digits, whatever its JSON type; it is read as an {@link Amount}. */
export const decimalFormat = "decimal";

/** A field that can be checked: every text and every number has bounds. */
export type Field = TSchema &
  (
    | { readonly type: "string"; readonly maxLength: number }
    | { readonly type: "integer"; readonly minimum: number; readonly maximum: number }
    | { readonly format: typeof decimalFormat }
    | { readonly enum: readonly unknown[] }
  );

/** Fields of an input and their values once they have been checked. */
export type InputSchema<Fields> = TUnsafe<Fields>;

function input<Fields>(properties: Readonly<Record<string, Field>>): InputSchema<Fields> {
  const description = "A field that is null, or an empty text, is one that is left out.";
  return Type.Unsafe<Fields>(Type.Object(properties, { description }));
}

// The types of the library forget the bounds, so they are said again.
const text = (description: string, maxLength = codeLengthMax) =>
  Object.assign(Type.String({ maxLength, description }), { maxLength });

interface CountBounds {
  readonly minimum: number;
  readonly maximum: number;
}

const count = (
  bounds: CountBounds,
  says: { readonly default: number; readonly description: string },
) => Object.assign(Type.Integer({ ...bounds, ...says }), bounds);

const decimal = (description: string) =>
  Object.assign(
    Type.Union([Type.String({ maxLength: decimalTextMax }), Type.Number()], {
      format: decimalFormat,
      description: `${description}. A string or a number; numbers are read digit by digit.`,
    }),
    { format: decimalFormat } as const,
  );

const directions: readonly Side[] = ["buy", "sell"];
const direction = (description: string) => Type.Enum([...directions], { description });

const market = () => text("Market, `BASE_QUOTE`.");
const clientOrderId = () =>
  text("Your own id of the order, unique among your orders.", clientOrderIdLengthMax);
const tag = () => text("Broker tag; accepted and ignored.", tagLengthMax);

/** What an operation without a body takes. */
export const noFields: InputSchema<object> = input<object>({});

/** What every order asks for. */
interface OrderBody {
  readonly market: string;
  readonly direction: Side;
  readonly client_order_id?: string;
  readonly tag?: string;
}

/** Body of a limit order. */
export interface LimitOrderBody extends OrderBody {
  readonly quantity: Amount;
  readonly price: Amount;
  readonly stop_loss_price?: Amount;
}

export const limitOrderBody: InputSchema<LimitOrderBody> = input<LimitOrderBody>({
  market: market(),
  direction: direction("Which way the order goes."),
  quantity: decimal("How much of the base currency"),
  price: decimal("Worst price, in the quote currency"),
  stop_loss_price: Type.Optional(
    decimal("Market price that cancels the order: above the price of a buy, below that of a sell"),
  ),
  client_order_id: Type.Optional(clientOrderId()),
  tag: Type.Optional(tag()),
});

/** Body of a market order: exactly one of `quantity` and `value` (D-C32). */
export interface MarketOrderBody extends OrderBody {
  readonly quantity?: Amount;
  readonly value?: Amount;
}

export const marketOrderBody: InputSchema<MarketOrderBody> = input<MarketOrderBody>({
  market: market(),
  direction: direction("Which way the order goes."),
  quantity: Type.Optional(decimal("How much of the base currency; not together with `value`")),
  value: Type.Optional(decimal("How much of the quote currency; not together with `quantity`")),
  client_order_id: Type.Optional(clientOrderId()),
  tag: Type.Optional(tag()),
});

/** Which orders are listed. */
export interface OrdersQuery {
  readonly market?: string;
  readonly direction?: Side;
  readonly order_id?: string;
  readonly client_order_id?: string;
  readonly limit: number;
  readonly offset: number;
}

export const ordersQuery: InputSchema<OrdersQuery> = input<OrdersQuery>({
  market: Type.Optional(market()),
  direction: Type.Optional(direction("Only orders of this direction.")),
  order_id: Type.Optional(text("Only the order of this id.")),
  client_order_id: Type.Optional(text("Only orders of this id of yours.", clientOrderIdLengthMax)),
  limit: Type.Optional(
    count(
      { minimum: 1, maximum: listLimitMax },
      { default: listLimitDefault, description: "How many orders." },
    ),
  ),
  offset: Type.Optional(
    count(
      { minimum: 0, maximum: historyOffsetMax },
      { default: 0, description: "How many of the newest orders to skip." },
    ),
  ),
});

/** Which balances are listed. */
export interface BalanceQueryFields {
  readonly ticker?: string;
}

export const balanceQuery: InputSchema<BalanceQueryFields> = input<BalanceQueryFields>({
  ticker: Type.Optional(text("Only this currency.")),
});

/** Where fees are asked for; this parameter is an addition of ours. */
interface TariffsQueryFields {
  readonly market?: string;
}

export const tariffsQuery: InputSchema<TariffsQueryFields> = input<TariffsQueryFields>({
  market: Type.Optional(text("Market, whose own rates then count too.")),
});

/** Which market is meant. */
export interface SymbolQuery {
  readonly symbol: string;
}

export const symbolQuery: InputSchema<SymbolQuery> = input<SymbolQuery>({ symbol: market() });

/** How the order book is grouped. */
export interface BookQuery {
  readonly level: number;
}

export const bookQuery: InputSchema<BookQuery> = input<BookQuery>({
  level: Type.Optional(
    count(
      { minimum: 0, maximum: depthScalesMax - 1 },
      {
        default: 0,
        description: "Index of the depth scale by which prices are grouped, 0 for the finest.",
      },
    ),
  ),
});

/** Path part of the routes of one market. */
export const pairParams: TSchema = Type.Object({ pair: market() });

/** Path part of the routes of one order. */
export const orderParams: TSchema = Type.Object({
  orderId: text("Id of the order, as it was answered when the order was created."),
});
