/**
 * Tells by its shape alone what a ticker is. The catalog knows no asset classes, so this is all there
 * is to sort tickers by where the wire wants them sorted.
 */

/** The classes that have a ticker list of their own (docs/protocols/finazon). */
export type TickerClass = "crypto" | "forex" | "stocks";

/** ISO 4217 codes of currencies that are traded against each other. */
const nationalCurrencies: ReadonlySet<string> = new Set(
  (
    "AED ARS AUD BGN BHD BRL CAD CHF CLP CNH CNY COP CZK DKK EGP EUR GBP GEL HKD HUF IDR ILS INR ISK " +
    "JOD JPY KES KRW KWD KZT MAD MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD " +
    "THB TND TRY TWD UAH USD UYU UZS VND ZAR"
  ).split(" "),
);

/** A pair of national currencies is `forex`, any other pair `crypto`, and what is no pair `stocks`. */
export function tickerClass(ticker: string): TickerClass {
  const slash = ticker.indexOf("/");
  if (slash < 0) return "stocks";
  const isForex =
    nationalCurrencies.has(ticker.slice(0, slash)) &&
    nationalCurrencies.has(ticker.slice(slash + 1));
  return isForex ? "forex" : "crypto";
}
