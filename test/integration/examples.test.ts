/** The examples, and what the pages say that can be run or computed, against a server as anybody starts it. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HmacSigning } from "../../server/src/access/hmac-signing.ts";
import { systemSecrets } from "../../server/src/adapters/crypto/system-secrets.ts";
import { closings, streamErrorCodes } from "../../server/src/dialects/cryptomus/errors.ts";
import { Md5Signing } from "../../server/src/dialects/cryptomus/md5-signing.ts";
import { restErrors } from "../../server/src/dialects/cryptomus/rest-errors.ts";
import { slowConsumerCode, slowConsumerReason } from "../../server/src/hub/outbox.ts";
import { userRecord } from "../../server/src/ports/user-store.contract.ts";
import { debianPython, ensurePythonModule } from "../support/debian.ts";
import { grpcMissing } from "../support/grpc-client.ts";
import { type ServerInside, startServerInside } from "../support/server-here.ts";
import { commandFile } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const run = promisify(execFile);

const missing = ensurePythonModule("websocket", "python3-websocket");
const missingTools = ["curl", "openssl"].filter(
  (tool) => spawnSync(tool, ["--version"]).error !== undefined,
);
const because = (reasons: readonly string[]) =>
  reasons.length === 0 ? "" : ` (not here: ${reasons.join(", ")})`;
const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const example = (name: string) => fromRoot(`examples/${name}`);
const page = (path: string) => readFileSync(fromRoot(path), "utf8");
const protocolPage = page("docs/protocols/cryptomus.md");

const pricePath = "/v2/user-api/exchange/markets/price?symbol=BTC_USDT";

let server: ServerInside;
beforeAll(async () => {
  server = await startServerInside({ yaml: "server: {grpc: {port: 0}}\n" });
  // The participants trade in every market within seconds; until then there is no price to start from.
  await until(async () => expect((await fetch(`${server.http}${pricePath}`)).status).toBe(200));
});
afterAll(() => server.stop());

/** The first lines that a program prints. */
async function firstLines(
  command: string,
  args: readonly string[],
  count: number,
): Promise<readonly string[]> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === count) child.kill("SIGKILL");
  }
  return lines;
}

/** What an example prints for one of the demo users. */
async function asUser(name: string, index: number): Promise<readonly string[]> {
  const { userId, apiKey } = server.demoUser(index);
  return firstLines(process.execPath, [example(name), server.http, userId, apiKey], 100);
}

// Side by side: most of them wait for what the server tells once a second.
describe.concurrent("examples", () => {
  it("stream-bars.js prints last prices", async () => {
    const args = [example("stream-bars.js"), server.ws, server.demoKey, "BTC/USDT", "AI/USDT"];
    for (const line of await firstLines(process.execPath, args, 3)) {
      expect(line).toMatch(/^(BTC|AI)\/USDT \d+(\.\d+)?$/);
    }
  });

  it("stream-bars.js runs on a Node.js without a WebSocket of its own, as those before 22 are", async () => {
    const args = [example("stream-bars.js"), server.ws, server.demoKey, "BTC/USDT"];
    const older = ["--no-experimental-websocket", ...args];
    const [line] = await firstLines(process.execPath, older, 1);
    expect(line).toMatch(/^BTC\/USDT \d+(\.\d+)?$/);
  });

  it.skipIf(grpcMissing !== undefined)("grpc-bars.js prints bars and their averages", async () => {
    const address = `127.0.0.1:${server.server.grpcPort}`;
    const args = [
      example("grpc-bars.js"),
      server.http,
      address,
      server.demoKey,
      "local",
      "BTC/USDT",
    ];
    const lines = await firstLines(process.execPath, args, 9);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatch(
        /^\d{10} close \d+(\.\d+)? volume \d+(\.\d+)? average (\d+\.\d+|not yet)$/,
      );
    }
  });

  it.skipIf(missing !== undefined)(
    `exact_bars.py prints exact decimals${missing === undefined ? "" : ` (${missing})`}`,
    async () => {
      const args = [example("exact_bars.py"), server.ws, server.demoKey, "BTC/USDT", "2"];
      const lines = await firstLines(debianPython, args, 9);
      expect(lines.length).toBe(2);
      for (const line of lines) expect(line).toMatch(/^BTC\/USDT \d+ \d+(\.\d+)?$/);
    },
  );

  it("import-trades.sh imports trades of its own and exports bars of them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-example-"));
    const command = `${process.execPath} ${await commandFile()}`;
    const { stdout } = await run("sh", [example("import-trades.sh"), folder], {
      env: { ...process.env, OPENBOURSE: command },
    });
    rmSync(folder, { recursive: true });
    expect(stdout.split("\n")).toEqual([
      "mine: 4 trades stored",
      "time,ticker,open,high,low,close,volume",
      "2024-08-08T13:30:00.000000Z,SPY,167.42,167.45,167.39,167.39,150",
      "2024-08-08T13:31:00.000000Z,SPY,167.41,167.41,167.41,167.41,25",
      `the files are in ${folder}`,
      "",
    ]);
  });

  it("cryptomus-order.js shows an order cancelled, an order filled, and the money on its way", async () => {
    const lines = await asUser("cryptomus-order.js", 0);
    const orders = lines.filter((line) => line.startsWith("order ")).map(withoutId);
    expect(orders[0]).toBe("created: limit buy, open, filled 0.0000000000000000");
    expect(orders[1]).toBe("finished: limit buy, cancelled, filled 0.0000000000000000");
    expect(orders[2]).toBe("created: market buy, open, filled 0.0000000000000000");
    expect(orders.at(-1)).toMatch(/^finished: market buy, completed, filled 0\.0\d+$/);
    expect(lines).toContainEqual(expect.stringMatching(/^deal 0\.\d+ at \d+\.\d+ as taker, fee /));
    expect(lines).toContainEqual(expect.stringMatching(/^balance BTC 10\.0+ -> 10\.000\d+$/));
    expect(lines.at(-1)).toBe("closed: 1000 ");
  });

  it("ccxt-order.js places an order, finds it, cancels it", async () => {
    const [placed, open, free, ...others] = await asUser("ccxt-order.js", 1);
    const id = /^placed ([0-9A-Z]{26})$/.exec(placed ?? "")?.[1] ?? "";
    expect(open).toMatch(new RegExp(`^open: ${id} buy at \\d+(\\.\\d+)?$`));
    expect(free).toBe("free 100000 USDT, in orders 0");
    expect(others).toEqual([]);
  });
});

function withoutId(line: string): string {
  return line.replace(/^order [0-9A-Z]{26} /, "");
}

/** The first shell block of a text with a word in it. */
function shellBlock(text: string, word: string): string {
  const blocks = Array.from(text.matchAll(/```sh\n(.*?)```/gs), ([, block = ""]) => block);
  return blocks.find((block) => block.includes(word)) ?? "";
}

describe.skipIf(missingTools.length > 0)(`shell examples${because(missingTools)}`, () => {
  /** Runs a script as the second demo user; the answers, a line each. */
  async function answers(script: string): Promise<readonly unknown[]> {
    const { userId, apiKey } = server.demoUser(1);
    const env = { ...process.env, URL: server.http, USER_ID: userId, API_KEY: apiKey };
    const { stdout } = await run("sh", ["-c", script], { env });
    return stdout
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
  }

  it("the README's first order is placed, listed, and followed by one that is filled", async () => {
    const block = shellBlock(page("README.md"), "call()");
    const [balance, placed, open, bought, history] = await answers(
      block.replace(/^(URL|USER_ID|API_KEY)=.*$/gm, ""),
    );
    expect(balance).toMatchObject({ result: [{ ticker: "USDT", available: "100000.00000000" }] });
    const { order_id: waiting } = placed as { order_id: string };
    expect(open).toMatchObject({ result: [{ id: waiting, price: "20000.0000000000000000" }] });
    const { order_id: filled } = bought as { order_id: string };
    expect(history).toMatchObject({ result: [{ id: filled, state: "completed" }] });
  });

  it("a request signed with HMAC as the protocol's page shows it is answered", async () => {
    const [balance] = await answers(shellBlock(protocolPage, "hmac_call()"));
    expect(balance).toMatchObject({ result: [{ ticker: "USDT" }] });
  });
});

describe("the page of the Cryptomus protocol", () => {
  const secrets = systemSecrets();
  const cells = (line: string) => line.split("|").map((cell) => cell.trim().replaceAll("`", ""));
  /** The rows of a table, by how the line above it begins. */
  function rows(header: string): readonly (readonly string[])[] {
    const lines = protocolPage.slice(protocolPage.indexOf(header)).split("\n").slice(2);
    const end = lines.findIndex((line) => !line.startsWith("|"));
    return lines.slice(0, end).map((line) => cells(line).slice(1, -1));
  }

  it("has MD5 signatures that the server takes", () => {
    const vectors = rows("| body | sign with");
    expect(vectors).toHaveLength(3);
    for (const [text = "", shown = ""] of vectors) {
      const body = text === "none" ? "" : text;
      const signature = shown.slice(0, 32);
      const refusal = new Md5Signing(secrets, true).refuse({
        user: { record: userRecord("1"), key: "fixture-api-key" },
        shown: { scheme: "md5", userId: "", signature },
        message: { method: "POST", target: "/", body },
        ...{ signature, nowMs: 0 },
      });
      expect(refusal).toBeUndefined();
    }
  });

  it("has HMAC signatures that the server expects", () => {
    const blocks = Array.from(
      protocolPage.matchAll(/```\n(API key .*?)```/gs),
      ([, text = ""]) => text,
    );
    expect(blocks).toHaveLength(2);
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name} *(.*)$`, "m").exec(block)?.[1] ?? "";
      const [timestamp, nonce, signature] = ["timestamp", "nonce", "signature"].map(field);
      const refusal = new HmacSigning({ secrets }).refuse({
        user: { record: userRecord("1"), key: field("API key") },
        shown: { scheme: "hmac-sha256", userId: "", signature, timestamp, nonce },
        message: { method: field("method"), target: field("target"), body: field("body") },
        ...{ signature: signature ?? "", nowMs: Number(timestamp) },
      });
      expect(refusal).toBeUndefined();
    }
  });

  it("names every error of the stream with its code", () => {
    const named = rows("| reason | code | message").map(([reason, code]) => [reason, Number(code)]);
    expect(Object.fromEntries(named)).toEqual(streamErrorCodes);
  });

  it("names every close code and reason that clients can meet", () => {
    const named = rows("| close code | reason").map(([code, reason]) => `${code} ${reason}`);
    for (const { code, reason } of Object.values(closings)) {
      expect(named).toContain(`${code} ${reason}`);
    }
    expect(named).toContain(`${slowConsumerCode} ${slowConsumerReason}`);
  });

  it("has every code of a refusal with its statuses", () => {
    const named = rows("| code | HTTP | when").map(([code, statuses]) => `${code}: ${statuses}`);
    const made = new Map<number, Set<number>>([[0, new Set([422])]]);
    for (const { code, status } of Object.values(restErrors)) {
      made.set(code, (made.get(code) ?? new Set()).add(status));
    }
    const expected = Array.from(made, ([code, of]) => `${code}: ${[...of].toSorted().join(", ")}`);
    expect(named).toEqual(
      expected.toSorted((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10)),
    );
  });
});
