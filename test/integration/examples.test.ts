/** The examples do what they say, against a server as anybody starts it. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianPython, ensurePythonModule } from "../support/debian.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const missing = ensurePythonModule("websocket", "python3-websocket");
const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
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

describe("examples", () => {
  it("stream-bars.js prints last prices", async () => {
    const args = [example("stream-bars.js"), server.ws, server.demoKey, "BTC/USDT", "AI/USDT"];
    for (const line of await firstLines(process.execPath, args, 3)) {
      expect(line).toMatch(/^(BTC|AI)\/USDT \d+(\.\d+)?$/);
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
});
