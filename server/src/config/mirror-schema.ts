/** What the configuration says of markets that follow a feed. */
import Type, { type TString } from "typebox";
import { code, strict } from "../ports/config-section.ts";

/** `BASE_QUOTE`, as in the rules of a market. */
export const marketCode = (description: string): TString =>
  Type.String({ pattern: "^[A-Z0-9]{1,16}_[A-Z0-9]{1,16}$", description });

/** A number as a decimal text: what it says is exact. */
export const decimalText = (description: string): TString =>
  Type.String({ pattern: "^\\d{1,20}(\\.\\d{1,16})?$", description });

const ppm = (maximum: number, defaultPpm: number, description: string) =>
  Type.Integer({ minimum: 0, maximum, default: defaultPpm, description });

const mirrorSchema = Type.Object(
  {
    market: marketCode("the market that follows, for example BTC_USDT"),
    dataset: code("the dataset that it follows"),
    ticker: Type.String({
      minLength: 1,
      maxLength: 64,
      description: "the ticker that it follows, as the dataset names it",
    }),
    tickSize: Type.Optional(
      decimalText("price step of the market; needed where the exchange does not have it yet"),
    ),
    lotSize: Type.Optional(
      decimalText("quantity step of the market; needed where the exchange does not have it yet"),
    ),
    levels: Type.Integer({
      minimum: 1,
      maximum: 50,
      default: 10,
      description: "offers on each side",
    }),
    size: decimalText("median size of an offer, in base; each is a half to one and a half of it"),
    spreadPpm: ppm(
      500_000,
      0,
      "how much farther than the outside price the best offer is, in millionths",
    ),
    stepPpm: ppm(
      100_000,
      100,
      "how far from each other offers are, in millionths of the price; at least one tick",
    ),
    seed: Type.Integer({
      minimum: 0,
      maximum: 4_294_967_295,
      default: 1,
      description: "the same seed gives the same sizes",
    }),
    staleSeconds: Type.Integer({
      minimum: 1,
      maximum: 3_600,
      default: 30,
      description: "with nothing heard of the ticker for so long its price is not relied on",
    }),
    whenStale: Type.Enum(["pull", "widen"], {
      default: "pull",
      description: "whether offers are taken back then, or made at a greater distance",
    }),
    widenPpm: ppm(500_000, 10_000, "how much farther offers are then, in millionths"),
    trades: Type.Boolean({
      default: true,
      description: "whether trades outside are repeated as trades of the market",
    }),
    base: Type.Optional(
      decimalText(
        "base that each of its two participants is given once; default: a hundred times what is offered",
      ),
    ),
    quote: Type.Optional(
      decimalText(
        "quote that each of them is given once; default: a hundred times what is offered at the first price",
      ),
    ),
  },
  strict,
);

/** `exchange.mirrors`. */
export const mirrorsSchema = Type.Array(mirrorSchema, {
  maxItems: 100,
  default: [],
  description: "markets that follow a ticker of a dataset",
});
