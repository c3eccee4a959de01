import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { until } from "../../../../test/support/until.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import { NatsLink } from "./link.ts";

/** More than a system holds of what a server has not taken, in pieces that a server would take. */
const pieces = 32;
const pieceBytes = 1_024 * 1_024;

withNats("the way in to NATS is", (program) => {
  const servers = [new NatsServer(program), new NatsServer(program)];
  beforeAll(async () => {
    await Promise.all(servers.map((server) => server.start()));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.remove()));
  });

  describe("a link to NATS", () => {
    it.each(["is silent", "is left"])(
      "goes to another server when one %s that has not taken what waits for it",
      async (why) => {
        const link = await NatsLink.open({ servers: servers.map(({ address }) => address) });
        const before = link.server;
        const server = servers.find(({ address }) => address === before);
        server?.suspend();
        for (let piece = 0; piece < pieces; piece += 1) {
          link.connection.publish("test.much", new Uint8Array(pieceBytes));
        }
        if (why === "is left") link.goElsewhere();
        await until(() => {
          expect(link.server).not.toBe(before);
          expect(link.isConnected).toBe(true);
        });
        await link.connection.flush();
        await link.close();
        await server?.kill();
        await server?.start();
      },
    );
  });
});
