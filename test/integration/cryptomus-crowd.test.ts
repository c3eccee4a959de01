/**
 * Users trade at random through REST while they and the public listen on the stream; then every stream, list and read
 * model is reconciled to the last digit. Two hundred of them in the long form, with some minutes' worth of requests.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../server/src/simulation/random.ts";
import { AccountWatcher } from "../support/account-watcher.ts";
import { runHere } from "../support/command-here.ts";
import {
  atomsOf,
  CryptomusClient,
  type CryptomusUser,
  type RestOrder,
} from "../support/cryptomus-client.ts";
import { DepthWatcher } from "../support/depth-watcher.ts";
import { addMarket, addUsers, deposit } from "../support/operator.ts";
import { rounds } from "../support/rounds.ts";
import { type ServerInside, startServerInside } from "../support/server-here.ts";

const userCount = rounds(40, 200);
/** Requests that they make: 25 for each in the short form. */
const requestsMax = rounds(1_000, 60_000);
/** Well within the 60 s after which a client that says nothing is closed. */
const pingEveryMs = 20_000;
/** Requests of all users together that may be under way. */
const underWayMax = 40;
const markets = ["BTC_USDT", "TRX_USDT", "TRX_BTC"] as const;
const scales = [0, 1, 2, 3, 4, 5];
const currencies = { BTC: 10n, TRX: 1_000_000n, USDT: 1_000_000n } as const;
/** Fair price, tick and size of each market, in steps of its own. */
const shapes = {
  BTC_USDT: { price: 107_000, priceStep: 0.01, decimals: 2, quantity: 0.01, quantityDecimals: 5 },
  TRX_USDT: { price: 0.27, priceStep: 0.0001, decimals: 4, quantity: 100, quantityDecimals: 1 },
  TRX_BTC: {
    price: 0.0000025,
    priceStep: 0.00000001,
    decimals: 8,
    quantity: 100,
    quantityDecimals: 0,
  },
} as const;

const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const stream = new Random(seed, "crowd");
const random = () => stream.between(0, 1);
const folder = mkdtempSync(join(tmpdir(), "openbourse-crowd-"));
const data = join(folder, "data");

const yaml = `
exchange: { participants: { enabled: false } }
demo: { users: false }
cryptomus: { requestsPerMinuteMax: 0, restCallsPerSecondMax: 0, fullReloadIntervalMs: 5000, idleTimeoutMs: 86400000 }
`;

interface Member {
  readonly client: CryptomusClient;
  readonly watcher: AccountWatcher;
  /** Ids of the orders that REST acknowledged. */
  readonly placed: string[];
  readonly resting: string[];
}

let server: ServerInside;
let users: readonly CryptomusUser[] = [];
const members: Member[] = [];
let publicDepth: DepthWatcher;
const outcomes = new Map<string, number>();

/** What one user is found to have, after everything is over. */
interface Account {
  readonly member: Member;
  readonly active: readonly RestOrder[];
  readonly history: readonly RestOrder[];
  readonly balances: Awaited<ReturnType<CryptomusClient["balances"]>>;
}
let accounts: readonly Account[] = [];

beforeAll(async () => {
  server = await startServerInside({ yaml, data });
  await addMarket(data, { code: "BTC_USDT", tick: "0.01", lot: "0.00001" });
  await addMarket(data, { code: "TRX_USDT", tick: "0.0001", lot: "0.1" });
  await addMarket(data, { code: "TRX_BTC", tick: "0.00000001", lot: "1" });
  users = addUsers(data, userCount);
  for (const user of users) {
    const client = new CryptomusClient(server, user);
    const watcher = new AccountWatcher(await client.open());
    await watcher.subscribe();
    members.push({ client, watcher, placed: [], resting: [] });
  }
  for (const { userId } of users) {
    for (const [currency, amount] of Object.entries(currencies)) {
      await deposit(data, { user: userId, currency, amount: String(amount) });
    }
  }
  publicDepth = new DepthWatcher(await memberAt(0).client.open());
  await publicDepth.subscribe(["all"]);
  await trade();
  for (const [index, { watcher }] of members.entries()) await watcher.settle(1_000 + index);
  accounts = await Promise.all(
    members.map(async (member) => ({
      member,
      active: await member.client.activeOrders(),
      history: await member.client.history(),
      balances: await member.client.balances(),
    })),
  );
});

afterAll(async () => {
  for (const { watcher } of members) watcher.client.socket.terminate();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function memberAt(index: number): Member {
  const member = members[index];
  if (member === undefined) throw new Error(`there is no member ${index}`);
  return member;
}

async function trade(): Promise<void> {
  let requests = 0;
  const pings = setInterval(keepAlive, pingEveryMs);
  const worker = async () => {
    while (requests < requestsMax) {
      requests += 1;
      await act(memberAt(Math.floor(random() * userCount)));
    }
  };
  await Promise.all(Array.from({ length: underWayMax }, worker));
  clearInterval(pings);
}

function keepAlive(): void {
  for (const { client } of [publicDepth, ...members.map(({ watcher }) => watcher)]) {
    client.send({ id: 0, method: "ping", params: [] });
  }
}

async function act(member: Member): Promise<void> {
  const roll = random();
  if (roll < 0.25 && member.resting.length > 0) return cancelOne(member);
  const market = markets[Math.floor(random() * markets.length)] ?? "BTC_USDT";
  const shape = shapes[market];
  const direction = random() < 0.5 ? "buy" : "sell";
  const quantity = (shape.quantity * (0.2 + random())).toFixed(shape.quantityDecimals);
  if (roll < 0.4) {
    const cost = (Number(quantity) * shape.price).toFixed(6);
    const size = random() < 0.5 ? { quantity } : { value: cost };
    return note(member, await member.client.marketOrder({ market, direction, ...size }));
  }
  const away = Math.round((random() - 0.45) * 20) * shape.priceStep;
  const price = (shape.price + (direction === "buy" ? -away : away)).toFixed(shape.decimals);
  const order = { market, direction, quantity, price };
  const answer = await member.client.limitOrder(
    random() < 0.1 ? { ...order, client_order_id: `c${Math.floor(random() * 1e9)}` } : order,
  );
  note(member, answer);
  if (answer.status === 200) member.resting.push(answer.body.order_id);
}

async function cancelOne(member: Member): Promise<void> {
  const [orderId] = member.resting.splice(Math.floor(random() * member.resting.length), 1);
  const { status } = await member.client.cancel(orderId ?? "");
  count(`cancel ${status}`);
}

function note(member: Member, { status, body }: { status: number; body: { order_id: string } }) {
  count(`order ${status}`);
  if (status === 200) member.placed.push(body.order_id);
}

function count(outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

/** What open orders hold, by currency. */
function heldBy(active: readonly RestOrder[]): ReadonlyMap<string, bigint> {
  const held = new Map<string, bigint>();
  for (const { symbol, direction, price = "0", quantity, filledQuantity } of active) {
    const [base = "", quote = ""] = symbol.split("_");
    const remaining = atomsOf(quantity) - atomsOf(filledQuantity);
    const [currency, amount] =
      direction === "sell" ? [base, remaining] : [quote, (remaining * atomsOf(price)) / 10n ** 16n];
    held.set(currency, (held.get(currency) ?? 0n) + amount);
  }
  return held;
}

describe(`${userCount} users who traded at random (seed ${seed})`, () => {
  it("were busy, and were answered as they should be", () => {
    expect([...outcomes.keys()].filter((outcome) => / 5\d\d$/.test(outcome))).toEqual([]);
    expect(outcomes.get("order 200")).toBeGreaterThan(requestsMax * 0.6);
    expect(outcomes.get("cancel 200")).toBeGreaterThan(requestsMax * 0.01);
    const deals = members.reduce((sum, { watcher }) => sum + watcher.deals.size, 0);
    expect(deals).toBeGreaterThan(requestsMax * 0.2);
  });

  it("were told everything in order and without a gap", () => {
    expect(members.flatMap(({ watcher }) => watcher.faults)).toEqual([]);
  });

  it("were told of each of their orders, and of nobody else's", () => {
    for (const { watcher, placed } of members) {
      expect([...watcher.orders.keys()].toSorted()).toEqual(placed.toSorted());
    }
    const wallets = members.flatMap(({ watcher }) => [...watcher.walletIds.values()]);
    expect(new Set(wallets).size).toBe(wallets.length);
  });

  it("find in REST the orders that the stream told, in the same state", () => {
    for (const { member, active, history } of accounts) {
      const { orders } = member.watcher;
      const open = new Map(active.map((order) => [order.id, order]));
      const closed = new Map(history.map((order) => [order.id, order]));
      expect(open.size + closed.size).toBe(orders.size);
      for (const [id, { phases, info }] of orders) {
        const isOver = phases.at(-1) === "finished";
        const order = isOver ? closed.get(id) : open.get(id);
        expect(order, `${id} ${phases}`).toMatchObject({
          symbol: info.symbol,
          direction: info.direction,
          filledQuantity: info.filledQuantity,
          filledValue: info.filledValue,
          ...(isOver ? { state: info.state, internalState: info.internalState } : {}),
        });
      }
    }
  });

  it("find in REST the deals that the stream told, each once and in every digit", () => {
    for (const { member, history, active } of accounts) {
      const told = new Map(member.watcher.deals);
      for (const { deal, symbol } of history) {
        for (const { id, ...fields } of deal?.transactions ?? []) {
          expect(told.get(id), id).toMatchObject({
            dealId: deal?.id,
            symbol,
            filledPrice: fields.filledPrice,
            filledQuantity: fields.filledQuantity,
            filledValue: fields.filledValue,
            fee: fields.fee,
            feeCurrency: fields.feeCurrency,
            tradeRole: fields.tradeRole,
          });
          told.delete(id);
        }
      }
      // What is left are fills of orders that are still open.
      const openFilled = active.reduce((sum, order) => sum + atomsOf(order.filledQuantity), 0n);
      const left = [...told.values()].reduce((sum, deal) => sum + atomsOf(deal.filledQuantity), 0n);
      expect(left).toBe(openFilled);
    }
  });

  it("have what the stream told last, and their open orders hold the rest", () => {
    for (const { member, active, balances } of accounts) {
      const held = heldBy(active);
      for (const currency of Object.keys(currencies)) {
        const balance = balances.get(currency);
        expect(atomsOf(balance?.available ?? "0"), currency).toBe(
          atomsOf(member.watcher.balances.get(currency) ?? "0"),
        );
        expect(atomsOf(balance?.held ?? "0"), currency).toBe(held.get(currency) ?? 0n);
      }
    }
  });

  it("and the house together have exactly what was deposited", () => {
    for (const [currency, amount] of Object.entries(currencies)) {
      let inWallets = 0n;
      let fees = 0n;
      for (const { member, balances } of accounts) {
        const { available, held } = balances.get(currency) ?? { available: "0", held: "0" };
        inWallets += atomsOf(available) + atomsOf(held);
        for (const deal of member.watcher.deals.values()) {
          if (deal.feeCurrency === currency) fees += atomsOf(deal.fee);
        }
      }
      expect(inWallets + fees, currency).toBe(amount * BigInt(userCount) * 10n ** 16n);
    }
  });

  it("left a book that the public's copy equals at every scale", async () => {
    publicDepth.takeIn();
    expect(publicDepth.faults).toEqual([]);
    // Depth is sent ten times a second at most, so a machine that is quick sends less of it.
    expect(publicDepth.counts.partial).toBeGreaterThan(requestsMax / 50);
    for (const market of markets) {
      for (const scale of scales) {
        const { body } = await memberAt(0).client.call(
          "GET",
          `/v1/exchange/market/order-book/${market}?level=${scale}`,
        );
        const { bids, asks } = body.data;
        await expect.poll(() => publicDepth.book(market, scale)).toEqual({ bids, asks });
      }
    }
  });

  it("left a log that gives the same state, balances and read models again", async () => {
    await server.stop();
    const { stdout, code } = await runHere([
      "verify",
      "--data",
      data,
      "--json",
      "--log-level",
      "silent",
    ]);
    expect(code, stdout).toBe(0);
  });
});
