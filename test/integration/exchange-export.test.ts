/** `export` of what the exchange itself has traded, with the server and without it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";

const data = mkdtempSync(join(tmpdir(), "openbourse-exchange-export-"));
afterAll(() => rmSync(data, { recursive: true, force: true }));

const local = ["--data", data, "--dataset", "local"];

describe("an export of what the exchange has traded", () => {
  let during: string;
  beforeAll(async () => {
    const { server } = await startServerHere({ data });
    during = await until(async () => {
      const { code, stdout } = await runHere(["export", ...local, "--interval", "trades"]);
      expect(code).toBe(0);
      return stdout;
    });
    await server.stop();
  });

  it("has the same trades while the server runs and afterwards, and bars made of them", async () => {
    const [header, ...trades] = during.trimEnd().split("\n");
    expect(header).toBe("time,ticker,price,quantity,side,id,venue,id_type");
    expect(trades.length).toBeGreaterThan(0);
    const ticker = trades[0]?.split(",")[1] ?? "";
    const one = [...local, "--ticker", ticker];
    const rows = async (interval: string) =>
      (await runHere(["export", ...one, "--interval", interval])).stdout
        .trimEnd()
        .split("\n")
        .slice(1);

    const after = await rows("trades");
    expect(after).toEqual(expect.arrayContaining(trades.filter((row) => row.includes(ticker))));
    const counts = (await rows("1s")).map((row) => Number(row.split(",")[9]));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(after.length);
  });

  it("refuses tickers that are none, and imports", async () => {
    const unknown = await runHere(["export", ...local, "--ticker", "BTC/USDX"]);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean") });
    const imported = await runHere(["import", "x.csv", ...local]);
    expect(imported.code).toBe(2);
    expect(imported.stderr).toContain("dataset local is what the exchange itself has traded");
  });
});
