/**
 * The power of all machines of a cluster is cut at once while users place orders: three NATS servers, two engines and
 * gateways keep their files on a disk that forgets whatever was not synced. What was acknowledged is there afterwards, once.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LogTruth } from "../support/log-truth.ts";
import { PacedOrders } from "../support/paced-orders.ts";
import { market, ProcessCluster } from "../support/process-cluster.ts";
import { isLong, rounds } from "../support/rounds.ts";
import { say } from "../support/say.ts";
import { until } from "../support/until.ts";
import { VolatileDisk, volatileDiskMissing } from "../support/volatile-disk.ts";
import { withNats } from "../support/with-nats.ts";

const missing = volatileDiskMissing();

/** A gateway has no files but its users and keys: one more tells nothing else of the disk. */
const gateways = isLong ? 2 : 1;

/** Orders a second at each gateway, and how many of them are acknowledged before the power is cut. */
const perSecond = 50;
const before = rounds(30, 300);

withNats("a cut of the power is", (program) => {
  if (missing !== undefined) {
    it.skip(`a cut of the power is not tested: ${missing}`, () => {});
    return;
  }
  let disk: VolatileDisk;
  let cluster: ProcessCluster;
  beforeAll(async () => {
    disk = await VolatileDisk.mount();
  });
  afterAll(async () => {
    await cluster.remove();
    await disk.remove();
  });

  /** In another process, as all that uses the disk. */
  const run = async (script: string) =>
    (await promisify(execFile)("bash", ["-ec", script], { cwd: disk.folder })).stdout;

  it("forgets what was written and not synced, and nothing else", async () => {
    await run("printf one > kept; sync kept; printf two >> kept; printf new > name; mv kept moved");
    expect(await disk.cutPower()).toBe(6);
    expect(await run("ls; cat kept; rm kept; sync .")).toBe("kept\none");
  });

  it("loses nothing that was acknowledged when the power of all machines goes", async () => {
    cluster = new ProcessCluster(program, { parent: disk.folder, gateways });
    await cluster.start(4);
    // What the test itself has put there is no part of this.
    await run("sync openbourse-processes-*/*.yaml openbourse-processes-*/*/{master-key,users*}");
    const flows: PacedOrders[] = [];
    for (let round = 0; round < rounds(1, 20); round += 1) {
      const now = cluster.gateways.map(({ name, http }) => {
        const { users } = cluster;
        return new PacedOrders({
          ...{ name: `${name}${round}`, gateways: [http], users, market: market.code },
          perSecond,
        });
      });
      flows.push(...now);
      await cluster.comesAbout("orders are taken", () =>
        now.every(({ acknowledged }) => acknowledged.size >= before),
      );
      await cluster.killAll();
      const lost = await disk.cutPower();
      for (const flow of now) await flow.stop();
      say(`the power is cut: ${lost} bytes were not synced\n`);
      cluster.startAgain();
      await cluster.settled();
    }
    const truth = await LogTruth.read(cluster.servers.servers, []);
    const acknowledged = flows.flatMap((flow) => [...flow.acknowledged]);
    const refused = flows.flatMap((flow) => [...flow.refused]);
    say(`${acknowledged.length} orders were acknowledged\n`);
    expect(acknowledged.filter((id) => truth.placed.get(id) !== 1)).toEqual([]);
    expect(refused.filter((id) => truth.placed.has(id))).toEqual([]);
    expect([...truth.placed].filter(([, count]) => count !== 1)).toEqual([]);
    await until(async () => {
      const all = await Promise.all(cluster.nodes.map((node) => node.status(true)));
      const states = all.map(({ sequence, stateHash }) => `${sequence} ${stateHash}`);
      const own = `${truth.exchange.sequence} ${truth.exchange.stateHash()}`;
      expect(new Set([...states, own]).size).toBe(1);
    });
  });
});
