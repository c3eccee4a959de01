/** What lets clients in is one thing for all gateways of a cluster, with real servers and a real broker. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemSecrets } from "../../server/src/adapters/crypto/system-secrets.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import { runHere } from "../support/command-here.ts";
import { NatsServer } from "../support/nats-server.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

const secrets = systemSecrets();
const balance = "/v2/user-api/exchange/account/balance";
const tokenPath = "/v2/user-api/exchange/account/web-socket/token";

interface User {
  readonly userId: string;
  readonly apiKey: string;
}

withNats("gateways of a cluster are", (program) => {
  const broker = new NatsServer(program);
  const root = mkdtempSync(join(tmpdir(), "openbourse-access-"));
  const running: ServerHere[] = [];
  const engineData = join(root, "engine");
  let one: ServerHere;
  let two: ServerHere;

  async function start(name: string, role: string): Promise<ServerHere> {
    const data = join(root, name);
    const { masterKeyFile } = dataFolder(data);
    mkdirSync(data, { recursive: true });
    if (name !== "engine") copyFileSync(dataFolder(engineData).masterKeyFile, masterKeyFile);
    const here = await startServerHere({
      data,
      settings: {
        ...{ "exchange.enabled": true, "exchange.participants.enabled": false, datasets: [] },
        ...{ "cluster.role": role, "cluster.node": name, "cluster.name": "bourse" },
        ...{ "cluster.servers": [broker.address], "cluster.replicas": 1 },
        "cluster.allowUnsynced": true,
        ...{ "demo.key": false, "demo.users": false },
      },
    });
    running.push(here);
    return here;
  }

  beforeAll(async () => {
    await broker.start();
    await start("engine", "engine");
    [one, two] = await Promise.all([start("gateway-1", "gateway"), start("gateway-2", "gateway")]);
  });
  afterAll(async () => {
    await Promise.all(running.map(({ server }) => server.stop()));
    await broker.remove();
    rmSync(root, { recursive: true });
  });

  /** Makes a user as an operator does it beside the engine, and waits until both gateways know them. */
  async function newUser(): Promise<User> {
    const args = ["users", "create", "--data", engineData, "--json"];
    const made = await runHere(args);
    expect(made.stderr).toBe("");
    const user: User = JSON.parse(made.stdout);
    for (const at of [one, two]) await tokenOf(user, at);
    return user;
  }

  function signedGet({ userId, apiKey }: User, target: string) {
    const timestamp = String(Date.now());
    const nonce = secrets.randomHex(8);
    const signature = secrets.hmacSha256Hex(apiKey, `${timestamp}\n${nonce}\nGET\n${target}\n`);
    const headers = { userId, timestamp, nonce, signature };
    return (at: ServerHere) => fetch(`${at.http}${target}`, { headers });
  }

  async function tokenOf(user: User, at: ServerHere): Promise<string> {
    return await until(async () => {
      const reply = await signedGet(user, tokenPath)(at);
      expect(reply.status).toBe(200);
      return ((await reply.json()) as { token: string }).token;
    });
  }

  /** The socket that a token opens, and the code that it is closed with; undefined where it opens none. */
  function open(at: ServerHere, token: string) {
    const socket = new WebSocket(`${at.ws}/ws?token=${token}`);
    const closed = new Promise<number>((resolve) => {
      socket.onclose = ({ code }) => resolve(code);
    });
    return new Promise<{ closed: Promise<number>; socket: WebSocket } | undefined>((resolve) => {
      socket.onopen = () => resolve({ closed, socket });
      socket.onerror = () => resolve(undefined);
    });
  }

  describe("gateways of a cluster", () => {
    it("open one connection for a token that another one has issued", async () => {
      const token = await tokenOf(await newUser(), one);
      const both = await Promise.all([open(two, token), open(one, token)]);
      const opened = both.filter((socket) => socket !== undefined);
      expect(opened).toHaveLength(1);
      opened[0]?.socket.close();
    });

    it("take a request signed with HMAC once, whichever of them it comes to", async () => {
      const user = await newUser();
      const send = signedGet(user, balance);
      const replies = await Promise.all([send(one), send(two), send(one)]);
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    });

    it("close the connections of a user who is disabled beside the engine, and take nothing of theirs", async () => {
      const user = await newUser();
      const sockets = [
        await open(one, await tokenOf(user, one)),
        await open(two, await tokenOf(user, one)),
      ];
      const args = ["users", "disable", user.userId, "--data", engineData];
      expect((await runHere(args)).code).toBe(0);

      expect(await Promise.all(sockets.map((socket) => socket?.closed))).toEqual([1008, 1008]);
      for (const at of [one, two]) expect((await signedGet(user, balance)(at)).status).toBe(404);
    });

    it("refuse with 503, and a reason, what cannot be checked while the broker is away", async () => {
      const user = await newUser();
      const token = await tokenOf(user, one);
      await broker.kill();
      const signed = await signedGet(user, tokenPath)(two);
      expect([signed.status, await signed.json()]).toEqual([
        503,
        {
          code: 503,
          message:
            "It cannot be checked at present. Nothing was done. Please send it again, signed anew.",
        },
      ]);
      const upgrade = await fetch(`${two.http}/ws?token=${token}`, {
        headers: { connection: "upgrade", upgrade: "websocket" },
      }).catch(() => undefined);
      expect(upgrade?.status ?? 503).toBe(503);
      await broker.start();
      await until(async () => {
        const opened = await open(two, token);
        expect(opened).toBeDefined();
        opened?.socket.close();
      });
    });
  });

  it("a node with another master key says so and does not start", async () => {
    await newUser();
    const data = join(root, "stranger");
    mkdirSync(data, { recursive: true });
    const settings = {
      ...{ "exchange.enabled": true, "exchange.participants.enabled": false, datasets: [] },
      ...{ "cluster.role": "gateway", "cluster.node": "stranger", "cluster.name": "bourse" },
      ...{ "cluster.servers": [broker.address], "cluster.replicas": 1 },
      "cluster.allowUnsynced": true,
    };
    await expect(startServerHere({ data, settings })).rejects.toThrow(
      "opens the keys of none of the cluster's users",
    );
  });
});
