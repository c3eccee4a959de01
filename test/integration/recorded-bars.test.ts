/**
 * Real recordings in, exact bars out: every final bar that a client is streamed equals a computation
 * over the whole file at once, and the exchange's own bars where the recordings hold both.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { batchBars, type ExactBar } from "../support/batch-bars.ts";
import { runHere } from "../support/command-here.ts";
import { recordedDataFolder, recordedDataMissing } from "../support/recorded-data.ts";
import { type Tape, tapes } from "../support/recorded-tapes.ts";
import { rounds } from "../support/rounds.ts";
import { type ServerInside, startServerInside } from "../support/server-here.ts";
import { openStream } from "../support/stream-client.ts";

const folder = recordedDataFolder();
/** Rows of a tape that are played: the long ones have some hundred thousand, of which the first show the most. */
const rowsMax = rounds(10_000, 1_000_000);

function tapeLines(path: string, linesMax?: number): readonly string[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
  return text.trim().split("\n", linesMax);
}

function tapeRows(path: string): readonly string[][] {
  return tapeLines(path).map((line) => line.split(","));
}

/** A tape's dataset as it is written in the configuration file. */
function dataset(tape: Tape, code: string, file: string) {
  const { kind, ...more } = tape.format;
  const files = [file];
  const feed = {
    kind: "replay",
    files,
    format: kind,
    ticker: "A/B",
    speed: "max",
    start: "first-subscription",
  };
  return { code, feed: { ...feed, ...more } };
}

describe.skipIf(folder === undefined)(
  `recorded trades (${folder ? "found" : recordedDataMissing})`,
  () => {
    const data = folder ?? "";
    const played = mkdtempSync(join(tmpdir(), "openbourse-tapes-"));
    const fileOf = (code: string) => join(played, `${code}.csv`);
    let server: ServerInside;
    beforeAll(async () => {
      const datasets = tapes.map((tape, index) => {
        const file = fileOf(`tape-${index}`);
        const lines = tapeLines(join(data, "trades", tape.file), rowsMax);
        writeFileSync(file, lines.join("\n"));
        return dataset(tape, `tape-${index}`, file);
      });
      server = await startServerInside({
        yaml: stringify({ exchange: { enabled: false }, datasets }),
      });
    });
    afterAll(async () => {
      await server.stop();
      rmSync(played, { recursive: true });
    });

    it.each(tapes.map((tape, index) => ({ file: tape.file, tape, code: `tape-${index}` })))(
      "$file: every final bar that is streamed equals the batch computation",
      async ({ tape, code }) => {
        const expected = batchBars(tapeRows(fileOf(code)), tape.format);
        const client = await openStream(`${server.ws}/v1?apikey=${server.demoKey}`);
        const streamed = new Map<string, string>();
        client.send({
          event: "subscribe",
          dataset: code,
          tickers: ["A/B"],
          channel: "bars",
          frequency: "1m",
          aggregation: "1m",
        });
        const lastMinute = [...expected.keys()].at(-1);
        await client.until(({ json, text }) => {
          if (!("o" in json)) return false;
          const [, t, o, h, l, c, v] =
            /"t":(\d+),"o":(.+),"h":(.+),"l":(.+),"c":(.+),"v":(.+)\}/.exec(text) ?? [];
          streamed.set(String(t), [o, h, l, c, v].join(" "));
          return t === lastMinute;
        });
        await client.close();

        const wanted = new Map(
          [...expected].map(([t, bar]) => [
            t,
            [bar.open, bar.high, bar.low, bar.close, bar.volume].join(" "),
          ]),
        );
        expect(streamed.size).toBe(wanted.size);
        expect(streamed).toEqual(wanted);
      },
    );
  },
);

describe.skipIf(folder === undefined)(
  `the exchange's own bars (${folder ? "found" : recordedDataMissing})`,
  () => {
    const data = folder ?? "";

    /** The final bars of a file as `openbourse replay --print` writes them. */
    async function printed(
      file: string,
      format: string,
    ): Promise<Map<number, Record<string, string>>> {
      const { code, stdout, stderr } = await runHere([
        "replay",
        join(data, "trades", file),
        "--format",
        format,
        "--ticker",
        "A/B",
        "--print",
        "--log-level",
        "warn",
      ]);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      const figures = (line: string) =>
        Object.fromEntries(
          [...line.matchAll(/"(\w+)":([\d.]+)/g)].map((match) => [match[1], match[2]]),
        );
      return new Map(
        stdout
          .trim()
          .split("\n")
          .map((line) => [Number(figures(line)["t"]), figures(line)]),
      );
    }

    it("Binance USD-M: all 12 fully recorded minutes agree in all nine fields, to the last digit", async () => {
      const ours = new Map([
        ...(await printed("binance-usdm-btcusdt-2023-04-04.trades.csv.gz", "binance-trades")),
        ...(await printed("binance-usdm-btcusdt-2024-08-08.trades.csv.gz", "binance-trades")),
      ]);
      const [, ...rows] = tapeRows(join(data, "klines", "binance-usdm-btcusdt-1m.official.csv"));
      const full = rows.filter((row) => row.at(-1)?.trim() === "1");
      expect(full.length).toBe(12);
      for (const row of full) {
        const [
          openTimeMs,
          open,
          high,
          low,
          close,
          volume,
          ,
          quoteVolume,
          count,
          takerVolume,
          takerQuote,
        ] = row;
        const bar = ours.get(Number(openTimeMs) / 1_000);
        expect(bar).toMatchObject({
          open: trimmed(open),
          high: trimmed(high),
          low: trimmed(low),
          close: trimmed(close),
          volume: trimmed(volume),
          quoteVolume: trimmed(quoteVolume),
          trades: count,
          takerBuyVolume: trimmed(takerVolume),
          takerBuyQuoteVolume: trimmed(takerQuote),
        });
      }
    });

    it("Binance XRP/ETH: all 2,469 traded minutes agree, and the other 1,091 have no bar", async () => {
      const ours = await printed(
        "binance-spot-xrpeth-2019-10-11.aggtrades.csv.gz",
        "binance-aggtrades",
      );
      const [, ...rows] = tapeRows(
        join(data, "klines", "binance-spot-xrpeth-2019-10-11.1m.csv.gz"),
      );
      const traded = rows.filter((row) => Number(row[5]) > 0);
      expect([traded.length, rows.length - traded.length]).toEqual([2_469, 1_091]);
      const agreeing = traded.filter(([openTimeMs, open, high, low, close, volume]) => {
        const bar = ours.get(Number(openTimeMs) / 1_000);
        const figures: readonly (keyof ExactBar)[] = ["open", "high", "low", "close", "volume"];
        const theirs = [open, high, low, close, volume].map(trimmed);
        return figures.map((name) => bar?.[name]).join() === theirs.join();
      });
      expect(agreeing.length).toBe(2_469);
      const empty = rows.filter((row) => Number(row[5]) === 0);
      expect(empty.some(([openTimeMs]) => ours.has(Number(openTimeMs) / 1_000))).toBe(false);
    });
  },
);

function trimmed(text: string | undefined): string {
  return (text ?? "").includes(".") ? (text ?? "").replace(/\.?0+$/, "") : (text ?? "");
}
