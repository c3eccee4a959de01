/** What an administrator works on: an exchange that runs, its users, and the server's connections. */
import type { Command } from "../core/commands.ts";
import type { OrderView } from "../core/events.ts";
import type { UserFees } from "../core/exchange.ts";
import type { FeeRates } from "../core/market/fees.ts";
import type { ExchangeParameters } from "../core/parameters.ts";
import type { ListedMarket } from "../marketdata/market-board.ts";
import type { ClusterControl } from "../ports/cluster-control.ts";
import type { ConnectionSource } from "../ports/connections.ts";
import type { FeedStatuses } from "../ports/feed-status.ts";
import type { DurableReading, Submission } from "../ports/released.ts";
import type { ReplayControl } from "../ports/replay.ts";
import type { Taps } from "../ports/tap.ts";
import type { Admission, Unavailable } from "../ports/trading-desk.ts";
import type { UserStore } from "../ports/user-store.ts";

/** All that operations may touch. */
export interface AdminTarget {
  /** Submits a command; resolves when its result is durable. */
  submit(command: Command): Promise<Submission | Admission>;
  /** All markets in the order in which they were added. */
  markets(): Promise<readonly ListedMarket[] | Unavailable>;
  /** Limits and fees that apply; of the users who have own fees at most `users`. */
  parameters(users: number): Promise<OperatedParameters | Unavailable>;
  /** Open orders of a user, oldest first. */
  openOrders(user: string): Promise<readonly OrderView[] | Unavailable>;
  /** Whose an open order is; undefined when it is not open. */
  ownerOfOrder(id: number): Promise<string | Unavailable | undefined>;
  /** Whether there is a user of this id, disabled or not. */
  userExists(id: string): boolean;
  /** The connections; undefined where no server has been started, but the exchange alone. */
  readonly sessions?: ConnectionSource;
  /** How feeds are doing; undefined where no server has been started. */
  readonly feeds?: FeedStatuses;
  /** The clocks of recordings; undefined where no server has been started. */
  readonly replays?: readonly ReplayControl[];
  /** The cluster that the server is a node of; undefined where it is none. */
  readonly cluster?: ClusterControl | undefined;
  /** Where what passes can be looked at; undefined where no server has been started. */
  readonly taps?: Taps;
}

/** What the exchange is run with. */
export interface OperatedParameters extends ExchangeParameters {
  readonly marketFees: readonly { readonly market: string; readonly rates: FeeRates }[];
  readonly userFees: readonly UserFees[];
}

/** The exchange in service, as far as operators touch it. */
export interface OperatedExchange {
  submit(command: Command): Promise<Submission | Admission>;
  read<Result>(read: (exchange: OperatedState) => Result): Promise<DurableReading<Result>>;
}

/** What operators read of an exchange's state. */
export interface OperatedState extends ExchangeParameters {
  markets(): readonly (ListedMarket & { readonly fees: FeeRates | undefined })[];
  userFees(count: number): readonly UserFees[];
  openOrders(user: string): readonly OrderView[];
  ownerOfOrder(id: number): string | undefined;
}

/** The target that an exchange and the store of its users are. */
export function adminTargetOf(
  engine: OperatedExchange,
  users: Pick<UserStore, "user">,
): AdminTarget {
  return {
    submit: (command) => engine.submit(command),
    async markets() {
      const reading = await engine.read((exchange) => exchange.markets());
      if (reading.kind === "stopped") return { kind: "unavailable", reason: reading.reason };
      return reading.result.map(({ rules, halted }) => ({ rules, halted }));
    },
    async parameters(users) {
      const reading = await engine.read((exchange) => parametersOf(exchange, users));
      return reading.kind === "stopped"
        ? { kind: "unavailable", reason: reading.reason }
        : reading.result;
    },
    async openOrders(user) {
      const reading = await engine.read((exchange) => exchange.openOrders(user));
      return reading.kind === "stopped"
        ? { kind: "unavailable", reason: reading.reason }
        : reading.result;
    },
    async ownerOfOrder(id) {
      const reading = await engine.read((exchange) => exchange.ownerOfOrder(id));
      return reading.kind === "stopped"
        ? { kind: "unavailable", reason: reading.reason }
        : reading.result;
    },
    userExists: (id) => users.user(id) !== undefined,
  };
}

/** What an exchange is run with, as operators see it. */
export function parametersOf(exchange: OperatedState, users: number): OperatedParameters {
  const { limits, fees } = exchange;
  return {
    limits,
    fees,
    marketFees: exchange.markets().flatMap(({ rules, fees: rates }) => {
      return rates === undefined ? [] : [{ market: rules.code, rates }];
    }),
    userFees: exchange.userFees(users),
  };
}

/** The target of a server without an exchange. */
export const noExchange: AdminTarget = {
  submit: () => Promise.resolve({ kind: "stopped", reason: "this server has no exchange" }),
  markets: () => Promise.resolve({ kind: "unavailable", reason: "this server has no exchange" }),
  parameters: () => Promise.resolve({ kind: "unavailable", reason: "this server has no exchange" }),
  openOrders: () => Promise.resolve({ kind: "unavailable", reason: "this server has no exchange" }),
  ownerOfOrder: () =>
    Promise.resolve({ kind: "unavailable", reason: "this server has no exchange" }),
  userExists: () => false,
};
