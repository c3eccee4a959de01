/** What the configuration says of recorded days that are traded. */
import Type from "typebox";
import { strict } from "../ports/config-section.ts";
import { decimalText, marketCode } from "./mirror-schema.ts";

const files = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { maxItems: 1_000, description });
const moment = (description: string) =>
  Type.String({
    pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,6})?Z$",
    description,
  });

const daySchema = Type.Object(
  {
    market: marketCode("the market in which the day is traded, for example AAPL_USD"),
    format: Type.Enum(["lobster", "bitstamp", "binance"], {
      description:
        "lobster: LOBSTER messages; bitstamp: `milliseconds event {json}`; binance: a depth snapshot with updates, and trades",
    }),
    files: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      maxItems: 1_000,
      description: "its files in the order in which they are played, packed or not",
    }),
    trades: Type.Optional(
      files(
        "binance: files of trades (CSV) that belong to the depth; none where they are among it",
      ),
    ),
    book: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "lobster: a file whose first line has the book after it, for what rested before the first message",
      }),
    ),
    midnight: Type.Optional(
      moment("lobster: the midnight that times are counted from, for example 2012-06-21T04:00:00Z"),
    ),
    tickSize: Type.Optional(
      decimalText("price step of the market; needed where the exchange does not have it yet"),
    ),
    lotSize: Type.Optional(
      decimalText("quantity step of the market; needed where the exchange does not have it yet"),
    ),
    fills: Type.Enum(["at-price", "through-price"], {
      default: "at-price",
      description:
        "a model, for depth without orders: whether a trade at the price of a waiting order fills it when the queue before it is gone, or only one at a worse price",
    }),
    cancels: Type.Enum(["behind", "ahead"], {
      default: "behind",
      description:
        "a model, for depth without orders: whether what leaves a level without a trade stood behind a waiting order or ahead of it",
    }),
    speed: Type.Union([Type.Number({ minimum: 0.01, maximum: 100_000 }), Type.Literal("max")], {
      default: 1,
      description: "how much faster than recorded, or max",
    }),
    paused: Type.Boolean({
      default: false,
      description: "whether it waits at its first event for `openbourse replay-control`",
    }),
    from: Type.Optional(
      moment(
        "what is before this moment makes the book and takes no time; default: the first event",
      ),
    ),
    to: Type.Optional(moment("what is at or after this moment is not played")),
  },
  strict,
);

/** `exchange.days`. */
export const daysSchema = Type.Array(daySchema, {
  maxItems: 100,
  default: [],
  description: "recorded days whose order flow trades in a market",
});
