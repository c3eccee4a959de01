/** How datasets and tickers are doing, in a word: live, behind, with a gap, a recording that plays or is over. */
import type { Span } from "@openbourse/client";
import type { OfferedDataset } from "../session/offer.ts";

/** A state, and what is said of it. */
export interface FlowState {
  readonly is: "live" | "lag" | "gap" | "replay" | "over" | "failed" | "stored" | "waiting";
  readonly text: string;
}

/** What is known of a ticker. Times are milliseconds since 1970. */
export interface Flow {
  readonly dataset: OfferedDataset;
  /** Start of the newest bar of a minute that is known; undefined before the first one. */
  readonly lastBarMs: number | undefined;
  /** Times of the last hour of which not everything is known. */
  readonly unknown: readonly Span[];
  readonly nowMs: number;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
/** A ticker that was not traded for longer than this is said to be behind. */
const lagMs = 2 * minuteMs;

/** Whether more is to come of a dataset, by the clock on the wall. */
export function goesOn({ state, feed }: OfferedDataset): boolean {
  return state === "running" && feed !== undefined && feed !== "replay";
}

/** The state of a dataset. */
export function datasetState({ state, feed, tickers }: OfferedDataset): FlowState {
  if (state === "finished") return { is: "over", text: "over" };
  if (state === "failed") return { is: "failed", text: "failed" };
  if (feed === undefined) return { is: "stored", text: "stored" };
  if (feed === "replay") return { is: "replay", text: "replay" };
  if (tickers === undefined || tickers.lost === 0) return { is: "live", text: "live" };
  return { is: "lag", text: `${tickers.lost} of ${tickers.all} lost` };
}

/** The state of a ticker. */
export function flowState({ dataset, lastBarMs, unknown, nowMs }: Flow): FlowState {
  if (!goesOn(dataset)) return datasetState(dataset);
  if (lastBarMs === undefined) return { is: "waiting", text: "no bar yet" };
  // What is not known of the running minute is only not told yet.
  const isGap = unknown.some(
    ({ fromMs, toMs }) => toMs > nowMs - hourMs && fromMs < nowMs - 2 * minuteMs,
  );
  if (isGap) return { is: "gap", text: "gap in the last hour" };
  const ageMs = nowMs - (lastBarMs + minuteMs);
  if (ageMs <= lagMs) return { is: "live", text: "live" };
  return { is: "lag", text: `last trade ${Math.floor(ageMs / minuteMs)} min ago` };
}
