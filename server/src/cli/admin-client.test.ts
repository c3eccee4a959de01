import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../adapters/clock/system-clock.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { writeAdminFile } from "../admin/admin-file.ts";
import { startAdminServer } from "../admin/admin-server.ts";
import { exchangeTarget } from "../admin/exchange-target.fixture.ts";
import { parseMarketRules } from "../admin/market-rules.ts";
import { type AdminTarget, noExchange } from "../admin/target.ts";
import { type DataFolder, dataFolder } from "../config/data-folder.ts";
import { Engine } from "../engine/engine.ts";
import { loadConfig } from "../main/configuration.ts";
import { engineStores } from "../main/stores/engine-stores.ts";
import { administer } from "./admin-client.ts";
import { beginDataFolder } from "./commands/init.ts";

const market = { code: "BTC_USDT", tick: "0.01", lot: "0.00001" };
const secrets = systemSecrets();
/** More than any system gives out. */
const deadPid = 2 ** 31 - 1;
const note = () => {};
const log = { debug: note, info: note, warn: note, error: note };

let folder: DataFolder;
beforeEach(async () => {
  folder = dataFolder(mkdtempSync(join(tmpdir(), "openbourse-admin-client-")));
  await beginDataFolder(config(), {});
});
afterEach(() => rmSync(folder.path, { recursive: true }));

/** Where the administration of an exchange is opened. */
const door = () => ({ file: folder.adminFile, hasExchange: true, secrets, log });

function config() {
  const flags = [{ path: ["data"], value: folder.path, origin: "--data" }];
  const loaded = loadConfig({ environment: {}, flags });
  if (!loaded.ok) throw new Error(loaded.faults.join());
  return loaded.config;
}

function parsedRules() {
  const rules = parseMarketRules(market);
  if (typeof rules === "string") throw new Error(rules);
  return rules;
}

const addMarket = () => administer(config(), "add-market", market);

async function codes(): Promise<readonly string[]> {
  const listed = await administer(config(), "list-markets", {});
  if (listed.kind !== "done") throw new Error(listed.message);
  return listed.result.map(({ code }) => code);
}

/** Runs `task` while `listener` answers on the port that the folder's file names. */
async function withStranger(listener: RequestListener, task: () => Promise<void>): Promise<void> {
  const stranger = createServer(listener);
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const { port } = stranger.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  writeAdminFile(folder.adminFile, { url, token: "0".repeat(64), pid: deadPid, exchange: true });
  await task();
  await new Promise((resolve) => stranger.close(resolve));
}

describe("a command", () => {
  it("without a server opens the exchange, and closes it again with all that was done", async () => {
    expect(await codes()).toEqual([]);
    expect(await addMarket()).toMatchObject({ kind: "done", result: market });
    expect(await addMarket()).toMatchObject({ kind: "refused" });
    expect(await codes()).toEqual(["BTC_USDT"]);
  });

  it("is carried out by the server that runs, which alone has the exchange open", async () => {
    const target = exchangeTarget();
    const server = await startAdminServer({ ...door(), target });
    expect(await addMarket()).toMatchObject({ kind: "done", result: market });
    expect(await addMarket()).toMatchObject({ kind: "refused" });
    expect(target.exchange.markets()).toHaveLength(1);
    await server.close();
    // The exchange of the folder itself was not touched.
    expect(await codes()).toEqual([]);
  });

  it("opens the exchange itself beside a server that has none", async () => {
    const server = await startAdminServer({ ...door(), target: noExchange, hasExchange: false });
    expect(await addMarket()).toMatchObject({ kind: "done", result: market });
    expect(await codes()).toEqual(["BTC_USDT"]);
    await server.close();
  });

  it("is one of 64 at the same time, and all are carried out by the server", async () => {
    const exchange = exchangeTarget(["u"]);
    const allAreHere = Promise.withResolvers<void>();
    let asked = 0;
    const submit: AdminTarget["submit"] = async (command) => {
      asked += 1;
      if (asked === 64) allAreHere.resolve();
      await allAreHere.promise;
      return exchange.submit(command);
    };
    const target = { ...exchange, submit };
    const server = await startAdminServer({ ...door(), target });
    await exchange.submit({ kind: "add-market", rules: parsedRules() });
    const deposits = Array.from({ length: 64 }, (_, index) =>
      administer(config(), "transfer", {
        ...{ direction: "deposit", user: "u", currency: "BTC", amount: "1" },
        ...{ key: `key ${index}`, anyUser: false },
      }),
    );
    const answers = await Promise.all(deposits);
    const available = answers.map((answer) => answer.kind === "done" && answer.result.available);
    expect(new Set(available)).toEqual(new Set(deposits.map((_, index) => String(index + 1))));
    await server.close();
    // The exchange of the folder itself was not touched.
    expect(await codes()).toEqual([]);
  });

  it("is told the trouble of the server, and does not go past it", async () => {
    const target = exchangeTarget([], "disk full");
    const server = await startAdminServer({ ...door(), target });
    expect(await addMarket()).toEqual({
      kind: "unavailable",
      message: "the exchange takes no more commands: disk full",
    });
    await server.close();
  });

  it("is told when a server of another version does not know it", async () => {
    const older: RequestListener = (_, response) =>
      response.writeHead(404).end('{"kind":"fault","message":"no operation"}');
    await withStranger(older, async () => {
      expect(await addMarket()).toEqual({
        kind: "unavailable",
        message: expect.stringMatching(/^the server at http:\S+ cannot do it: no operation$/),
      });
    });
  });

  it("goes past a file that a crash has left, behind which there is nobody", async () => {
    await withStranger(
      () => {},
      async () => {},
    );
    expect(existsSync(folder.adminFile)).toBe(true);
    expect(await addMarket()).toMatchObject({ kind: "done" });
  });

  it.each<[string, RequestListener]>([
    [
      "another server of ours",
      (_, response) => response.writeHead(401).end('{"kind":"fault","message":""}'),
    ],
    ["a web server", (_, response) => response.end("<html></html>")],
    ["somebody who says yes", (_, response) => response.end('{"kind":"done"}')],
    ["somebody who sends away", (_, response) => response.writeHead(307, { location: "/" }).end()],
    ["somebody who hangs up", (request) => request.socket.destroy()],
  ])("goes past %s that has taken the port since", async (_who, listener) => {
    await withStranger(listener, async () => {
      expect(await addMarket()).toMatchObject({ kind: "done", result: market });
    });
  });

  it("says who has the exchange when it is open and nobody answers for it", async () => {
    const engine = await Engine.open({
      stores: engineStores(folder.engineFolder, { log }),
      clock: systemClock(),
      log,
      snapshotEvery: 1_000,
    });
    await expect(addMarket()).rejects.toMatchObject({
      name: "StoreError",
      message: expect.stringContaining("commands.db"),
    });
    await engine.stop();
  });
});
