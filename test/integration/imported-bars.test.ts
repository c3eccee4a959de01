/**
 * Recorded trades are imported, and what REST says of them are the venue's own bars: minutes in all nine
 * fields, and longer bars that are rolled up from them.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { runHere } from "../support/command-here.ts";
import { addKey } from "../support/operator.ts";
import { recordedDataFolder, recordedDataMissing } from "../support/recorded-data.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";

const recorded = recordedDataFolder();
const datasets = [{ code: "binance" }];

/** The fields of a bar as texts without zeros at their ends, by their names on the wire. */
type Fields = Readonly<Record<string, string>>;

const fieldNames = ["o", "h", "l", "c", "bv", "qv", "tr", "tbv", "tqv"] as const;

describe.skipIf(recorded === undefined)(
  `imported trades (${recorded ? "found" : recordedDataMissing})`,
  () => {
    let folder: string;
    let here: ServerHere;
    let key: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "openbourse-imported-"));
      const data = join(folder, "data");
      const config = join(folder, "openbourse.yaml");
      writeFileSync(config, stringify({ data, datasets }));
      await done(["init", "--config", config]);
      const into = ["--dataset", "binance", "--config", config, "--json"];
      const usdm = ["2023-04-04", "2024-08-08"].map((day) => tape(`usdm-btcusdt-${day}.trades`));
      const first = await done(["import", ...usdm, "--ticker", "BTC/USDT", ...into]);
      expect(first).toMatchObject({ tradesStored: 12_934 + 21_313, tradesKnown: 0 });
      const xrp = [tape("spot-xrpeth-2019-10-11.aggtrades"), "--ticker", "XRP/ETH", ...into];
      expect(await done(["import", ...xrp])).toMatchObject({ tradesStored: 12_477 });
      expect(await done(["import", ...xrp])).toMatchObject({
        tradesStored: 0,
        tradesKnown: 12_477,
      });
      ({ key } = addKey(data, "charts"));
      here = await startServerHere({ data, settings: { datasets, "exchange.enabled": false } });
    });
    afterAll(async () => {
      await here?.server.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Runs a command that prints JSON, or nothing, and succeeds. */
    async function done(args: readonly string[]): Promise<unknown> {
      const { code, stdout, stderr } = await runHere(args);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      return stdout.startsWith("{") ? JSON.parse(stdout) : undefined;
    }

    /** All bars of an interval by their start, as texts of exact digits. */
    async function timeSeries(
      ticker: string,
      interval: string,
    ): Promise<ReadonlyMap<number, Fields>> {
      const found = new Map<number, Fields>();
      const headers = { authorization: `apikey ${key}` };
      for (let page = 0; ; page += 1) {
        const query = `ticker=${ticker}&interval=${interval}&order=asc&page=${page}&page_size=1000`;
        const path = `/latest/binance/binance/time_series?${query}`;
        const reply = await fetch(here.http + path, { headers });
        const text = await reply.text();
        expect({ status: reply.status, text }).toMatchObject({ status: 200 });
        const bars = [...text.matchAll(/\{"t":[^}]*\}/g)];
        for (const [bar] of bars) {
          const fields = Object.fromEntries(
            Array.from(bar.matchAll(/"(\w+)":([\d.]+)/g), ([, name, digits]) => [name, digits]),
          );
          found.set(Number(fields["t"]), fields);
        }
        if (bars.length < 1_000) return found;
      }
    }

    it("Binance USD-M: 12 minutes equal the venue's own in all nine fields, to the last digit", async () => {
      const ours = await timeSeries("BTC/USDT", "1m");
      const rows = klines("binance-usdm-btcusdt-1m.official.csv");
      const full = rows.filter((row) => row.at(-1)?.trim() === "1");
      expect(full.length).toBe(12);
      for (const row of full) {
        const [openTimeMs, o, h, l, c, bv, , qv, tr, tbv, tqv] = row;
        const theirs = [o, h, l, c, bv, qv, tr, tbv, tqv].map(trimmed);
        const bar = ours.get(Number(openTimeMs) / 1_000);
        expect(fieldNames.map((name) => bar?.[name])).toEqual(theirs);
      }
    });

    it.each([
      ["1m", 2_469, 1_091],
      ["5m", 706, 6],
    ])(
      "Binance XRP/ETH, %s: %i traded bars agree, and the other %i are left out",
      async (interval, traded, empty) => {
        const ours = await timeSeries("XRP/ETH", interval);
        const rows = klines(`binance-spot-xrpeth-2019-10-11.${interval}.csv.gz`);
        const theirs = rows.filter((row) => Number(row[5]) > 0);
        expect([theirs.length, rows.length - theirs.length]).toEqual([traded, empty]);

        const named = ["o", "h", "l", "c", "bv"];
        const figures = Array.from(ours, ([t, bar]) => [t, ...named.map((name) => bar[name])]);
        expect(figures).toEqual(
          theirs.map(([openTimeMs, ...row]) => [
            Number(openTimeMs) / 1_000,
            ...row.slice(0, 5).map(trimmed),
          ]),
        );
      },
    );
  },
);

function tape(name: string): string {
  return join(recorded ?? "", "trades", `binance-${name}.csv.gz`);
}

/** The rows of a file of the venue's own bars, without its header. */
function klines(name: string): readonly string[][] {
  const bytes = readFileSync(join(recorded ?? "", "klines", name));
  const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
  const [, ...rows] = text.trim().split("\n");
  return rows.map((line) => line.split(","));
}

function trimmed(text: string | undefined): string {
  return (text ?? "").includes(".") ? (text ?? "").replace(/\.?0+$/, "") : (text ?? "");
}
