/** A file of trades imported into the stored past of a dataset: read, understood, sorted, stored; and once more. */
import { join } from "node:path";
import { openDatasetStore } from "../../../server/src/adapters/sqlite/datasets/store.ts";
import { stopSource } from "../../../server/src/ports/feed.ts";
import { Importer } from "../../../server/src/recordings/importer.ts";
import { inspectRecording } from "../../../server/src/recordings/recording.ts";
import type { Benchmark, BenchmarkContext, Findings, Sample } from "../harness/benchmark.ts";
import { measure, sideBySide } from "../harness/side-by-side.ts";
import { writeBinanceFile } from "../load/binance-file.ts";
import { withFolder } from "../load/disk.ts";

const rowsPerMember = 50_000;

/** The registry's entry. */
export const imports: Benchmark = {
  name: "imports",
  summary: "a gzip file of trades imported, from its bytes to the disk, and imported again",
  run,
};

function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const members = effort.isQuick ? 4 : 20;
  return withFolder(async (folder) => {
    const path = join(folder, "BTCUSDT-trades-2024-08-08.csv.gz");
    note(`writing ${members * rowsPerMember} trades`);
    await writeBinanceFile({ path, seed: 7, members, rowsPerMember });
    note("importing");
    const comparison = await sideBySide({
      title: `${members * rowsPerMember} trades imported`,
      unit: "trades",
      effort,
      contenders: [
        { name: "openbourse, into an empty dataset", run: () => imported(path, 1) },
        { name: "openbourse, and the same file again", run: () => imported(path, 2) },
      ],
    });
    return {
      method: [
        "The file is in the format of data.binance.vision, one ticker, in gzip. A run begins with an empty folder and ends when the last batch is committed.",
        "CPU is that of all threads: unpacking, reading, sorting, and the thread that stores.",
      ],
      leavesOut: [
        "A cold disk.",
        "Rows out of order, which are sorted.",
        "Peers: see history, where rows are stored without reading a file.",
      ],
      packages: {},
      parameters: { trades: members * rowsPerMember },
      comparisons: [comparison],
      latencies: [],
      figures: [],
      aims: [],
    };
  });
}

function imported(path: string, times: number): Promise<Sample> {
  return withFolder(async (folder) => {
    const store = openDatasetStore(folder);
    await store.position("crypto");
    const listener = { say: () => undefined, warn: () => undefined, progress: () => undefined };
    const tickers = new Map<string, string>();
    const target = { store, dataset: "crypto", venue: "binance", ticker: "BTC/USDT", tickers };
    const sample = await measure(async () => {
      let trades = 0;
      for (let time = 0; time < times; time += 1) {
        const importer = new Importer(target, listener, stopSource().signal);
        const recording = await inspectRecording(path);
        if ("kind" in recording) throw new Error(recording.reason);
        const failure =
          (await importer.take(recording, { kind: "binance-trades" })) ?? (await importer.stored());
        if (failure !== undefined) throw new Error(failure.message);
        trades += importer.figures.trades;
      }
      return trades;
    });
    await store.close();
    return sample;
  });
}
