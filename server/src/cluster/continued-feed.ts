/**
 * A feed that goes on where another node has stopped to tell it. A source that tells what happens now is first told what
 * that node has told of the minutes that may still change; a recording is played from its beginning, without waiting,
 * to where it was.
 */
import type { DatasetStream } from "../ports/dataset-stream.ts";
import type { Feed, FeedContext, FeedEvent, FeedOutcome, StopSignal } from "../ports/feed.ts";
import { nextTurn } from "../ports/timers.ts";
import type { Told } from "./dataset-lead.ts";
import { decodeTelling, eventsOf } from "./dataset-messages.ts";

/** What it goes on with. */
export interface Continuing {
  readonly dataset: string;
  readonly stream: Pick<DatasetStream, "follow">;
  readonly told: Told;
}

/** A source of what happens now. */
export function continuedLive(feed: Feed, continuing: Continuing): Feed {
  return new Continued(feed, async function* (context, signal) {
    yield* told(continuing, context, signal);
    continuing.told.goOn();
  });
}

/** A recording. Its time begins when its telling began, so that it is played as it was. */
export function continuedRecording(feed: Feed, { told }: Pick<Continuing, "told">): Feed {
  return {
    time: feed.time,
    tickers: feed.tickers,
    prepare: (context) => feed.prepare?.(context) ?? Promise.resolve(true),
    run: (context, signal) => feed.run(hurried(context, told), signal),
  };
}

/** Does not wait while it tells what was told before. */
function hurried(context: FeedContext, told: Told): FeedContext {
  let passedUs = told.begunUs;
  /** When it was no longer behind. */
  let sinceUs: number | undefined;
  return {
    ...context,
    nowUs() {
      if (sinceUs === undefined && told.isBehind) return passedUs;
      sinceUs ??= context.nowUs();
      return passedUs + context.nowUs() - sinceUs;
    },
    async sleep(ms, signal) {
      if (!told.isBehind) return await context.sleep(ms, signal);
      passedUs += Math.ceil(ms * 1_000);
      return await nextTurn();
    },
  };
}

type Before = (context: FeedContext, signal: StopSignal) => AsyncGenerator<readonly FeedEvent[]>;

/** A feed that is told something before its first run. */
class Continued implements Feed {
  readonly tickers: readonly string[];
  readonly tellsKnown: boolean;
  readonly #feed: Feed;
  readonly #before: Before;
  #hasBegun = false;

  constructor(feed: Feed, before: Before) {
    this.#feed = feed;
    this.#before = before;
    this.tickers = feed.tickers;
    this.tellsKnown = feed.tellsKnown === true;
  }

  /** What was told before has a time of its own. */
  get time(): Feed["time"] {
    return this.#hasBegun ? this.#feed.time : "feed";
  }

  async prepare(context: FeedContext): Promise<boolean> {
    return (await this.#feed.prepare?.(context)) ?? true;
  }

  async *run(
    context: FeedContext,
    signal: StopSignal,
  ): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
    if (!this.#hasBegun) yield* this.#before(context, signal);
    if (signal.aborted) return { kind: "stopped" };
    this.#hasBegun = true;
    return yield* this.#feed.run(context, signal);
  }
}

/** What was told of the minutes that may still change, up to the takeover. */
async function* told(
  { dataset, stream, told: { primedFrom, tookOverAt } }: Continuing,
  context: FeedContext,
  signal: StopSignal,
): AsyncGenerator<readonly FeedEvent[]> {
  let isFirst = true;
  for await (const message of stream.follow(dataset, primedFrom, signal)) {
    if (message.at >= tookOverAt) return;
    const telling = decodeTelling(message.bytes);
    if (telling === undefined) continue;
    const { timeUs } = telling.head;
    const told = telling.told.filter(([kind]) => kind === "x" || kind === "t");
    const begins = isFirst && timeUs !== undefined ? [{ kind: "time", atUs: timeUs } as const] : [];
    isFirst = false;
    const instrument = (ticker: string) => context.instrument(ticker);
    yield [...begins, ...eventsOf(told, instrument)];
  }
}
