/** Which feeds of a Cryptomus stream are told that something is missing. */
import { expect, it } from "vitest";
import { Interest } from "../interest.ts";
import { FeedTable } from "./feed-table.ts";
import type { Channel } from "./wire.ts";

/** What feeds of these names are told once some of them run again; the time is 20. */
function told(channel: Channel, again: Omit<Parameters<FeedTable["tellGaps"]>[2], "names">) {
  const feeds = new FeedTable(new Interest(), () => {});
  const gaps: Record<string, unknown[]> = {};
  for (const name of ["BTC_USDT", "ETH_USDT", "all"]) {
    gaps[name] = [];
    feeds.open({ channel, names: [name] }).listen((item) => gaps[name]?.push(item));
  }
  feeds.tellGaps(channel, 20, { names: ["BTC_USDT"], ...again });
  return gaps;
}

const gap = { type: "gap", fromMs: 10, toMs: 20 };

it("tells who follows a market and who follows all that a message of it is lost for good", () => {
  const expected = { BTC_USDT: [gap], ETH_USDT: [], all: [gap] };
  expect(told("deal", { lost: ["BTC_USDT"], missedMs: 10 })).toEqual(expected);
  expect(told("deal", { lost: undefined, missedMs: 10 })).toEqual(expected);
});

it("tells nobody where it came after all, or nothing was missing", () => {
  const none = { BTC_USDT: [], ETH_USDT: [], all: [] };
  expect(told("deal", { lost: [], missedMs: 10 })).toEqual(none);
  expect(told("deal", { lost: ["BTC_USDT"] })).toEqual(none);
});

it("tells nobody of states, of which the newest is all that counts", () => {
  const none = { BTC_USDT: [], ETH_USDT: [], all: [] };
  expect(told("candles", { lost: ["BTC_USDT"], missedMs: 10 })).toEqual(none);
});
