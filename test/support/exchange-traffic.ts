/** Trades on a server in the test's own process, at times that the test chooses. */
import { expect } from "vitest";
import { CryptomusClient, type CryptomusUser } from "./cryptomus-client.ts";
import { addFundedUsers, addMarket } from "./operator.ts";
import { type ServerHere, startServerHere } from "./server-here.ts";
import type { SteppedClock } from "./stepped-clock.ts";

/** The market of these tests; one tick and one lot are worth one. */
export const tradedMarket = "BTC_USDT";

/** Starts a server with an exchange and nothing else; `port` is free where none is named. */
export function startExchangeHere(
  data: string,
  clock: SteppedClock,
  port = 0,
  others: Readonly<Record<string, unknown>> = {},
): Promise<ServerHere> {
  const settings = {
    datasets: [],
    "exchange.participants.enabled": false,
    "demo.users": false,
    "server.port": port,
    // Time passes faster than clients ask.
    "cryptomus.idleTimeoutMs": 86_400_000,
    ...others,
  };
  return startServerHere({ data, clock, settings });
}

/** Opens the market, and makes somebody who buys and somebody who sells there. */
export async function addTraders(data: string): Promise<readonly [CryptomusUser, CryptomusUser]> {
  await addMarket(data, { code: tradedMarket, tick: "1", lot: "1" });
  const [buyer, seller] = await addFundedUsers(data, 2, { BTC: "1000", USDT: "1000000" });
  if (buyer === undefined || seller === undefined) throw new Error("two users are made");
  return [buyer, seller];
}

/** Trades once at each of some prices, with so many seconds before each. */
export async function tradeAfter(
  here: ServerHere,
  users: readonly [CryptomusUser, CryptomusUser],
  { clock, pauses }: { clock: SteppedClock; pauses: readonly number[] },
): Promise<void> {
  const [buyer, seller] = users.map((user) => new CryptomusClient(here, user));
  for (const [at, pause] of pauses.entries()) {
    clock.pass(pause);
    const price = String(100 + ((at * 7) % 11));
    const order = { market: tradedMarket, price, quantity: String(1 + (at % 3)) };
    const sold = await seller?.limitOrder({ ...order, direction: "sell" });
    const bought = await buyer?.limitOrder({ ...order, direction: "buy" });
    expect([sold?.status, bought?.status]).toEqual([200, 200]);
  }
}
