/**
 * The sample client of the Finazon reference, as printed there, with only its URL and key changed.
 * `rel`, a dispatcher for reconnecting that Debian does not have, is left out.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, it } from "vitest";
import { debianPython, ensurePythonModule } from "../support/debian.ts";
import { type ServerInside, startServerInside } from "../support/server-here.ts";

const missing = ensurePythonModule("websocket", "python3-websocket");
const sample = new URL("finazon_ws_example.py", import.meta.url);

/** The changes that the sample's reader is told to make, and what is left out for want of `rel`. */
function adapted({ ws, demoKey }: ServerInside): string {
  const changes: readonly (readonly [string, string])[] = [
    ["wss://ws.finazon.io", ws],
    ["your_api_key", demoKey],
    ["import rel\n", ""],
    ["dispatcher=rel, reconnect=5,", ""],
    [
      "    # Handle Keyboard Interrupt event\n    rel.signal(2, rel.abort)\n    rel.dispatch()\n",
      "",
    ],
  ];
  return changes.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`the sample does not contain ${from}`);
      return text.replace(from, to);
    },
    readFileSync(sample, "utf8"),
  );
}

let server: ServerInside | undefined;
afterAll(async () => {
  await server?.stop();
});

describe("the reference's Python sample", () => {
  it.skipIf(missing !== undefined)(
    `subscribes to BTC/USDT and prints its bars${missing === undefined ? "" : ` (${missing})`}`,
    async () => {
      server = await startServerInside();
      const python = spawn(debianPython, ["-u", "-c", adapted(server)]);
      const messages: string[] = [];
      for await (const line of createInterface({ input: python.stdout })) {
        messages.push(line);
        if (messages.length === 4) python.kill("SIGKILL");
      }
      expect(messages[0]).toBe("Connection is opened");
      expect(messages[1]).toBe(
        'Message: {"event":"subscribe","status":"success","code":"SUCCESS_SUBSCRIPTION","data":["BTC/USDT"]}',
      );
      expect(messages[2]).toMatch(
        /^Message: \{"d":"huobi","p":"huobi","ch":"bars","f":"1s","aggr":"1m","s":"BTC\/USDT","t":\d+,"o":[\d.]+,"h":[\d.]+,"l":[\d.]+,"c":[\d.]+,"v":[\d.]+\}$/,
      );
      expect(messages[3]).toMatch(/^Message: \{"d":"huobi"/);
    },
  );
});
