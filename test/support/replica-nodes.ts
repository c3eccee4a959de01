/**
 * Nodes of a cluster as far as streams go: all apply the same log of batches and ticks, each from where it
 * was started, and clients follow them with positions as `docs/protocols/positions.md` says.
 */
import type { Command } from "../../server/src/core/commands.ts";
import type { Exchange } from "../../server/src/core/exchange.ts";
import { exchangeWith, money, noFees, rulesOf } from "../../server/src/core/scenario.fixture.ts";
import { openBoard } from "../../server/src/engine/board.ts";
import { historyAsOf } from "../../server/src/engine/history-as-of.ts";
import { LocalDataset } from "../../server/src/engine/local-dataset.ts";
import { type Pipeline, pipelineOf } from "../../server/src/engine/pipeline.ts";
import { tickerOf } from "../../server/src/feeds/local/feed.ts";
import { Hub } from "../../server/src/hub/hub.ts";
import type { MarketBoard } from "../../server/src/marketdata/market-board.ts";
import type { Topic } from "../../server/src/marketdata/topic.ts";
import type { StoredMarketBars } from "../../server/src/ports/protocol.ts";
import type { Released, Tick } from "../../server/src/ports/released.ts";
import { tickAt } from "../../server/src/sequencer/ticks.ts";
import { AccountStreams } from "../../server/src/streams/account-streams.ts";
import { MarketStreams } from "../../server/src/streams/market-streams.ts";
import { Numbering } from "../../server/src/streams/numbering.ts";
import { PositionStream } from "../../server/src/streams/position-stream.ts";
import { StreamsPast } from "../../server/src/streams/streams-past.ts";
import { MemoryHistory } from "../../server/src/testing/memory-history.ts";

const startUs = 1_700_000_000_000_000;
export const epoch = "0".repeat(32);
export const markets = ["BTC_USDT", "ETH_USDT"] as const;

/** What a log holds: a batch of commands, or a tick. */
type Entry =
  | { readonly batch: readonly Command[]; readonly timeUs: number }
  | { readonly tick: Tick };

function newExchange(): Exchange {
  return exchangeWith({ fees: noFees, limits: { openOrdersMax: 4_096 } });
}

/** The log that all nodes share, and the history of the engine that wrote it, which is ahead of them. */
export class SharedScript {
  readonly entries: Entry[] = [];
  readonly history = new MemoryHistory(epoch);
  /** So many entries are there before anybody can follow anything. */
  readonly begun: number;
  readonly #exchange = newExchange();
  #timeUs = startUs;

  constructor() {
    this.batch(
      ...markets.map((code): Command => {
        const [base = "", quote = ""] = code.split("_");
        return { kind: "add-market", rules: rulesOf(base, quote) };
      }),
    );
    for (const user of ["ann", "bob"]) {
      for (const currency of ["USDT", "BTC", "ETH"]) {
        const amount = money("1000000");
        this.batch({ kind: "deposit", user, currency, amount, key: currency });
      }
    }
    this.tick(1);
    this.begun = this.entries.length;
  }

  batch(...commands: readonly Command[]): void {
    const entry = { batch: commands, timeUs: this.#timeUs };
    this.entries.push(entry);
    this.history.record(applied(this.#exchange, entry));
  }

  /** Time goes on by so many tenths of a second, and a tick says so. */
  tick(tenths: number): void {
    this.#timeUs += tenths * 100_000;
    this.entries.push({ tick: tickAt(this.#exchange.sequence, this.#timeUs) });
  }
}

function applied(
  exchange: Exchange,
  { batch, timeUs }: { readonly batch: readonly Command[]; readonly timeUs: number },
): readonly Released[] {
  return batch.map((command) => {
    const sequence = exchange.sequence + 1;
    return { sequence, timeUs, command, events: exchange.apply({ sequence, timeUs, command }) };
  });
}

/** One node. */
export class ReplicaNode {
  readonly hub: Hub;
  readonly board: MarketBoard;
  readonly #script: SharedScript;
  readonly #exchange: Exchange;
  readonly #pipeline: Pipeline;
  /** How many entries of the log it has applied. */
  at: number;
  readonly #tasks: (() => void)[] = [];

  /** Number of the last tick that it has seen. */
  tick = 0;
  readonly #streams: MarketStreams;

  /** Whether it serves clients. */
  get isInService(): boolean {
    return this.#streams.isInStep;
  }

  /** Starts one with the state as it is after so many entries of the log. */
  static async start(script: SharedScript, at: number): Promise<ReplicaNode> {
    const exchange = newExchange();
    for (const entry of script.entries.slice(0, at)) {
      if ("batch" in entry) applied(exchange, entry);
    }
    const history = historyAsOf(script.history, exchange);
    const dataset = new LocalDataset({
      history: { ...history, totals: () => Promise.resolve([]) },
      venue: "v",
      markets: () => new Map(exchange.markets().map(({ rules }) => [tickerOf(rules), rules])),
      caughtUp: () => Promise.resolve(undefined),
      known: () => Promise.resolve(undefined),
    });
    const bars: StoredMarketBars = (market, query) =>
      dataset.bars({ ...query, dataset: "local", ticker: market.replace("_", "/") });
    const historyCaughtUp = () => Promise.resolve(undefined);
    const board = await openBoard({ exchange, history, historyCaughtUp }, bars, 2);
    return new ReplicaNode(script, { exchange, board, at });
  }

  private constructor(
    script: SharedScript,
    parts: { readonly exchange: Exchange; readonly board: MarketBoard; readonly at: number },
  ) {
    const { exchange, board, at } = parts;
    this.#script = script;
    this.#exchange = exchange;
    this.board = board;
    this.at = at;
    for (const entry of script.entries.slice(0, at)) {
      if ("tick" in entry) this.tick = entry.tick.tick;
    }
    const isReplica = at > script.begun;
    const numbering = new Numbering({ epoch, sequence: exchange.sequence, isReplica });
    const { history } = script;
    const past = new StreamsPast({
      history: {
        // The history of an engine is ahead, and the node knows only how far it is itself.
        get lastSequence() {
          return exchange.sequence;
        },
        orderEvents: (query) => history.orderEvents(query),
        toldFills: (query) => history.toldFills(query),
        toldBalances: (query) => history.toldBalances(query),
        trades: (query) => history.trades(query),
      },
      board,
      caughtUp: () => Promise.resolve(undefined),
    });
    this.hub = new Hub({
      frameText: (text) => ({ plain: Buffer.from(`${text}\n`), compressed: Buffer.of() }),
      allocate: (bytes) => new Uint8Array(bytes),
      schedule: (task) => this.#tasks.push(task),
      current: (topic, tellsPositions) => streams.current(topic, tellsPositions),
      history: past,
      head: (topic) => numbering.head(topic),
      reached: () => {
        if (this.#pipeline.untoldEvents === 0) numbering.settle();
        return numbering.reached;
      },
    });
    const streams = new MarketStreams({
      ...{ board, hub: this.hub, numbering, startUs, isReplica },
      rhythms: {
        ...{ depthIntervalMs: 100, depthSnapshotIntervalMs: 3_000 },
        ...{ tickerIntervalMs: 1_000, candleIntervalMs: 500 },
      },
    });
    this.#streams = streams;
    const none = {};
    this.#pipeline = pipelineOf(
      { history: none, snapshots: none },
      {
        board: { take: (released) => board.apply(released) },
        ...{ listings: none, localFeed: none, agents: undefined, marketStates: streams.states },
        trades: streams.trades,
        accounts: new AccountStreams(this.hub, board, numbering),
        positions: new PositionStream({ hub: this.hub, numbering, dataset: undefined }),
      },
      (task) => this.#tasks.push(task),
    );
  }

  /** Applies so many more entries. */
  async follow(count: number): Promise<void> {
    for (const entry of this.#script.entries.slice(this.at, this.at + count)) {
      this.at += 1;
      if ("batch" in entry) this.#pipeline.release(applied(this.#exchange, entry));
      else {
        this.tick = entry.tick.tick;
        this.#pipeline.tick(entry.tick);
      }
      await this.turn();
    }
  }

  /** Runs a task once others have had their turn. */
  later(task: () => void): void {
    this.#tasks.push(task);
  }

  /** Lets everything that is scheduled happen, and reads of the history be answered. */
  async turn(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      const tasks = this.#tasks.splice(0);
      quiet = tasks.length > 0 ? 0 : quiet + 1;
      for (const task of tasks) task();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** What clients of these tests follow. */
export const followed: readonly Topic[] = [
  ...markets.flatMap((market): readonly Topic[] => [
    { kind: "trades", market },
    { kind: "depth", market, depthScale: 0 },
    { kind: "last-price", market },
    { kind: "ticker", market },
    { kind: "candles", market, intervalS: 1 },
    { kind: "candles", market, intervalS: 60 },
    { kind: "orders", user: "ann", market },
    { kind: "fills", user: "ann", market },
  ]),
  { kind: "balances", user: "ann", currency: "BTC" },
  { kind: "balances", user: "ann", currency: "USDT" },
];
