/**
 * All that an exchange adds to a server: the engine with its public and private streams, and its users.
 * Built in the order of dependence, given back in the opposite one.
 */
import { OneTimeTokens } from "../access/one-time-tokens.ts";
import type { DemoUser, UserRegistry } from "../access/users.ts";
import { type AdminTarget, adminTargetOf } from "../admin/target.ts";
import { Audience } from "../agents/audience.ts";
import { participantMarkets } from "../agents/default-markets.ts";
import type { FlowRunner } from "../agents/flow/runner.ts";
import type { OutsidePrices } from "../agents/mirror/outside.ts";
import { MirrorRunner } from "../agents/mirror/runner.ts";
import { ParticipantRunner } from "../agents/runner.ts";
import type { DataFolder } from "../config/data-folder.ts";
import { localDataset } from "../config/load.ts";
import { assert } from "../core/assert.ts";
import type { MarketRules } from "../core/market/rules.ts";
import { openBoard } from "../engine/board.ts";
import { createDesk } from "../engine/desk.ts";
import { Engine } from "../engine/engine.ts";
import { LocalDataset, type LocalDatasetParts } from "../engine/local-dataset.ts";
import { LocalFeed, localPublisher, tickerOf } from "../feeds/local/feed.ts";
import { restoreRunningBars } from "../feeds/local/running-bars.ts";
import type { Hub } from "../hub/hub.ts";
import type { CurrentState } from "../hub/options.ts";
import type { MarketBoard } from "../marketdata/market-board.ts";
import type { Topic } from "../marketdata/topic.ts";
import type { DatasetReader } from "../ports/dataset-reader.ts";
import type { ExchangeAccess, StoredMarketBars } from "../ports/protocol.ts";
import type { ReplayControl } from "../ports/replay.ts";
import type { Stage } from "../ports/stage.ts";
import { StartError } from "../ports/start-error.ts";
import type { StreamHistory } from "../ports/stream-history.ts";
import { tickAt } from "../sequencer/ticks.ts";
import { warmUp } from "../sequencer/warm-up.ts";
import { AccountStreams } from "../streams/account-streams.ts";
import { listingsTo } from "../streams/listings.ts";
import { MarketStreams } from "../streams/market-streams.ts";
import { Numbering } from "../streams/numbering.ts";
import { PositionStream } from "../streams/position-stream.ts";
import { StreamsPast } from "../streams/streams-past.ts";
import type { ClusterNode } from "./cluster/node.ts";
import { servedProtocols } from "./configuration.ts";
import { openDays } from "./days.ts";
import { DisabledUsers } from "./disabled-users.ts";
import type { Site } from "./site.ts";
import { warnOfLostUsers } from "./start/warnings.ts";
import { Admissions } from "./stores/admissions.ts";
import { engineStores } from "./stores/engine-stores.ts";
import { openUserRegistry, refuseWrongKey, sharedKeyCheck } from "./stores/user-registry.ts";
import type { Traded } from "./traded.ts";

/** What an exchange begins with besides its files. */
export interface TradingBeginning {
  /** Whether nobody outside has asked it for anything yet. */
  readonly isNew: boolean;
  /** Prices that its markets may follow. */
  readonly outside: OutsidePrices;
  /** The cluster that it is a node of. */
  readonly cluster: ClusterNode | undefined;
}

/** An exchange that has been recovered; it trades once it is started. */
export class Trading {
  readonly engine: Engine;
  /** The exchange's own trades. */
  readonly feed: LocalFeed;
  readonly board: MarketBoard;
  /** Markets that follow a feed. */
  readonly mirrors: MirrorRunner | undefined;
  /** Recorded days that are traded. */
  readonly days: readonly FlowRunner[];
  /** Positions of everything that the exchange publishes. */
  readonly numbering: Numbering;
  /** Whether anybody is there to see the participants trade. */
  readonly audience: Audience;
  /** Takes their orders out of the book; call `refresh` about every second. */
  readonly disabledUsers: DisabledUsers;
  readonly #site: Site;
  readonly #registry: UserRegistry;
  readonly #admissions: Admissions;
  readonly #cluster: ClusterNode | undefined;
  /** There is nobody to stream to before the exchange is in service. */
  #streams: MarketStreams | undefined;

  private constructor(
    site: Site,
    parts: Pick<Trading, "engine" | "feed" | "board" | "mirrors" | "days"> & {
      registry: UserRegistry;
      admissions: Admissions;
      cluster: ClusterNode | undefined;
    },
  ) {
    this.engine = parts.engine;
    this.feed = parts.feed;
    this.board = parts.board;
    this.mirrors = parts.mirrors;
    this.days = parts.days;
    const { epoch, exchange } = parts.engine;
    const { sequence } = exchange;
    // Whoever was told of ticks before a restart goes on from there. Those of a cluster are in its log.
    const { tick } =
      parts.cluster === undefined ? tickAt(sequence, site.times.clock.nowUs()) : { tick: 0 };
    const isReplica = parts.cluster !== undefined;
    this.numbering = new Numbering({ epoch, sequence, tick, isReplica });
    this.#cluster = parts.cluster;
    this.#registry = parts.registry;
    this.#admissions = parts.admissions;
    this.#site = site;
    this.audience = new Audience(site.times.clock);
    const { store } = parts.registry;
    this.disabledUsers = new DisabledUsers({ store, target: this.adminTarget, log: site.log });
  }

  /**
   * Opens the files and recovers the state; a `StartError` says what the operator has to do. `isNew` says of
   * one with a past that nobody outside has asked it for anything.
   */
  static async open(
    site: Site,
    folder: DataFolder,
    { isNew, outside, cluster }: TradingBeginning,
  ): Promise<Trading> {
    const { environment, config, log, start } = site;
    const { clock, wallMs } = site.times;
    const { warmUpMs } = config.exchange;
    const registry = await start.step(
      "users",
      () => openUserRegistry(folder, environment),
      ({ store }) => store.close(),
    );
    await start.step(
      "shared users",
      () => cluster?.records.mirrorUsers(registry.store, sharedKeyCheck(folder, registry)),
      (mirror) => mirror?.stop(),
    );
    await start.step("shared users", () => refuseWrongKey(folder, registry));
    const engine = await start.step(
      "exchange",
      () => openEngine(site, folder, cluster),
      (opened) => opened.stop(),
    );
    // Those of a cluster come from its other nodes.
    if (cluster === undefined) {
      warnOfLostUsers(engine.exchange, registry.store, { usersFile: folder.usersFile, log });
    }
    clock.startNotBefore(engine.exchange.timeUs);
    const { sequence, timeUs } = engine.exchange;
    const admissions = await start.step(
      "admissions",
      () =>
        new Admissions({
          file: folder.admissionsFile,
          log,
          wallMs,
          // The first command begins the log: nobody has asked for it.
          lastCommandMs: isNew || sequence <= 1 ? undefined : Math.ceil(timeUs / 1_000),
        }),
      (opened) => opened.close(),
    );
    const recovered = cluster?.asRecovered(engine) ?? engine;
    const board = await start.step("board", () =>
      openBoard(recovered, storedBarsOf(recovered), config.streams.depthScales),
    );
    const markets = engine.exchange.markets().map(({ rules }) => rules);
    const feed = new LocalFeed(localPublisher, markets, cluster !== undefined);
    const latenessUs = config.bars.latenessMs * 1_000;
    await start.step("running bars", () =>
      restoreRunningBars(
        { markets, history: recovered.history, feed },
        { nowUs: clock.nowUs(), latenessUs },
      ),
    );
    await start.step("warm-up", () => {
      const until = performance.now() + warmUpMs;
      warmUp(() => performance.now() < until);
    });
    const mirrors = await start.step("mirrors", () => mirrorsOf(site, engine, outside));
    const days = await start.step("days", () => openDays(site, engine.exchange));
    const parts = { engine, feed, board, mirrors, days };
    return new Trading(site, { ...parts, registry, admissions, cluster });
  }

  /** Whether this process orders the commands at present; what is done once for an exchange is done there. */
  get writes(): boolean {
    return this.#cluster === undefined || this.#cluster.leads;
  }

  /** Clocks of the recorded days that are traded. */
  get dayClocks(): readonly ReplayControl[] {
    return this.days.map(({ clock }) => clock);
  }

  /** Whether nothing waits to be told to the streams. */
  get hasToldAll(): boolean {
    return this.engine.untoldEvents === 0;
  }

  /** What a newcomer on a topic is sent at once; undefined for streams without a state. */
  current(topic: Topic, tellsPositions: boolean): CurrentState | undefined {
    return this.#streams?.current(topic, tellsPositions);
  }

  /**
   * Puts the exchange in service: what becomes durable reaches all its stages, participants are sent in,
   * the demo users are made, and orders of disabled users leave the book; resolves with the demo users.
   * `listed` is told of each market that is added, when the board has it.
   */
  async start(hub: Hub, listed: (rules: MarketRules) => void): Promise<readonly DemoUser[]> {
    const { config, demo, start, times, protocols } = this.#site;
    const { clock, wallMs } = times;
    const { engine, board, feed } = this;
    const agents = await start.step("participants", () => this.#participants());
    await start.step("stages", async () => {
      const startUs = clock.nowUs();
      const { numbering } = this;
      const streams = new MarketStreams({
        ...{ board, hub, numbering, startUs },
        isReplica: this.#cluster !== undefined,
        rhythms: config.streams,
      });
      this.#streams = streams;
      await engine.start({
        board: { take: (released) => board.apply(released) },
        listings: listingsTo(listed),
        localFeed: feed,
        agents: together(agents, this.mirrors),
        marketStates: streams.states,
        trades: streams.trades,
        accounts: new AccountStreams(hub, board, numbering),
        positions: new PositionStream({ hub, numbering, dataset: undefined }),
      });
      await streams.untilInStep(clock);
    });
    await start.step(
      "answers",
      () => this.#cluster?.answerOthers(engine),
      (answering) => answering?.stop(),
    );
    if (agents !== undefined) {
      await start.step(
        "participants trading",
        () => agents.start(engine, this.audience),
        (sendHome) => sendHome(),
      );
    } else if (this.writes) {
      await start.step("participants trading", () => demo.withoutParticipants(this.adminTarget));
    }
    await start.step(
      "mirrors trading",
      () => this.mirrors?.start(engine),
      (end) => end?.(),
    );
    await start.begin("days trading");
    for (const day of this.days) {
      await start.step(
        "days trading",
        () => day.start(engine),
        (end) => end(),
      );
    }
    if (!this.writes) return [];
    const isTraded = servedProtocols(config, protocols).some(({ needs }) => needs.exchange);
    const users = await start.step("demo users", () =>
      demo.users(this.#registry, this.adminTarget, { nowMs: wallMs(), isTraded }),
    );
    await start.step("disabled users", () => this.disabledUsers.refresh());
    return users;
  }

  #participants(): ParticipantRunner | undefined {
    const { config, times } = this.#site;
    const { enabled, ...setup } = config.exchange.participants;
    if (enabled !== true) return undefined;
    return new ParticipantRunner(this.engine.exchange, times.clock, setup);
  }

  /** What has become of the users' file, in words; undefined while it is where it was. */
  get usersLost(): string | undefined {
    return this.#registry.store.lost();
  }

  /** What the exchange has traded as a dataset; `marketUs` says until when that was published. */
  past(marketUs: () => number | undefined): DatasetReader {
    const { engine } = this;
    let fromUs: number | undefined;
    return datasetOf(engine, async () => {
      const toUs = marketUs();
      // It is in service, and so has a first command; a node without a log of its own may have to ask again.
      fromUs ??= await engine.begunUs();
      return fromUs === undefined || toUs === undefined ? undefined : { fromUs, toUs };
    });
  }

  /** What was published of trades and to users, further back than it is kept in memory. */
  get streamsPast(): StreamHistory {
    const { engine, board } = this;
    return new StreamsPast({
      ...{ history: engine.history, board },
      caughtUp: () => engine.historyCaughtUp(),
    });
  }

  /** What administrators work on. */
  get adminTarget(): AdminTarget {
    return adminTargetOf(this.engine, this.#registry.store);
  }

  /** The exchange as protocols see it. */
  get access(): ExchangeAccess {
    const { store: users, vault, secrets } = this.#registry;
    const desk = createDesk(this.engine);
    const bars = storedBarsOf(this.engine);
    const admissions = this.#cluster?.records.admissions ?? {
      tokens: new OneTimeTokens(secrets, this.#admissions),
      stamps: this.#admissions,
    };
    return { board: this.board, bars, desk, users, vault, ...admissions };
  }
}

function openEngine(
  { config, log, start, times: { clock } }: Site,
  { engineFolder }: DataFolder,
  cluster: ClusterNode | undefined,
): Promise<Engine> {
  const { snapshotEveryCommands, logBytesMax, clockBehindMaxMs, warmUpMs } = config.exchange;
  const epoch = cluster?.shared.epoch;
  const own = engineStores(engineFolder, { log, logBytesMax, epoch, isPrepared: warmUpMs > 0 });
  return Engine.open({
    ...{ clock, log, clockBehindMaxMs, start },
    snapshotEvery: snapshotEveryCommands,
    stores: cluster?.storesOf(own) ?? own,
    role: cluster && ((parts) => cluster.roleOf(parts)),
  });
}

/** Markets that follow a feed; a `StartError` says what is wrong with one. */
function mirrorsOf(
  { config, log, times }: Site,
  engine: Engine,
  outside: OutsidePrices,
): MirrorRunner | undefined {
  const { mirrors, participants } = config.exchange;
  if (mirrors.length === 0) return undefined;
  for (const { market, dataset } of mirrors) {
    if (participants.enabled === true && participantMarkets.includes(market)) {
      throw new StartError(
        `exchange.mirrors: simulated participants trade in ${market} at a price of their own: say exchange.participants.enabled: false`,
      );
    }
    const followed = config.datasets.find(({ code }) => code === dataset);
    if (followed?.feed === undefined) {
      const known = config.datasets.filter(({ feed }) => feed !== undefined);
      const codes = known.map(({ code }) => code).join(", ");
      throw new StartError(
        `exchange.mirrors: ${market}: there is no dataset ${dataset} with a feed; there are: ${codes}`,
      );
    }
  }
  const { exchange } = engine;
  return new MirrorRunner(mirrors, exchange, { clock: times.clock, log, outside });
}

/** Several stages as one. */
function together(...stages: readonly (Stage | undefined)[]): Stage | undefined {
  const present = stages.filter((stage) => stage !== undefined);
  if (present.length === 0) return undefined;
  return {
    take(released) {
      for (const stage of present) stage.take?.(released);
    },
  };
}

/** What an exchange has traded as a dataset; `known` says of which time that is everything. */
function datasetOf(engine: Traded, known: LocalDatasetParts["known"]): LocalDataset {
  return new LocalDataset({
    history: engine.history,
    venue: localPublisher,
    markets: () => new Map(engine.exchange.markets().map(({ rules }) => [tickerOf(rules), rules])),
    caughtUp: () => engine.historyCaughtUp(),
    known,
  });
}

/** The bars of an exchange's markets, for those who do not ask of which time they are everything. */
function storedBarsOf(engine: Traded): StoredMarketBars {
  const dataset = datasetOf(engine, () => Promise.resolve(undefined));
  return (market, query) => {
    const listed = engine.exchange.markets().find(({ rules }) => rules.code === market);
    assert(listed !== undefined, "a market that the board has is one of the exchange");
    return dataset.bars({ ...query, dataset: localDataset, ticker: tickerOf(listed.rules) });
  };
}
