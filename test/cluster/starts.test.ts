/**
 * Nodes that are started with a mistake, over real NATS servers as the documents configure them: each ends in bounded
 * time, says what is wrong and what would be right, tells the others nothing, and shows no secret.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import { runHere } from "../support/command-here.ts";
import { NatsServer } from "../support/nats-server.ts";
import { addUsers } from "../support/operator.ts";
import { refusedStart, type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

const documented = join(import.meta.dirname, "../../docs/operating/nats-server.conf");
const passwords = { engine: "engine-secret", gateway: "gateway-secret", feed: "feed-secret" };
type Role = keyof typeof passwords;

const masterKey = "5".repeat(64);
const otherKey = "6".repeat(64);

const nobody = { "cluster.user": undefined, "cluster.password": undefined };
const as = (role: Role) => ({ "cluster.user": role, "cluster.password": passwords[role] });
const synced = (monitor: string) => ({
  ...{ "cluster.allowUnsynced": false, "cluster.monitors": [monitor] },
});

withNats("starts of nodes with mistakes are", (program) => {
  const root = mkdtempSync(join(tmpdir(), "openbourse-starts-"));
  const config = join(root, "nats-server.conf");
  const text = readFileSync(documented, "utf8");
  writeFileSync(config, text.replace(/^ *(store_dir|http):.*$/gm, ""));
  const broker = new NatsServer(program, ["--config", config]);
  /** Listens, and is no NATS server. */
  const stranger = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("220 mail.example.org\r\n");
  });
  let engine: ServerHere;
  let folders = 0;

  function settingsOf(role: Role, more: object) {
    return {
      ...{ "exchange.enabled": true, "terminal.enabled": false, datasets: [] },
      ...{ "cluster.role": role, "cluster.node": `node-${folders}`, "cluster.replicas": 1 },
      ...{ "cluster.servers": [broker.address], "cluster.allowUnsynced": true },
      ...{ ...as(role), ...more },
    };
  }

  function newFolder(key: string | undefined = masterKey): string {
    folders += 1;
    const data = join(root, `data-${folders}`);
    mkdirSync(data, { mode: 0o700 });
    if (key !== undefined) writeFileSync(dataFolder(data).masterKeyFile, key, { mode: 0o600 });
    return data;
  }

  /** Why a node does not start. */
  async function saidBy(role: Role, more: object, data = newFolder()): Promise<string> {
    const said = await refusedStart({ data, settings: settingsOf(role, more) });
    expect(said).not.toMatch(/-secret/);
    return said;
  }

  /** How many records the cluster has of its users. */
  async function sharedUsers(): Promise<number> {
    const asEngine = { user: "engine", pass: passwords.engine };
    const connection = await connect({ servers: broker.address, ...asEngine });
    const { streams } = await jetstreamManager(connection);
    const { state } = await streams.info("KV_openbourse_users");
    await connection.close();
    return state.messages;
  }

  beforeAll(async () => {
    for (const [role, password] of Object.entries(passwords)) {
      process.env[`NATS_${role.toUpperCase()}_PASSWORD`] = password;
    }
    await broker.start();
    await new Promise<void>((listening) => stranger.listen(0, "127.0.0.1", listening));
  });
  afterAll(async () => {
    await engine?.server.stop();
    await broker.remove();
    stranger.close();
    rmSync(root, { recursive: true });
  });

  describe("before there is an engine", () => {
    it.each<[Role, object, RegExp]>([
      ["gateway", {}, /no stream openbourse_commands.*start an engine of it first.*cluster\.name/],
      ["feed", { datasets: [{ code: "d", feed: { kind: "simulator" } }] }, /start an engine/],
      ["engine", as("gateway"), /do not let .* publish to \$JS\.API\.STREAM\.CREATE\S* give it/],
      [
        "engine",
        { "cluster.replicas": 3 },
        /openbourse_commands.*replicas > 1 not supported.*cluster\.replicas: 1/,
      ],
    ])("a node of role %s with %j says so", async (role, more, words) => {
      expect(await saidBy(role, more)).toMatch(words);
    });
  });

  describe("beside an engine", () => {
    let engineData: string;
    beforeAll(async () => {
      engineData = newFolder();
      const settings = settingsOf("engine", { "cluster.node": "first", "demo.users": true });
      engine = await startServerHere({ data: engineData, settings });
      await until(async () => expect(await sharedUsers()).toBeGreaterThan(0));
    });

    it.each<[string, Role, object, RegExp]>([
      [
        ...(["a port that is closed", "gateway", { "cluster.servers": ["127.0.0.1:9"] }] as const),
        /at 127\.0\.0\.1:9 \(connection refused\): nothing listens there.*cluster\.servers/,
      ],
      [
        ...(["a name of no machine", "gateway", { "cluster.servers": ["x.invalid:1"] }] as const),
        /at x\.invalid:1 .*no machine is known by that name: correct cluster\.servers/,
      ],
      [
        ...(["no port", "gateway", { "cluster.servers": ["10.0.0.1:99999"] }] as const),
        /cluster\.servers needs HOST:PORT/,
      ],
      ["another password", "gateway", { "cluster.password": "x" }, /correct cluster\.user and/],
      ["another user", "gateway", { "cluster.user": "gatway" }, /correct cluster\.user and/],
      ["no user", "gateway", nobody, /they ask who comes: give cluster\.user and/],
      ["a token", "gateway", { ...nobody, "cluster.token": "x" }, /correct cluster\.token/],
      [
        "user and token",
        "gateway",
        { "cluster.token": "x" },
        /cluster\.user and cluster\.token ex/,
      ],
      ["no password", "gateway", { "cluster.password": undefined }, /needs cluster\.password/],
      [
        ...(["a credentials file that is not there", "gateway"] as const),
        { ...nobody, "cluster.credentialsFile": "/nowhere.creds" },
        /cluster\.credentialsFile cannot be read: .*\/nowhere\.creds/,
      ],
      ["TLS that servers lack", "gateway", { "cluster.tls": {} }, /leave cluster\.tls out/],
      ["the user of gateways", "engine", as("gateway"), /role engine cannot be had: .*the user of/],
      ["the user of feeds", "engine", as("feed"), /role engine cannot be had: .*the user of/],
      ["the user of feeds", "gateway", as("feed"), /role gateway cannot be had: .*the user of/],
      [
        ...(["the user of gateways", "feed"] as const),
        { ...as("gateway"), datasets: [{ code: "d", feed: { kind: "simulator" } }] },
        /dataset.*the user of its role/,
      ],
      ["no feeds", "feed", {}, /none is configured: name them in datasets/],
      ["another cluster", "gateway", { "cluster.name": "x" }, /x_commands.*correct cluster\.name/],
      ["other replicas", "engine", { "cluster.replicas": 3 }, /by 1 servers, and is to be by 3/],
      [
        "replicas that tie",
        "engine",
        { "cluster.replicas": 2 },
        /cluster\.replicas: use 1, 3 or 5/,
      ],
      [
        ...(["no monitors", "engine", { "cluster.allowUnsynced": false }] as const),
        /cluster\.monitors: name the monitoring address/,
      ],
      [
        ...(["a closed monitor", "engine", synced("http://127.0.0.1:1")] as const),
        /127\.0\.0\.1:1: \S.*address of each one's monitoring/,
      ],
      [
        ...(["traders of its own", "engine", { "exchange.participants.enabled": true }] as const),
        /exchange\.participants\.enabled: simulated traders/,
      ],
    ])("a node with %s, of role %s, says what would be right", async (_, role, more, words) => {
      expect(await saidBy(role, more)).toMatch(words);
    });

    it("one whose servers are others than NATS says so, and the ports that it needs", async () => {
      const { port } = stranger.address() as { port: number };
      const said = await saidBy("gateway", { "cluster.servers": [`127.0.0.1:${port}`] });
      expect(said).toMatch(/what listens there is no NATS server.*4222/);
    });

    it.each<[string, Role, string | undefined]>([
      ["none", "gateway", undefined],
      ["another one", "gateway", otherKey],
      ["none", "engine", undefined],
    ])(
      "one whose master key is %s, of role %s, says where to put the cluster's",
      async (_, role, key) => {
        const data = newFolder(key);
        if (key === undefined) rmSync(dataFolder(data).masterKeyFile, { force: true });
        const said = await saidBy(role, {}, data);
        expect(said).toContain(`put the cluster's into ${dataFolder(data).masterKeyFile}`);
      },
    );

    it("an engine with users that are sealed under another master key tells nobody of them", async () => {
      const data = newFolder(otherKey);
      addUsers(data, 2);
      const before = await sharedUsers();
      expect(await saidBy("engine", {}, data)).toContain("opens the keys of none of the cluster's");
      expect(await sharedUsers()).toBe(before);
    });

    it("an engine with the log of another exchange is refused, and tells nobody of its users", async () => {
      const data = newFolder();
      const alone = { "exchange.participants.enabled": false, datasets: [], "demo.users": true };
      await (await startServerHere({ data, settings: alone })).server.stop();
      const before = await sharedUsers();
      expect(await saidBy("engine", { "demo.users": true }, data)).toMatch(
        /own log is [0-9a-f]{32}, but the log of the cluster is [0-9a-f]{32}/,
      );
      expect(await sharedUsers()).toBe(before);
    });

    it.each<[Role, object]>([
      ["gateway", {}],
      ["feed", { datasets: [{ code: "d", feed: { kind: "simulator" } }] }],
    ])("one of role %s does not take a data folder of an exchange", async (role, more) => {
      const data = join(root, `copy-${role}`);
      cpSync(engineData, data, { recursive: true, filter: (path) => !path.endsWith(".sock") });
      expect(await saidBy(role, more, data)).toMatch(/has the log of an exchange.*--role engine/);
    });

    it.each<Role>(["engine", "gateway"])(
      "one of role %s whose name is in use ends",
      async (role) => {
        const settings = settingsOf(role, { "cluster.node": "first" });
        const { server } = await startServerHere({ data: newFolder(), settings });
        expect(await server.ended).toMatch(/another process is the node first.*cluster\.node/);
        await server.stop();
      },
    );

    it("what is wrong before servers are asked is said by check-config as well", async () => {
      const file = join(root, "openbourse.yaml");
      const cluster = { role: "gateway", servers: ["127.0.0.1:1"], user: "gateway", replicas: 1 };
      writeFileSync(file, JSON.stringify({ cluster, server: { port: 0 } }));
      const { code, stderr } = await runHere([
        "check-config",
        "--config",
        file,
        "--data",
        engineData,
      ]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("needs cluster.password")]);
    });
  });
});
