/**
 * Runs one feed: pulls its batches, folds them into bars, hands what falls due to the hub. A feed
 * that fails is reported and started again where that may help; the server goes on.
 */

import { BarPublisher } from "../marketdata/bar-publisher.ts";
import { inEventOrder } from "../marketdata/event-order.ts";
import type { Dataset } from "../marketdata/instrument.ts";
import type { Cause } from "../marketdata/position.ts";
import type { BarTopic } from "../marketdata/topic.ts";
import type { Trade } from "../marketdata/trade.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gap } from "../ports/dataset-reader.ts";
import {
  type FeedEvent,
  type FeedOutcome,
  type SourceFold,
  stopSource,
  type WatchedTicker,
} from "../ports/feed.ts";
import type { Log } from "../ports/log.ts";
import { tickUs } from "../ports/released.ts";
import { feedContext, sleep } from "./feed-context.ts";
import type { FailedRun } from "./feed-restarts.ts";
import type { FeedFigures, FeedRunnerOptions, FeedState } from "./feed-runner-options.ts";
import { Numbering } from "./numbering.ts";
import { type UnusedKind, UnusedTrades } from "./unused-trades.ts";

/** Interval at which unused trades are reported, in milliseconds, while there are new ones. */
const tellingMs = 60_000;

/** One dataset's feed. */
export class FeedRunner {
  readonly dataset: Dataset;
  readonly figures: FeedFigures = {
    verdicts: { taken: 0, reused: 0, duplicate: 0, late: 0, early: 0 },
    counts: { trades: 0, malformed: 0, skipped: 0, late: 0, outlying: 0, duplicate: 0, bytes: 0 },
    unused: new UnusedTrades(),
    gaps: 0,
    restarts: 0,
    lagUs: 0,
  };
  /** Positions of its bars. */
  readonly numbering: Numbering;
  state: FeedState = "waiting";
  /** Why the feed failed last. */
  failure: string | undefined;
  readonly #options: FeedRunnerOptions;
  #bars: BarPublisher;
  /** The last batch of trades, and the tick after it once there was one. */
  #cause: Cause;
  /** Trades of this run that were taken. */
  #taken = 0;
  #abort = stopSource();
  #isStopping = false;
  readonly #audience = Promise.withResolvers<void>();
  #finished: Promise<void> | undefined;

  constructor(options: FeedRunnerOptions) {
    this.#options = options;
    this.dataset = options.dataset;
    const { epoch = "", sequence = 0, isReplica = false } = options;
    this.#cause = { sequence, tick: 0 };
    this.numbering = new Numbering({ epoch, sequence, isReplica });
    this.#bars = this.#newBars();
    for (const ticker of options.opened.feed.tickers) {
      options.catalog.ensureInstrument(options.dataset.code, ticker);
    }
    this.#restore();
    this.#attach();
    if (!options.opened.waitsForAudience) this.#audience.resolve();
  }

  #newBars(): BarPublisher {
    const { latenessUs, opened, recorder, unchangedBars } = this.#options;
    return new BarPublisher({
      notesChanges: recorder !== undefined,
      latenessUs,
      unchangedBars,
      isWanted: (instrument, periodS) => this.#options.isWanted?.(instrument, periodS) ?? true,
      publish: (bar, periodS) => {
        if (opened.replay?.isSeeking !== true) this.#options.publish(bar, periodS, this.#cause);
      },
    });
  }

  /** Until when bars were published, by market time; undefined before there was anything. */
  get marketUs(): number | undefined {
    return this.#bars.nowUs;
  }

  /** Tickers that are known before anything is told. */
  get tickers(): readonly string[] {
    return this.#options.opened.feed.tickers;
  }

  /** Whether its tickers are watched one by one. */
  get tellsTickers(): boolean {
    return this.#options.opened.feed.watched !== undefined;
  }

  /** How its tickers are doing; none where they are not watched one by one. */
  get watched(): readonly WatchedTicker[] {
    return this.#options.opened.feed.watched ?? [];
  }

  /** Somebody subscribes to the dataset: a feed that was held back begins, and bars are shown. */
  audienceCame({ dataset, ticker, periodS }: BarTopic): void {
    this.#audience.resolve();
    const { catalog, unchangedBars, opened } = this.#options;
    const instrument = catalog.instrument(dataset, ticker);
    // Where all nodes tell the same, nothing is told for one newcomer alone.
    if (opened.feed.sequence !== undefined) return;
    if (!unchangedBars && instrument !== undefined) this.#bars.newcomer(instrument, periodS);
  }

  /** Starting it again does nothing. */
  start(): void {
    this.#finished ??= this.#run();
  }

  /** Resolves when the feed has ended, for whatever reason. */
  finished(): Promise<void> {
    return this.#finished ?? Promise.resolve();
  }

  /** Forgets what a recording has told and plays it again from its beginning. */
  async again(): Promise<void> {
    if (this.#finished === undefined || this.#isStopping) return;
    this.#abort.abort();
    this.#audience.resolve();
    await this.#finished;
    if (this.#isStopping) return;
    this.#abort = stopSource();
    this.#options.recorder?.again();
    this.#bars = this.#newBars();
    this.#options.catalog.resume(this.dataset.code);
    this.#finished = this.#run();
  }

  /** What decides about bars has been told only now: they begin here. */
  beginAnew(): void {
    this.#bars = this.#newBars();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#abort.abort();
    this.#audience.resolve();
    await this.finished();
    await this.#options.opened.replay?.close();
  }

  /** Passes on, about every second, that wall time goes by; feeds with a time of their own keep to that. */
  wallTime(nowUs: number): void {
    const { opened, recorder, published } = this.#options;
    if (opened.feed.time === "wall") {
      this.#cause = { sequence: this.#cause.sequence, tick: Math.floor(nowUs / tickUs) };
      this.#advance(nowUs);
      recorder?.advanced();
    }
    published?.(this.#cause, this.marketUs ?? nowUs);
  }

  /** Lets a feed that waits for its audience find out what there is to subscribe to, and a live one load. */
  async prepare(): Promise<void> {
    const { feed, waitsForAudience } = this.#options.opened;
    const isPrepared = waitsForAudience || feed.tellsKnown === true;
    if (!isPrepared || feed.prepare === undefined) return;
    if (!(await feed.prepare(feedContext(this.#options, this.figures, this.#fold()))))
      this.#audience.resolve();
  }

  /** Goes on with minutes from before the start. */
  #restore(): void {
    const { catalog, clock, dataset, restored } = this.#options;
    if (restored === undefined) return;
    const minutes = restored.minutes.flatMap(({ ticker, ...minute }) => {
      const instrument = catalog.ensureInstrument(dataset.code, ticker);
      return instrument === undefined ? [] : [{ instrument, ...minute }];
    });
    const { code } = dataset;
    const instruments = restored.tickers.flatMap(
      (ticker) => catalog.ensureInstrument(code, ticker) ?? [],
    );
    const { fromUs, atUs } = restored;
    this.#bars.restore({ minutes, instruments, fromUs, atUs, nowUs: clock.nowUs() });
  }

  /** Lets the recorder see what is folded. */
  #attach(): void {
    const runner = this;
    this.#options.recorder?.attach({
      takeChanges: () => runner.#bars.takeChanges(),
      get marketUs() {
        return runner.marketUs;
      },
      get sequence() {
        return runner.#cause.sequence;
      },
      takeSequence: () => {
        runner.#cause = { ...runner.#cause, sequence: runner.#cause.sequence + 1 };
        return runner.#cause.sequence;
      },
    });
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    await this.#audience.promise;
    const stopTelling = this.#tellUnused();
    await this.#runAgainAndAgain(clock, log);
    stopTelling();
  }

  /** Says once a minute which trades were not used, while there are more of them. */
  #tellUnused(): () => void {
    const { clock, log } = this.#options;
    const { unused } = this.figures;
    let told = 0;
    let cancel = () => {};
    const later = () => {
      cancel = clock.after(tellingMs, () => {
        if (unused.total > told) {
          log.warn("trades were not used", {
            dataset: this.dataset.code,
            unused: unused.words,
          });
        }
        told = unused.total;
        later();
      });
    };
    later();
    return () => cancel();
  }

  async #runAgainAndAgain(clock: Clock, log: Log): Promise<void> {
    for (;;) {
      this.state = "running";
      this.#options.passing?.state(this.state, this.failure);
      const startedMs = clock.monotonicMs();
      const { outcome, hasYielded } = await this.#runOnce();
      if (outcome.kind !== "failed") {
        this.state = outcome.kind;
        this.#options.recorder?.broke(`the feed has ${outcome.kind}`, outcome.kind === "finished");
        this.#options.passing?.state(this.state, undefined);
        this.#tellEnd(log, outcome.kind);
        if (outcome.kind === "finished") this.#options.ended?.("finished");
        return;
      }
      this.failure = outcome.reason;
      this.#options.recorder?.broke(outcome.reason);
      const waitMs = this.#waitAfter({ lastedMs: clock.monotonicMs() - startedMs, hasYielded });
      if (waitMs === undefined) {
        this.#options.ended?.("failed");
        return;
      }
      await sleep(clock, waitMs, this.#abort.signal);
      if (this.#abort.signal.aborted) {
        this.state = "stopped";
        return;
      }
      this.figures.restarts += 1;
    }
  }

  #tellEnd(log: Log, kind: FeedOutcome["kind"]): void {
    const { verdicts, unused } = this.figures;
    const told = { dataset: this.dataset.code, trades: verdicts.taken + verdicts.reused };
    const reused = verdicts.reused === 0 ? {} : { reusedIds: verdicts.reused };
    if (unused.total === 0) log.info(`feed ${kind}`, { ...told, ...reused });
    else log.warn(`feed ${kind}`, { ...told, ...reused, unused: unused.words });
  }

  /** Says that the feed failed; milliseconds until it is started again, undefined when it is not. */
  #waitAfter(run: FailedRun): number | undefined {
    const { log, restarts } = this.#options;
    const waitMs = this.#abort.signal.aborted ? undefined : restarts?.failed(run);
    this.state = waitMs === undefined ? "failed" : "restarting";
    this.#options.passing?.state(this.state, this.failure);
    const told = {
      dataset: this.dataset.code,
      reason: this.failure,
      failures: restarts?.failures,
    };
    if (waitMs === undefined) log.error("feed failed and stays stopped", told);
    else log.error("feed failed and is started again", { ...told, afterMs: waitMs });
    return waitMs;
  }

  async #runOnce(): Promise<{ readonly outcome: FeedOutcome; readonly hasYielded: boolean }> {
    const { opened, recorder } = this.#options;
    this.#taken = 0;
    const batches = opened.feed.run(
      feedContext(this.#options, this.figures, this.#fold()),
      this.#abort.signal,
    );
    let hasYielded = false;
    let hasSought = false;
    try {
      for (;;) {
        const next = await batches.next();
        if (next.done === true) return { outcome: next.value, hasYielded };
        hasYielded = true;
        const sequence = opened.feed.sequence ?? this.#cause.sequence + 1;
        this.#cause = { sequence, tick: 0 };
        const wasSeeking = opened.replay?.isSeeking === true;
        for (const event of next.value) this.#take(event);
        recorder?.batchDone();
        hasSought ||= wasSeeking;
        if (hasSought && opened.replay?.isSeeking !== true) {
          hasSought = false;
          this.#bars.showOpen();
        }
        if (!opened.waitsForConsumers) continue;
        await this.#options.caughtUp();
        await recorder?.queue.room();
      }
    } catch (error) {
      // A feed reports failure as a value; an exception is a bug and must not end the server.
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const outcome: FeedOutcome = { kind: "failed", reason };
      // What it holds open is given back, whether it was it that failed or the fold of what it said.
      await batches.return(outcome).catch(() => {});
      return { outcome, hasYielded };
    }
  }

  /** What its feed may know of what becomes of its trades. */
  #fold(): SourceFold {
    const { latenessUs, recorder } = this.#options;
    return {
      latenessUs,
      isStored: recorder !== undefined,
      taken: () => this.#taken,
      passOver: (taken) => {
        this.#taken = taken;
        recorder?.passOver(taken);
      },
    };
  }

  #take(event: FeedEvent): void {
    if (this.#options.opened.replay?.isSeeking !== true) this.#options.watch?.(event);
    switch (event.kind) {
      case "trades": {
        this.#foldTrades(event);
        const last = event.trades.at(-1);
        if (last !== undefined) this.figures.lagUs = last.receiveTimeUs - last.eventTimeUs;
        break;
      }
      case "time":
        this.#advance(event.atUs);
        break;
      case "known":
        this.#options.recorder?.known(event);
        this.#options.passing?.known(event);
        break;
      case "gap":
        this.#gap(event);
        break;
    }
  }

  #advance(toUs: number): void {
    this.#bars.advance(toUs);
    this.#options.passing?.time(toUs);
  }

  #gap({ ticker, fromUs, toUs, reason }: Gap): void {
    this.figures.gaps += 1;
    this.#options.recorder?.gap({ ticker, fromUs, toUs, reason });
    this.#options.passing?.gap({ ticker, fromUs, toUs, reason });
    this.#options.log.warn("feed has a gap", {
      dataset: this.dataset.code,
      ...(ticker === undefined ? {} : { ticker }),
      from: new Date(fromUs / 1000).toISOString(),
      to: new Date(toUs / 1000).toISOString(),
      reason,
    });
  }

  /** What came too late is missing from its bars, which a feed that says what is known does not know. */
  #late(late: readonly Trade[]): void {
    const spans = new Map<string, { readonly fromUs: number; readonly toUs: number }>();
    for (const { instrument, eventTimeUs } of late) {
      const { fromUs = eventTimeUs, toUs = 0 } = spans.get(instrument.ticker) ?? {};
      spans.set(instrument.ticker, {
        fromUs: Math.min(fromUs, eventTimeUs),
        toUs: Math.max(toUs, eventTimeUs + 1),
      });
    }
    for (const [ticker, span] of spans) {
      this.#gap({ ticker, ...span, reason: "trades came too late for their bars" });
    }
  }

  /** Folds trades. What a live source sends at once is put into order first: several send newest first. */
  #foldTrades({ trades, placeOf, told }: Extract<FeedEvent, { kind: "trades" }>): void {
    const { clock, opened, recorder, passing } = this.#options;
    const { verdicts } = this.figures;
    if (opened.feed.time === "wall") this.#advance(clock.nowUs());
    const ordered = opened.feed.time === "wall" ? inEventOrder(trades, tickerOf) : trades;
    const late: Trade[] = [];
    for (let at = 0; at < ordered.length; at += 1) {
      const trade = ordered[at]!;
      const verdict = this.#bars.apply(trade);
      told?.(trade, verdict);
      verdicts[verdict] += 1;
      if (verdict === "taken" || verdict === "reused") {
        this.#taken += 1;
        recorder?.take(trade);
        passing?.trade(trade);
        continue;
      }
      // Who is told of what came late has a place for it.
      if (verdict === "late" && told !== undefined) continue;
      this.#leave(trade, verdict, ordered === trades ? () => placeOf?.(at) : undefined);
      if (verdict === "late") late.push(trade);
    }
    if (late.length > 0 && opened.feed.tellsKnown === true) this.#late(late);
  }

  #leave(trade: Trade, kind: UnusedKind, placeOf: (() => string | undefined) | undefined): void {
    const { unused } = this.figures;
    const place = unused.wantsPlace(kind) ? placeOf?.() : undefined;
    unused.add(kind, 1, place ?? placeOfTrade(trade));
  }
}

/** Where a trade of a source without lines is: its ticker, id and time. */
const tickerOf = ({ instrument }: Trade) => instrument.ticker;

function placeOfTrade({ instrument, id, eventTimeUs }: Trade): string {
  const time = new Date(eventTimeUs / 1_000).toISOString();
  return `${instrument.ticker}${id === undefined ? "" : ` ${id}`} at ${time}`;
}
