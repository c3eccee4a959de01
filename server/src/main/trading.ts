/**
 * All that an exchange adds to a server: the engine with its public and private streams, its users, and
 * the Cryptomus protocol. Built in the order of dependence, given back in the
 * opposite one.
 */
import { createAuthenticator } from "../access/authenticator.ts";
import {
  type WatchLogins,
  watchedAuthenticator,
  watchedStreamDoor,
} from "../access/refused-logins.ts";
import { createStreamDoor } from "../access/stream-door.ts";
import type { DemoUser, UserRegistry } from "../access/users.ts";
import type { MarketClock } from "../adapters/clock/market-clock.ts";
import { type AdminTarget, adminTargetOf } from "../admin/target.ts";
import { Audience } from "../agents/audience.ts";
import { runParticipants } from "../agents/runner.ts";
import type { DataFolder } from "../config/data-folder.ts";
import type { Config } from "../config/schema.ts";
import { createCryptomusDialect } from "../dialects/cryptomus/dialect.ts";
import { cryptomusRoutes } from "../dialects/cryptomus/rest.ts";
import { openBoard } from "../engine/board.ts";
import { createDesk } from "../engine/desk.ts";
import { Engine } from "../engine/engine.ts";
import { LocalFeed, localPublisher } from "../feeds/local/feed.ts";
import { restoreRunningBars } from "../feeds/local/running-bars.ts";
import type { Hub } from "../hub/hub.ts";
import type { MarketBoard } from "../marketdata/market-board.ts";
import type { Dialect } from "../ports/dialect.ts";
import type { Log } from "../ports/log.ts";
import type { RestRoute } from "../ports/rest.ts";
import { warmUp } from "../sequencer/warm-up.ts";
import { AccountStreams } from "../streams/account-streams.ts";
import { MarketStreams } from "../streams/market-streams.ts";
import type { Demo } from "./demo/demo.ts";
import { DisabledUsers } from "./disabled-users.ts";
import type { Start } from "./start/start.ts";
import { warnOfLostUsers } from "./start/warnings.ts";
import { Admissions } from "./stores/admissions.ts";
import { engineStores } from "./stores/engine-stores.ts";
import { type Environment, openUserRegistry } from "./stores/user-registry.ts";

/** What trading is made of. */
export interface TradingOptions {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly demo: Demo;
  readonly environment: Environment;
  readonly clock: MarketClock;
  /** Wall time in milliseconds, which the time stamps of signed requests are compared with. */
  readonly wallMs: () => number;
  readonly log: Log;
  /** Its steps give everything back when the server stops, or does not come to start. */
  readonly start: Start;
}

/** An exchange that has been recovered; it trades once it is connected with a hub. */
export class Trading {
  readonly engine: Engine;
  /** The exchange's own trades. */
  readonly feed: LocalFeed;
  readonly board: MarketBoard;
  /** Whether anybody is there to see the participants trade. */
  readonly audience: Audience;
  /** Takes their orders out of the book; call `refresh` about every second. */
  readonly disabledUsers: DisabledUsers;
  readonly #options: TradingOptions;
  readonly #registry: UserRegistry;
  readonly #admissions: Admissions;

  private constructor(
    options: TradingOptions,
    parts: Pick<Trading, "engine" | "feed" | "board"> & {
      registry: UserRegistry;
      admissions: Admissions;
    },
  ) {
    this.engine = parts.engine;
    this.feed = parts.feed;
    this.board = parts.board;
    this.#registry = parts.registry;
    this.#admissions = parts.admissions;
    this.#options = options;
    this.audience = new Audience(options.clock);
    const { store } = parts.registry;
    this.disabledUsers = new DisabledUsers({ store, target: this.adminTarget, log: options.log });
  }

  /** Opens the files and recovers the state; a `StartError` says what the operator has to do. */
  static async open(options: TradingOptions): Promise<Trading> {
    const { folder, environment, clock, log, start } = options;
    const { snapshotEveryCommands, logBytesMax, clockBehindMaxMs } = options.config.exchange;
    const registry = await start.step(
      "users",
      () => openUserRegistry(folder, environment),
      ({ store }) => store.close(),
    );
    const engine = await start.step(
      "exchange",
      () =>
        Engine.open({
          stores: engineStores(folder.engineFolder, { log, logBytesMax }),
          clock,
          log,
          snapshotEvery: snapshotEveryCommands,
          clockBehindMaxMs,
          start,
        }),
      (opened) => opened.stop(),
    );
    warnOfLostUsers(engine.exchange, registry.store, { usersFile: folder.usersFile, log });
    clock.startNotBefore(engine.exchange.timeUs);
    const { sequence, timeUs } = engine.exchange;
    const admissions = await start.step(
      "admissions",
      () =>
        new Admissions({
          file: folder.admissionsFile,
          log,
          wallMs: options.wallMs,
          windowMs: options.config.cryptomus.hmacWindowMs,
          // The first command begins the log: nobody has asked for it.
          lastCommandMs: sequence <= 1 ? undefined : Math.ceil(timeUs / 1_000),
        }),
      (opened) => opened.close(),
    );
    const board = await start.step("board", () => openBoard(engine));
    const markets = engine.exchange.markets().map(({ rules }) => rules);
    const feed = new LocalFeed(localPublisher, markets);
    engine.onRelease((released) => feed.take(released));
    const latenessUs = options.config.bars.latenessMs * 1_000;
    await start.step("running bars", () =>
      restoreRunningBars(
        { markets, history: engine.history, feed },
        { nowUs: clock.nowUs(), latenessUs },
      ),
    );
    await start.step("warm-up", () => {
      const until = performance.now() + options.config.exchange.warmUpMs;
      warmUp(() => performance.now() < until);
    });
    return new Trading(options, { engine, feed, board, registry, admissions });
  }

  /**
   * Lets everything that becomes durable from now on reach the hub, sends the participants in, makes
   * the demo users, and takes orders of disabled users out of the book; resolves with the demo users.
   */
  async start(hub: Hub): Promise<readonly DemoUser[]> {
    const { config, clock, demo, wallMs, start } = this.#options;
    const { engine, board } = this;
    const accounts = new AccountStreams(hub, board);
    const markets = new MarketStreams({ board, hub, clock, rhythms: config.cryptomus });
    // At once: whoever is answered finds on the board what they were told.
    engine.onRelease((released) => board.apply(released));
    engine.onSlice((slice) => {
      markets.publishTrades(slice);
      accounts.publish(slice);
    });
    await start.step(
      "market streams",
      () => markets.start(),
      (stop) => stop(),
    );

    const { enabled, ...setup } = config.exchange.participants;
    if (enabled === true) {
      await start.step(
        "participants",
        () => runParticipants(engine, clock, { ...setup, audience: this.audience }),
        (sendHome) => sendHome(),
      );
    } else {
      await start.step("participants", () => demo.withoutParticipants(this.adminTarget));
    }
    const users = await start.step("demo users", () =>
      demo.users(this.#registry, this.adminTarget, wallMs()),
    );
    await start.step("disabled users", () => this.disabledUsers.refresh());
    return users;
  }

  /** What has become of the users' file, in words; undefined while it is where it was. */
  get usersLost(): string | undefined {
    return this.#registry.store.lost();
  }

  /** What administrators work on. */
  get adminTarget(): AdminTarget {
    return adminTargetOf(this.engine, this.#registry.store);
  }

  /** The Cryptomus protocol over this exchange; call `refresh` about every second with `steadyMs`. */
  cryptomus(watch: WatchLogins): {
    readonly dialect: Dialect;
    readonly routes: readonly RestRoute[];
    refresh(nowMs: number): void;
  } {
    const { board, engine } = this;
    const { cryptomus: settings } = this.#options.config;
    const { log, clock, wallMs } = this.#options;
    const marketMs = () => Math.floor(clock.nowUs() / 1_000);
    const { store, vault, secrets } = this.#registry;
    const { connectionsPerUserMax, tokenlessPublic, hmacWindowMs } = settings;
    const admissions = this.#admissions;
    const door = createStreamDoor({
      store,
      secrets,
      kept: admissions,
      connectionsPerUserMax,
      newConnectionsPerMinuteMax: settings.newConnectionsPerMinuteMax || Number.POSITIVE_INFINITY,
      allowAnonymous: tokenlessPublic,
    });
    const authenticator = createAuthenticator({
      store,
      vault,
      secrets,
      windowMs: hmacWindowMs,
      wallMs,
      floorMs: admissions.floorMs,
      noteStamp: (stampMs) => admissions.noteStamp(stampMs),
      takesMd5: settings.md5,
      callsPerSecondMax: settings.restCallsPerSecondMax || Number.POSITIVE_INFINITY,
      callsBurstMax: settings.restCallsBurstMax,
      onUnreadableKey: (userId) =>
        log.error("a user's key does not open with this master key", { userId }),
    });
    const { resubscribe, ackMethodAlways, tellUnknown, countPings } = settings;
    const { idleTimeoutMs, messageBytesMax } = settings;
    const requestsPerMinuteMax = settings.requestsPerMinuteMax || "off";
    const options = {
      ...{ resubscribe, ackMethodAlways, tellUnknown, countPings, idleTimeoutMs, messageBytesMax },
      requestsPerMinuteMax,
    } as const;
    const watchedDoor = watchedStreamDoor(door, watch);
    const dialect = createCryptomusDialect({
      ...{ board, door: watchedDoor, secrets, marketMs, options },
    });
    engine.onRelease((released) => {
      for (const { events } of released) {
        for (const event of events) {
          if (event.kind === "market-added") dialect.marketListed(event.rules);
        }
      }
    });
    const desk = createDesk(engine);
    return {
      dialect,
      routes: this.audience.noticing(
        cryptomusRoutes({
          ...{ board, desk, door, secrets, marketMs, wallMs },
          authenticator: watchedAuthenticator(authenticator, watch),
        }),
      ),
      refresh(nowMs) {
        authenticator.refresh(nowMs);
        door.refresh(nowMs);
      },
    };
  }
}
