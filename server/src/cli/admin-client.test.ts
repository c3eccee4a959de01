import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../adapters/clock/system-clock.ts";
import { exchangeTarget } from "../admin/exchange-target.fixture.ts";
import { parseMarketRules } from "../admin/market-rules.ts";
import { type AdminTarget, noExchange } from "../admin/target.ts";
import { type DataFolder, dataFolder } from "../config/data-folder.ts";
import { Engine } from "../engine/engine.ts";
import { openAdministration } from "../main/administration.ts";
import { loadConfig } from "../main/configuration.ts";
import { Start } from "../main/start/start.ts";
import { engineStores } from "../main/stores/engine-stores.ts";
import { administer } from "./admin-client.ts";
import { beginDataFolder } from "./commands/init.ts";

const market = { code: "BTC_USDT", tick: "0.01", lot: "0.00001" };
const note = () => {};
const log = { debug: note, info: note, warn: note, error: note };

let folder: DataFolder;
beforeEach(async () => {
  folder = dataFolder(mkdtempSync(join(tmpdir(), "openbourse-admin-client-")));
  await beginDataFolder(config(), {});
});
afterEach(() => rmSync(folder.path, { recursive: true }));

/** A server that does nothing but to take operations. */
async function serve(target: AdminTarget, hasExchange = true): Promise<{ close(): Promise<void> }> {
  const start = new Start();
  const administration = await openAdministration(folder, { target, hasExchange, log, start });
  const made = start.done();
  return {
    async close() {
      await administration?.stop();
      await made.disposeAsync();
    },
  };
}

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

/** Runs `task` while `listener` answers at the folder's socket. */
async function withStranger(listener: RequestListener, task: () => Promise<void>): Promise<void> {
  const stranger = createServer(listener);
  await new Promise<void>((resolve) => stranger.listen(folder.adminSocket, resolve));
  await task();
  await new Promise((resolve) => stranger.close(resolve));
}

function open(): Promise<Engine> {
  return Engine.open({
    stores: engineStores(folder.engineFolder, { log }),
    clock: systemClock(),
    log,
    snapshotEvery: 1_000,
  });
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
    const server = await serve(target);
    expect(await addMarket()).toMatchObject({ kind: "done", result: market });
    expect(await addMarket()).toMatchObject({ kind: "refused" });
    expect(target.exchange.markets()).toHaveLength(1);
    await server.close();
    // The exchange of the folder itself was not touched.
    expect(await codes()).toEqual([]);
  });

  it("opens the exchange itself beside a server that has none", async () => {
    const server = await serve(noExchange, false);
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
    const server = await serve(target);
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
    const server = await serve(target);
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
        message: expect.stringMatching(/^the server at \S+ cannot do it: no operation$/),
      });
    });
  });

  it("goes past a socket that a crash has left, behind which there is nobody", async () => {
    const left = `${folder.adminSocket}.left`;
    await withStranger(
      () => {},
      async () => renameSync(folder.adminSocket, left),
    );
    renameSync(left, folder.adminSocket);
    expect(await addMarket()).toMatchObject({ kind: "done" });
  });

  it("says who has the exchange when it is open and nobody answers for it", async () => {
    const engine = await open();
    await expect(addMarket()).rejects.toMatchObject({
      name: "StoreError",
      message: expect.stringContaining("commands.db"),
    });
    await engine.stop();
  });

  it("says that it cannot ask a server of an older version", async () => {
    const engine = await open();
    writeFileSync(folder.olderAdminFile, "{}");
    expect(await addMarket()).toEqual({
      kind: "unavailable",
      message: expect.stringMatching(
        /commands\.db is locked .* a server of an older version, as \S+admin\.json says, this command cannot ask it; restart it with this version$/,
      ),
    });
    await engine.stop();
    expect(await addMarket()).toMatchObject({ kind: "done" });
  });
});
