/** Which dataset and ticker a call is about, in all styles in which a call can say it. */
import type { Dataset } from "../../marketdata/instrument.ts";
import { isRestFault, type RestFault } from "./errors.ts";
import { type FieldSchema, textField } from "./field-schema.ts";
import { given, invalid } from "./parameters.ts";
import type { RestCall } from "./resource.ts";

/** What a call is about. */
export interface Target {
  readonly dataset: Dataset;
  readonly ticker: string;
  /** Whether the ticker is listed; of one that is not, something may be stored. */
  readonly isListed: boolean;
}

/** Longest text that is looked at as the name of a ticker which is not listed. */
const tickerTextMax = 64;

/** The ways of saying what a call is about: beginning of the path, and parameters of the query. */
export const targetStyles: readonly {
  readonly prefix: string;
  readonly parameters: Readonly<Record<string, FieldSchema>>;
  readonly required: readonly string[];
}[] = [
  {
    prefix: "",
    parameters: {
      dataset: textField("Code of the dataset.", "huobi"),
      publisher: textField("What version 1.0 calls the dataset."),
    },
    required: ["dataset"],
  },
  { prefix: "/:publisher", parameters: {}, required: [] },
  { prefix: "/:publisher/:dataset", parameters: {}, required: [] },
];

/** Query parameters that every style has. */
export const tickerParameters: Readonly<Record<string, FieldSchema>> = {
  ticker: textField("Ticker of the dataset.", "BTC/USDT"),
  market: textField(
    "Only the dataset's own market: its code or its publisher's, with or without `crypto_` before it.",
  ),
  country: textField("Not looked at: countries are not known here."),
};

/** Finds what a call is about; the key may use it. */
export function readTarget(call: RestCall): Target | RestFault {
  const { catalog, grant, request } = call;
  const ticker = given(request.query, "ticker");
  const dataset = readDataset(call);
  if (isRestFault(dataset)) return dataset;
  if (!grant.mayUse(dataset.code)) return { reason: "dataset-not-granted", subject: dataset.code };
  if (ticker === undefined) return invalid("ticker");
  const market = given(request.query, "market");
  if (market !== undefined && !isMarketOf(dataset, market)) {
    return { reason: "unsupported-market", subject: market };
  }
  const isListed = catalog.instrument(dataset.code, ticker) !== undefined;
  if (!isListed && ticker.length > tickerTextMax) return { reason: "unknown-ticker", subject: "" };
  return { dataset, ticker, isListed };
}

/** Whether a path names a dataset, instead of the query. */
export function isDatasetStyle({ request }: RestCall): boolean {
  return request.params["publisher"] !== undefined;
}

/** Finds the dataset that a call is about. */
export function readDataset(call: Pick<RestCall, "catalog" | "request">): Dataset | RestFault {
  const { catalog, request } = call;
  const ticker = given(request.query, "ticker");
  const { publisher, dataset: code } = request.params;
  if (code !== undefined) {
    const dataset = catalog.dataset(code);
    return dataset?.publisher === publisher && dataset !== undefined ? dataset : unknown(call);
  }
  if (publisher !== undefined) return datasetNamed(call, publisher, ticker) ?? unknown(call);
  const parameter = given(request.query, "dataset") === undefined ? "publisher" : "dataset";
  const named = given(request.query, parameter);
  if (named === undefined) return invalid("dataset");
  return datasetNamed(call, named, ticker) ?? invalid(parameter);
}

/**
 * The dataset of a code. A publisher's code means the first of its datasets that lists the ticker, or
 * else its first one.
 */
function datasetNamed(
  { catalog }: Pick<RestCall, "catalog">,
  code: string,
  ticker: string | undefined,
): Dataset | undefined {
  const dataset = catalog.dataset(code);
  if (dataset !== undefined) return dataset;
  const published = catalog.datasets().filter(({ publisher }) => publisher === code);
  const listing = published.find(
    (one) => ticker !== undefined && catalog.instrument(one.code, ticker) !== undefined,
  );
  return listing ?? published[0];
}

function unknown({ request }: Pick<RestCall, "request">): RestFault {
  return { reason: "unknown-endpoint", subject: request.path };
}

function isMarketOf({ code, publisher }: Dataset, market: string): boolean {
  const name = market.replace(/^crypto_/, "");
  return name === code || name === publisher;
}
