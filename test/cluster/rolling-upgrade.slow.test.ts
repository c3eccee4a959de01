/** All nodes of a cluster replaced one after another, as for a new release, while money is moved all the time. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { NatsLink } from "../../server/src/adapters/nats/link.ts";
import { NatsSharedLog } from "../../server/src/adapters/nats/shared-log.ts";
import type { AdminAnswer } from "../../server/src/admin/answer.ts";
import { askServer } from "../../server/src/admin/ask-server.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import type { ClusterStatus } from "../../server/src/ports/cluster-control.ts";
import { decodeCommands } from "../../server/src/sequencer/command-codec.ts";
import { NatsServer } from "../support/nats-server.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until, untilTrue } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

withNats("a rolling upgrade is", (program) => {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-rolling-"));
  const broker = new NatsServer(program);
  const running = new Map<string, ServerHere>();
  afterAll(async () => {
    await Promise.all([...running.values()].map(({ server }) => server.stop()));
    await broker.remove();
    rmSync(folder, { recursive: true });
  });

  async function start(name: string): Promise<void> {
    const data = join(folder, name);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    writeFileSync(dataFolder(data).masterKeyFile, "5".repeat(64), { mode: 0o600 });
    const here = await startServerHere({
      data,
      settings: {
        ...{ "cluster.role": name.startsWith("gateway") ? "gateway" : "engine" },
        ...{ "cluster.node": name, "cluster.servers": [broker.address], "cluster.replicas": 1 },
        // A busy machine is no dead leader.
        ...{ "cluster.allowUnsynced": true, "cluster.takeoverAfterMs": 3_000 },
        ...{ "terminal.enabled": false, "demo.users": false, datasets: [] },
      },
    });
    running.set(name, here);
  }

  /** What a node answers; undefined where it does not run, or has no answer for a while. */
  async function ask<Result>(name: string, operation: string, request: object) {
    const { adminSocket } = dataFolder(join(folder, name));
    const answer = await askServer(adminSocket, { name: operation, request, patienceMs: 0 });
    return answer as AdminAnswer<Result> | undefined;
  }

  async function statusOf(name: string, hash = false): Promise<ClusterStatus> {
    const answer = await ask<ClusterStatus>(name, "cluster-status", { hash });
    if (answer?.kind !== "done") throw new Error(`${name}: ${JSON.stringify(answer)}`);
    return answer.result;
  }

  /** The next release of a node: the old one stops in peace, the new one comes back to what it was. */
  async function replace(name: string): Promise<void> {
    await running.get(name)?.server.stop();
    running.delete(name);
    await start(name);
    await until(async () => {
      const { nodes = [] } = await statusOf(name);
      expect(nodes.find((one) => one.node === name)).toMatchObject({ state: "following" });
    });
  }

  it("replaces every node, and every deposit that was acknowledged is in the log once", async () => {
    await broker.start();
    await start("engine-1");
    await Promise.all(["engine-2", "gateway-1", "gateway-2"].map(start));
    const market = { code: "BTC_USDT", tick: "0.01", lot: "0.0001" };
    await until(async () => {
      expect(await ask("gateway-1", "add-market", market)).toMatchObject({ kind: "done" });
    });

    const acknowledged = new Set<string>();
    let isOver = false;
    // Each goes to the gateway that is there, and again under its key until it is acknowledged.
    const flow = async (own: number): Promise<void> => {
      for (let count = 1; !isOver; count += 1) {
        const key = `${own}-${count}`;
        const money = { direction: "deposit", user: "ann", currency: "USDT", amount: "1" };
        for (let gateway = own; !isOver; gateway = 3 - gateway) {
          const request = { ...money, key, anyUser: true };
          const answer = await ask(`gateway-${gateway}`, "transfer", request);
          if (answer?.kind !== "done") continue;
          acknowledged.add(key);
          break;
        }
      }
    };
    const flows = [flow(1), flow(2)];
    const goesOn = async () => {
      const before = acknowledged.size;
      await untilTrue(() => acknowledged.size > before + 10);
    };

    for (const name of ["gateway-1", "gateway-2", "engine-2"]) {
      await goesOn();
      await replace(name);
    }
    await goesOn();
    expect((await statusOf("engine-1")).state).toBe("leading");
    expect(await ask("engine-2", "cluster-takeover", {})).toMatchObject({ kind: "done" });
    await goesOn();
    await replace("engine-1");
    await goesOn();
    isOver = true;
    await Promise.all(flows);

    const logged = await depositsInLog(broker.address);
    expect([...acknowledged].filter((key) => !logged.includes(key))).toEqual([]);
    expect(new Set(logged).size).toBe(logged.length);
    expect((await statusOf("engine-2")).state).toBe("leading");
    await until(async () => {
      const all = await Promise.all([...running.keys()].map((name) => statusOf(name, true)));
      expect(new Set(all.map(({ sequence, stateHash }) => `${sequence} ${stateHash}`)).size).toBe(
        1,
      );
    });
  });
});

/** Keys of all deposits, in the order of the log. */
async function depositsInLog(server: string): Promise<readonly string[]> {
  const link = await NatsLink.open({ servers: [server] });
  const log = await NatsSharedLog.open(link, { name: "openbourse_commands", replicas: 1 });
  const keys: string[] = [];
  for await (const entry of log.read(1)) {
    if (entry.kind === "damage") throw new Error(entry.message);
    const commands = decodeCommands(entry.payload, entry.count);
    if (typeof commands === "string") throw new Error(commands);
    for (const command of commands) if (command.kind === "deposit") keys.push(command.key);
  }
  await link.close();
  return keys;
}
