/**
 * The Node.js and Python samples of the Cryptomus reference, as printed there, with only host and token
 * filled in. Seconds are shortened, the server's 60 and the samples' 50 alike; `OPENBOURSE_TEST_LONG=1`
 * runs both as they are.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import { debianPython, ensurePythonModule } from "../support/debian.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const isLong = process.env["OPENBOURSE_TEST_LONG"] === "1";
const idleTimeoutMs = isLong ? 60_000 : 3_000;
/** The samples' own period, or one that leaves the server as much time to spare. */
const pingSeconds = isLong ? 50 : 2;
/** A sample that outlives its first two timeouts is kept alive by its pings. */
const pongsWanted = Math.ceil((2 * idleTimeoutMs) / (pingSeconds * 1_000));
const testTimeoutMs = 4 * idleTimeoutMs + 30_000;

const noPython = ensurePythonModule("websockets", "python3-websockets");
const pong = 'Received: {"id":0,"method":"pong","data":null,"error":null}';

interface Sample {
  readonly name: string;
  readonly command: readonly string[];
  readonly file: string;
  /** How it writes the address, and the lines that say how often it pings. */
  readonly address: string;
  readonly period: readonly [string, (seconds: number) => string];
  readonly missing: string | undefined;
}

const samples: readonly Sample[] = [
  {
    name: "Node.js",
    command: [process.execPath, "-e"],
    file: "cryptomus_ws_example.js.txt",
    // As printed, the template literal stands in single quotes and would be sent as it is.
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the sample.
    address: "'wss://api-ws.cryptomus.com/ws?token=${this.token}'",
    period: ["50 * 1000", (seconds) => `${seconds} * 1000`],
    missing: undefined,
  },
  {
    name: "Python",
    command: [debianPython, "-u", "-c"],
    file: "cryptomus_ws_example.py",
    address: 'f"wss://api-ws.cryptomus.com/ws?token={self.token}"',
    period: ["asyncio.sleep(50)", (seconds) => `asyncio.sleep(${seconds})`],
    missing: noPython,
  },
];

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess({ yaml: `cryptomus: { idleTimeoutMs: ${idleTimeoutMs} }` });
});
afterAll(() => server.stop());

/** Runs a sample; resolves with its lines when it has said enough, or has lost its connection. */
async function linesOf(
  sample: Sample,
  period: number,
  isEnough: (lines: readonly string[]) => boolean,
) {
  // Figures are a second old at most: none of an earlier sample may be taken for one of this.
  await expect.poll(connections).toBe(0);
  const token = await new CryptomusClient(server, await server.demoUser(0)).token();
  const changes = [
    [sample.address, `"${server.ws}/ws?token=${token}"`],
    [sample.period[0], sample.period[1](period)],
    ["your_auth_token_here", token],
  ] as const;
  const text = changes.reduce(
    (before, [from, to]) => {
      if (!before.includes(from)) throw new Error(`the sample does not contain ${from}`);
      return before.replace(from, to);
    },
    readFileSync(new URL(sample.file, import.meta.url), "utf8"),
  );
  const [program = "", ...args] = sample.command;
  const child = spawn(program, [...args, text], { cwd: new URL(".", import.meta.url).pathname });
  const lines: string[] = [];
  // The Node.js sample's timer keeps it alive after its connection has gone.
  const end = () => child.kill("SIGKILL");
  // Where it has said enough before, the server may be gone before the connection was seen to be.
  void gone().then(end, end);
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (isEnough(lines)) child.kill("SIGKILL");
  }
  return lines;
}

describe.each(samples)("the reference's $name sample", (sample) => {
  const { missing } = sample;
  const why = missing === undefined ? "" : ` (${missing})`;

  it.skipIf(missing !== undefined)(
    `stays connected past the timeout by its pings${why}`,
    async () => {
      const isEnough = (lines: readonly string[]) => lines.length > pongsWanted;
      const lines = await linesOf(sample, pingSeconds, isEnough);
      expect(lines).toEqual([
        "Connected to Cryptomus WebSocket",
        ...Array.from({ length: pongsWanted }, () => pong),
      ]);
    },
    testTimeoutMs,
  );

  it.skipIf(missing !== undefined)(
    `is disconnected when it does not ping in time${why}`,
    async () => {
      const lines = await linesOf(sample, 100 * pingSeconds, () => false);
      expect(lines).toEqual(["Connected to Cryptomus WebSocket"]);
      await expect.poll(connections).toBe(0);
    },
    testTimeoutMs,
  );
});

/** Resolves when a connection has come and gone. */
async function gone(): Promise<void> {
  const patience = { timeout: testTimeoutMs, interval: 200 };
  await expect.poll(connections, patience).toBe(1);
  await expect.poll(connections, patience).toBe(0);
}

async function connections(): Promise<number> {
  const text = await (await fetch(`${server.http}/metrics`)).text();
  return Number(/^openbourse_connections (\d+)$/m.exec(text)?.[1]);
}
