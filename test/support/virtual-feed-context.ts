/** A feed's surroundings with a virtual clock: sleeping moves the clock, and everything said is kept. */
import { assert } from "../../server/src/core/assert.ts";
import { Catalog } from "../../server/src/marketdata/catalog.ts";
import type { Instrument } from "../../server/src/marketdata/instrument.ts";
import type { Trade } from "../../server/src/marketdata/trade.ts";
import type {
  Feed,
  FeedContext,
  FeedCounter,
  FeedEvent,
  FeedOutcome,
  StopSignal,
} from "../../server/src/ports/feed.ts";

/** Where the virtual clock starts: 2026-01-01T00:00:00.5Z, deliberately not a whole second. */
export const virtualStartUs = 1_767_225_600_500_000;

const datasetCode = "recorded";

/** A context that a test can look into. */
export class VirtualFeedContext implements FeedContext {
  readonly warnings: string[] = [];
  readonly shares: number[] = [];
  readonly sleepsMs: number[] = [];
  readonly counts: Record<FeedCounter, number> = {
    trades: 0,
    malformed: 0,
    skipped: 0,
    late: 0,
    outlying: 0,
    duplicate: 0,
    bytes: 0,
  };
  /** Where the first of each kind was. */
  readonly places = new Map<FeedCounter, string>();
  readonly #catalog = new Catalog();
  readonly #instrumentsMax: number;
  #nowUs = virtualStartUs;

  constructor(instrumentsMax: number = Number.POSITIVE_INFINITY) {
    this.#instrumentsMax = instrumentsMax;
    this.#catalog.addDataset({ code: datasetCode, name: "Recorded", publisher: "recorder" });
  }

  instrument(ticker: string): Instrument | undefined {
    const known = this.#catalog.instrument(datasetCode, ticker);
    const isFull = this.#catalog.instruments(datasetCode).length >= this.#instrumentsMax;
    return known ?? (isFull ? undefined : this.#catalog.ensureInstrument(datasetCode, ticker));
  }

  count(counter: FeedCounter, by: number, place?: string): void {
    this.counts[counter] += by;
    if (place !== undefined && !this.places.has(counter)) this.places.set(counter, place);
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  progress(share: number): void {
    this.shares.push(share);
  }

  nowUs(): number {
    return this.#nowUs;
  }

  async remembered(): Promise<undefined> {
    return undefined;
  }

  async stored(): Promise<{ kind: "stored"; position: undefined }> {
    return { kind: "stored", position: undefined };
  }

  async storePast() {
    const counts = { tradesStored: 0, tradesKnown: 0, barsStored: 0, barsKnown: 0 };
    return { kind: "imported" as const, ...counts };
  }

  /** Lets wall time pass, as a slow consumer does. */
  pass(us: number): void {
    this.#nowUs += us;
  }

  async sleep(ms: number, signal: StopSignal): Promise<void> {
    assert(
      Number.isInteger(ms) && ms >= 1 && ms < 2 ** 31,
      "a sleep is what a timer can be set to",
    );
    this.sleepsMs.push(ms);
    if (!signal.aborted) this.pass(ms * 1000);
  }
}

/** One event and the wall time at which it was yielded. */
export interface TimedEvent {
  readonly event: FeedEvent;
  readonly wallUs: number;
}

/** Everything that came of running a feed. */
export interface FeedRecord {
  readonly timed: readonly TimedEvent[];
  readonly events: readonly FeedEvent[];
  readonly trades: readonly Trade[];
  /** The `time` events' times. */
  readonly timesUs: readonly number[];
  readonly batchCount: number;
  readonly outcome: FeedOutcome;
}

/** How a test runs a feed. */
export interface RunFeedOptions {
  readonly context: VirtualFeedContext;
  readonly controller?: AbortController;
  /** Aborts once this many trades were yielded; for feeds that do not end by themselves. */
  readonly stopAfterTrades?: number;
  /** Called with each batch before the next is asked for. */
  readonly onBatch?: (batch: readonly FeedEvent[]) => void;
}

/** Pulls a feed to its end and keeps what it said. */
export async function runFeed(feed: Feed, options: RunFeedOptions): Promise<FeedRecord> {
  const { context, controller = new AbortController(), stopAfterTrades } = options;
  const timed: TimedEvent[] = [];
  const trades: Trade[] = [];
  const batches = feed.run(context, controller.signal);
  let batchCount = 0;
  for (;;) {
    const step = await batches.next();
    if (step.done === true) {
      const events = timed.map(({ event }) => event);
      const timesUs = events.flatMap((event) => (event.kind === "time" ? [event.atUs] : []));
      return { timed, events, trades, timesUs, batchCount, outcome: step.value };
    }
    batchCount += 1;
    for (const event of step.value) {
      timed.push({ event, wallUs: context.nowUs() });
      if (event.kind === "trades") trades.push(...event.trades);
    }
    options.onBatch?.(step.value);
    if (stopAfterTrades !== undefined && trades.length >= stopAfterTrades) controller.abort();
  }
}
