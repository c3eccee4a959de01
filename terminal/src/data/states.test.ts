import { describe, expect, it } from "vitest";
import type { OfferedDataset } from "../session/offer.ts";
import { datasetState, flowState } from "./states.ts";

const minuteMs = 60_000;
const nowMs = 100 * 24 * 60 * minuteMs;
const dataset: OfferedDataset = { code: "d", name: "D", feed: "simulator", state: "running" };
const flow = { dataset, lastBarMs: nowMs - minuteMs, unknown: [], nowMs };

describe("how a dataset is doing", () => {
  it.each([
    [{}, "live"],
    [{ tickers: { all: 3, lost: 0 } }, "live"],
    [{ tickers: { all: 3, lost: 2 } }, "2 of 3 lost"],
    [{ feed: "replay" }, "replay"],
    [{ feed: "replay", state: "finished" as const }, "over"],
    [{ state: "failed" as const }, "failed"],
    [{ feed: undefined }, "stored"],
  ])("%j is %s", (changes, text) => {
    expect(datasetState({ ...dataset, ...changes }).text).toBe(text);
  });
});

describe("how a ticker is doing", () => {
  it.each([
    [{}, "live"],
    [{ lastBarMs: nowMs - 20 * minuteMs }, "lag"],
    [{ lastBarMs: undefined }, "waiting"],
    [{ unknown: [{ fromMs: nowMs - 30 * minuteMs, toMs: nowMs - 20 * minuteMs }] }, "gap"],
    [{ unknown: [{ fromMs: nowMs - minuteMs, toMs: nowMs }] }, "live"],
    [{ unknown: [{ fromMs: 0, toMs: nowMs - 120 * minuteMs }] }, "live"],
    [{ dataset: { ...dataset, feed: "replay" } }, "replay"],
    [{ dataset: { ...dataset, feed: "replay", state: "finished" as const } }, "over"],
    [{ dataset: { ...dataset, state: "failed" as const } }, "failed"],
    [{ dataset: { ...dataset, feed: undefined } }, "stored"],
  ])("%j is %s", (changes, state) => {
    expect(flowState({ ...flow, ...changes }).is).toBe(state);
  });
});
