/** Commands on the stored past of datasets: their options and their help. */

import { type Command, Option } from "commander";
import {
  type ConfigOptions,
  collect,
  configInput,
  type Done,
  decimals,
  percent,
  withFolder,
} from "./options.ts";

/** Adds them. */
export function addDataCommands(program: Command, done: Done): void {
  addImport(program, done);
  addExport(program, done);
}

function addImport(program: Command, done: Done): void {
  withFolder(
    program
      .command("import")
      .description(
        "put recorded trades and bars into the past of a dataset; works while the server runs",
      ),
  )
    .argument("<file...>", "files, folders and patterns; - for standard input")
    .requiredOption("--dataset <code>", "dataset to put them into, as configured")
    .option(
      "--ticker <ticker>",
      "ticker of rows that name none, or SYMBOL=TICKER for symbols of rows or of file names; repeatable",
      collect,
    )
    .option("--venue <code>", "where the trades happened (default: the dataset's publisher)")
    .addOption(
      new Option("--format <name>", "format of the files; auto: what their first lines look like")
        .choices(["auto", "binance-trades", "binance-aggtrades", "binance-klines", "tardis-trades"])
        .default("auto"),
    )
    .option("--map <columns>", "which column or key holds what, as time=ts,price=data.p,quantity=q")
    .addOption(
      new Option("--time-unit <unit>", "what times count (default: by their size)").choices([
        "s",
        "ms",
        "us",
        "ns",
        "iso",
      ]),
    )
    .option(
      "--time-origin <time>",
      "moment from which times count, as 2013-10-08T00:00:00-04:00 (default: 1970)",
    )
    .option(
      "--price-decimals <n>",
      "decimals left out of prices: 4 where 1674200 is 167.42",
      decimals,
    )
    .option("--quantity-decimals <n>", "decimals left out of quantities and volumes", decimals)
    .option(
      "--unused-max <percent>",
      "share of the rows that may be unusable before it exits with 1",
      percent,
      0.1,
    )
    .option("--json", "print what became of the rows as one JSON object")
    .addHelpText("after", importHelp)
    .action(async (files: string[], options) => {
      const { importFiles } = await import("./commands/import.ts");
      done(await importFiles({ files, ...options, config: configInput(options as ConfigOptions) }));
    });
}

function addExport(program: Command, done: Done): void {
  withFolder(
    program
      .command("export")
      .description(
        "write trades or bars of a dataset's past into a file; works while the server runs",
      ),
  )
    .requiredOption("--dataset <code>", "dataset to take them from")
    .option("--ticker <ticker>", "one of its tickers; repeatable (default: all)", collect)
    .option("--interval <interval>", "trades, or bars of 1s, 1m, 5m, 1h, 1d, 1w, 1mo …", "1m")
    .option("--from <time>", "first moment, as 2024-08-08 or 2024-08-08T12:30:00Z")
    .option("--to <time>", "moment before which it ends")
    .addOption(
      new Option("--format <name>", "format of the file")
        .choices(["csv", "ndjson", "parquet"])
        .default("csv"),
    )
    .option("--output <file>", "where to; - for standard output", "-")
    .addHelpText("after", exportHelp)
    .action(async (options) => {
      const { exportRows } = await import("./commands/export.ts");
      done(await exportRows({ ...options, config: configInput(options as ConfigOptions) }));
    });
}

const exportHelp = `
Times are ISO 8601 in UTC, decimals exact: text in CSV and NDJSON, DECIMAL(38, 18) in Parquet. Trades and
minutes can be imported again.

Examples:
  openbourse export --dataset crypto --ticker BTC/USDT --interval 1h --from 2024-08-01 > hours.csv
  openbourse export --dataset crypto --interval trades --format parquet --output trades.parquet`;

const importHelp = `
Importing again does no harm: what is stored already is found and counted. Files may be CSV or NDJSON,
plain, gzip, zstd or ZIP, or Parquet; trades, aggregate trades and klines as Binance publishes them are
known by their columns. Exits with 1 when a file could not be read to its end or too many rows not be used.

Examples:
  openbourse import BTCUSDT-trades-2024-08-08.zip --dataset crypto --ticker BTC/USDT
  openbourse import ticks.csv.gz --dataset us --ticker SPY --map time=0,price=1,quantity=2 \\
    --time-unit ms --time-origin 2013-10-08T00:00:00-04:00 --price-decimals 4
  openbourse import archive/ --dataset crypto --ticker BTCUSDT=BTC/USDT --ticker ETHUSDT=ETH/USDT
  zstd -dc ticks.ndjson.zst | openbourse import - --dataset crypto --map time=ts,price=data.p,quantity=data.q,ticker=s`;
