/**
 * The lists that REST serves, one entry for each: its path, its parameters and its items. Datasets
 * and publishers are public knowledge; tickers are shown only of datasets that the key may use.
 */
import type { CatalogView } from "../../marketdata/catalog.ts";
import type { Dataset, Instrument } from "../../marketdata/instrument.ts";
import type { RestRequest } from "../../ports/rest.ts";
import { isRestFault, type RestFault } from "./errors.ts";
import { type FieldSchema, textField } from "./field-schema.ts";
import {
  codeItem,
  datasetItem,
  forexItem,
  publishedItem,
  stockItem,
  stockMarketItem,
  usStockItem,
} from "./list-schemas.ts";
import type {
  CryptoTicker,
  ForexTicker,
  NamedCode,
  StockMarket,
  StockTicker,
  UsStockTicker,
} from "./messages.ts";
import { type FirstPage, pageReply, pageSizeMax, pagingSchema } from "./paging.ts";
import { pagedListSchema } from "./reply-schema.ts";
import type { RestCall, RestResource } from "./resource.ts";
import { type TickerClass, tickerClass } from "./ticker-class.ts";

/** What a list is made of. */
type ListCall = Omit<RestCall, "history">;

/** All items of a list, before it is cut into pages. */
type RestItems = readonly (
  | NamedCode
  | CryptoTicker
  | ForexTicker
  | StockTicker
  | UsStockTicker
  | StockMarket
)[];

/** One list. */
interface RestList {
  /** Path behind the version. */
  readonly path: string;
  readonly summary: string;
  readonly item: FieldSchema;
  /** Query parameters besides the key and paging, with what each means. */
  readonly parameters: Readonly<Record<string, string>>;
  items(call: ListCall): RestItems | RestFault;
}

const codeFilter = { code: "Only the item with this code." };
const tickerFilter = { ticker: "Only this ticker." };
const datasetFilter = {
  dataset: "Only tickers of the dataset with this code.",
  publisher: "What version 1.0 calls the dataset.",
};

/** All lists, with their pages. */
export function listResources(firstPage: FirstPage): readonly RestResource[] {
  const paging = pagingSchema({ firstPage, defaultSize: pageSizeMax });
  return restLists.map(({ path, summary, item, parameters, items }) => ({
    path,
    summary,
    usage: "reference",
    parameters: {
      ...Object.fromEntries(
        Object.entries(parameters).map(([name, description]) => [name, textField(description)]),
      ),
      ...paging,
    },
    replySchema: pagedListSchema(item),
    answer(call) {
      const found = items(call);
      return isRestFault(found) ? found : pageReply(found, call.request.query, call.firstPage);
    },
  }));
}

/** All lists (docs/protocols/finazon). */
const restLists: readonly RestList[] = [
  {
    path: "/datasets",
    summary: "Datasets that are served",
    item: datasetItem,
    parameters: codeFilter,
    items: ({ catalog, request }) => withCode(namedDatasets(catalog), request),
  },
  {
    path: "/publishers",
    summary: "Publishers of the datasets that are served",
    item: codeItem("sip", "SIP"),
    parameters: codeFilter,
    items: ({ catalog, request }) => withCode(namePublishers(catalog.datasets()), request),
  },
  {
    path: "/tickers/crypto",
    summary: "Tickers that are pairs with a crypto currency",
    item: publishedItem,
    parameters: { ...datasetFilter, ...tickerFilter },
    items: (call) => tickersOfClass(call, "crypto", cryptoTicker),
  },
  {
    path: "/tickers/forex",
    summary: "Tickers that are pairs of national currencies",
    item: forexItem,
    parameters: { ...datasetFilter, ...tickerFilter },
    items: (call) => tickersOfClass(call, "forex", forexTicker),
  },
  {
    path: "/tickers/stocks",
    summary: "Tickers that are plain symbols",
    item: stockItem,
    parameters: { ...datasetFilter, ...tickerFilter },
    items: (call) => tickersOfClass(call, "stocks", stockTicker),
  },
  {
    path: "/tickers/us_stocks",
    summary: "Tickers that are plain symbols, with what else is known of them: nothing here",
    item: usStockItem,
    parameters: { ...datasetFilter, ...tickerFilter },
    items: (call) => tickersOfClass(call, "stocks", usStockTicker),
  },
  {
    path: "/markets/crypto",
    summary: "Publishers of pairs with a crypto currency",
    item: codeItem("crypto_binance", "Binance"),
    parameters: codeFilter,
    items: ({ catalog, request }) => withCode(cryptoMarkets(catalog), request),
  },
  {
    path: "/markets/stocks",
    summary: "Stock markets: none is known here",
    item: stockMarketItem,
    parameters: {
      country: "Only markets of this country.",
      name: "Only the market with this name.",
      code: "Only the market with this code.",
    },
    items: () => [],
  },
  {
    path: "/:publisher/tickers",
    summary: "Tickers of one dataset, named by its code, or of all datasets of one publisher",
    item: publishedItem,
    parameters: tickerFilter,
    items: (call) => tickersOfPath(call, datasetsNamed(call)),
  },
  {
    path: "/:publisher/:dataset/tickers",
    summary: "Tickers of one dataset of one publisher",
    item: publishedItem,
    parameters: tickerFilter,
    items: (call) => tickersOfPath(call, datasetOfPublisher(call)),
  },
];

function withCode(items: readonly NamedCode[], { query }: RestRequest): readonly NamedCode[] {
  const wanted = query["code"];
  return wanted === undefined ? items : items.filter((item) => item.code === wanted);
}

function namedDatasets(catalog: CatalogView): readonly NamedCode[] {
  return catalog.datasets().map(({ code, name }) => {
    const status = catalog.ended(code);
    return { code, name, ...(status === undefined ? {} : { status }) };
  });
}

/** Publishers have no names of their own; one that has a dataset of its code is called as that is. */
export function namePublishers(datasets: readonly Dataset[]): readonly NamedCode[] {
  const names = new Map(datasets.map(({ publisher }) => [publisher, publisher]));
  for (const { code, name } of datasets) if (names.has(code)) names.set(code, name);
  return Array.from(names, ([code, name]) => ({ code, name }));
}

/** Markets are not known apart from their publishers, so each of these is one. */
function cryptoMarkets(catalog: CatalogView): readonly NamedCode[] {
  const datasets = catalog
    .datasets()
    .filter(({ code }) =>
      catalog.instruments(code).some(({ ticker }) => tickerClass(ticker) === "crypto"),
    );
  const publishers = new Set(datasets.map(({ publisher }) => publisher));
  return namePublishers(catalog.datasets())
    .filter(({ code }) => publishers.has(code))
    .map(({ code, name }) => ({ code: `crypto_${code}`, name }));
}

/** Tickers of a class, of the dataset that the query names or of all that the key may use. */
function tickersOfClass(
  call: ListCall,
  wanted: TickerClass,
  toItem: (instrument: Instrument) => RestItems[number],
): RestItems | RestFault {
  const { catalog, grant, request } = call;
  const parameter = request.query["dataset"] === undefined ? "publisher" : "dataset";
  const named = request.query[parameter];
  if (named !== undefined && catalog.dataset(named) === undefined) {
    return { reason: "invalid-parameter", subject: parameter };
  }
  if (named !== undefined && !grant.mayUse(named)) {
    return { reason: "dataset-not-granted", subject: named };
  }
  const codes = named === undefined ? usable(catalog.datasets(), grant) : [named];
  return instruments(call, codes)
    .filter((instrument) => tickerClass(instrument.ticker) === wanted)
    .map(toItem);
}

function tickersOfPath(call: ListCall, datasets: readonly Dataset[]): RestItems | RestFault {
  const [first] = datasets;
  if (first === undefined) return { reason: "unknown-endpoint", subject: call.request.path };
  const codes = usable(datasets, call.grant);
  if (codes.length === 0) return { reason: "dataset-not-granted", subject: first.code };
  return instruments(call, codes).map(cryptoTicker);
}

function datasetsNamed({ catalog, request }: ListCall): readonly Dataset[] {
  const named = request.params["publisher"] ?? "";
  const dataset = catalog.dataset(named);
  if (dataset !== undefined) return [dataset];
  return catalog.datasets().filter(({ publisher }) => publisher === named);
}

function datasetOfPublisher({ catalog, request }: ListCall): readonly Dataset[] {
  const dataset = catalog.dataset(request.params["dataset"] ?? "");
  return dataset !== undefined && dataset.publisher === request.params["publisher"]
    ? [dataset]
    : [];
}

/** Codes of those datasets that the key may use. */
function usable(datasets: readonly Dataset[], grant: RestCall["grant"]): readonly string[] {
  return datasets.map(({ code }) => code).filter((code) => grant.mayUse(code));
}

/** Instruments of these datasets, in the order in which they appeared; one ticker where the query names it. */
function instruments(
  { catalog, request }: ListCall,
  datasetCodes: readonly string[],
): readonly Instrument[] {
  const wanted = request.query["ticker"];
  return datasetCodes.flatMap((code) => {
    if (wanted === undefined) return catalog.instruments(code);
    const instrument = catalog.instrument(code, wanted);
    return instrument === undefined ? [] : [instrument];
  });
}

function cryptoTicker({ dataset, ticker }: Instrument): CryptoTicker {
  return { publisher: dataset.publisher, ticker };
}

function forexTicker({ ticker }: Instrument): ForexTicker {
  return { ticker };
}

function stockTicker({ dataset, ticker }: Instrument): StockTicker {
  return { ticker, country: "", currency: "", publisher: dataset.publisher };
}

function usStockTicker({ ticker }: Instrument): UsStockTicker {
  const unknown = { composite_figi: "", share_figi: "", lei: "" };
  return { ticker, currency: "", security: "", mic: "", asset_type: "", cik: "", ...unknown };
}
