/**
 * What an exchange is run with besides its markets: limits and fees. They are part of its state and
 * change by commands alone, so that no release can change what a log means.
 */
import { type FeeSchedule, isFeeSchedule } from "./market/fees.ts";
import { atoms } from "./num/money.ts";
import type { RejectReason } from "./reject.ts";

/** Bounds of an exchange. What exceeds a bound that was lowered stays; only more of it is refused. */
export interface ExchangeLimits {
  readonly openOrdersMax: number;
  readonly openOrdersPerUserMax: number;
  readonly usersMax: number;
  readonly marketsMax: number;
  /** Client ids of closed orders that are remembered per user; the exchange forgets older ones. */
  readonly closedClientIdsPerUserMax: number;
  /**
   * Transfer keys that are remembered per user. A transfer under an older one would be a new transfer:
   * whoever submits transfers asks for older ones first.
   */
  readonly transferKeysPerUserMax: number;
}

/** The limits that a command may change. What is remembered per user is fixed when a log begins. */
export type ChangeableLimits = Omit<
  ExchangeLimits,
  "closedClientIdsPerUserMax" | "transferKeysPerUserMax"
>;

/** Limits and fees. */
export interface ExchangeParameters {
  readonly limits: ExchangeLimits;
  readonly fees: FeeSchedule;
}

/**
 * Version of the rules that commands are applied by. A release that changes what a command does gives
 * new logs a higher one and goes on applying the rules of this one to the logs that begin with it.
 */
export const rulesVersion = 1;

/** Amounts of the table below are in whole units of the reference currency. */
const unit = 10n ** 16n;

/**
 * What a log means that does not begin with a genesis command: the limits and fees of 0.1.0. They are
 * frozen. Every log of that time was written under them, so changing a figure here would change what
 * those logs say about who owns what.
 */
export const implicitParameters: ExchangeParameters = {
  limits: {
    openOrdersMax: 1_048_576,
    openOrdersPerUserMax: 10_000,
    usersMax: 1_000_000,
    marketsMax: 1_000,
    closedClientIdsPerUserMax: 1_000,
    transferKeysPerUserMax: 1_000,
  },
  fees: {
    referenceCurrency: "USDT",
    steps: [
      { fromTurnover: atoms(0n), makerPpm: 800, takerPpm: 1000 },
      { fromTurnover: atoms(100_001n * unit), makerPpm: 600, takerPpm: 950 },
      { fromTurnover: atoms(250_001n * unit), makerPpm: 550, takerPpm: 850 },
      { fromTurnover: atoms(500_001n * unit), makerPpm: 500, takerPpm: 750 },
      { fromTurnover: atoms(2_500_001n * unit), makerPpm: 400, takerPpm: 700 },
    ],
  },
};

/**
 * What a new log begins with. A release may choose other figures here, since the log of each exchange
 * says which ones it was begun with.
 */
export const standardParameters: ExchangeParameters = implicitParameters;

/**
 * Highest value of each limit. They bound memory, and belong to the meaning of the commands like every
 * other check of the core: a log decides by them what was refused.
 */
export const limitsMax: ExchangeLimits = {
  openOrdersMax: 4_194_304,
  openOrdersPerUserMax: 4_194_304,
  usersMax: 10_000_000,
  marketsMax: 10_000,
  closedClientIdsPerUserMax: 100_000,
  transferKeysPerUserMax: 100_000,
};

/** Names of all limits. */
export const limitNames = Object.keys(limitsMax) as readonly (keyof ExchangeLimits)[];

/** Why limits are not accepted: one of them is no whole number from 1 to its highest value. */
export function checkLimits(limits: ExchangeLimits): RejectReason | undefined {
  const good = limitNames.every((name) => {
    const value = limits[name];
    return Number.isSafeInteger(value) && value >= 1 && value <= limitsMax[name];
  });
  return good ? undefined : "bad-limits";
}

/** Why parameters are not accepted. */
export function checkParameters({ limits, fees }: ExchangeParameters): RejectReason | undefined {
  return checkLimits(limits) ?? (isFeeSchedule(fees) ? undefined : "bad-fees");
}
