/**
 * The stored past of datasets: trades taken in, bars read out of ten million minutes, and how long the
 * thread is held up that puts and asks; beside rows in `node:sqlite` and DuckDB.
 */
import { join } from "node:path";
import { openDatasetStore } from "../../../server/src/adapters/sqlite/datasets/store.ts";
import { secondsInterval } from "../../../server/src/marketdata/bars/interval.ts";
import type { StoredBarQuery, StoredTrade } from "../../../server/src/ports/dataset-reader.ts";
import type { DatasetStore } from "../../../server/src/ports/dataset-store.ts";
import { isUnanswered } from "../../../server/src/ports/history.ts";
import type {
  Benchmark,
  BenchmarkContext,
  Findings,
  Latency,
  Sample,
} from "../harness/benchmark.ts";
import { measure, sideBySide } from "../harness/side-by-side.ts";
import { percentiles } from "../harness/statistics.ts";
import { packageVersion } from "../harness/versions.ts";
import { withFolder } from "../load/disk.ts";
import { marketStartUs, storedMinutes, storedTrades } from "../load/stored-market.ts";
import { duckBars } from "../peers/duckdb.ts";
import { plainRows } from "../peers/plain-rows.ts";

/** Trades taken in by a second of CPU, and those whose duplicates are looked for. */
const aimPutPerCpuSecond = 300_000;
const aimImportPerCpuSecond = 150_000;
/** Milliseconds for a thousand minutes, and for the days of five years. */
const aimMinutesMs = 5;
const aimDaysMs = 20;
/** Milliseconds that the thread which puts and asks is held up at once. */
const aimSliceMs = 5;

const minuteUs = 60_000_000;
const fiveYears = 5 * 365 * 1_440 + 1_440;
const barsPerBatch = 100_000;
const queriesPerRun = 20;
/** Of each peer when days are asked for: one for each ticker. Rows take more than a second for each. */
const dayQueriesOfPeers = 4;
const dataset = "crypto";

/** The registry's entry. */
export const history: Benchmark = {
  name: "history",
  summary: "the stored past of datasets: trades taken in, bars read, beside rows and DuckDB",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const trades = effort.isQuick ? 100_000 : 400_000;
  const tickers = 4;
  const minutes = effort.isQuick ? fiveYears / 10 : fiveYears;
  note("taking trades in");
  const taking = await sideBySide({
    title: `${trades} trades taken in`,
    unit: "trades",
    effort,
    contenders: takers(trades),
  });
  return withFolder(async (folder) => {
    note(`storing ${tickers * minutes} minutes three times`);
    const market = await openMarket(folder, tickers, minutes);
    note("reading bars");
    const ranges = { effort, unit: "queries", market, minutes };
    const thousand = await read("1,000 minutes of a ticker, from anywhere", "minutes", ranges);
    const days = await read("the days of a ticker's five years", "days", ranges);
    note("watching the event loop");
    const slices = await longestSlice(market.store, Math.max(5, effort.runs));
    await market.close();
    const latencies = [
      latency("1,000 minutes of a ticker, until they are there", market.times.minutes),
      latency("the days of five years, until they are there", market.times.days),
    ];
    return {
      ...description,
      packages: { "@duckdb/node-api": packageVersion("@duckdb/node-api") },
      parameters: { trades, tickers, minutes: tickers * minutes, queriesPerRun },
      comparisons: [taking, thousand, days],
      latencies,
      figures: [
        { what: "longest slice of the thread that puts and asks", value: slices, unit: "ms" },
      ],
      aims: [
        {
          what: "trades with ids put by a second of CPU, median, in blocks of columns",
          unit: "trades/s",
          atLeast: aimPutPerCpuSecond,
          measured: taking.contenders[0]?.unitsPerCpuSecond.median ?? 0,
        },
        {
          what: "trades with ids imported by a second of CPU, median, duplicates looked for",
          unit: "trades/s",
          atLeast: aimImportPerCpuSecond,
          measured: taking.contenders[1]?.unitsPerCpuSecond.median ?? 0,
        },
        {
          what: "1,000 bars out of ten million minutes, median",
          unit: "ms",
          atMost: aimMinutesMs,
          measured: latencies[0]?.percentiles.p50 ?? 0,
        },
        {
          what: "day bars of five years of minutes, median",
          unit: "ms",
          atMost: aimDaysMs,
          measured: latencies[1]?.percentiles.p50 ?? 0,
        },
        {
          what: "longest slice of the thread that puts and asks",
          unit: "ms",
          atMost: aimSliceMs,
          measured: slices,
        },
      ],
    };
  });
}

const description: Pick<Findings, "method" | "leavesOut"> = {
  method: [
    "Taking in: every run begins with an empty folder; it ends when the last batch is committed. Threads are started before. `synchronous = NORMAL` for openbourse and for rows.",
    "Reading: the same minutes are stored three times. Each run asks for twenty pages that begin at different places; peers are asked for the days of each ticker once a run. A page is counted when its bars are objects in the thread that asked.",
    "Latencies are wall time of each query, one at a time, warm-up excluded.",
    "Slices: while batches of 100,000 trades are put and pages of 10,000 rows are read, the longest turn of the event loop is looked for, in several rounds; the figure is that of the round in which other programs came between least.",
  ],
  leavesOut: [
    "A cold disk: what is read is in the system's cache.",
    "A loss of power: commits do not wait for the disk.",
    "Bytes of bars that are bigints, and trades of mixed scales: these are exact as well and slower.",
  ],
};

function latency(what: string, times: readonly number[]): Latency {
  return { what, unit: "ms", percentiles: percentiles([...times]) };
}

function takers(count: number) {
  const many = storedTrades(0, count, 100);
  const wide = storedTrades(0, count, 500);
  const one = storedTrades(0, count, 1);
  return [
    taker("openbourse, 100 tickers, 10,000 trades a batch", many, 10_000, putAll),
    taker("openbourse, imported, 1 ticker, 50,000 a batch", one, 50_000, importAll),
    taker("openbourse, 500 tickers, 2,000 a batch", wide, 2_000, putAll),
    {
      name: "rows of node:sqlite with an index, 10,000 a batch",
      run: () =>
        withFolder((folder) => {
          const rows = plainRows(join(folder, "rows.sqlite"));
          return measure(() => {
            for (const batch of batches(many, 10_000)) rows.putTrades(batch);
            return many.length;
          }).finally(() => rows.close());
        }),
    },
  ];
}

type Taking = (store: DatasetStore, batches: readonly StoredTrade[][]) => Promise<void>;

function taker(name: string, trades: readonly StoredTrade[], size: number, take: Taking) {
  return {
    name,
    run: (): Promise<Sample> =>
      withFolder(async (folder) => {
        const store = openDatasetStore(folder);
        await store.position(dataset);
        const own = batches(trades, size);
        const sample = await measure(async () => {
          await take(store, own);
          return trades.length;
        });
        await store.close();
        return sample;
      }),
  };
}

function batches<Row>(rows: readonly Row[], size: number): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, at) =>
    rows.slice(at * size, (at + 1) * size),
  );
}

async function putAll(store: DatasetStore, all: readonly StoredTrade[][]): Promise<void> {
  for (const [sequence, trades] of all.entries()) {
    await put(store, { sequence: sequence + 1, trades });
  }
}

async function importAll(store: DatasetStore, all: readonly StoredTrade[][]): Promise<void> {
  for (const trades of all) {
    const outcome = await store.import({ dataset, trades, bars: [], known: [] });
    if (outcome.kind === "failure") throw new Error(outcome.message);
  }
}

let epochs = 0;

async function put(
  store: DatasetStore,
  rows: { sequence: number } & Partial<Parameters<DatasetStore["put"]>[0]>,
): Promise<void> {
  const { sequence, ...changes } = rows;
  const position = { epoch: `${epochs}`, sequence, timeUs: marketStartUs };
  const empty = { dataset, position, trades: [], bars: [], known: [], gaps: [] };
  const failure = await store.put({ ...empty, ...changes });
  if (failure !== undefined) throw new Error(failure.message);
}

/** The same minutes in three stores. */
async function openMarket(folder: string, tickers: number, minutes: number) {
  const store = openDatasetStore(join(folder, "datasets"));
  const file = join(folder, "rows.sqlite");
  const rows = plainRows(file);
  let sequence = 0;
  for (let ticker = 0; ticker < tickers; ticker += 1) {
    for (let at = 0; at < minutes; at += barsPerBatch) {
      const bars = storedMinutes(`T${ticker}`, at, Math.min(barsPerBatch, minutes - at));
      sequence += 1;
      await put(store, { sequence, bars });
      rows.putBars(bars);
    }
  }
  const duck = await duckBars(join(folder, "bars.duckdb"), duckMinutes(tickers, minutes));
  const times: Record<"minutes" | "days", number[]> = { minutes: [], days: [] };
  const close = async () => {
    await store.close();
    rows.close();
    duck.close();
  };
  return { store, rows, duck, times, close };
}

/** The minutes of `storedMinutes`, made by DuckDB itself. */
function duckMinutes(tickers: number, minutes: number): string {
  return `SELECT 'T' || t.range AS ticker, ${marketStartUs} + m.range * ${minuteUs} AS start_us,
    4300000 + (m.range * 31) % 9777 AS open, open + 150 AS high, open - 140 AS low, open + 7 AS "close",
    123456 + m.range % 1000 AS volume, open * volume AS quote, 100 + m.range % 50 AS trades
    FROM range(${tickers}) t, range(${minutes}) m ORDER BY ticker, start_us`;
}

interface Ranges {
  readonly effort: BenchmarkContext["effort"];
  readonly unit: string;
  readonly market: Awaited<ReturnType<typeof openMarket>>;
  readonly minutes: number;
}

function read(title: string, what: "minutes" | "days", ranges: Ranges) {
  const { effort, unit, market, minutes } = ranges;
  const { store, rows, duck, times } = market;
  const endUs = marketStartUs + minutes * minuteUs;
  const places = Array.from({ length: queriesPerRun }, (_, at) => ({
    ticker: `T${at % 4}`,
    fromUs:
      what === "days"
        ? marketStartUs
        : marketStartUs + ((at * 777_777) % (minutes - 1_000)) * minuteUs,
  }));
  const ours = async ({ ticker, fromUs }: (typeof places)[number]) => {
    const startMs = performance.now();
    const interval = secondsInterval(what === "days" ? 86_400 : 60);
    const limit = what === "days" ? 10_000 : 1_000;
    const bars = await pageOf(store, { ticker, interval, fromUs, toUs: endUs, limit });
    times[what].push(performance.now() - startMs);
    return bars;
  };
  const contender = (
    name: string,
    ask: (place: (typeof places)[number]) => Promise<number>,
    asked = places,
  ) => ({
    name,
    run: () =>
      measure(async () => {
        for (const place of asked) if ((await ask(place)) === 0) throw new Error("no bars");
        return asked.length;
      }),
  });
  const ofPeers = what === "days" ? places.slice(0, dayQueriesOfPeers) : places;
  return sideBySide({
    title,
    unit,
    effort,
    countingBegins: () => {
      times[what].length = 0;
    },
    contenders: [
      contender("openbourse", ours),
      contender(
        "rows of node:sqlite",
        async ({ ticker, fromUs }) =>
          what === "days" ? rows.days(ticker).length : rows.minutes(ticker, fromUs, 1_000).length,
        ofPeers,
      ),
      contender(
        "DuckDB",
        ({ ticker, fromUs }) =>
          what === "days" ? duck.days(ticker) : duck.minutes(ticker, fromUs, 1_000),
        ofPeers,
      ),
    ],
  });
}

async function pageOf(
  store: DatasetStore,
  query: Pick<StoredBarQuery, "ticker" | "interval" | "fromUs" | "toUs" | "limit">,
): Promise<number> {
  const answer = await store.bars({ dataset, order: "oldest-first", ...query });
  if (isUnanswered(answer)) throw new Error(answer.kind);
  return answer.bars.length;
}

/**
 * How long the longest turn of this thread's event loop took while it put and asked, in milliseconds: of the
 * round in which other programs came between least.
 */
async function longestSlice(store: DatasetStore, rounds: number): Promise<number> {
  const trades = batches(storedTrades(0, 200_000, 100), 100_000);
  // What is compiled first is not the store's to answer for.
  await putAndAsk(store, trades);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    let longest = 0;
    let isOver = false;
    let before = performance.now();
    const look = () => {
      longest = Math.max(longest, performance.now() - before);
      before = performance.now();
      if (!isOver) setImmediate(look);
    };
    setImmediate(look);
    await putAndAsk(store, trades);
    isOver = true;
    least = Math.min(least, longest);
  }
  return least;
}

async function putAndAsk(store: DatasetStore, trades: readonly StoredTrade[][]): Promise<void> {
  epochs += 1;
  await putAll(store, trades);
  const range = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER, limit: 10_000 };
  for (let page = 0; page < 5; page += 1) {
    await pageOf(store, { ticker: "T1", interval: secondsInterval(60), ...range });
    const query = { dataset, ticker: "T1", order: "newest-first" as const, ...range };
    const found = await store.trades(query);
    if (isUnanswered(found)) throw new Error(found.kind);
  }
}
