import { describe, expect, it } from "vitest";
import type { TimeUnit } from "./config.ts";
import { createTimeReader, readBinanceTime, recordedTimeEndUs } from "./map-time.ts";

describe("times of a column with a unit", () => {
  it.each<[TimeUnit, string, number]>([
    ["s", "1618678070", 1_618_678_070_000_000],
    ["s", "1618678070.5228748", 1_618_678_070_522_874],
    ["s", "1618678070.5", 1_618_678_070_500_000],
    ["s", "1618678070.000001", 1_618_678_070_000_001],
    ["s", "0", 0],
    ["ms", "1618678070522", 1_618_678_070_522_000],
    ["ms", "1618678070522.8748", 1_618_678_070_522_874],
    ["us", "1618678070522874", 1_618_678_070_522_874],
    ["us", "1618678070522874.9", 1_618_678_070_522_874],
    ["ns", "1618678070522874812", 1_618_678_070_522_874],
    ["ns", "999", 0],
    ["ns", "1999.5", 1],
  ])("reads %s %s exactly, cut off at the microsecond", (unit, text, us) => {
    expect(createTimeReader(unit, 0)(text)).toBe(us);
  });

  it("adds the moment from which the file counts", () => {
    const midnightInNewYorkUs = 1_381_204_800_000_000;

    const read = createTimeReader("ms", midnightInNewYorkUs);

    expect(read("14417034")).toBe(1_381_219_217_034_000);
  });

  it.each<[TimeUnit, string]>([
    ["s", ""],
    ["s", "."],
    ["s", "1."],
    ["s", ".5"],
    ["s", "-1"],
    ["s", "+1"],
    ["s", " 1"],
    ["s", "1e9"],
    ["s", "1.5.5"],
    ["s", "1.5x"],
    ["s", "1.1234567x"],
    ["us", "1.x"],
    ["ns", "16186780705228748x2"],
    ["ns", "x618678070522874812"],
    ["s", "NaN"],
    ["s", "2021-04-17T16:47:50Z"],
    ["s", "1618678070522"],
    ["us", "99999999999999999999999999"],
  ])("refuses %s %j", (unit, text) => {
    expect(createTimeReader(unit, 0)(text)).toBeUndefined();
  });

  it("refuses 2100 and later, which only a wrong unit yields", () => {
    const read = createTimeReader("us", 0);

    expect(read(String(recordedTimeEndUs - 1))).toBe(recordedTimeEndUs - 1);
    expect(read(String(recordedTimeEndUs))).toBeUndefined();
  });
});

describe("times of Binance files", () => {
  it("takes milliseconds or microseconds by the size of each value", () => {
    expect(readBinanceTime("1723161255342")).toBe(1_723_161_255_342_000);
    expect(readBinanceTime("1735689600123456")).toBe(1_735_689_600_123_456);
  });

  it.each(["", "abc", "True", "1723161255342.5", "17231612553420000000"])("refuses %j", (text) => {
    expect(readBinanceTime(text)).toBeUndefined();
  });
});
