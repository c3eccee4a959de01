/** The configuration of NATS servers that the documents give: what a gateway needs of them, and no more. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemSecrets } from "../../server/src/adapters/crypto/system-secrets.ts";
import { askServer } from "../../server/src/admin/ask-server.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import { runHere } from "../support/command-here.ts";
import { NatsServer } from "../support/nats-server.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

const file = join(import.meta.dirname, "../../docs/operating/nats-server.conf");
const passwords = { engine: "engine-secret", gateway: "gateway-secret", feed: "feed-secret" };

withNats("permissions at NATS are", (program) => {
  const root = mkdtempSync(join(tmpdir(), "openbourse-permissions-"));
  const config = join(root, "nats-server.conf");
  // Where it stores things is said by arguments, and may be said once; no port of tests is fixed.
  writeFileSync(config, readFileSync(file, "utf8").replace(/^ *(store_dir|http):.*$/gm, ""));
  const broker = new NatsServer(program, ["--config", config]);
  const running: ServerHere[] = [];
  let gateway: ServerHere;
  let stranger: NatsConnection | undefined;

  async function start(role: "engine" | "gateway" | "feed"): Promise<ServerHere> {
    const data = join(root, role);
    mkdirSync(data);
    if (role === "gateway") {
      const { masterKeyFile } = dataFolder(join(root, "engine"));
      copyFileSync(masterKeyFile, dataFolder(data).masterKeyFile);
    }
    const here = await startServerHere({
      data,
      settings: {
        ...{ "exchange.enabled": true, "exchange.participants.enabled": false },
        datasets: [{ code: "made-up", feed: { kind: "simulator" } }],
        ...{ "cluster.role": role, "cluster.node": role, "cluster.replicas": 1 },
        ...{ "cluster.servers": [broker.address], "demo.key": false, "demo.users": false },
        "cluster.allowUnsynced": true,
        ...{ "cluster.user": role, "cluster.password": passwords[role] },
      },
    });
    running.push(here);
    return here;
  }

  beforeAll(async () => {
    process.env["NATS_ENGINE_PASSWORD"] = passwords.engine;
    process.env["NATS_GATEWAY_PASSWORD"] = passwords.gateway;
    process.env["NATS_FEED_PASSWORD"] = passwords.feed;
    await broker.start();
    await start("engine");
    [gateway] = await Promise.all([start("gateway"), start("feed")]);
    const login = { user: "gateway", pass: passwords.gateway };
    const own = { inboxPrefix: "_INBOX.gateway", noAsyncTraces: true };
    stranger = await connect({ servers: broker.address, ...login, ...own });
  });
  afterAll(async () => {
    await stranger?.close();
    await Promise.all(running.map(({ server }) => server.stop()));
    await broker.remove();
    rmSync(root, { recursive: true });
  });

  function asGateway(): NatsConnection {
    if (stranger === undefined) throw new Error("not connected");
    return stranger;
  }

  /** Rejects where the broker does not let it be written. */
  function forged(connection: NatsConnection, subject: string): Promise<unknown> {
    return jetstream(connection).publish(subject, "forged", {
      timeout: 2_000,
      retries: 0,
    });
  }

  describe("the documented configuration of NATS servers", () => {
    it("lets a gateway ask the engine that leads to carry commands out", async () => {
      const { adminSocket } = dataFolder(join(root, "gateway"));
      const request = { code: "BTC_USDT", tick: "0.01", lot: "0.0001" };
      await until(async () => {
        const answer = await askServer(adminSocket, { name: "add-market", request });
        expect(answer).toEqual(expect.objectContaining({ kind: "done" }));
      });
    });

    it("lets a gateway serve: a user of the engine signs at it, and is answered from its state", async () => {
      const { stdout } = await runHere([
        "users",
        "create",
        "--data",
        join(root, "engine"),
        "--json",
      ]);
      const { userId, apiKey } = JSON.parse(stdout);
      const secrets = systemSecrets();
      const target = "/v2/user-api/exchange/account/web-socket/token";
      await until(async () => {
        const timestamp = String(Date.now());
        const signature = secrets.hmacSha256Hex(apiKey, `${timestamp}\n\nGET\n${target}\n`);
        const headers = { userId, timestamp, signature };
        const reply = await fetch(`${gateway.http}${target}`, { headers });
        expect(reply.status).toBe(200);
      });
    });

    it("lets a feed node tell of its datasets, and a gateway follow them", async () => {
      await until(async () => expect(await gateway.health("feed made-up")).toBe("running"));
    });

    it.each([
      ["commands", "openbourse.openbourse_commands.commands"],
      ["users", "$KV.openbourse_users.00000000-0000-4000-8000-000000000001"],
      ["keys", "$KV.openbourse_keys.00000001"],
      ["tokens", "$KV.openbourse_tokens.1"],
    ])("lets a feed node write no %s", async (_, subject) => {
      const feed = await connect({
        ...{ servers: broker.address, user: "feed", pass: passwords.feed, noAsyncTraces: true },
        inboxPrefix: "_INBOX.feed",
      });
      await expect(forged(feed, subject)).rejects.toThrow(/permissions violation|not enabled/i);
      await feed.close();
    });

    it("lets a gateway tell nothing of a dataset", async () => {
      const subject = "openbourse.openbourse_datasets.told.made-up";
      await expect(forged(asGateway(), subject)).rejects.toThrow(
        /permissions violation|not enabled/i,
      );
    });

    it("lets a gateway ask whoever leads, in any term", async () => {
      await expect(asGateway().request("openbourse.orders.1000000")).rejects.toThrow(
        /no responders/i,
      );
    });

    it("lets a gateway ask any engine for commands that the log does not have any more", async () => {
      const answer = await asGateway().request("openbourse.log", "{}");
      expect(answer.string()).toContain("other-log");
    });

    it("lets an engine shorten the log", async () => {
      const engine = await connect({
        ...{ servers: broker.address, user: "engine", pass: passwords.engine },
      });
      const { streams } = await jetstreamManager(engine);
      const purged = await streams.purge("openbourse_commands", { seq: 2 });
      expect(purged).toMatchObject({ success: true });
      await engine.close();
    });

    it("lets nobody in without a password", async () => {
      await expect(connect({ servers: broker.address })).rejects.toThrow();
    });

    it.each([
      ["commands", "openbourse.openbourse_commands.commands"],
      ["users", "$KV.openbourse_users.00000000-0000-4000-8000-000000000001"],
      ["keys", "$KV.openbourse_keys.00000001"],
      ["workspaces", "$KV.openbourse_workspaces.w-1"],
      ["nodes", "$KV.openbourse_nodes.engine-1"],
      ["snapshots", "openbourse.openbourse.snapshots.manifest.1"],
    ])("lets a gateway write no %s", async (_, subject) => {
      const engine = await connect({
        ...{ servers: broker.address, user: "engine", pass: passwords.engine },
      });
      const streams = (await jetstreamManager(engine)).streams;
      const name = await streams.find(subject);
      const before = (await streams.info(name)).state;

      await expect(forged(asGateway(), subject)).rejects.toThrow(
        /permissions violation|not enabled/i,
      );

      const written = (await streams.info(name, { subjects_filter: subject })).state;
      if (!subject.endsWith(".commands")) expect(written.subjects ?? {}).toEqual({});
      expect(before.last_seq).toBeLessThanOrEqual(written.last_seq);
      await engine.close();
    });

    it("lets a gateway neither take away a stream, nor messages of one, nor change it", async () => {
      const { streams } = await jetstreamManager(asGateway(), { checkAPI: false, timeout: 2_000 });
      const name = "openbourse_commands";
      const attempts = [
        () => streams.delete(name),
        () => streams.purge(name),
        () => streams.deleteMessage(name, 1),
        () => streams.update(name, { max_msgs: 1 }),
        () => streams.add({ name: "mine", subjects: ["mine"] }),
      ];
      for (const attempt of attempts) {
        await expect(attempt()).rejects.toThrow(/permissions violation/i);
      }
    });

    it.each([
      ["engines", "_INBOX.engine.>"],
      ["feed nodes", "_INBOX.feed.>"],
      ["a gateway with a user of its own", "_INBOX.gateway-2.>"],
      ["everybody", "_INBOX.>"],
      ["everybody, by a pattern", "_INBOX.*.>"],
    ])("lets a gateway read nothing of what is answered to %s", async (_, subject) => {
      const closed = await asGateway().subscribe(subject).closed;
      expect(String(closed)).toMatch(/permissions violation for subscription/i);
    });

    it("has answers to each user come under that user's name alone", async () => {
      const engine = await connect({
        ...{ servers: broker.address, user: "engine", pass: passwords.engine },
      });
      const users = new Set<string>();
      const listening = engine.subscribe("_INBOX.>", {
        callback: (_error, { subject }) => {
          const [first, user = ""] = subject.split(".");
          // What is delivered of a stream keeps the subject that it has there.
          if (first === "_INBOX") users.add(user);
        },
      });
      await until(() => expect([...users].sort()).toEqual(["engine", "feed", "gateway"]));
      listening.unsubscribe();
      await engine.close();
    });

    it("lets a gateway answer no orders, and ask no engine to leave the lead", async () => {
      const subscription = asGateway().subscribe("openbourse.orders.1", { queue: "engines" });
      await expect(subscription.closed).resolves.toBeInstanceOf(Error);
      const asking = asGateway().request("openbourse.rest");
      await expect(asking).rejects.toThrow(/permissions violation/i);
    });
  });
});
