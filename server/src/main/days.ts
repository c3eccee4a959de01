/** Recorded days that are traded, as they are configured. */
import { existsSync } from "node:fs";
import { participantMarkets } from "../agents/default-markets.ts";
import { FlowRunner, fundsFault } from "../agents/flow/runner.ts";
import { marketFor } from "../agents/mirror/setup.ts";
import type { Config } from "../config/schema.ts";
import type { Exchange } from "../core/exchange.ts";
import { StartError } from "../ports/start-error.ts";
import { type FlowSource, noCounts, readFlow } from "../recordings/flow/flow.ts";
import type { Site } from "./site.ts";

type DayConfig = Config["exchange"]["days"][number];

/** Opens them; a `StartError` says what is wrong with one. */
export function openDays(
  { config, log, times }: Pick<Site, "config" | "log" | "times">,
  exchange: Exchange,
): readonly FlowRunner[] {
  const { mirrors, participants } = config.exchange;
  const seen = new Set([
    ...mirrors.map(({ market }) => market),
    ...(participants.enabled === true ? participantMarkets : []),
  ]);
  return config.exchange.days.map((day) => {
    const { market } = day;
    const wrong = (text: string) => new StartError(`exchange.days: ${market}: ${text}`);
    if (seen.has(market)) throw wrong("others trade there already, at a price of their own");
    seen.add(market);
    const source = sourceOf(day);
    if (typeof source === "string") throw wrong(source);
    const existing = exchange.markets().find(({ rules }) => rules.code === market)?.rules;
    const rules = marketFor(day, existing);
    if (typeof rules === "string") throw wrong(rules);
    const fault = fundsFault(rules);
    if (fault !== undefined) throw wrong(fault);
    const { fills, cancels, speed, paused, from, to } = day;
    return new FlowRunner(
      {
        ...{ rules, isMissing: existing === undefined, model: { fills, cancels } },
        ...{ speed, isPaused: paused, fromUs: momentUs(from), toUs: momentUs(to) },
        ...{ read: (counts) => readFlow(source, counts), counts: noCounts() },
      },
      exchange,
      { clock: times.clock, log },
    );
  });
}

function sourceOf({ format, files, trades = [], book, midnight }: DayConfig): FlowSource | string {
  const missing = [...files, ...trades, ...(book === undefined ? [] : [book])].find(
    (file) => !existsSync(file),
  );
  if (missing !== undefined) return `there is no file ${missing}`;
  if (format === "lobster" && midnight === undefined) {
    return "format lobster needs midnight: its times are counted from there, for example 2012-06-21T04:00:00Z for New York in summer";
  }
  if (format !== "binance" && trades.length > 0) return "trades belong to format binance alone";
  if (format !== "lobster" && book !== undefined) return "book belongs to format lobster alone";
  const midnightUs = momentUs(midnight);
  return {
    ...{ format, files, tradeFiles: trades },
    ...(midnightUs === undefined ? {} : { midnightUs }),
    ...(book === undefined ? {} : { bookFile: book }),
  };
}

function momentUs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text) * 1_000;
}
