import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findFiles } from "./sources.ts";
import { venueName } from "./venue-name.ts";

const folder = mkdtempSync(join(tmpdir(), "sources-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

mkdirSync(at("year/deep"), { recursive: true });
mkdirSync(at("empty"));
for (const name of ["b.csv", "a.zip", "a.zip.CHECKSUM", ".hidden.csv", "deep/c.parquet"]) {
  writeFileSync(at(`year/${name}`), "x");
}
symlinkSync(at("year/b.csv"), at("link.csv"));

describe("files that are meant", () => {
  it("by a folder are those that can be read, in it and below, by name", async () => {
    expect(await findFiles([at("year")])).toEqual({
      files: [at("year/a.zip"), at("year/b.csv"), at("year/deep/c.parquet")],
      leftOut: [
        `other files in ${at("year")} are left out: 1, such as ${at("year/a.zip.CHECKSUM")}`,
      ],
    });
  });

  it("by a pattern are those that match it, by name", async () => {
    expect(await findFiles([at("year/**/*.{csv,parquet}")])).toEqual({
      files: [at("year/b.csv"), at("year/deep/c.parquet")],
      leftOut: [],
    });
  });

  it("are read once, however often and by whichever names they are named", async () => {
    expect(await findFiles([at("year/b.csv"), at("link.csv"), "-", at("year/*.csv")])).toEqual({
      files: [at("year/b.csv"), "-"],
      leftOut: [
        `${at("link.csv")} is named twice: it is read once`,
        `${at("year/b.csv")} is named twice: it is read once`,
      ],
    });
  });

  it("are missing where a folder or a pattern has none, which is said", async () => {
    expect(await findFiles([at("empty")])).toContain(
      `there is no file in ${at("empty")} that ends in`,
    );
    expect(await findFiles([at("*.nothing")])).toBe(`no file matches ${at("*.nothing")}`);
    // One that is not there is said to be so when it is opened.
    expect(await findFiles([at("nowhere.csv")])).toEqual({
      files: [at("nowhere.csv")],
      leftOut: [],
    });
  });
});

describe("the name of a file of the venue", () => {
  const day = (y: number, m: number, d: number) => Date.UTC(y, m - 1, d) * 1_000;

  it.each([
    ["BTCUSDT-trades-2024-08-08.zip", "BTCUSDT", undefined, day(2024, 8, 8), day(2024, 8, 9)],
    ["/x/ETHBTC-aggTrades-2024-12.zip", "ETHBTC", undefined, day(2024, 12, 1), day(2025, 1, 1)],
    ["BTCUSDT-1m-2024-02-29.csv", "BTCUSDT", "1m", day(2024, 2, 29), day(2024, 3, 1)],
    ["BTCUSD_PERP-1h-2023-01.zip", "BTCUSD_PERP", "1h", day(2023, 1, 1), day(2023, 2, 1)],
  ])("%s tells symbol and span", (name, symbol, interval, fromUs, toUs) => {
    expect(venueName(name)).toEqual({ symbol, interval, span: { fromUs, toUs } });
  });

  it.each([
    "trades.csv",
    "BTCUSDT-trades-2024-13.zip",
    "BTCUSDT-trades-2023-02-30.zip",
    "btcusdt-trades-2024-08-08.zip",
    "BTCUSDT-trades-2024-08-08.zip.CHECKSUM",
  ])("%s tells nothing", (name) => {
    expect(venueName(name)).toBeUndefined();
  });
});
