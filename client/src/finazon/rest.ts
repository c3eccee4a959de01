/** The Finazon REST interface: what there is, bars, trades and indicators of the past. Asked again when there is no answer. */
import { fieldsOf, parseExact } from "../exact-json.ts";
import { ClientError, type Fault } from "../fault.ts";
import { type CallOptions, call, callOnce, defaultCallOptions, parsed, queryOf } from "../http.ts";
import { type HttpAnswer, type Platform, systemPlatform } from "../platform.ts";
import { type FinazonKey, keyNow } from "./key.ts";
import { ReplaySession } from "./replay.ts";
import type {
  ApiUsage,
  CallCount,
  Indicator,
  IndicatorRow,
  KnownBars,
  MyDataset,
  NamedCode,
  PastBar,
  PastRequest,
  PastTrade,
  SeriesRequest,
  Span,
  TickerName,
} from "./rest-messages.ts";

/** Where to ask and with which key. */
export interface FinazonRestOptions {
  readonly url: string;
  /** The key, or who gives the one that is good now; asked at each call. */
  readonly key: FinazonKey;
  readonly calls?: Partial<CallOptions>;
  readonly platform?: Partial<Platform>;
}

type Row = Readonly<Record<string, unknown>>;
interface Answer {
  readonly body: unknown;
  readonly unknownTimes: string | undefined;
}
type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

const pageSizeMax = 1_000;

/** See the head of the file. */
export class FinazonRest {
  readonly #url: string;
  readonly #key: FinazonKey;
  readonly #options: CallOptions;
  readonly #platform: Platform;

  constructor({ url, key, calls, platform }: FinazonRestOptions) {
    this.#url = url.replace(/\/$/, "");
    this.#key = key;
    this.#options = { ...defaultCallOptions, ...calls };
    this.#platform = { ...systemPlatform, ...platform };
  }

  async datasets(): Promise<readonly NamedCode[]> {
    return (await this.#rows("datasets", { page_size: pageSizeMax })).map((row) => ({
      code: textOf(row, "code"),
      name: textOf(row, "name"),
      ...(row["status"] === undefined ? {} : { status: row["status"] as "finished" | "failed" }),
    }));
  }

  async publishers(): Promise<readonly NamedCode[]> {
    return (await this.#rows("publishers", { page_size: pageSizeMax })).map((row) => ({
      code: textOf(row, "code"),
      name: textOf(row, "name"),
    }));
  }

  /** The datasets that the key may use, and what it may do in a minute. */
  async myDatasets(): Promise<readonly MyDataset[]> {
    return (await this.#rows("my_datasets", { page_size: pageSizeMax })).map((row) => ({
      code: textOf(row, "code"),
      name: textOf(row, "name"),
      limits: rowsOf({ data: row["details"] }).map((limit) => ({
        title: textOf(limit, "title"),
        value: textOf(limit, "value"),
      })),
    }));
  }

  /** A page of the crypto tickers of a dataset, or of all. */
  async tickers(dataset?: string, page?: number): Promise<readonly TickerName[]> {
    const rows = await this.#rows("tickers/crypto", { dataset, page, page_size: pageSizeMax });
    return rows.map((row) => ({
      ticker: textOf(row, "ticker"),
      publisher: textOf(row, "publisher"),
    }));
  }

  /** A page of bars. */
  async timeSeries(request: SeriesRequest): Promise<readonly PastBar[]> {
    return (await this.knownBars(request)).bars;
  }

  /** A page of bars, and the times of that page of which not everything is known: elsewhere, no bar means no trade. */
  async knownBars(request: SeriesRequest): Promise<KnownBars> {
    const { body, unknownTimes = "" } = await this.#answer("time_series", seriesQuery(request));
    return { bars: rowsOf(body).map(barOf), unknown: spansOf(unknownTimes) };
  }

  /** All bars of a time, the oldest first, asked for page after page as they are read. */
  async *bars(request: Omit<SeriesRequest, "order" | "page">): AsyncGenerator<PastBar> {
    const { pageSize = pageSizeMax } = request;
    for (let startMs = request.startMs; ; ) {
      const from = startMs === undefined ? {} : { startMs };
      const page = await this.timeSeries({ ...request, ...from, order: "asc", pageSize });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) return;
      startMs = last.startMs + 1_000;
    }
  }

  /** A page of an indicator; its parameters have the names of the wire, such as `time_period`. */
  async indicator(
    name: Indicator,
    request: SeriesRequest,
    parameters: Parameters = {},
  ): Promise<readonly IndicatorRow[]> {
    const query = { ...seriesQuery(request), ...parameters };
    return (await this.#rows(`time_series/${name}`, query)).map(({ t, ...values }) => ({
      timeMs: Number(t) * 1_000,
      values: values as Readonly<Record<string, string>>,
    }));
  }

  /** A page of trades. */
  async trades(request: PastRequest): Promise<readonly PastTrade[]> {
    return (await this.#rows("trades", pastQuery(request))).map((row) => ({
      timeMs: Number(textOf(row, "t")),
      price: textOf(row, "p"),
      quantity: textOf(row, "s"),
    }));
  }

  /** The last price, now or at a time. */
  async price(dataset: string, ticker: string, atMs?: number): Promise<string> {
    const at = atMs === undefined ? undefined : Math.floor(atMs / 1_000);
    return textOf(fieldsOf(await this.#read("price", { dataset, ticker, at })), "p");
  }

  /** Figures of a ticker's last trade, day, month and year, with the names of the wire; numbers are texts. */
  async snapshot(dataset: string, ticker: string): Promise<Readonly<Record<string, unknown>>> {
    return fieldsOf(await this.#read("ticker/snapshot", { dataset, ticker }));
  }

  /** A clock of one's own in the recordings of the server; whoever has the same key and name shares it. */
  replay(session: string): ReplaySession {
    return new ReplaySession(async (action, body) => {
      const [path, query = ""] = action.split("?");
      const url = `${this.#url}/openbourse/v1/replay/${path}${queryOf({ session })}${query && `&${query}`}`;
      const request = {
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: `apikey ${await keyNow(this.#key)}`,
          ...(body && { "content-type": "application/json" }),
        },
        ...(body && { body: JSON.stringify(body) }),
      };
      const { timeoutMs } = this.#options;
      const once = () => callOnce(this.#platform, url, request, { timeoutMs, readRefusal });
      // A step that may have been done is not done once more.
      const options = body === undefined ? this.#options : { ...this.#options, tries: 1 };
      return parsed((await call(this.#platform, options, once)).text, parseExact);
    });
  }

  /** How much of this minute's calls is used. */
  async apiUsage(): Promise<readonly ApiUsage[]> {
    return (await this.#rows("api_usage", {})).map((row) => ({
      product: textOf(row, "product"),
      calls: callCount(fieldsOf(row["api_calls"])),
    }));
  }

  async #rows(path: string, parameters: Parameters): Promise<readonly Row[]> {
    return rowsOf(await this.#read(path, parameters));
  }

  async #read(path: string, parameters: Parameters): Promise<unknown> {
    return (await this.#answer(path, parameters)).body;
  }

  async #answer(path: string, parameters: Parameters): Promise<Answer> {
    const url = `${this.#url}/latest/${path}${queryOf(parameters)}`;
    const headers = { authorization: `apikey ${await keyNow(this.#key)}` };
    const { timeoutMs } = this.#options;
    const once = () =>
      callOnce(this.#platform, url, { method: "GET", headers }, { timeoutMs, readRefusal });
    const { text, unknownTimes } = await call(this.#platform, this.#options, once);
    return { body: parsed(text, parseExact), unknownTimes };
  }
}

function rowsOf(body: unknown): readonly Row[] {
  const { data } = fieldsOf(body);
  if (Array.isArray(data)) return data.map(fieldsOf);
  throw new ClientError({ kind: "unreadable", message: "the answer has no list" });
}

function barOf(row: Row): PastBar {
  return {
    startMs: Number(textOf(row, "t")) * 1_000,
    open: textOf(row, "o"),
    high: textOf(row, "h"),
    low: textOf(row, "l"),
    close: textOf(row, "c"),
    volume: textOf(row, "v"),
  };
}

/** `1699540020-1699540080, …` in seconds. */
function spansOf(text: string): readonly Span[] {
  const found = text.matchAll(/(\d{1,12})-(\d{1,12})/g);
  return Array.from(found, ([, from, to]) => ({
    fromMs: Number(from) * 1_000,
    toMs: Number(to) * 1_000,
  }));
}

function pastQuery({
  dataset,
  ticker,
  startMs,
  endMs,
  order,
  page,
  pageSize,
}: PastRequest): Parameters {
  const seconds = (ms: number | undefined) =>
    ms === undefined ? undefined : Math.floor(ms / 1_000);
  return {
    ...{ dataset, ticker, order, page, page_size: pageSize },
    ...{ start_at: seconds(startMs), end_at: seconds(endMs) },
  };
}

function seriesQuery(request: SeriesRequest): Parameters {
  return { ...pastQuery(request), interval: request.interval };
}

function callCount({ limit, usage }: Row): CallCount {
  return { limit: typeof limit === "string" ? Number(limit) : undefined, usage: Number(usage) };
}

function textOf(row: Row, field: string): string {
  const value = row[field];
  if (typeof value === "string") return value;
  throw new ClientError({ kind: "unreadable", message: `the answer has no "${field}"` });
}

function readRefusal({ status, text, retryAfterMs }: HttpAnswer): Fault {
  const { code = status, message = `HTTP status ${status}` } = errorOf(text);
  const said = String(message);
  if (status === 429) return { kind: "rate-limited", message: said, retryAfterMs };
  if (status >= 500 || status === 408) return { kind: "unavailable", message: said, status };
  if (code === "INVALID_API_KEY") return { kind: "unauthorized", message: said };
  return { kind: "refused", message: said, code: String(code), status };
}

function errorOf(text: string): Row {
  try {
    return fieldsOf(fieldsOf(JSON.parse(text))["error"]);
  } catch {
    return {};
  }
}
