/** An operator can work while strangers have taken every connection of the public port. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { administer } from "../../server/src/cli/admin-client.ts";
import { loadConfig } from "../../server/src/main/configuration.ts";
import { addUsers } from "../support/operator.ts";
import { startServerHere } from "../support/server-here.ts";
import { untilTrue } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-attack-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Connections of strangers, all of them at work: more than the public port takes. */
const strangersMax = 40;

it("administers at a socket of its own, whatever happens at the public one", async () => {
  const data = join(folder, "data");
  const settings = {
    datasets: [],
    "exchange.participants.enabled": false,
    "server.http.connectionsMax": 16,
  };
  const { server } = await startServerHere({ data, settings });
  const sockets: Socket[] = [];
  let closed = 0;
  for (let stranger = 0; stranger < strangersMax; stranger += 1) {
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("close", () => {
      closed += 1;
    });
    sockets.push(socket);
    await Promise.race([once(socket, "connect"), once(socket, "close")]);
    // They ask and read nothing, and a last request never ends.
    socket.pause();
    socket.write(`${"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50)}POST / HTTP/1.1\r\n`);
  }

  const loaded = loadConfig({
    environment: {},
    flags: [{ path: ["data"], value: data, origin: "test" }],
  });
  if (!loaded.ok) throw new Error(loaded.faults.join("\n"));
  const market = { code: "BTC_USDT", tick: "0.01", lot: "0.00001" };
  expect(await administer(loaded.config, "add-market", market)).toMatchObject({ kind: "done" });
  const [user] = addUsers(data, 1);
  const deposit = { direction: "deposit", currency: "USDT", amount: "5", key: "k" } as const;
  const request = { ...deposit, user: user?.userId ?? "", anyUser: false };
  expect(await administer(loaded.config, "transfer", request)).toMatchObject({
    result: { available: "5" },
  });
  // The public port was full indeed; who reads nothing does not see that it was closed.
  for (const socket of sockets) socket.resume();
  await untilTrue(() => closed >= strangersMax - 16);
  for (const socket of sockets) socket.destroy();
  await server.stop();
});
