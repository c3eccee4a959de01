/** The example that fills a chart from REST and goes on by the stream, over restarts of the server. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addTraders, startExchangeHere, tradeAfter } from "../support/exchange-traffic.ts";
import type { ServerHere } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";

const example = fileURLToPath(new URL("../../examples/seed-chart.js", import.meta.url));

let folder: string;
let programs: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-chart-"));
  programs = [];
});
afterEach(() => {
  for (const program of programs) program.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** The example, and what it has printed. */
function startChart(args: readonly string[]) {
  const program = spawn(process.execPath, [example, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  programs.push(program);
  const lines: string[] = [];
  for (const output of [program.stdout, program.stderr]) {
    createInterface({ input: output }).on("line", (line) => lines.push(line));
  }
  return {
    lines,
    /** Waits until it has filled its chart so many times. */
    filled: (times: number) =>
      expect.poll(() => lines.filter((line) => line.startsWith("filled: ")).length).toBe(times),
    /** The chart that it prints in the end. */
    async chart(): Promise<readonly unknown[]> {
      program.kill("SIGINT");
      await once(program, "close");
      return lines.filter((line) => line.startsWith("{")).map((line): unknown => JSON.parse(line));
    },
  };
}

/** All stored bars of a minute, oldest first. */
async function storedBars({
  http,
  server: { demoKey = "" },
}: ServerHere): Promise<readonly unknown[]> {
  const query = "dataset=local&ticker=BTC/USDT&interval=1m&order=asc&page_size=1000";
  const authorization = `apikey ${demoKey}`;
  const reply = await fetch(`${http}/latest/time_series?${query}`, { headers: { authorization } });
  return ((await reply.json()) as { data: readonly unknown[] }).data;
}

describe("seed-chart.js", () => {
  it("holds every stored bar once, whatever came before it, with it, and while the server was away", async () => {
    const clock = new SteppedClock();
    const data = join(folder, "data");
    const first = await startExchangeHere(data, clock);
    const { port, demoKey = "" } = first.server;
    const users = await addTraders(data);
    await tradeAfter(first, users, { clock, pauses: [1, 70, 5, 200] });

    const chart = startChart([first.http, demoKey, "local", "BTC/USDT"]);
    await chart.filled(1);
    await tradeAfter(first, users, { clock, pauses: [1, 61, 2, 500] });
    await first.server.stop();

    // It is not there to see what is traded now.
    const elsewhere = await startExchangeHere(data, clock);
    await tradeAfter(elsewhere, users, { clock, pauses: [3, 66, 7, 4_000, 1] });
    await elsewhere.server.stop();

    const again = await startExchangeHere(data, clock, port);
    await chart.filled(2);
    await tradeAfter(again, users, { clock, pauses: [2, 64] });
    const stored = await storedBars(again);
    const { t, c } = stored.at(-1) as { t: number; c: number };
    const newest = `${new Date(t * 1_000).toISOString()} ${c}`;
    await expect.poll(() => chart.lines).toContain(newest);

    expect(await chart.chart()).toEqual(stored);
    await again.server.stop();
  });

  it("says what is wrong with a ticker or key, and how it is called", async () => {
    const clock = new SteppedClock();
    const here = await startExchangeHere(join(folder, "data"), clock);
    const { demoKey = "" } = here.server;
    const wrong = startChart([here.http, demoKey, "local", "NO/SUCH"]);
    await expect.poll(() => wrong.lines[0]).toMatch(/NO\/SUCH/);
    const bare = startChart([]);
    await expect.poll(() => bare.lines[0]).toMatch(/^usage: /);
    await here.server.stop();
  });
});
