/**
 * A program that records a source of trades until it is killed, on a clock that runs as fast as it can. It
 * is told when to begin: `FOLDER START_US` on its standard input. It prints, a line each: `S`, a sequence
 * it was started with; `C`, a minute that is closed or revised, as it is published; `T`, what time it is.
 */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setImmediate, setTimeout } from "node:timers/promises";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import { Catalog } from "../../server/src/marketdata/catalog.ts";
import type { Feed, FeedContext } from "../../server/src/ports/feed.ts";
import { isUnanswered } from "../../server/src/ports/history.ts";
import { FeedRunner } from "../../server/src/streams/bar-streams.ts";
import { DatasetRecorder } from "../../server/src/streams/dataset-recorder.ts";
import { restoreDataset } from "../../server/src/streams/dataset-restore.ts";
import { VirtualClock } from "../../server/src/testing/virtual-clock.ts";
import { say } from "../support/say.ts";
import { lastBy, tradeOf } from "./dataset-recorder-source.ts";

/** How many trades of its past the source tells at a start: more than can happen while several lives in a row die early. */
const toldAgainMax = 2_500;
const latenessUs = 10_000_000;
/** How far its time may be ahead of what is stored. */
const aheadUsMax = 120_000_000;

const [line] = (await once(createInterface({ input: process.stdin }), "line")) as [string];
const [folder = "", startUs = ""] = line.split(" ");
const clock = new VirtualClock(Number(startUs));
const store = openDatasetStore(folder);
const restored = await restoreDataset({
  ...{ dataset: "d", store, isLive: true, source: undefined, latenessUs },
  nowUs: clock.nowUs(),
});
if (isUnanswered(restored)) throw new Error(JSON.stringify(restored));

const dataset = { code: "d", name: "D", publisher: "p" };
const catalog = new Catalog();
catalog.addDataset(dataset);
const complain = (message: string, fields: object = {}) =>
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
// Trades that are told again are not used, of which it warns.
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: complain };
const { start, sequence, streamEpoch, running } = restored;
const recorder = new DatasetRecorder({
  ...{ dataset: "d", store, start, keepsTrades: true, isLive: true, clock, log },
});

let told = 0;
let wake = () => {};
const feed: Feed = {
  time: "wall",
  tickers: [],
  async *run(context) {
    told = Math.max(0, lastBy(clock.nowUs()) - toldAgainMax);
    for (;;) {
      const trades = due(context);
      if (trades.length > 0) yield [{ kind: "trades", trades }];
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  },
};

function due(context: FeedContext) {
  const last = lastBy(clock.nowUs());
  const trades = [];
  for (; told < last; told += 1) {
    const { ticker, ...trade } = tradeOf(told + 1);
    const instrument = context.instrument(ticker);
    if (instrument !== undefined) {
      trades.push({ ...trade, instrument, receiveTimeUs: clock.nowUs() });
    }
  }
  return trades;
}

const runner = new FeedRunner({
  ...{ dataset, catalog, clock, log, latenessUs, recorder, sequence, epoch: streamEpoch },
  opened: {
    feed,
    waitsForConsumers: false,
    waitsForAudience: false,
    isRecording: false,
    simulated: false,
  },
  unchangedBars: true,
  restored: running,
  publish: (bar, periodS, cause) => {
    if (periodS !== 60) return;
    const { ticker, startUs: of, tradeCount, state } = bar;
    say(`C ${of} ${ticker} ${tradeCount} ${state} ${cause.sequence}\n`);
  },
  caughtUp: () => undefined,
});
say(`S ${streamEpoch} ${sequence}\n`);
runner.start();
for (let turn = 0; ; turn += 1) {
  clock.advanceBy(250_000);
  wake();
  if (turn % 4 === 0) {
    runner.wallTime(clock.nowUs());
    say(`T ${clock.nowUs()}\n`);
  }
  await setImmediate();
  // Time that flies must not leave the threads of the store behind by more than lives may miss.
  const storedUs = () => recorder.queue.position?.timeUs ?? Number(startUs);
  while (clock.nowUs() - storedUs() > aheadUsMax) await setTimeout(1);
}
