import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { until, untilTrue } from "../../../../test/support/until.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import { systemClock } from "../../adapters/clock/system-clock.ts";
import { NatsLink } from "../../adapters/nats/link.ts";
import { inMemory, openKeyStore } from "../../adapters/sqlite/stores/key-store.ts";
import { openUserStore } from "../../adapters/sqlite/stores/user-store.ts";
import { keyRecord } from "../../ports/key-store.contract.ts";
import { userRecord } from "../../ports/user-store.contract.ts";
import { NodeRecords } from "./records.ts";

const user = userRecord("1");

withNats("what nodes share at NATS is", (program) => {
  const server = new NatsServer(program);
  const ends: (() => Promise<void>)[] = [];
  beforeAll(() => server.start());
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
    await server.remove();
  });
  const log = { debug() {}, info() {}, warn() {}, error() {} };

  async function node(pushes: boolean) {
    const link = await NatsLink.open({ servers: [server.address] });
    const clock = systemClock();
    const records = await NodeRecords.open({
      ...{ link, cluster: "bourse", replicas: 1, pushes, clock, log },
      wallMs: () => Math.floor(clock.nowUs() / 1_000),
    });
    const [users, keys] = [openUserStore(inMemory), openKeyStore(inMemory)];
    const parts = [
      await records.mirrorUsers(users, { opens: () => true, fault: "" }),
      await records.mirrorKeys(keys),
    ];
    ends.push(async () => {
      for (const part of parts) await part.stop();
      await link.close();
    });
    return { records, users, keys };
  }

  describe("nodes of a cluster with a real broker", () => {
    it("have the same users and keys, also of what was done while the broker was away", async () => {
      const [one, two, gateway] = [await node(true), await node(true), await node(false)];
      one.users.add(user);
      two.keys.ensureWorkspace("desk", 1_000);
      two.keys.addKey(keyRecord("a"));
      await until(() => {
        for (const { users, keys } of [one, two, gateway]) {
          expect(users.user(user.id)).toEqual(user);
          expect(keys.key(keyRecord("a").id)).toEqual(keyRecord("a"));
        }
      });

      await server.kill();
      two.users.disable(user.id, 5_000);
      one.keys.revokeKey(keyRecord("a").id, 6_000);
      await server.start();
      await until(() => {
        for (const { users, keys } of [one, two, gateway]) {
          expect(users.user(user.id)?.disabledAtMs).toBe(5_000);
          expect(keys.key(keyRecord("a").id)?.revokedAtMs).toBe(6_000);
        }
      });

      const late = await node(false);
      expect(late.users.user(user.id)?.disabledAtMs).toBe(5_000);
    });

    it("let in together: a token, a place and a signed request are one's at one of them", async () => {
      const [one, two] = [await node(false), await node(false)];
      const [here, there] = [one.records.admissions, two.records.admissions];
      for (const { records } of [one, two]) {
        const open = await records.letIn();
        ends.push(() => open.stop());
      }
      const nowMs = Date.now();
      const issued = await here.tokens.issue(user.id, nowMs);
      if (issued === "unavailable") throw new Error(issued);
      const claims = await Promise.all([
        there.tokens.claim(issued.token, nowMs),
        here.tokens.claim(issued.token, nowMs),
      ]);
      expect(claims.filter((claim) => typeof claim === "string")).toEqual(["unknown-token"]);

      const takes = [one, two].map(({ records }) =>
        records.counts.connections("streams", 100).take("owner", 1),
      );
      const places = await Promise.all(takes);
      expect(places.filter((place) => typeof place === "string")).toEqual(["owner-has-all"]);

      const signature = "a".repeat(64);
      const windowMs = 100;
      await untilTrue(async () => {
        const request = { signature: "b".repeat(64), stampMs: Date.now(), windowMs };
        const outcome = await here.taken?.take(request);
        return outcome?.kind === "new" || outcome?.kind === "taken";
      });
      const request = { signature, stampMs: Date.now() + windowMs, windowMs };
      const taken = await Promise.all([here.taken?.take(request), there.taken?.take(request)]);
      expect(taken.map((outcome) => outcome?.kind).sort()).toEqual(["new", "taken"]);
    });
  });
});
