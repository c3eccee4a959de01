/**
 * The client as it is published: built by `tsc`, bundled as a web page would, and its examples run as a program would that
 * has it installed, against a real server.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../server/src/simulation/random.ts";
import { type ClientHouse, openClientHouse, tradeAtRandom } from "../support/client-house.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const client = join(root, "client");
const folder = mkdtempSync(join(tmpdir(), "openbourse-client-package-"));

beforeAll(() => {
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", client]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a page that uses these names has to load. */
async function bundleOf(names: string): Promise<string> {
  const entry = join(folder, `entry-${names.length}.js`);
  writeFileSync(
    entry,
    `export { ${names} } from ${JSON.stringify(join(client, "dist/index.js"))};\n`,
  );
  const bundle = await rolldown({ input: entry, platform: "browser" });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  return output[0].code;
}

describe("the built package", () => {
  it("needs at most 15 kB, compressed, for market data", async () => {
    const code = await bundleOf(
      "FinazonStream, CryptomusStream, OrderBook, ClientError, compare, add",
    );
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(15_000);
  });

  it("leaves out what a page does not use", async () => {
    expect((await bundleOf("add")).length).toBeLessThan(1_500);
    const streams = await bundleOf("CryptomusStream");
    expect(streams).not.toContain("order-book/");
    expect(streams).not.toContain("1732584193");
  });

  it("names nothing of Node.js, and loads where there is nothing but the language", async () => {
    const everything = readFileSync(join(client, "src/index.ts"), "utf8");
    const names = [...everything.matchAll(/export \{([^}]*)\}/g)].map(([, list = ""]) =>
      list.trim(),
    );
    const code = await bundleOf(names.map((list) => list.replace(/,$/, "")).join(", "));
    expect(code).not.toMatch(/["']node:|\brequire\(|\bprocess\.|\bBuffer\b|__dirname/);
    const script = code.replace(/export\s*\{([^}]*)\}/, (_, list: string) => {
      const pairs = list.split(",").map((pair) => pair.split(" as "));
      return `globalThis.names = [${pairs.map(([, name = ""]) => JSON.stringify(name)).join()}]`;
    });
    const page = createContext({});
    runInContext(script, page);
    expect((page["names"] as string[]).length).toBeGreaterThan(15);
  });

  it("is of the language that Node.js 22 and browsers have, and imports nothing", () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(client, "tsconfig.json"), "utf8")) as {
      compilerOptions: object;
    };
    // The compiler then refuses what is newer, and every global but those of platform.ts.
    expect(compilerOptions).toMatchObject({ target: "ES2022", lib: ["ES2023"], types: [] });
    const built = readdirSync(join(client, "dist"), { recursive: true, encoding: "utf8" });
    const modules = built.filter((name) => /\.(js|d\.ts)$/.test(name));
    expect(modules.length).toBeGreaterThan(40);
    for (const name of modules) {
      const text = readFileSync(join(client, "dist", name), "utf8");
      for (const [, from = ""] of text.matchAll(/(?:from|import) "([^"]+)"/g)) {
        expect([name, from]).toEqual([name, expect.stringMatching(/^\.\.?\//)]);
      }
    }
  });
});

/** The first lines that an example prints. */
async function linesOf(
  name: string,
  args: readonly string[],
  count: number,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(client, "examples", name), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === count) child.kill("SIGKILL");
  }
  return lines.slice(0, count);
}

describe("examples of the client", () => {
  let house: ClientHouse;
  let replay: ServerHere;

  beforeAll(async () => {
    house = await openClientHouse(join(folder, "house"));
    const rows = Array.from({ length: 30 }, (_, minute) => {
      const price = 100 + (minute % 10 < 5 ? minute % 10 : 10 - (minute % 10));
      return `${1_700_000_040 + minute * 60},${price}.25,1`;
    });
    const file = join(folder, "trades.csv");
    writeFileSync(file, `time,price,quantity\n${rows.join("\n")}\n`);
    const feed = {
      ...{ kind: "replay", files: [file], format: "csv", ticker: "A/B", speed: "max" },
      ...{ columns: { time: "time", price: "price", quantity: "quantity" }, timeUnit: "s" },
      start: "first-subscription",
    };
    replay = await startServerHere({
      data: join(folder, "replay"),
      settings: {
        datasets: [
          { code: "day", feed },
          { code: "huobi", feed: { kind: "simulator" } },
        ],
        "exchange.enabled": false,
      },
    });
  });
  afterAll(async () => {
    await Promise.all([house.server.server.stop(), replay.server.stop()]);
  });

  it("live-bars.js prints bars", async () => {
    const args = [replay.http, replay.server.demoKey ?? "", "huobi", "BTC/USDT"];
    const [line] = await linesOf("live-bars.js", args, 1);
    expect(line).toMatch(/^\d\d:\d\d BTC\/USDT( \d+(\.\d+)?){5}$/);
  });

  it("order-book.js shows a book that is live", async () => {
    await tradeAtRandom(house.direct, new Random(1, "book"), 20);
    const { userId, apiKey } = house.users[0];
    const [line] = await linesOf(
      "order-book.js",
      [house.server.http, userId, apiKey, "BTC_USDT"],
      1,
    );
    expect(line).toMatch(/^BTC_USDT live bid (\d|-)\S* ask \S+ spread \S+$/);
  });

  it("market-maker.js quotes both sides around the middle", async () => {
    const order = { type: "limit", market: "ETH_USDT", quantity: "1" } as const;
    await house.direct.place({ ...order, direction: "buy", price: "2400" });
    await house.direct.place({ ...order, direction: "sell", price: "2600" });
    const { userId, apiKey } = house.users[1];
    const [line] = await linesOf(
      "market-maker.js",
      [house.server.http, userId, apiKey, "ETH_USDT"],
      1,
    );
    expect(line).toMatch(/^quoted 2\d\d\d\.?\d* 2\d\d\d\.?\d* x 0\.02\d*$/);
    const quoted = await house.direct.orderBook("ETH_USDT");
    expect(quoted.asks.length).toBeGreaterThan(0);
    expect(
      readFileSync(join(client, "examples/market-maker.js"), "utf8").split("\n").length,
    ).toBeLessThan(62);
  });

  it("backtest.js trades on a recording to its end", async () => {
    const args = [replay.http, replay.server.demoKey ?? "", "day", "A/B"];
    const [line] = await linesOf("backtest.js", args, 2);
    expect(line).toMatch(/^30 minutes, [1-9]\d* trades, worth \d+\.\d+, profit -?\d+(\.\d+)?$/);
  });
});
