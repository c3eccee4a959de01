import { describe, expect, it } from "vitest";
import type { TimeUnit } from "./format.ts";
import { binanceTimes, createTimeReader, recordedTimeEndUs, tardisTimes } from "./map-time.ts";

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
    ["s", "1.618678070522874e9", 1_618_678_070_522_874],
    ["ms", "1.618678070522E+12", 1_618_678_070_522_000],
    ["iso", "2021-04-17T16:47:50.5228748Z", 1_618_678_070_522_874],
    ["iso", "2021-04-17T18:47:50,5+02:00", 1_618_678_070_500_000],
    ["ms", "2021-04-17 11:17:50-0530", 1_618_678_070_000_000],
    ["us", "2021-04-17 16:47:50 UTC", 1_618_678_070_000_000],
    ["ns", "2021-04-17t16:47", 1_618_678_020_000_000],
  ])("reads %s %s exactly, cut off at the microsecond", (unit, text, us) => {
    expect(createTimeReader(unit, 0).read(text)).toBe(us);
  });

  it("adds the moment from which the file counts", () => {
    const midnightInNewYorkUs = 1_381_204_800_000_000;

    const { read } = createTimeReader("ms", midnightInNewYorkUs);

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
    ["s", "1.5.5"],
    ["s", "1.5x"],
    ["s", "1.1234567x"],
    ["us", "1.x"],
    ["ns", "16186780705228748x2"],
    ["ns", "x618678070522874812"],
    ["s", "NaN"],
    ["s", "2021-04-17"],
    ["s", "2021-13-17T16:47:50Z"],
    ["s", "2021-02-30T16:47:50Z"],
    ["s", "2021-04-17T24:00:00Z"],
    ["s", "2021-04-17T16:60:00Z"],
    ["iso", "1618678070"],
    ["s", "1618678070522"],
    ["us", "99999999999999999999999999"],
  ])("refuses %s %j", (unit, text) => {
    expect(createTimeReader(unit, 0).read(text)).toBeUndefined();
  });

  it("refuses 2100 and later, which only a wrong unit yields", () => {
    const { read } = createTimeReader("us", 0);

    expect(read(String(recordedTimeEndUs - 1))).toBe(recordedTimeEndUs - 1);
    expect(read(String(recordedTimeEndUs))).toBeUndefined();
  });
});

describe("times that cannot be meant", () => {
  it.each<[TimeUnit, string, string]>([
    [
      "ms",
      "1700000000",
      "time is 1970-01-20T16:13:20.000Z as ms, and 2023-11-14T22:13:20.000Z as s: set timeUnit: s",
    ],
    [
      "s",
      "1700000000000",
      "time is after the year 9999 as s, and 2023-11-14T22:13:20.000Z as ms: set timeUnit: ms",
    ],
    [
      "us",
      "1700000000000000000",
      "time is after the year 9999 as us, and 2023-11-14T22:13:20.000Z as ns: set timeUnit: ns",
    ],
    ["iso", "1700000000", "time is a number, and 2023-11-14T22:13:20.000Z as s: set timeUnit: s"],
    [
      "s",
      "34200",
      "time is 1970-01-01T09:30:00.000Z as s, and from 1990 to 2100 in no unit: where it counts from another moment, set timeOriginUs, on the command line --time-origin",
    ],
    ["s", "yesterday", "time is neither a number nor ISO 8601"],
  ])("as %s %s are refused with the unit that would fit", (unit, text, fault) => {
    const times = createTimeReader(unit);

    expect(times.read(text)).toBeUndefined();
    expect(times.fault(text)).toBe(fault);
  });

  it("are refused in files of known columns with how to describe them", () => {
    expect(binanceTimes.read("1700000000")).toBeUndefined();
    expect(binanceTimes.fault("1700000000")).toContain("format csv and timeUnit: s");
    expect(tardisTimes.read("1700000000000")).toBeUndefined();
    expect(tardisTimes.fault("1700000000000")).toContain("format csv and timeUnit: ms");
  });
});

describe("times of Binance files", () => {
  it("may have a fraction or be ISO 8601", () => {
    expect(binanceTimes.read("1723161255342.5")).toBe(1_723_161_255_342_500);
    expect(binanceTimes.read("2024-08-08T23:54:15.342Z")).toBe(1_723_161_255_342_000);
  });

  it("takes milliseconds or microseconds by the size of each value", () => {
    expect(binanceTimes.read("1723161255342")).toBe(1_723_161_255_342_000);
    expect(binanceTimes.read("1735689600123456")).toBe(1_735_689_600_123_456);
  });

  it.each(["", "abc", "True", "17231612553420000000"])("refuses %j", (text) => {
    expect(binanceTimes.read(text)).toBeUndefined();
  });
});
