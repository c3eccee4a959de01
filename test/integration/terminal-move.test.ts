/**
 * An order that is moved on the chart, against a real server: it is cancelled and placed anew, and whatever happens in between
 * is told as it is. Nothing is ever placed for what was filled meanwhile.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
// As the page has it: an error of another copy of the package would be of another class.
import { CryptomusRest, type Market, type OrderRow } from "@openbourse/client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { moveOrder } from "../../terminal/src/trading/move.ts";
import { type ClientHouse, openClientHouse } from "../support/client-house.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-terminal-move-"));
let house: ClientHouse;
let rest: CryptomusRest;
let other: CryptomusRest;
let market: Market;
let moves = 0;

beforeAll(async () => {
  house = await openClientHouse(join(folder, "data"));
  rest = new CryptomusRest({ url: house.server.http, user: house.users[0] });
  other = new CryptomusRest({ url: house.server.http, user: house.users[1] });
  const found = (await rest.markets()).find((each) => each.market === "BTC_USDT");
  if (found === undefined) throw new Error("no market");
  market = found;
});
afterAll(async () => {
  await house.server.server.stop();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const { id } of await rest.openOrders()) await rest.cancel(id);
});

async function bid(price: string, stopLossPrice?: string): Promise<OrderRow> {
  const stop = stopLossPrice === undefined ? {} : { stopLossPrice };
  const { id } = await rest.place({
    ...{ type: "limit", market: "BTC_USDT", direction: "buy", price, quantity: "0.003", ...stop },
  });
  const [order] = await rest.openOrders({ orderId: id });
  if (order === undefined) throw new Error("not open");
  return order;
}

const sell = (quantity: string) =>
  other.place({ type: "market", market: "BTC_USDT", direction: "sell", quantity });

function move(order: OrderRow, price: string, through: CryptomusRest = rest) {
  moves += 1;
  return moveOrder(through, { market, order, price, clientOrderId: `move-${moves}` });
}

/** The user's connection, with something that happens just before a request of some kind goes out. */
function whileMoving(method: string, happens: () => Promise<unknown>): CryptomusRest {
  let isDue = true;
  return new CryptomusRest({
    ...{ url: house.server.http, user: house.users[0] },
    platform: {
      async request(url, init) {
        if (isDue && init.method === method) {
          isDue = false;
          await happens();
        }
        const answer = await fetch(url, init);
        return { status: answer.status, text: await answer.text(), retryAfterMs: undefined };
      },
    },
  });
}

describe("an order that is moved", () => {
  it("stands at the new price with what was left of it, and with its stop price", async () => {
    const order = await bid("60000", "200000");
    await sell("0.001");
    const outcome = await move(order, "61000");
    expect(outcome).toMatchObject({ kind: "moved", quantity: "0.002" });
    const open = await rest.openOrders();
    expect(open).toHaveLength(1);
    expect(open[0]).toMatchObject({ price: "61000.0000000000000000", stopLossPrice: "200000" });
    expect(open[0]?.quantity).toBe("0.0020000000000000");
  });

  it("and is filled on the way is placed no more", async () => {
    const order = await bid("62000");
    const outcome = await move(
      order,
      "62500",
      whileMoving("DELETE", () => sell("0.003")),
    );
    expect(outcome).toMatchObject({ kind: "over", order: { end: { state: "completed" } } });
    expect(await rest.openOrders()).toEqual([]);
  });

  it("and is partly filled on the way is placed with the rest", async () => {
    const order = await bid("63000");
    const outcome = await move(
      order,
      "63500",
      whileMoving("DELETE", () => sell("0.001")),
    );
    expect(outcome).toMatchObject({ kind: "moved", quantity: "0.002" });
  });

  it("that somebody cancelled before is placed no more", async () => {
    const order = await bid("64000");
    await rest.cancel(order.id);
    expect(await move(order, "64500")).toMatchObject({
      ...{ kind: "over", order: { end: { state: "cancelled" } } },
    });
    expect(await rest.openOrders()).toEqual([]);
  });

  it("to where it could be no order stays where it is", async () => {
    const order = await bid("65000", "200000");
    expect(await move(order, "200000")).toMatchObject({
      ...{ kind: "not-possible", why: "Its stop price 200000 must stay above its price." },
    });
    expect((await rest.openOrders()).map(({ id }) => id)).toEqual([order.id]);
  });

  it("and is refused at the new price says so, in the server's words, and what is left to place", async () => {
    const order = await bid("66000");
    const outcome = await move(order, "66000.005");
    expect(outcome).toMatchObject({ kind: "not-placed", rest: "0.003" });
    expect(outcome.kind === "not-placed" && outcome.fault.message).toBe(
      "Order price must be a multiple of 0.01.",
    );
    expect(await rest.openOrders()).toEqual([]);
  });
});
