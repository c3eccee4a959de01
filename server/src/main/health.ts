/** How the parts of a server are doing, for `/readyz`. */
import type { MarketClock } from "../adapters/clock/market-clock.ts";
import type { HealthPart } from "../adapters/http/readiness.ts";
import type { Member } from "../cluster/member.ts";
import type { Engine } from "../engine/engine.ts";
import type { SharedDatasetState } from "../ports/cluster-control.ts";
import type { FeedStatus } from "../ports/feed-status.ts";
import type { FeedRunner } from "../streams/bar-streams.ts";
import type { Recording } from "./recordings.ts";

/** What is checked. */
export interface Patients {
  readonly isStopping: boolean;
  /** What has become of the stores, in words; undefined while they are where they were. */
  readonly storesFault: string | undefined;
  readonly engine: Engine | undefined;
  readonly feeds: readonly FeedRunner[];
  readonly recordings: ReadonlyMap<string, Recording>;
  readonly clock: MarketClock;
  /** How the feed of a dataset is doing that another node may run; undefined of every other one. */
  readonly told: (dataset: string) => SharedDatasetState | undefined;
  /** This node of a cluster; undefined where there is none. */
  readonly cluster: Member | undefined;
}

/** A feed that failed leaves the server ready: its other datasets are fine, and a metric tells. */
export function health(patients: Patients): readonly HealthPart[] {
  const { isStopping, storesFault, engine, feeds, recordings, clock, cluster, told } = patients;
  return [
    { name: "server", state: isStopping ? "stopping" : "running" },
    { name: "clock", state: clock.standing.kind, isOptional: true },
    part("stores", storesFault),
    ...(cluster === undefined ? [] : clusterParts(cluster)),
    ...(engine ? [exchangePart(engine), part("history", engine.historyFault)] : []),
    ...(engine ? oldParts(engine).map((old) => ({ ...old, isOptional: true })) : []),
    ...feeds.map((feed) => feedPart(feed, told(feed.dataset.code))),
    ...[...recordings].map(([code, { recorder }]) => ({
      // Its streams go on, and a metric tells how much is not stored.
      ...part(`past of ${code}`, recorder.queue.failure?.message),
      isOptional: true,
    })),
  ];
}

function part(name: string, fault: string | undefined): HealthPart {
  return { name, state: fault === undefined ? "running" : "failed" };
}

function exchangePart({ fault, isStalled }: Engine): HealthPart {
  const state = fault === undefined ? "running" : isStalled ? "waiting" : "failed";
  return { name: "exchange", state };
}

function clusterParts(member: Member): readonly HealthPart[] {
  const { state, isStale, term, lagMs, copyFault } = member;
  const told = state === "stopped" ? "failed" : isStale ? "stale" : state;
  return [
    { name: "cluster", state: told, term, lagMs },
    { ...part("own copy of the log", copyFault), isOptional: true },
  ];
}

function oldParts({ scrub, historyScrub }: Engine): readonly HealthPart[] {
  return [part("old log", scrub.damage), part("old history", historyScrub.damage)];
}

function feedPart(feed: FeedRunner, told: SharedDatasetState | undefined): HealthPart {
  const { dataset, figures, watched } = feed;
  // A runner that cannot go on knows better than the last that was heard.
  const state = feed.state === "running" ? (told ?? feed.state) : feed.state;
  const { total, found } = figures.unused;
  const unused = total === 0 ? {} : { unused: found };
  const name = `feed ${dataset.code}`;
  if (watched.length === 0) return { name, state, isOptional: true, ...unused };
  const tickers: Record<string, number> = {};
  for (const { state: of } of watched) tickers[of] = (tickers[of] ?? 0) + 1;
  const areAllLost = watched.every(({ failure }) => failure !== undefined);
  const shown = state === "running" && areAllLost ? "restarting" : state;
  return { name, state: shown, isOptional: true, ...unused, tickers, gaps: figures.gaps };
}

/** How feeds are doing, for operators. */
export function feedStatuses(feeds: readonly FeedRunner[]): readonly FeedStatus[] {
  return feeds.map(({ dataset, state, failure, figures, watched }) => ({
    ...{ dataset: dataset.code, state, failure },
    trades: figures.verdicts.taken + figures.verdicts.reused,
    unused: figures.unused.found,
    ...{ gaps: figures.gaps, restarts: figures.restarts, lagUs: figures.lagUs },
    tickers: watched,
  }));
}
