/** A server with markets that nobody but the test trades on, two users with money, and a proxy in front of it. */
import {
  CryptomusRest,
  type CryptomusUser,
  type Patience,
  type Platform,
  systemPlatform,
} from "../../client/src/index.ts";
import { replyMs } from "../../client/src/requests.ts";
import type { Random } from "../../server/src/simulation/random.ts";
import { addMarket, addUsers, deposit } from "./operator.ts";
import { type ServerHere, startServerHere } from "./server-here.ts";

/** Markets and what a unit is worth. */
export const prices = { BTC_USDT: 107_000, ETH_USDT: 2_500, TRX_USDT: 0.27 } as const;
const markets = Object.keys(prices) as (keyof typeof prices)[];
const steps = {
  BTC_USDT: { tick: "0.01", lot: "0.00001" },
  ETH_USDT: { tick: "0.01", lot: "0.0001" },
  TRX_USDT: { tick: "0.0001", lot: "0.1" },
} as const;
const wealth = { USDT: "10000000", BTC: "1000", ETH: "10000", TRX: "10000000" } as const;

/** What a client runs in that waits for replies no longer than a test does. */
export const impatient: Partial<Platform> = {
  after: (ms, task) => systemPlatform.after(ms === replyMs ? 300 : ms, task),
};

/** Waits of a client in a test. */
export const quick: Partial<Patience> = { minMs: 10, maxMs: 50 };

/** See the head of the file. */
export interface ClientHouse {
  readonly server: ServerHere;
  readonly data: string;
  readonly users: readonly [CryptomusUser, CryptomusUser];
  /** A client of the first user that no proxy spoils. */
  readonly direct: CryptomusRest;
}

/** Starts one. */
export async function openClientHouse(
  data: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ClientHouse> {
  const server = await startServerHere({
    data,
    settings: {
      "exchange.participants.enabled": false,
      "streams.depthSnapshotIntervalMs": 1_000,
      "cryptomus.requestsPerMinuteMax": 0,
      "cryptomus.restCallsPerSecondMax": 0,
      ...settings,
    },
  });
  for (const code of markets) await addMarket(data, { code, ...steps[code] });
  const [first, second] = addUsers(data, 2);
  if (first === undefined || second === undefined) throw new Error("no users");
  for (const { userId } of [first, second]) {
    for (const [currency, amount] of Object.entries(wealth)) {
      await deposit(data, { user: userId, currency, amount });
    }
  }
  const direct = new CryptomusRest({ url: server.http, user: first });
  return { server, data, users: [first, second], direct };
}

/** Places and cancels orders on all markets, around what a unit is worth, so that some rest and some meet. */
export async function tradeAtRandom(
  rest: CryptomusRest,
  random: Random,
  count: number,
): Promise<void> {
  const open: string[] = [];
  for (let step = 0; step < count; step += 1) {
    const oldest = random.below(3) === 0 ? open.shift() : undefined;
    if (oldest !== undefined) {
      // It may have been filled.
      await rest.cancel(oldest).catch(() => {});
      continue;
    }
    const market = markets[random.below(markets.length)] ?? "BTC_USDT";
    const price = prices[market] * (1 + (random.below(41) - 20) / 1_000);
    const { id } = await rest.place({
      ...{ type: "limit", market, direction: random.below(2) === 0 ? "buy" : "sell" },
      price: price.toPrecision(4),
      quantity: (200 / prices[market]).toPrecision(2),
    });
    open.push(id);
  }
}
