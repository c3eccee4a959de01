/** `replay`: serves recorded trades as a dataset of their own, or prints their final bars. */

import { systemClock } from "../../adapters/clock/system-clock.ts";
import { formatDecimal } from "../../core/num/decimal.ts";
import type { Bar } from "../../marketdata/bar.ts";
import { Catalog } from "../../marketdata/catalog.ts";
import type { ConfigInput } from "../config/load.ts";
import type { DatasetConfig, ReplayFeedConfig } from "../config/schema.ts";
import { FeedRunner } from "../feed-runner.ts";
import { openFeed } from "../feeds.ts";
import { StartError } from "../start-error.ts";
import { configOrExitCode } from "./config.ts";
import { endWithReader } from "./output.ts";
import { progressLine } from "./progress.ts";
import { logOf, serveConfig } from "./serve.ts";

/** What `replay` was asked for. */
export interface ReplayCommand {
  readonly config: ConfigInput;
  readonly files: string[];
  readonly format: ReplayFeedConfig["format"];
  readonly ticker?: string;
  readonly dataset: string;
  readonly speed: string;
  readonly clock: ReplayFeedConfig["clock"];
  readonly loop?: true;
  readonly atOnce?: true;
  readonly print?: true;
}

/** Runs the command; resolves with the exit code. */
export async function replay(command: ReplayCommand): Promise<number> {
  const config = configOrExitCode(command.config);
  if (config === 2) return 2;
  const dataset: DatasetConfig = {
    code: command.dataset,
    feed: {
      kind: "replay",
      files: command.files,
      format: command.format,
      ...(command.ticker === undefined ? {} : { ticker: command.ticker }),
      speed: command.speed === "max" || command.print === true ? "max" : Number(command.speed),
      clock: command.clock,
      loop: command.loop === true && command.print !== true,
      start: command.atOnce === true || command.print === true ? "at-once" : "first-subscription",
    },
  };
  if (command.print === true) return printBars(dataset, config);
  return serveConfig({ ...config, datasets: [dataset] }, command.config.environment);
}

/** Plays everything at once and prints each bar in its last state, as one JSON object a line. */
async function printBars(
  dataset: DatasetConfig,
  config: Parameters<typeof logOf>[0],
): Promise<number> {
  endWithReader();
  const opened = openFeed(dataset);
  if (typeof opened === "string") throw new StartError(opened);
  const { code, publisher = code, name = code } = dataset;
  const catalog = new Catalog();
  catalog.addDataset({ code, name, publisher });
  const progress = progressLine(process.stderr);
  let drained: Promise<void> | undefined;
  const runner = new FeedRunner({
    dataset: { code, name, publisher },
    opened,
    latenessUs: config.bars.latenessMs * 1_000,
    unchangedBars: false,
    catalog,
    clock: systemClock(),
    log: logOf(config),
    publish: (bar, periodS) => {
      if (periodS !== 60 || process.stdout.write(`${barLine(bar)}\n`)) return;
      drained ??= new Promise((resolve) => {
        process.stdout.once("drain", () => {
          drained = undefined;
          resolve();
        });
      });
    },
    caughtUp: () => drained,
    progress: (share) => progress.show(code, share),
  });
  runner.start();
  await runner.finished();
  return runner.state === "finished" ? 0 : 1;
}

/** Every figure of a bar, as exact decimal digits. */
function barLine(bar: Bar): string {
  const price = (value: number | bigint) => formatDecimal(value, bar.priceScale);
  const quoteScale = bar.priceScale + bar.volumeScale;
  const numbers = [
    ["open", price(bar.open)],
    ["high", price(bar.high)],
    ["low", price(bar.low)],
    ["close", price(bar.close)],
    ["volume", formatDecimal(bar.volume, bar.volumeScale)],
    ["quoteVolume", formatDecimal(bar.quoteVolume, quoteScale)],
    ["takerBuyVolume", formatDecimal(bar.takerBuyVolume, bar.volumeScale)],
    ["takerBuyQuoteVolume", formatDecimal(bar.takerBuyQuoteVolume, quoteScale)],
    ["trades", String(bar.tradeCount)],
    ["revision", String(bar.revision)],
  ];
  const head = `"ticker":${JSON.stringify(bar.instrument.ticker)},"t":${bar.startUs / 1_000_000}`;
  return `{${head},${numbers.map(([key, digits]) => `"${key}":${digits}`).join(",")}}`;
}
