/**
 * The packages as others get them: packed by npm, installed into an empty folder outside of the checkout, imported by their
 * names, type-checked as strictly as can be, and started.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../server/src/simulation/random.ts";
import { type ClientHouse, openClientHouse, tradeAtRandom } from "../support/client-house.ts";
import { install, type Packed, packClient, packServer, unpack } from "../support/packed.ts";
import { until } from "../support/until.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "openbourse-packed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = promisify(execFile);

describe("the client's package", () => {
  const project = join(folder, "program");
  let packed: Packed;
  let house: ClientHouse;
  const readme = readFileSync(join(root, "client/README.md"), "utf8");
  const examples = Array.from(readme.matchAll(/```js\n(.*?)```/gs), ([, code = ""]) => code);

  beforeAll(async () => {
    packed = await packClient(folder);
    await install(project, packed);
    house = await openClientHouse(join(folder, "house"), {
      datasets: [{ code: "huobi", feed: { kind: "simulator" } }],
    });
    await tradeAtRandom(house.direct, new Random(1, "packed"), 30);
  });
  afterAll(() => house.server.server.stop());

  it("has what it is made of and what its source maps lead to, and no tests", () => {
    const isTest = /\.(test|prop|fixture)\.ts$/;
    const modules = readdirSync(join(root, "client/src"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !isTest.test(path))
      .map((path) => path.slice(0, -".ts".length));
    const built = [".js", ".js.map", ".d.ts", ".d.ts.map"];
    const examples = ["backtest", "live-bars", "market-maker", "order-book"];
    expect(packed.files.toSorted()).toEqual(
      [
        ...["LICENSE", "README.md", "package.json"],
        ...examples.map((name) => `examples/${name}.js`),
        ...modules.flatMap((name) => [
          `src/${name}.ts`,
          ...built.map((end) => `dist/${name}${end}`),
        ]),
      ].toSorted(),
    );
  });

  it("needs at most 15 kB, compressed, for market data", async () => {
    const entry = join(project, "page.js");
    const names = "FinazonStream, CryptomusStream, OrderBook, ClientError, compare, add";
    writeFileSync(entry, `export { ${names} } from "@openbourse/client";\n`);
    const built = await rolldown({ input: entry, platform: "browser" });
    const { output } = await built.generate({ format: "esm", minify: true });
    await built.close();
    expect(gzipSync(output[0].code, { level: 9 }).length).toBeLessThanOrEqual(15_000);
  });

  it.each([
    ["as Node.js resolves modules", { module: "nodenext" }, ["ES2023"]],
    [
      "as bundlers do, beside the types of a page",
      { module: "esnext", moduleResolution: "bundler" },
      ["ES2023", "DOM"],
    ],
  ])("has types that resolve %s, with every strictness", async (_name, modules, lib) => {
    const prelude = [
      "declare const userId: string, apiKey: string, key: string;",
      ...(lib.includes("DOM") ? [] : ["declare const console: { log(...what: unknown[]): void };"]),
    ];
    // The first example makes what the others use.
    const [first = "", second = "", ...others] = examples;
    const start = first.slice(0, first.indexOf("for await"));
    const programs = [first, second, [start, ...others].join("\n")];
    const names = programs.map((code, index) => {
      const file = `example-${index}.ts`;
      writeFileSync(join(project, file), [...prelude, code].join("\n"));
      return file;
    });
    const faults = `import { ClientError, type Fault } from "@openbourse/client";
export function remedy(error: unknown): string {
  if (!(error instanceof ClientError)) throw error;
  const { fault } = error;
  if (fault.kind === "rate-limited") return String(fault.retryAfterMs);
  // @ts-expect-error there is no fault of this kind
  if (fault.kind === "something-else") return "";
  const kind: Fault["kind"] = fault.kind;
  return kind;
}
`;
    writeFileSync(join(project, "faults.ts"), faults);
    const compilerOptions = {
      ...{ strict: true, target: "es2022", types: [], lib, noEmit: true, skipLibCheck: false },
      ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ isolatedModules: true, verbatimModuleSyntax: true },
      ...modules,
    };
    const files = [...names, "faults.ts"];
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const said = await run(process.execPath, [tsc, "-p", project]).catch((error) => error);
    expect(said.stdout).toBe("");
  });

  /** Runs the examples of the README, with what a reader fills in, until each has printed. */
  async function runReadme(node: string): Promise<void> {
    const { userId, apiKey } = house.users[0];
    const filled = { userId, apiKey, key: house.server.server.demoKey };
    const prelude = Object.entries(filled)
      .map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`)
      .join("\n");
    const [first = "", second = "", ...others] = examples;
    const start = first.slice(0, first.indexOf("for await"));
    const end =
      "console.log(end, filledQuantity, order.id.length, account.state);\nprocess.exit();\n";
    const programs = {
      book: [first, /^\[ '\d+(\.\d+)?', '\d+(\.\d+)?' \] \[ '/],
      bars: [second, /^\d{13} \d+(\.\d+)?$/],
      orders: [start + others.join("\n") + end, /^\{ state: 'cancelled', .*\} 0(\.0+)? 26 \w+$/],
    } as const;
    for (const [name, [code, wanted]] of Object.entries(programs)) {
      const file = join(project, `${name}.js`);
      const here = code.replaceAll("http://127.0.0.1:8080", house.server.http);
      writeFileSync(file, `${prelude}\n${here}`);
      const child = spawn(node, [file], { cwd: project, stdio: ["ignore", "pipe", "inherit"] });
      if (name === "orders") await cancelAsked();
      for await (const line of createInterface({ input: child.stdout })) {
        expect([name, line]).toEqual([name, expect.stringMatching(wanted)]);
        break;
      }
      child.kill("SIGKILL");
    }
  }

  /** Somebody cancels the order of the example, far below the market. */
  async function cancelAsked(): Promise<void> {
    await until(async () => {
      const orders = await house.direct.openOrders({ market: "BTC_USDT" });
      const asked = orders.find(({ price }) => price?.startsWith("90000"));
      expect(asked).toBeDefined();
      await house.direct.cancel(asked?.id ?? "");
    });
  }

  it("is imported by its name, and the README's examples run", async () => {
    await runReadme(process.execPath);
  });

  const older = process.env["OPENBOURSE_TEST_NODE22"];
  const skipped =
    older === undefined ? " (skipped: OPENBOURSE_TEST_NODE22 names no Node.js 22)" : "";
  it.skipIf(older === undefined)(`runs on Node.js 22${skipped}`, async () => {
    const { stdout } = await run(older ?? "", ["--version"]);
    expect(stdout).toMatch(/^v22\./);
    await runReadme(older ?? "");
  });

  it("links to nothing that is not in it", () => {
    for (const [, target = ""] of readme.matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https:|^#/.test(target)) continue;
      expect(packed.files).toContain(target);
    }
  });
});

describe("the server's package", () => {
  it("serves the page, the documents and the protocols, with the dependencies that it names alone", async () => {
    const packed = await packServer(folder);
    expect(packed.files).not.toContainEqual(expect.stringMatching(/\.ts$|\.sources$|\btests?\b/));
    const place = await unpack(join(folder, "server-here"), "openbourse", packed);
    expect(existsSync(join(place, "LICENSE"))).toBe(true);
    const settings = ["exchange.warmUpMs=0", "demo.pastHours=0"].flatMap((one) => ["--set", one]);
    const args = ["serve", "--port", "0", "--data", join(folder, "data"), ...settings];
    const child = spawn(process.execPath, [join(place, "bin/openbourse.js"), ...args], {
      cwd: folder,
      env: { ...process.env, XDG_CACHE_HOME: join(folder, "cache") },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.startsWith("demo API key")) break;
    }
    const [first = "", second = ""] = lines;
    const [, http = ""] = /^open (http:\S+?)\/? in a browser$/.exec(first) ?? [];
    expect(second).toBe(`openbourse listening on ${http}`);
    const text = async (path: string) => {
      const reply = await fetch(http + path);
      expect([path, reply.status]).toEqual([path, 200]);
      return await reply.text();
    };
    const page = await text("/");
    const files = Array.from(page.matchAll(/(?:src|href)="(\/[^"]+)"/g), ([, path = ""]) => path);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) await text(file);
    const docs = await text("/docs");
    const assets = Array.from(docs.matchAll(/(?:src|href)="(\/docs\/assets\/[^"]+)"/g));
    expect(assets.length).toBe(3);
    for (const [, path = ""] of assets) await text(path);
    for (const path of ["/docs/errors", "/docs/openapi.json", "/docs/asyncapi.yaml"])
      await text(path);
    expect(JSON.parse(await text("/v1/exchange/market/tickers")).data.length).toBeGreaterThan(0);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});
