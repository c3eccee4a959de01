/** `replay` as a second program: it needs no exchange and no data folder, and takes no server's port. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandFile, type ServerProcess, startServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-replay-beside-"));
const rows = "id,price,qty,quote_qty,time,is_buyer_maker\n1,100,1,100,1700000000000,false\n";
let server: ServerProcess;
let replay: ChildProcess;

beforeAll(async () => {
  server = await startServerProcess({ yaml: "exchange: {participants: {enabled: false}}" });
  writeFileSync(join(folder, "openbourse.yaml"), `server: {port: ${server.port}}`);
  writeFileSync(join(folder, "trades.csv"), rows);
});
afterAll(async () => {
  replay?.kill("SIGKILL");
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe("replay beside a server that has its port", () => {
  it("serves the recording alone, on another port, and leaves nothing in the folder", async () => {
    const file = await commandFile();
    replay = spawn(process.execPath, [file, "replay", "trades.csv", "--ticker", "BTC/USDT"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(replay, "exit");
    const lines: string[] = [];
    for await (const line of createInterface({ input: replay.stdout! })) {
      lines.push(line);
      if (line.startsWith("stream: ")) break;
    }

    const address = /^openbourse listening on (\S+)$/m.exec(lines.join("\n"))?.[1] ?? "";
    expect(new URL(address).port).not.toBe(String(server.port));
    expect(lines.filter((line) => line.startsWith("demo user"))).toEqual([]);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    expect((await fetch(`${address}/v2/user-api/exchange/markets`)).status).toBe(404);
    expect((await fetch(`${server.http}/readyz`)).status).toBe(200);

    replay.kill("SIGTERM");
    expect((await exited)[0]).toBe(0);
    expect(readdirSync(folder).toSorted()).toEqual(["openbourse.yaml", "trades.csv"]);
  });
});
