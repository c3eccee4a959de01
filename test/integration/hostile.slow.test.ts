/**
 * A server with its bounds drawn tight, under every attack at once: others are served, bounds hold,
 * memory stays. How long anything takes is measured by the benchmark `hostile`, not here.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { attackNames, startAttacks } from "../support/attacks.ts";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import { addKey, addMarket, addUsers, deposit } from "../support/operator.ts";
import { rounds } from "../support/rounds.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const connectionsMax = 400;
const memoryBytesMax = 600 * 1_048_576;
const market = "BTC_USDT";
const orders = "/v2/user-api/exchange/orders";

const yaml = `
exchange: {participants: {enabled: false}}
demo: {users: false}
limits: {connectionsMax: 100}
server:
  http: {connectionsMax: ${connectionsMax}, headersTimeoutMs: 1000, requestTimeoutMs: 1000, answerTimeoutMs: 1000}
log: {level: warn}
`;

let server: ServerProcess;

beforeAll(async () => {
  server = await startServerProcess({ yaml });
  await addMarket(server.data, { code: market, tick: "0.01", lot: "0.00001" });
});
afterAll(() => server.stop());

/** All figures, by name with labels. */
async function figures(): Promise<ReadonlyMap<string, number>> {
  // Newcomers may have to make room for one another; an operator tries again.
  const text = await fetch(`${server.http}/metrics`).then(
    (response) => response.text(),
    () => "",
  );
  return new Map(
    text.split("\n").map((line): [string, number] => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Connections that were ended because of any bound. */
const endedIn = (all: ReadonlyMap<string, number>) =>
  [...all]
    .filter(([name]) => name.startsWith("openbourse_http_connections_ended_total"))
    .reduce((sum, [, count]) => sum + count, 0);

it("a server under every attack at once serves others, within its bounds, and stops when it is told", async () => {
  const [user, poor, busy] = addUsers(server.data, 3);
  if (user === undefined || poor === undefined || busy === undefined) throw new Error("no users");
  for (const { userId } of [user, busy]) {
    await deposit(server.data, { user: userId, currency: "USDT", amount: "1000000000" });
  }
  const place = (who: typeof user, price: number) =>
    new CryptomusClient(server, who).call("POST", orders, {
      market,
      direction: "buy",
      quantity: "0.01",
      price: `${price}`,
      tag: "",
    });
  for (let price = 1; price <= 50; price += 1) await place(busy, price);

  const streamKey = addKey(server.data, "attacker").key;
  const stop = startAttacks(attackNames, { port: server.port, poor, busy, streamKey });
  try {
    await expect.poll(async () => endedIn(await figures())).toBeGreaterThan(0);
    for (let price = 1; price <= rounds(10, 20); price += 1) {
      expect((await place(user, price)).status, `order ${price}`).toBe(200);
    }
    await expect
      .poll(async () => (await figures()).get("openbourse_http_connections"))
      .toBeLessThanOrEqual(connectionsMax);
    await expect
      .poll(async () => (await figures()).get("process_resident_memory_bytes"))
      .toBeLessThan(memoryBytesMax);
  } finally {
    stop();
  }
  expect(server.output().stderr).not.toContain('"level":"error"');
  expect(server.process.exitCode).toBeNull();
});
