/** The feed registry: one line for each kind of feed that a dataset can be configured with. */
import { existsSync } from "node:fs";
import type { FeedConfig, ReplayFeedConfig } from "../config/feed-schemas.ts";
import type { DatasetConfig } from "../config/schema.ts";
import { type ReplayOptions, replayOptionsFault } from "../feeds/replay/config.ts";
import { createReplayFeed } from "../feeds/replay/feed.ts";
import { createSimulatorFeed } from "../feeds/simulator/feed.ts";
import type { OpenedFeed } from "../ports/feed.ts";
import { isPattern } from "../recordings/sources.ts";
import { defaultTickers } from "../simulation/default-market.ts";

type Opener<Kind extends FeedConfig["kind"]> = (
  config: Extract<FeedConfig, { kind: Kind }>,
  publisher: string,
) => OpenedFeed | string;

const openers: { readonly [Kind in FeedConfig["kind"]]: Opener<Kind> } = {
  simulator: (config, publisher) => {
    const feed = createSimulatorFeed({
      seed: config.seed,
      venue: publisher,
      tickers: config.tickers ?? defaultTickers,
    });
    if (typeof feed === "string") return feed;
    return {
      feed,
      waitsForConsumers: false,
      waitsForAudience: false,
      isRecording: false,
      simulated: true,
    };
  },
  replay: (config, publisher) => {
    const options = replayOptions(config, publisher);
    if (typeof options === "string") return options;
    const fault = replayOptionsFault(options) ?? missingFile(options.files);
    if (fault !== undefined) return fault;
    const feed = createReplayFeed(options);
    const waitsForAudience = config.start === "first-subscription";
    return {
      feed,
      waitsForConsumers: config.speed === "max",
      waitsForAudience,
      isRecording: true,
      simulated: false,
    };
  },
};

/**
 * Opens the feed of a dataset; undefined where it has none. A text says what is wrong with its
 * configuration.
 */
export function openFeed(dataset: DatasetConfig): OpenedFeed | string | undefined {
  const { feed, code, publisher = code } = dataset;
  if (feed === undefined) return undefined;
  const opener = openers[feed.kind] as Opener<typeof feed.kind>;
  return opener(feed as never, publisher);
}

/** The feed's own options: in the configuration file, format and columns stand side by side. */
function replayOptions(config: ReplayFeedConfig, publisher: string): ReplayOptions | string {
  const { files, ticker, tickers, venue, speed, clock, loop, sort } = config;
  const format = replayFormat(config);
  if (typeof format === "string") return format;
  return { files, format, publisher, venue, ticker, tickers, speed, clock, loop, sort };
}

/** Better said at the start than when the first client has been waiting. */
function missingFile(files: readonly string[]): string | undefined {
  const missing = files.find((file) => !isPattern(file) && !existsSync(file));
  return missing && `there is no file ${missing}`;
}

function replayFormat(config: ReplayFeedConfig): ReplayOptions["format"] | string {
  const { format, columns, timeUnit, timeOriginUs, sides, priceDecimals, quantityDecimals } =
    config;
  if (format === "auto") return { kind: "auto", columns, timeUnit };
  if (format !== "csv" && format !== "ndjson") return { kind: format };
  if (columns === undefined) return `format ${format} needs columns: price, quantity and time`;
  if (timeUnit === undefined) return `format ${format} needs timeUnit: one of s, ms, us, ns, iso`;
  const common = { timeUnit, timeOriginUs, sides, priceDecimals, quantityDecimals };
  if (format === "csv") return { kind: "csv", columns, separator: config.separator, ...common };
  const numbered = Object.entries(columns).find(([, column]) => typeof column === "number");
  if (numbered !== undefined) return `columns.${numbered[0]}: ndjson keys are texts, not positions`;
  return { kind: "ndjson", columns: columns as Record<keyof typeof columns, string>, ...common };
}
