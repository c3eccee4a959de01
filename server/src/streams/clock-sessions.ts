/**
 * Clocks of their own for clients who move about in recordings: each session plays all recordings of the server by one clock,
 * for itself alone, from tapes that all share. It stores nothing.
 */
import type { Hub } from "../hub/hub.ts";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import { rollUp } from "../marketdata/bars/roll.ts";
import type { Catalog, CatalogView, DatasetEnd } from "../marketdata/catalog.ts";
import type { Dataset } from "../marketdata/instrument.ts";
import type { Topic } from "../marketdata/topic.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  ClockSession,
  ClockSessions,
  SessionRefusal,
  Timeline,
} from "../ports/clock-sessions.ts";
import type { OpenedBranch } from "../ports/feed-kind.ts";
import type { Log } from "../ports/log.ts";
import type { RecordingPast, ReplayControl } from "../ports/replay.ts";
import { FeedRunner } from "./bar-streams.ts";
import type { Numbering } from "./numbering.ts";
import { PositionStream } from "./position-stream.ts";
import { SessionPast } from "./session-past.ts";
import { TurnLine } from "./turn-line.ts";

/** Names of sessions: letters, digits, dots, hyphens and underscores. */
export const sessionNamePattern: RegExp = /^[A-Za-z0-9._-]{1,64}$/;

/** Minutes of a recording whose volume a timeline shows: two weeks. */
const timelineMinutesMax = 20_160;

/** Bounds of sessions. */
export interface SessionBounds {
  readonly perKeyMax: number;
  readonly max: number;
  /** After so long without a connection and without a call it ends, in milliseconds. */
  readonly idleMs: number;
}

/** A recording that is played in sessions. */
export interface SessionRecording {
  readonly dataset: Dataset;
  branch(): OpenedBranch;
}

/** What sessions work with. */
export interface ClockSessionsOptions {
  readonly bounds: SessionBounds;
  readonly recordings: readonly SessionRecording[];
  readonly catalog: Catalog;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Log;
  readonly latenessUs: number;
  readonly unchangedBars: boolean;
}

/** What sessions do with one recording. */
export interface SessionLoad {
  readonly dataset: string;
  /** Sessions in which it is not over. */
  readonly playing: number;
  /** Trades of it that were played in sessions, those of a seek included. */
  readonly trades: number;
}

/** See the head of the file. */
export class LiveClockSessions implements ClockSessions {
  /** Sessions that were begun, and those that were not, by why. */
  readonly counts: { begun: number; readonly refused: Record<SessionRefusal, number> } = {
    begun: 0,
    refused: {
      "bad-session-name": 0,
      "nothing-recorded": 0,
      "too-many-sessions": 0,
      "too-many-sessions-in-all": 0,
    },
  };
  readonly #options: ClockSessionsOptions;
  readonly #byKey = new Map<string, LiveSession>();
  /** Trades of recordings that were played in sessions that have ended. */
  readonly #played = new Map<string, number>();
  /** Whatever they do at once, it is one of them in a turn of the event loop. */
  readonly #line = new TurnLine();
  /** Those that end and have not ended yet. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: ClockSessionsOptions) {
    this.#options = options;
  }

  /** Sessions that there are. */
  get count(): number {
    return this.#byKey.size;
  }

  join(owner: string, name: string): ClockSession | SessionRefusal {
    const known = sessionNamePattern.test(name) ? this.find(owner, name) : undefined;
    if (known !== undefined) return known;
    const refusal = this.#refusal(owner, name);
    if (refusal !== undefined) {
      this.counts.refused[refusal] += 1;
      return refusal;
    }
    // Their number is part of what sets their topics apart.
    this.counts.begun += 1;
    const session = new LiveSession({
      ...{ owner, name, key: `${this.counts.begun}` },
      options: this.#options,
      line: this.#line,
      ended: (one) => this.#forget(one),
    });
    this.#byKey.set(keyOf(owner, name), session);
    session.start();
    return session;
  }

  #refusal(owner: string, name: string): SessionRefusal | undefined {
    const { bounds, recordings } = this.#options;
    if (!sessionNamePattern.test(name)) return "bad-session-name";
    if (recordings.length === 0) return "nothing-recorded";
    if (this.of(owner).length >= bounds.perKeyMax) return "too-many-sessions";
    const count = this.#byKey.size + this.#ending.size;
    return count >= bounds.max ? "too-many-sessions-in-all" : undefined;
  }

  find(owner: string, name: string): LiveSession | undefined {
    const found = this.#byKey.get(keyOf(owner, name));
    found?.touch();
    return found;
  }

  of(owner: string): readonly ClockSession[] {
    return [...this.#byKey.values()].filter((session) => session.owner === owner);
  }

  /** What they do with each recording. */
  load(): readonly SessionLoad[] {
    const sessions = [...this.#byKey.values()];
    return this.#options.recordings.map(({ dataset: { code } }) => ({
      dataset: code,
      playing: sessions.filter(({ catalog }) => catalog.ended(code) === undefined).length,
      trades: sessions.reduce(
        (sum, session) => sum + session.played(code),
        this.#played.get(code) ?? 0,
      ),
    }));
  }

  /** The session of a topic. */
  session(topic: Topic): LiveSession | undefined {
    if (topic.kind !== "bars" && topic.kind !== "position") return undefined;
    if (topic.session === undefined) return undefined;
    return [...this.#byKey.values()].find(({ key }) => key === topic.session);
  }

  /** About every second: passes on that time goes by, and ends what is idle. */
  pass(nowUs: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const session of [...this.#byKey.values()]) {
      session.pass(nowUs);
      if (session.isIdle(nowMs, this.#options.bounds.idleMs)) session.end();
    }
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    for (const session of [...this.#byKey.values()]) session.end();
    await Promise.all(this.#ending);
  }

  #forget(session: LiveSession): void {
    this.#byKey.delete(keyOf(session.owner, session.name));
    for (const { dataset } of this.#options.recordings) {
      const before = this.#played.get(dataset.code) ?? 0;
      this.#played.set(dataset.code, before + session.played(dataset.code));
    }
    const ending = session.stopped().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

function keyOf(owner: string, name: string): string {
  return `${owner} ${name}`;
}

interface SessionParts {
  readonly owner: string;
  readonly name: string;
  readonly key: string;
  readonly options: ClockSessionsOptions;
  readonly line: TurnLine;
  ended(session: LiveSession): void;
}

class LiveSession implements ClockSession {
  readonly owner: string;
  readonly name: string;
  readonly key: string;
  readonly catalog: CatalogView;
  readonly history: SessionPast;
  readonly control: ReplayControl;
  readonly #parts: SessionParts;
  readonly #runners = new Map<string, FeedRunner>();
  readonly #pasts = new Map<string, RecordingPast>();
  readonly #ends = new Map<string, DatasetEnd>();
  readonly #connected = new Set<(dataset: string) => void>();
  #usedMs: number;
  #stopping: Promise<void> | undefined;

  constructor(parts: SessionParts) {
    const { owner, name, key, options } = parts;
    this.owner = owner;
    this.name = name;
    this.key = key;
    this.#parts = parts;
    this.#usedMs = options.clock.monotonicMs();
    this.catalog = this.#catalog(options.catalog);
    const branches = options.recordings.map(({ dataset, branch }) => ({
      dataset,
      opened: branch(),
    }));
    const [first, ...others] = branches;
    if (first === undefined) throw new Error("a session has a recording");
    for (const { opened } of others) opened.replay.share(first.opened.replay);
    this.control = first.opened.replay.control;
    for (const { dataset, opened } of branches) this.#connect(dataset, opened);
    this.history = new SessionPast(this.#pasts, () => this.marketUs);
  }

  get marketUs(): number | undefined {
    return this.control.status().marketUs;
  }

  start(): void {
    for (const runner of this.#runners.values()) runner.start();
  }

  timeline(dataset: string, ticker: string, barsMax: number): Timeline {
    const past = this.#pasts.get(dataset);
    const minutes = (past?.minutes(ticker) ?? []).slice(0, timelineMinutesMax);
    const [fromUs, toUs] = [past?.fromUs, past?.toUs];
    const spanS = ((toUs ?? 0) - (fromUs ?? 0)) / 1e6;
    const barS = 60 * Math.max(1, Math.ceil(spanS / 60 / Math.max(1, barsMax - 1)));
    const bars = [...rollUp(minutes, secondsInterval(barS))];
    return { bars, barUs: barS * 1_000_000, fromUs, toUs, isWhole: past?.isWhole === true };
  }

  /** Trades of a dataset that were played. */
  played(dataset: string): number {
    return this.#runners.get(dataset)?.figures.counts.trades ?? 0;
  }

  /** Numbers of a dataset's messages. */
  numbering(dataset: string | undefined): Numbering | undefined {
    return this.#runners.get(dataset ?? "")?.numbering;
  }

  audienceCame(topic: Extract<Topic, { kind: "bars" }>): void {
    this.#runners.get(topic.dataset)?.audienceCame(topic);
  }

  enter(ended: (dataset: string) => void): () => void {
    this.#connected.add(ended);
    return () => {
      this.#connected.delete(ended);
      this.touch();
    };
  }

  touch(): void {
    this.#usedMs = this.#parts.options.clock.monotonicMs();
  }

  isIdle(nowMs: number, idleMs: number): boolean {
    return this.#connected.size === 0 && nowMs - this.#usedMs >= idleMs;
  }

  pass(nowUs: number): void {
    for (const runner of this.#runners.values()) runner.wallTime(nowUs);
  }

  end(): void {
    if (this.#stopping !== undefined) return;
    this.#stopping = Promise.all([...this.#runners.values()].map((one) => one.stop())).then(
      () => undefined,
    );
    this.#parts.ended(this);
    for (const dataset of this.#runners.keys()) this.#tellEnd(dataset, "finished");
  }

  /** Resolves when nothing of it runs any more. */
  stopped(): Promise<void> {
    return this.#stopping ?? Promise.resolve();
  }

  #tellEnd(dataset: string, why: DatasetEnd): void {
    this.#ends.set(dataset, why);
    for (const tell of [...this.#connected]) tell(dataset);
  }

  #catalog(all: Catalog): CatalogView {
    const own = new Set(this.#parts.options.recordings.map(({ dataset }) => dataset.code));
    return {
      datasets: () => all.datasets().filter(({ code }) => own.has(code)),
      dataset: (code) => (own.has(code) ? all.dataset(code) : undefined),
      instrument: (code, ticker) => (own.has(code) ? all.instrument(code, ticker) : undefined),
      instruments: (code) => (own.has(code) ? all.instruments(code) : []),
      ended: (code) => this.#ends.get(code),
    };
  }

  #connect(dataset: Dataset, opened: OpenedBranch): void {
    const { catalog, hub, clock, log, latenessUs, unchangedBars } = this.#parts.options;
    const { code } = dataset;
    const session = this.key;
    const runner = new FeedRunner({
      ...{ dataset, clock, latenessUs, unchangedBars },
      opened: { ...opened, feed: this.#parts.line.of(opened.feed) },
      epoch: `${code}-${clock.nowUs()}-${session}`,
      catalog: {
        ensureInstrument: (of, ticker) => catalog.ensureInstrument(of, ticker),
        instrument: (of, ticker) => catalog.instrument(of, ticker),
        resume: () => void this.#ends.delete(code),
      },
      log: quieter(log, { owner: this.owner, session: this.name }),
      isWanted: ({ ticker }, periodS) =>
        hub.hasAudience({ kind: "bars", dataset: code, ticker, periodS, session }),
      publish: (bar, periodS, cause) => {
        const { ticker, startUs } = bar;
        const topic = { kind: "bars", dataset: code, ticker, periodS, session } as const;
        const key = `${code}|${ticker}|${periodS}|${startUs}`;
        hub.publish(topic, runner.numbering.number(topic, cause, bar), { kind: "state", key });
      },
      published: (cause, timeUs) => positions.tell(cause, timeUs),
      caughtUp: () => undefined,
      ended: (why) => this.#tellEnd(code, why),
    });
    const { numbering } = runner;
    const positions = new PositionStream({ hub, numbering, dataset: code, session });
    opened.replay.attach({ dataset: code, again: () => runner.again() });
    this.#runners.set(code, runner);
    const instrument = (ticker: string) => catalog.ensureInstrument(code, ticker);
    const warn = (message: string) => log.warn(message, { dataset: code });
    this.#pasts.set(code, opened.past({ instrument, warn, count: () => undefined }));
  }
}

/** What a session does is no news for the operator; what goes wrong in it is. */
function quieter(log: Log, of: { readonly owner: string; readonly session: string }): Log {
  return {
    debug: (message, details) => log.debug(message, { ...details, ...of }),
    info: (message, details) => log.debug(message, { ...details, ...of }),
    warn: (message, details) => log.debug(message, { ...details, ...of }),
    error: (message, details) => log.error(message, { ...details, ...of }),
  };
}
