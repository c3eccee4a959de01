/** `replay`: serves recorded trades as a dataset of their own, or prints their final bars. */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../adapters/clock/system-clock.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config, DatasetConfig } from "../../config/schema.ts";
import { assert } from "../../core/assert.ts";
import { formatFixed } from "../../core/num/decimal.ts";
import type { ReplayFeedConfig } from "../../feeds/replay/config.ts";
import { openFeed } from "../../main/feeds.ts";
import { Catalog } from "../../marketdata/catalog.ts";
import { StartError } from "../../ports/start-error.ts";
import { FeedRunner } from "../../streams/bar-streams.ts";
import { tuneCollector } from "../collector.ts";
import { configOrExitCode } from "./config.ts";
import { FinalBars } from "./final-bars.ts";
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
  /** Whether each file is sorted on disk first. */
  readonly sort?: true;
  /** Percent of the trades that may be missing in printed bars. */
  readonly unusedMax: number;
}

/** Runs the command; resolves with the exit code. */
export async function replay(command: ReplayCommand): Promise<number> {
  const config = configOrExitCode(command.config);
  if (config === 2) return 2;
  if (command.print === true) {
    tuneCollector();
    return printBars(datasetOf(command), config, command.unusedMax);
  }
  await using house = await ownHouse(config, command.config);
  return await serveConfig(
    { ...house.config, datasets: [datasetOf(command)] },
    command.config.environment,
  );
}

function datasetOf(command: ReplayCommand): DatasetConfig {
  const isPrinted = command.print === true;
  return {
    code: command.dataset,
    feed: {
      kind: "replay",
      files: command.files,
      format: command.format,
      ...(command.ticker === undefined ? {} : { ticker: command.ticker }),
      speed: command.speed === "max" || isPrinted ? "max" : Number(command.speed),
      clock: command.clock,
      loop: command.loop === true && !isPrinted,
      sort: command.sort === true ? "disk" : "window",
      start: command.atOnce === true || isPrinted ? "at-once" : "first-subscription",
    },
    history: { store: true, trades: true },
  };
}

interface House extends AsyncDisposable {
  readonly config: Config;
}

/**
 * What a replay is served from: no exchange, and unless a data folder is named a temporary one, so that
 * it runs beside a server. The port that such a server has is not taken from it either: where it is in
 * use and was not asked for, the system chooses another.
 */
async function ownHouse(config: Config, { environment, flags }: ConfigInput): Promise<House> {
  const isNamed = (key: string, variable: string) =>
    flags.some(({ path }) => path.join(".") === key) || environment[variable] !== undefined;
  const { host, port } = config.server;
  const takesAnyPort =
    !isNamed("server.port", "OPENBOURSE_SERVER_PORT") && (await isTaken(port, host));
  const server = takesAnyPort ? { ...config.server, port: 0 } : config.server;
  const own = { ...config, server, exchange: { ...config.exchange, enabled: false } };
  if (isNamed("data", "OPENBOURSE_DATA")) return { config: own, async [Symbol.asyncDispose]() {} };
  const data = await mkdtemp(join(tmpdir(), "openbourse-replay-"));
  return {
    config: { ...own, data },
    [Symbol.asyncDispose]: () => rm(data, { recursive: true, force: true }),
  };
}

function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "EADDRINUSE"));
    probe.listen(port, host, () => probe.close(() => resolve(false)));
  });
}

/** Plays everything at once and prints each bar once, in its last state, as one JSON object a line. */
async function printBars(
  dataset: DatasetConfig,
  config: Config,
  unusedMaxPercent: number,
): Promise<number> {
  endWithReader();
  const opened = openFeed(dataset);
  if (typeof opened === "string") throw new StartError(opened);
  assert(opened !== undefined, "a replay has a feed");
  const { code, publisher = code, name = code } = dataset;
  const catalog = new Catalog();
  catalog.addDataset({ code, name, publisher });
  const progress = progressLine(process.stderr);
  const latenessUs = config.bars.latenessMs * 1_000;
  const printer = new FinalBars(latenessUs, process.stdout);
  const runner = new FeedRunner({
    dataset: { code, name, publisher },
    opened,
    latenessUs,
    unchangedBars: false,
    catalog,
    clock: systemClock(),
    log: logOf(config),
    publish: (bar, periodS) => {
      if (periodS === 60) printer.take(bar);
    },
    caughtUp: () => printer.drained,
    progress: (share) => progress.show(code, share),
  });
  runner.start();
  await runner.finished();
  printer.end();
  const missingPercent = sayUsed(runner, printer.count);
  return runner.state === "finished" && missingPercent <= unusedMaxPercent ? 0 : 1;
}

/** Says on standard error what became of the trades; answers how many percent are missing in the bars. */
function sayUsed({ figures }: FeedRunner, bars: number): number {
  const { verdicts, unused } = figures;
  const used = verdicts.taken + verdicts.reused;
  const share = used + unused.missing === 0 ? 0 : unused.missing / (used + unused.missing);
  const parts = [
    `${used} trades in ${bars} bars`,
    ...(unused.total === 0 ? [] : [`not used: ${unused.words}`]),
    ...(verdicts.reused === 0
      ? []
      : [`${verdicts.reused} with an id that another trade had before`]),
    ...(unused.missing === 0
      ? []
      : [`${formatFixed(Math.round(share * 10_000), 2)} % of the trades are missing`]),
  ];
  process.stderr.write(`replay: ${parts.join("; ")}\n`);
  return share * 100;
}
