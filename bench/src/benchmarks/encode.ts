/**
 * Bars written as Finazon messages and framed for WebSocket, as the hub does once per update whatever
 * the number of subscribers. Delivery to sockets is not part of it.
 */
import { frameText } from "../../../server/src/adapters/ws/frame.ts";
import { currentBars } from "../../../server/src/dialects/finazon/encode.ts";
import { BarPublisher, latenessDefaultUs } from "../../../server/src/marketdata/bar-publisher.ts";
import type { BarUpdate, PublishPeriodS } from "../../../server/src/marketdata/bar-update.ts";
import type { BarTopic } from "../../../server/src/marketdata/topic.ts";
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { measure, sideBySide } from "../harness/side-by-side.ts";
import { Stopwatch } from "../harness/stopwatch.ts";
import { createTradeFlow, type TradeFlowOptions } from "../load/trade-flow.ts";
import { stringifyBar } from "../peers/json-bar.ts";

/** Messages between two looks at the clock. */
const batchMessages = 1_000;

const flowOptions: TradeFlowOptions = {
  seed: 20_240_808,
  tickers: 5_000,
  trades: 600_000,
  tradesPerSecond: 20_000,
  startUs: 1_723_161_530_000_000,
};

/** One bar as it was published. */
interface Message {
  readonly topic: BarTopic;
  readonly bar: BarUpdate;
}

/** Writes a message; answers its size in bytes. */
type Writer = (message: Message) => number;

/** The registry's entry. */
export const encode: Benchmark = {
  name: "encode",
  summary: "published bars written as Finazon messages and framed for WebSocket",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const trades = effort.isQuick ? 200_000 : flowOptions.trades;
  note(`folding ${trades} trades for their bars`);
  const messages = publishedBars({ ...flowOptions, trades });
  const stopwatch = new Stopwatch();
  note("encoding");
  const comparison = await sideBySide({
    title: "encoding",
    unit: "messages",
    effort,
    countingBegins: () => stopwatch.reset(),
    contenders: [
      {
        name: "openbourse: exact digits, framed",
        run: () => measure(() => writeAll(messages, writeFrame, stopwatch)),
      },
      {
        name: "openbourse: exact digits, text only",
        run: () => measure(() => writeAll(messages, writeText)),
      },
      {
        name: "JSON.stringify of doubles, framed",
        run: () => measure(() => writeAll(messages, writeDoubles)),
      },
    ],
  });
  const bytes = messages.reduce((sum, message) => sum + writeFrame(message), 0);
  return {
    ...description({ ...flowOptions, trades }),
    comparisons: [comparison],
    latencies: stopwatch.latencies(`${batchMessages} messages`),
    figures: [
      { what: "size of a framed message, average", value: bytes / messages.length, unit: "bytes" },
    ],
    aims: [],
  };
}

/** Every bar that a flow of trades makes the publisher send, for all periods. */
function publishedBars(options: TradeFlowOptions): readonly Message[] {
  const messages: Message[] = [];
  const publish = (bar: BarUpdate, periodS: PublishPeriodS) => {
    const { dataset, ticker } = bar;
    messages.push({ topic: { kind: "bars", dataset, ticker, periodS }, bar });
  };
  const publisher = new BarPublisher({
    latenessUs: latenessDefaultUs,
    unchangedBars: false,
    publish,
  });
  for (const trade of createTradeFlow(options)) {
    publisher.advance(trade.receiveTimeUs);
    publisher.apply(trade);
  }
  return messages;
}

function writeAll(messages: readonly Message[], write: Writer, stopwatch?: Stopwatch): number {
  let bytes = 0;
  let untilLap = batchMessages;
  stopwatch?.start();
  for (const message of messages) {
    bytes += write(message);
    untilLap -= 1;
    if (untilLap > 0) continue;
    stopwatch?.lap();
    untilLap = batchMessages;
  }
  if (bytes === 0) throw new Error("messages are not empty");
  return messages.length;
}

const writeFrame: Writer = ({ topic, bar }) =>
  frameText(currentBars.encode(topic, bar)).plain.length;
const writeText: Writer = ({ topic, bar }) => currentBars.encode(topic, bar).length;
const writeDoubles: Writer = ({ topic, bar }) => frameText(stringifyBar(topic, bar)).plain.length;

function description(
  options: TradeFlowOptions,
): Pick<Findings, "method" | "parameters" | "packages" | "leavesOut"> {
  return {
    method: [
      "The messages are all bars that the flow of bars-fold publishes; each run writes each of them once.",
      "A frame is a fresh buffer, as the hub hands it to its outboxes.",
      "The peer divides by the scales, loses digits, and lets JSON.stringify do the writing.",
    ],
    parameters: { ...options, batchMessages },
    packages: {},
    leavesOut: [
      "Looking up who subscribes, queueing and writing to sockets.",
      "permessage-deflate.",
      "Replies to clients, which are rare beside bars.",
    ],
  };
}
