/**
 * The Node.js and Python samples of the Cryptomus reference, as printed there, with only host, token and the time between
 * two pings filled in.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { debianPython, ensurePythonModule } from "./debian.ts";

const folder = new URL("../conformance/", import.meta.url);

/** What a sample says of the answer to its ping. */
export const samplePong = 'Received: {"id":0,"method":"pong","data":null,"error":null}';

/** What a sample says first. */
export const sampleConnected = "Connected to Cryptomus WebSocket";

/** One of them. */
export interface Sample {
  readonly name: string;
  readonly command: readonly string[];
  readonly file: string;
  /** How it writes the address, and the lines that say how often it pings. */
  readonly address: string;
  readonly period: readonly [string, (seconds: number) => string];
  /** Why it cannot be run here. */
  readonly missing: string | undefined;
}

export const samples: readonly Sample[] = [
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
    missing: ensurePythonModule("websockets", "python3-websockets"),
  },
];

/** Starts a sample on a stream. */
export function startSample(
  sample: Sample,
  {
    ws,
    token,
    pingSeconds,
  }: { readonly ws: string; readonly token: string; readonly pingSeconds: number },
): ChildProcessWithoutNullStreams {
  const changes = [
    [sample.address, `"${ws}/ws?token=${token}"`],
    [sample.period[0], sample.period[1](pingSeconds)],
    ["your_auth_token_here", token],
  ] as const;
  const text = changes.reduce(
    (before, [from, to]) => {
      if (!before.includes(from)) throw new Error(`the sample does not contain ${from}`);
      return before.replace(from, to);
    },
    readFileSync(new URL(sample.file, folder), "utf8"),
  );
  const [program = "", ...args] = sample.command;
  return spawn(program, [...args, text], { cwd: fileURLToPath(folder) });
}
