/** `openbourse import` and `openbourse export` as an operator calls them, on real recordings and with mistakes. */
import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zipOf } from "../../server/src/recordings/zip.fixture.ts";
import { runHere } from "../support/command-here.ts";
import { recordedDataFolder, recordedDataMissing } from "../support/recorded-data.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-import-"));
afterAll(() => rmSync(folder, { recursive: true }));
const config = join(folder, "openbourse.yaml");
const datasets = [
  "crypto",
  "klines",
  "plain",
  "packed",
  "again",
  "thin",
  "thin-klines",
  "spy",
  "spy-klines",
  "few",
];

beforeAll(async () => {
  const codes = datasets.map((code) => `  - code: ${code}\n`).join("");
  const live = "  - code: live\n    feed: {kind: simulator}\n";
  const data = `data: ${join(folder, "data")}\n`;
  writeFileSync(config, `${data}exchange: {enabled: false}\ndatasets:\n${codes}${live}`);
  expect(await runHere(["init", "--config", config])).toMatchObject({ code: 0 });
});

const run = (...args: readonly string[]) => runHere([...args, "--config", config]);

function stored(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Lines of an export without its header, cut into fields. */
async function exported(dataset: string, ...args: readonly string[]): Promise<readonly string[][]> {
  const { code, stdout, stderr } = await run("export", "--dataset", dataset, ...args);
  expect([code, stderr]).toEqual([0, expect.stringContaining(`of dataset ${dataset}`)]);
  const [, ...lines] = stdout.trimEnd().split("\n");
  return lines.map((line) => line.split(","));
}

const recorded = recordedDataFolder();

describe.skipIf(recorded === undefined)(
  `recordings of the venue (${recorded === undefined ? recordedDataMissing : "found"})`,
  () => {
    const tape = (name: string) => join(recorded ?? "", "trades", `binance-${name}.csv.gz`);
    const usdm = ["usdm-btcusdt-2023-04-04.trades", "usdm-btcusdt-2024-08-08.trades"].map(tape);
    const klines = join(recorded ?? "", "klines");
    const ticks = join(recorded ?? "", "trades", "nyse-spy-2013-10-08.ticks.csv.gz");
    const spyKlines = join(klines, "nyse-spy-2013-10-08.1m.csv.gz");
    /** Start, prices, volumes and number of trades of exported bars. */
    const figures = (row: readonly string[]) => [row[0], ...row.slice(3, 12)].join();

    it("are imported as they are, and what is no trade of the market is told", async () => {
      const imported = await run("import", ...usdm, "--dataset", "crypto", "--ticker", "A/B");

      expect(imported).toMatchObject({
        code: 0,
        stdout: "crypto: 34247 trades stored; not used: 1 row that is no trade of the market\n",
      });
      expect(imported.stderr).toContain("as binance-trades (CSV, gzip)");
      expect(imported.stderr).toContain(`${usdm[0]}: 1 row left out, type is not MARKET`);
    });

    it("make bars that are the venue's own in nine fields", async () => {
      const file = join(klines, "binance-usdm-btcusdt-1m.official.csv");
      const imported = await run("import", file, "--dataset", "klines", "--ticker", "A/B");
      expect(imported).toMatchObject({ code: 0, stdout: "klines: 15 minutes stored\n" });

      const rows = readFileSync(file, "utf8").trimEnd().split("\n").slice(1);
      const full = rows.map((row) => row.split(",")).filter((row) => row.at(-1)?.trim() === "1");
      const starts = full.map(([ms]) => new Date(Number(ms)).toISOString().replace("Z", "000Z"));
      const isFull = ([start = ""]: readonly string[]) => starts.includes(start);
      const theirs = (await exported("klines")).filter(isFull).map(figures);

      expect(theirs).toHaveLength(12);
      expect((await exported("crypto")).filter(isFull).map(figures)).toEqual(theirs);
    });

    it("in a thin market make the venue's bars where it traded, and none elsewhere", async () => {
      const files = {
        thin: tape("spot-xrpeth-2019-10-11.aggtrades"),
        "thin-klines": join(klines, "binance-spot-xrpeth-2019-10-11.1m.csv.gz"),
      };
      for (const [dataset, file] of Object.entries(files)) {
        const imported = await run("import", file, "--dataset", dataset, "--ticker", "XRP/ETH");
        expect(imported.code).toBe(0);
      }

      const plain = (rows: readonly string[][]) =>
        rows.map((row) => [row[0], ...row.slice(3, 8)].join());
      const theirs = plain(await exported("thin-klines"));
      expect(theirs).toHaveLength(2_469);
      const lastUs = theirs.at(-1)?.slice(0, 27) ?? "";
      expect(plain(await exported("thin")).filter((row) => row.slice(0, 27) <= lastUs)).toEqual(
        theirs,
      );
    });

    it("of a stock, which count from midnight in ten-thousandths, make its bars", async () => {
      const numbers = ["--time-unit", "ms", "--time-origin", "2013-10-08T00:00:00-04:00"];
      const spy = [...numbers, "--price-decimals", "4", "--ticker", "SPY"];
      const tape = gunzipSync(readFileSync(ticks)).toString().split("\n").slice(0, 9_000);
      const [trades, bars] = [
        "time=0,price=1,quantity=2",
        "time=0,open=1,high=2,low=3,close=4,volume=5",
      ];
      const taken = [
        await run(
          "import",
          stored("spy.csv", tape.join("\n")),
          "--dataset",
          "spy",
          "--map",
          trades,
          ...spy,
        ),
        await run("import", spyKlines, "--dataset", "spy-klines", "--map", bars, ...spy),
      ];
      expect(taken.map(({ code }) => code)).toEqual([0, 0]);
      expect(taken[0]?.stderr).toContain(
        "times in ms from 2013-10-08T04:00:00.000Z, 4 decimals left out of prices",
      );

      const plain = async (dataset: string) =>
        (await exported(dataset)).map((row) => [row[0], ...row.slice(3, 8)].join());
      // Once the session is open, the maker of the bars leaves some kinds of prints out.
      const ours = (await plain("spy")).filter((row) => row < "2013-10-08T13:30");
      expect(ours.length).toBeGreaterThan(100);
      expect((await plain("spy-klines")).slice(0, ours.length)).toEqual(ours);
    });

    it("are the same trades however they are packed, and from an export in Parquet", async () => {
      const [early = "", late = ""] = usdm.map((path) =>
        gunzipSync(readFileSync(path)).toString().split("\n", 4_001).join("\n"),
      );
      const plain = [stored("early.csv", early), stored("late.csv", late)];
      const packed = [
        stored("early.csv.gz", gzipSync(early)),
        stored(
          "BTCUSDT-trades-2024-08-08.zip",
          zipOf([["BTCUSDT-trades-2024-08-08.csv", Buffer.from(late)]]),
        ),
        stored("copy.csv.zst", zstdCompressSync(late)),
      ];
      const names = ["--ticker", "A/B", "--venue", "crypto"];
      const first = await run("import", ...plain, "--dataset", "plain", ...names);
      expect(first.stdout).toBe("plain: 8000 trades stored\n");
      const all = await run("import", ...packed, "--dataset", "packed", ...names);
      expect(all.stdout).toContain("8000 trades stored, 4000 trades known already");

      const parquet = join(folder, "all.parquet");
      const args = ["--interval", "trades", "--format", "parquet", "--output", parquet];
      expect((await run("export", "--dataset", "packed", ...args)).code).toBe(0);
      const again = await run("import", parquet, "--dataset", "again");
      expect(again).toMatchObject({ code: 0, stdout: "again: 8000 trades stored\n" });

      const trades = await exported("plain", "--interval", "trades");
      expect(await exported("packed", "--interval", "trades")).toEqual(trades);
      expect(await exported("again", "--interval", "trades")).toEqual(trades);
      expect(await exported("again")).toEqual(await exported("plain"));
    });
  },
);

describe("an export to a name that is there already", () => {
  it("goes through a pipe or device and to the file of a link, and puts nothing in their place", async () => {
    const trades = stored("few.csv", "time,price,qty\n1722000000000,5,1\n1722000060000,6,1\n");
    const imported = await run("import", trades, "--dataset", "few", "--ticker", "A/B");
    expect(imported).toMatchObject({ code: 0 });
    const [pipe, link, file] = ["pipe", "link", "file"].map((name) => join(folder, name));
    execFileSync("mkfifo", [pipe!]);
    stored("file", "what was there before");
    symlinkSync(file!, link!);

    const heard = readFile(pipe!, "utf8");
    const args = ["export", "--dataset", "few", "--interval", "trades", "--output"];
    expect(await run(...args, pipe!)).toMatchObject({ code: 0 });
    expect((await heard).split("\n")).toHaveLength(4);
    expect(lstatSync(pipe!).isFIFO()).toBe(true);
    expect(await run(...args, link!)).toMatchObject({ code: 0 });
    expect(lstatSync(link!).isSymbolicLink()).toBe(true);
    expect(readFileSync(file!, "utf8")).toBe(await heard);
    const refused = await run(...args, folder);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("was not written") });
  });
});

describe("an import of what cannot be used", () => {
  const good = "id,price,qty,quote_qty,time,is_buyer_maker\n1,5,1,5,1722000000000,true\n";

  it.each<[string, () => readonly string[], number, string]>([
    [
      "an unknown dataset",
      () => ["x.csv", "--dataset", "cryto"],
      2,
      "there is no dataset cryto; did you mean crypto?",
    ],
    [
      "a file that is not there",
      () => ["nowhere.csv", "--dataset", "crypto"],
      1,
      "cannot read nowhere.csv: there is no such file",
    ],
    [
      "a pattern without a match",
      () => [join(folder, "*.nothing"), "--dataset", "crypto"],
      2,
      "no file matches",
    ],
    [
      "a mistyped role",
      () => ["x.csv", "--dataset", "crypto", "--map", "tme=0"],
      2,
      "--map knows no tme; did you mean time?",
    ],
    [
      "a role without a column",
      () => ["x.csv", "--dataset", "crypto", "--map", "time"],
      2,
      "--map time is no role=column",
    ],
    [
      "columns of a known format",
      () => ["x.csv", "--dataset", "crypto", "--format", "binance-trades", "--map", "time=0"],
      2,
      "leave one out",
    ],
    [
      "two tickers for the same rows",
      () => ["x.csv", "--dataset", "crypto", "--ticker", "A", "--ticker", "B"],
      2,
      "use SYMBOL=TICKER",
    ],
    [
      "a moment that is none",
      () => ["x.csv", "--dataset", "crypto", "--time-origin", "midnight"],
      2,
      "--time-origin midnight is no time: write 2024-08-08",
    ],
    [
      "times that count from nobody knows when",
      () => [
        stored("bare.csv", "34200001,5,1\n"),
        "--dataset",
        "crypto",
        "--map",
        "time=0,price=1,quantity=2",
      ],
      1,
      "name it with --time-unit s, ms, us, ns or iso, from when it counts with --time-origin",
    ],
    ["an empty file", () => [stored("empty.csv", ""), "--dataset", "crypto"], 1, "it is empty"],
    [
      "what is no text",
      () => [stored("junk.csv", Buffer.from([0, 1, 0, 0, 3, 0, 9, 1])), "--dataset", "crypto"],
      1,
      "not text: it has zero bytes",
    ],
    [
      "one endless line",
      () => [stored("line.csv.gz", gzipSync(Buffer.alloc(8_000_000, "7"))), "--dataset", "crypto"],
      1,
      "line too long",
    ],
    [
      "a ticker that nobody names",
      () => [stored("good.csv", good), "--dataset", "crypto"],
      1,
      "its rows name no ticker; name it with --ticker",
    ],
    [
      "rows older than a dataset keeps",
      () => [stored("old.csv", good), "--dataset", "live", "--ticker", "T"],
      1,
      "with history.keepDays: 0 in its configuration it keeps everything",
    ],
  ])("says of %s what is wrong and what to do", async (_, args, code, words) => {
    const result = await run("import", ...args());

    expect(result.stderr).toContain(words);
    expect(result.code).toBe(code);
  });

  it("reads the other files, and says as JSON what became of all rows", async () => {
    const files = [
      stored("one.csv", good),
      join(folder, "gone.csv"),
      stored("two.csv", `${good}2,x,1,5,1722000000001,true\n`),
    ];
    const { code, stdout } = await run(
      "import",
      ...files,
      "--dataset",
      "thin",
      "--ticker",
      "J",
      "--json",
    );

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      dataset: "thin",
      files: 3,
      filesFailed: 1,
      tradesStored: 1,
      tradesKnown: 1,
      malformed: 1,
      interrupted: false,
    });
  });
});

describe("an export of what is not there", () => {
  it.each<[readonly string[], string]>([
    [
      ["--dataset", "thin", "--ticker", "JJ"],
      "nothing is stored of JJ in dataset thin; did you mean J?",
    ],
    [["--dataset", "live"], "nothing is stored of dataset live"],
    [["--dataset", "thin", "--interval", "7m"], "--interval 7m is none of trades, 1s, 1m"],
    [["--dataset", "thin", "--from", "yesterday"], "--from yesterday is no time: write 2024-08-08"],
    [
      ["--dataset", "thin", "--from", "2024-08-09", "--to", "2024-08-08"],
      "--from has to be before --to",
    ],
  ])("%j says what is wrong", async (args, words) => {
    expect(await run("export", ...args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(words),
    });
  });
});
