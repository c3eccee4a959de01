/** What may be written of a venue that is followed through ccxt. */
import Type, { type Static } from "typebox";
import { strict } from "../../ports/config-section.ts";

/** Most tickers of one dataset: each is watched by itself. */
export const watchedTickersMax = 500;

/** `kind: ccxt`. */
export const ccxtFeedSchema = Type.Object(
  {
    kind: Type.Literal("ccxt"),
    exchange: Type.String({
      pattern: "^[a-z0-9]{2,40}$",
      description: "the venue as ccxt calls it, for example htx; ccxt has to be installed",
    }),
    tickers: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      minItems: 1,
      maxItems: watchedTickersMax,
      uniqueItems: true,
      description: "markets as ccxt calls them, for example BTC/USDT",
    }),
    quotes: Type.Boolean({
      default: false,
      description: "whether the best prices of its books are watched as well, for a mirror",
    }),
    staleSeconds: Type.Integer({
      minimum: 5,
      maximum: 3_600,
      default: 60,
      description: "a ticker of which nothing is heard for so long is watched anew",
    }),
    settings: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          "given to ccxt as they are, for example wsProxy, httpsProxy, urls or options; keys of accounts have no place here",
      }),
    ),
  },
  strict,
);

/** A feed through ccxt as configured. */
export type CcxtFeedConfig = Static<typeof ccxtFeedSchema>;

/** Settings of accounts. Public data needs none, and what is not here cannot be stolen from here. */
const secretSettings = [
  "apiKey",
  "secret",
  "password",
  "privateKey",
  "walletAddress",
  "token",
  "uid",
  "login",
  "twofa",
];

/** What is wrong with the configuration beyond its schema. */
export function ccxtFault({ settings = {} }: CcxtFeedConfig): string | undefined {
  const secret = secretSettings.find((key) => key in settings);
  return secret && `settings.${secret}: public data needs no account; take it out`;
}
