import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkBroker } from "./broker-check.ts";
import type { NatsLink } from "./link.ts";

/** Servers that tell what a real one tells, see `test/cluster` for real ones. */
const servers: Server[] = [];
const monitor = async (answer: unknown): Promise<string> => {
  const server = createServer((_, response) => response.end(JSON.stringify(answer)));
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const synced = { version: "2.15.1", jetstream: { config: { sync_always: true } } };
const linkTo = (version: string) =>
  ({ server: "127.0.0.1:4222", connection: { info: { version } } }) as unknown as NatsLink;
const checked = (
  monitors: readonly string[],
  more: { version?: string; allowUnsynced?: boolean } = {},
) =>
  checkBroker(linkTo(more.version ?? "2.15.1"), {
    monitors,
    allowUnsynced: more.allowUnsynced ?? false,
  });

describe("NATS servers", () => {
  let good: string;
  let late: string;
  let old: string;
  beforeAll(async () => {
    good = await monitor(synced);
    late = await monitor({ ...synced, jetstream: { config: { sync_interval: 120e9 } } });
    old = await monitor({ ...synced, version: "2.14.9" });
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  it("are taken that write before they acknowledge, also while one is down", async () => {
    await checked([good, good, good]);
    await checked([good, "http://127.0.0.1:1", good]);
  });

  it("are refused with words where they write later, are too old, or do not say", async () => {
    await expect(checked([good, late])).rejects.toThrow(
      `the NATS server at ${late} acknowledges what is not on its disk`,
    );
    await expect(checked([good, old])).rejects.toThrow(
      `${old} has version 2.14.9, and 2.15 or newer is needed`,
    );
    await expect(checked([good], { version: "2.9.10" })).rejects.toThrow(
      "127.0.0.1:4222 has version 2.9.10",
    );
    await expect(checked([])).rejects.toThrow("cluster.monitors: name the monitoring address");
    await expect(checked([good, "http://127.0.0.1:1"])).rejects.toThrow(
      "most of the NATS servers do not tell",
    );
  });

  it("are taken as they are where the configuration accepts it, but not when they are too old", async () => {
    await checked([], { allowUnsynced: true });
    await expect(checked([], { allowUnsynced: true, version: "2.14.0" })).rejects.toThrow(
      "2.15 or newer",
    );
  });
});
