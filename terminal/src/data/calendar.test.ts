import { describe, expect, it } from "vitest";
import { calendarOf, dayMs, daysMax } from "./calendar.ts";

const day = (date: string) => Date.parse(`${date}T00:00:00Z`);
const bar = (date: string, volume = "1.50") => ({ startMs: day(date), volume });
const span = (from: string, to: string) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) });

describe("the calendar of what is stored", () => {
  it("has a day for each from the first one with data to now, by month, weeks from Monday on", () => {
    const months = calendarOf({
      bars: [bar("2026-10-30"), bar("2026-11-02", "7")],
      unknown: [],
      nowMs: day("2026-11-03") + 5,
    });
    expect(months.map(({ name, offset, days }) => [name, offset, days.length])).toEqual([
      ["2026-10", 4, 2],
      ["2026-11", 6, 3],
    ]);
    expect(months.flatMap(({ days }) => days.map(({ state }) => state))).toEqual([
      "data",
      "quiet",
      "quiet",
      "data",
      "quiet",
    ]);
    expect(months[1]?.days[1]?.volume).toBe("7");
  });

  it("tells days of which something is missing from days without trades", () => {
    const unknown = [span("2026-11-02T23:59:00Z", "2026-11-04T00:01:00Z")];
    const bars = [bar("2026-11-01"), bar("2026-11-02"), bar("2026-11-05")];
    const [month] = calendarOf({ bars, unknown, nowMs: day("2026-11-05") });
    expect(month?.days.map(({ state }) => state)).toEqual(["data", "part", "gap", "gap", "data"]);
  });

  it("misses nothing of a day that is not over", () => {
    const nowMs = day("2026-11-02") + dayMs / 2;
    const parts = { bars: [bar("2026-11-02")], nowMs };
    const later = [{ fromMs: nowMs, toMs: nowMs + dayMs }];
    const states = (unknown: typeof later) =>
      calendarOf({ ...parts, unknown }).flatMap(({ days }) => days.map(({ state }) => state));
    expect(states(later)).toEqual(["data"]);
    expect(states([{ fromMs: nowMs - 60_000, toMs: nowMs }])).toEqual(["part"]);
  });

  it("is bounded, and empty where there is nothing", () => {
    expect(calendarOf({ bars: [], unknown: [], nowMs: 0 })).toEqual([]);
    const months = calendarOf({ bars: [bar("1999-01-01")], unknown: [], nowMs: day("2026-11-05") });
    expect(months.flatMap(({ days }) => days)).toHaveLength(daysMax);
  });
});
