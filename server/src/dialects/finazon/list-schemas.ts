/** What the API description says of the items of the lists. */
import { type FieldSchema, textField } from "./field-schema.ts";
import { type Fields, objectSchema } from "./reply-schema.ts";

/** An item that is a code and a name. */
export function codeItem(code: string, name: string): FieldSchema {
  return objectSchema({ code: textField("Code.", code), name: textField("Name.", name) });
}

const { properties: namedFields, ...named } = codeItem("binance", "Binance Market Data API");
/** Item of `/datasets`. */
export const datasetItem: FieldSchema = {
  ...named,
  properties: {
    ...(namedFields as Fields),
    status: {
      ...textField("Why it gets no more data; absent while it may."),
      enum: ["finished", "failed"],
    },
  },
};

/** Item of the ticker lists of one dataset, and of crypto pairs. */
export const publishedItem: FieldSchema = objectSchema({
  publisher: textField("Code of the publisher.", "binance"),
  ticker: textField("Ticker.", "BTC/USDT"),
});
const emptyField = textField("Not known here: empty.");

/** Item of `/tickers/stocks`. */
export const stockItem: FieldSchema = objectSchema({
  ticker: textField("Ticker.", "AAPL"),
  ...{ country: emptyField, currency: emptyField },
  publisher: textField("Code of the publisher.", "sip"),
});

/** Item of `/tickers/us_stocks`. */
export const usStockItem: FieldSchema = objectSchema({
  ticker: textField("Ticker.", "AAPL"),
  ...{ currency: emptyField, security: emptyField, mic: emptyField, asset_type: emptyField },
  ...{ cik: emptyField, composite_figi: emptyField, share_figi: emptyField, lei: emptyField },
});

/** Item of `/markets/stocks`. */
export const stockMarketItem: FieldSchema = objectSchema({
  country: textField("Country.", "US"),
  mic: textField("Market identifier code.", "XNGS"),
  name: textField("Name.", "Nasdaq XNGS"),
});

/** Item of `/tickers/forex`. */
export const forexItem: FieldSchema = objectSchema({ ticker: textField("Ticker.", "AUD/CAD") });
