/**
 * What the page is told of its server: protocols, datasets with the clocks of recordings, and in a demo the users whom everybody may
 * be. Whoever reaches the port may read it, so nothing is in it that has to be kept from anybody.
 */
import type { DemoUser } from "../../access/users.ts";
import type { Config } from "../../config/schema.ts";
import { servedProtocols } from "../configuration.ts";
import type { Served } from "../served.ts";
import type { Site } from "../site.ts";
import { version } from "../version.ts";
import { isDemo } from "./visitors.ts";

/** See the head of the file. `terminal/src/session/offer.ts` reads it. */
interface Offer {
  readonly version: string;
  readonly isDemo: boolean;
  readonly protocols: readonly string[];
  readonly anonymous: readonly string[];
  readonly demoUsers: readonly Omit<DemoUser, "isNew">[];
  readonly datasets: readonly OfferedDataset[];
  /** Markets that take no orders at present. */
  readonly halted: readonly string[];
  readonly timeMs: number;
}

interface OfferedDataset {
  readonly code: string;
  readonly name: string;
  /** Kind of its feed; left out where it has none and what was imported is served. */
  readonly feed?: string | undefined;
  /** Of a recording: its market time, in milliseconds since 1970; left out before its first trade. */
  readonly clockMs?: number | undefined;
  /** How many times as fast as the clock on the wall; 0: as fast as it can be read. */
  readonly speed?: number | undefined;
  readonly state: "running" | "finished" | "failed";
  /** Of a feed whose tickers are watched one by one: how many there are, and how many of them get nothing at present. */
  readonly tickers?: { readonly all: number; readonly lost: number } | undefined;
}

/** What the server offers now. */
export function offerOf({ config, protocols, times }: Site, served: Served): Offer {
  return {
    version: version(),
    isDemo: isDemo(config),
    protocols: servedProtocols(config, protocols).map(({ name }) => name),
    anonymous: served.protocols.withPasses,
    demoUsers: served.demoUsers.map(({ userId, label, apiKey }) => ({ userId, label, apiKey })),
    datasets: served.catalog
      .datasets()
      .map(({ code, name }) => datasetOf(config, served, { code, name })),
    halted: haltedOf(served),
    timeMs: times.wallMs(),
  };
}

function haltedOf({ trading }: Served): readonly string[] {
  const markets = trading?.board.markets() ?? [];
  return markets.filter(({ halted }) => halted).map(({ rules }) => rules.code);
}

function datasetOf(
  { datasets }: Config,
  { feeds, catalog }: Served,
  { code, name }: { readonly code: string; readonly name: string },
): OfferedDataset {
  const feed = datasets.find((configured) => configured.code === code)?.feed;
  const runner = feeds.find(({ dataset }) => dataset.code === code);
  const state = catalog.ended(code) ?? "running";
  const kind = feed?.kind ?? (runner === undefined ? undefined : "local");
  const watched = runner?.watched ?? [];
  const lost = watched.filter((ticker) => ticker.state === "lost").length;
  const tickers = watched.length === 0 ? undefined : { all: watched.length, lost };
  if (kind !== "replay") return { code, name, feed: kind, state, tickers };
  const marketUs = runner?.marketUs;
  const clockMs = marketUs === undefined ? undefined : Math.floor(marketUs / 1_000);
  return { code, name, feed: kind, clockMs, speed: speedOf(feed?.["speed"]), state };
}

function speedOf(speed: unknown): number {
  return typeof speed === "number" ? speed : speed === "max" ? 0 : 1;
}
