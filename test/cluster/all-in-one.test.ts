/** Two nodes of role `all`, each a process that does everything: the one that leads is killed, and the other goes on with all of it. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ClusterNodeProcess } from "../support/cluster-node.ts";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import { freePorts } from "../support/free-ports.ts";
import { NatsServer } from "../support/nats-server.ts";
import { addUsers } from "../support/operator.ts";
import { until } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

const market = { code: "BTC_USDT", tick: "0.01", lot: "0.0001" };

withNats("nodes of role all are", (program) => {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-all-"));
  const nats = new NatsServer(program);
  let one: ClusterNodeProcess;
  let two: ClusterNodeProcess;
  let clients: readonly [CryptomusClient, CryptomusClient];

  async function operate(node: ClusterNodeProcess, name: string, request: object): Promise<void> {
    await until(async () => expect(await node.ask(name, request)).toMatchObject({ kind: "done" }));
  }

  beforeAll(async () => {
    await nats.start();
    const seed = join(folder, "users");
    const [user] = addUsers(seed, 1);
    if (user === undefined) throw new Error("there is no user");
    const ports = await freePorts(2);
    const make = (name: string, port = 0) => {
      cpSync(seed, join(folder, name), { recursive: true });
      const cluster = { servers: [nats.address], replicas: 1, allowUnsynced: true };
      const datasets = [{ code: "made-up", feed: { kind: "simulator" } }];
      const settings = { datasets, exchange: { warmUpMs: 0 } };
      return new ClusterNodeProcess({ folder, name, role: "all", cluster, settings, port });
    };
    [one, two] = [make("one", ports[0]), make("two", ports[1])];
    await one.start();
    await two.start();
    const clientOf = ({ http }: ClusterNodeProcess) =>
      new CryptomusClient({ http, ws: http.replace("http", "ws") }, user);
    clients = [clientOf(one), clientOf(two)];
    await operate(one, "add-market", market);
    const to = { direction: "deposit", user: user.userId, currency: "USDT", amount: "1000" };
    await operate(two, "transfer", { ...to, key: "first", anyUser: false });
  });
  afterAll(async () => {
    await one.kill();
    await two.kill();
    await nats.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const order = { market: market.code, direction: "buy", quantity: "0.1", price: "100" };

  it("take orders, wherever they are placed, and have them everywhere", async () => {
    const [left, right] = clients;
    expect(await left.limitOrder(order)).toMatchObject({ status: 200 });
    expect(await right.limitOrder(order)).toMatchObject({ status: 200 });
    for (const client of clients) {
      await until(async () => expect(await client.activeOrders()).toHaveLength(2));
    }
    const statuses = await Promise.all([one.status(), two.status()]);
    expect(statuses.map(({ state }) => state)).toEqual(["leading", "following"]);
    const fed = statuses.flatMap(({ datasets = [] }) => datasets.filter(({ leads }) => leads));
    expect(fed).toHaveLength(1);
  });

  it("go on with everything when the one that leads is killed", async () => {
    const [, right] = clients;
    await one.kill();
    await until(async () => {
      const { state, datasets } = await two.status();
      expect(state).toBe("leading");
      expect(datasets).toMatchObject([{ dataset: "made-up", leads: true, state: "running" }]);
    });
    expect(await right.limitOrder(order)).toMatchObject({ status: 200 });
    const [first] = await right.activeOrders();
    expect(await right.cancel(first?.id ?? "")).toMatchObject({ status: 200 });
    await until(async () => expect(await right.history()).toHaveLength(1));
    expect(await right.activeOrders()).toHaveLength(2);
  });

  it("let the one that was killed come back, with all that it has missed", async () => {
    await one.start();
    const [left] = clients;
    await until(async () => expect(await left.history()).toHaveLength(1));
    expect(await left.limitOrder(order)).toMatchObject({ status: 200 });
    await until(async () => {
      const [here, there] = await Promise.all([one.status(true), two.status(true)]);
      expect(here).toMatchObject({ state: "following", leader: "two" });
      expect(here?.stateHash).toBeDefined();
      expect(here?.stateHash).toBe(there?.stateHash);
    });
  });
});
