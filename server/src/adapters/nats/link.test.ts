import { describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { until, untilTrue } from "../../../../test/support/until.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import { NatsLink } from "./link.ts";

/** More than a system holds of what a server has not taken, in pieces that a server would take. */
const pieces = 32;
const pieceBytes = 1_024 * 1_024;

withNats("the way in to NATS is", (program) => {
  /** Servers of one test, which are taken away in it. */
  const started = async (count: number, removeWith: (remove: () => Promise<void>) => void) => {
    const servers = Array.from({ length: count }, () => new NatsServer(program));
    removeWith(async () => void (await Promise.all(servers.map((server) => server.remove()))));
    await Promise.all(servers.map((server) => server.start()));
    return servers;
  };

  describe.concurrent("a link to NATS", () => {
    it.for(["is silent", "is left"])(
      "goes to another server when one %s that has not taken what waits for it",
      async (why, { onTestFinished }) => {
        const servers = await started(2, onTestFinished);
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
      },
    );

    it("asks nobody while no server can be reached, and one that is back at once", async ({
      onTestFinished,
    }) => {
      const [server] = (await started(1, onTestFinished)) as [NatsServer];
      const link = await NatsLink.open({ servers: [server.address] });
      let questions = 0;
      const ask = async () => {
        questions += 1;
        await link.connection.flush();
        return "answered";
      };
      await server.kill();
      await untilTrue(() => !link.isConnected);
      await expect(link.asked(ask)).rejects.toThrow("no server can be reached");
      expect(questions).toBe(0);
      await server.start();
      // Asking again at once leaves the link the time to come back.
      let answer: string | undefined;
      while (answer === undefined) answer = await link.asked(ask).catch(() => undefined);
      expect(answer).toBe("answered");
      await link.close();
    });
  });
});
