/** Recordings that are played by one clock, and moved in time: what is published is what playing would publish. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Random } from "../../server/src/simulation/random.ts";
import { Theatre, textOf } from "../support/theatre.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-replay-clock-"));
afterAll(() => rmSync(folder, { recursive: true }));

const startUs = Date.UTC(2024, 7, 8, 10) * 1_000;
const second = 1_000_000;
const at = (seconds: number) => startUs + seconds * second;
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);

/** A file of trades at some seconds after the start. */
function fileOf(name: string, seconds: readonly number[]): string {
  const rows = seconds.map((s, id) => `${id},${at(s)},${100 + (id % 7)},${1 + (id % 3)}\n`);
  const path = join(folder, name);
  writeFileSync(path, `id,time,price,quantity\n${rows.join("")}`);
  return path;
}

let theatre: Theatre;
const open = async (files: Readonly<Record<string, string>>, settings: object = {}) => {
  theatre = new Theatre(files, { settings });
  theatre.start();
  await theatre.until(() => theatre.controls.every((one) => one.status().state !== "waiting"));
  await theatre.settle();
  return theatre;
};
afterEach(() => theatre.stop());

describe("the clock of a replay", () => {
  it("stands still while it is paused, and goes on from there", async () => {
    const { controls } = await open({ d: fileOf("pause.csv", [0, 5, 10, 200]) });
    await theatre.pass(3);
    const held = await theatre.act({ kind: "pause" });
    await theatre.pass(60);
    expect(controls[0]?.status()).toEqual(held);
    expect(held).toMatchObject({ datasets: ["d"], state: "paused", firstUs: at(0), speed: 1 });

    await theatre.act({ kind: "resume" });
    await theatre.pass(10);
    const { marketUs = 0 } = controls[0]!.status();
    expect(marketUs - (held.marketUs ?? 0)).toBe(10 * second);
    await theatre.act({ kind: "speed", speed: 20 });
    await theatre.pass(2);
    expect((controls[0]!.status().marketUs ?? 0) - marketUs).toBe(40 * second);
  });

  it("goes on by a trade, a second or a bar", async () => {
    await open({ d: fileOf("steps.csv", [0, 7, 7, 30.5, 70]) });
    await theatre.act({ kind: "pause" });
    const steps = ["trade", "second", "trade", "bar", "trade"] as const;
    const places: number[] = [];
    for (const step of steps) {
      const { marketUs = 0 } = await theatre.act({ kind: "step", step });
      places.push((marketUs - startUs) / second);
    }
    expect(places).toEqual([7, 8, 30.5, 60, 70]);
    expect(theatre.runners[0]?.figures.verdicts.taken).toBe(5);
    const minute = theatre.told.findLast(({ periodS }) => periodS === 60);
    expect(minute?.bar).toMatchObject({ startUs, tradeCount: 4, state: "closed" });
    expect(await theatre.act({ kind: "step", step: "trade" })).toMatchObject({ state: "ended" });
  });

  it("is one for recordings that are played alike, which keep the times between them", async () => {
    const files = { late: fileOf("late.csv", [113, 120]), early: fileOf("early.csv", [0, 60]) };
    const { controls, runners } = await open(files);
    expect(controls).toHaveLength(1);
    await theatre.pass(100);
    expect(runners.map(({ figures }) => figures.verdicts.taken)).toEqual([0, 2]);
    await theatre.pass(14);
    expect(runners.map(({ figures }) => figures.verdicts.taken)).toEqual([1, 2]);
  });

  it.each([50, 2_000, "max"] as const)("merges them by event time, at speed %s", async (speed) => {
    const random = new Random(seed, `merge ${speed}`);
    const anyTimes = () =>
      Array.from({ length: 300 }, () => random.below(1_800) + random.below(8) / 8).toSorted(
        (left, right) => left - right,
      );
    const names = ["one", "two", "three"];
    const files = names.map((name) => [name, fileOf(`${name}.csv`, anyTimes())] as const);
    await open(Object.fromEntries(files), { speed });
    await theatre.playOut(speed);
    // A bar is closed when its minute is over in market time.
    const closed = theatre.told.filter(
      ({ bar, periodS }) => bar.state === "closed" && periodS === 1,
    );
    const starts = closed.map(({ bar }) => bar.startUs);
    expect(new Set(closed.map(({ dataset }) => dataset)).size).toBe(3);
    expect(starts.length).toBeGreaterThan(60);
    expect(starts).toEqual(starts.toSorted((left, right) => left - right));
  });

  it("keeps on the shifted clock the second of each trade within its minute, and so every bar", async () => {
    const seconds = [17.25, 18, 59.875, 60, 125.5];
    await open({ d: fileOf("minute.csv", seconds) }, { clock: "shifted" });
    await theatre.act({ kind: "pause" });
    const places: number[] = [];
    for (let trade = 0; trade < seconds.length; trade += 1) {
      const { marketUs = 0, firstUs = 0 } = theatre.controls[0]!.status();
      places.push((marketUs - firstUs) / second + seconds[0]!);
      expect((marketUs / second) % 60).toBe(seconds[trade]! % 60);
      if (trade < seconds.length - 1) await theatre.act({ kind: "step", step: "trade" });
    }
    expect(places).toEqual(seconds);
    await theatre.playOut();
    const closed = theatre.told.filter(
      ({ bar, periodS }) => bar.state === "closed" && periodS === 1,
    );
    const nowMinute = Math.floor(closed[0]!.bar.startUs / (60 * second));
    expect(
      closed.map(({ bar }) => [bar.startUs / (60 * second) - nowMinute, bar.tradeCount]),
    ).toEqual([
      [0, 3],
      [1, 1],
      [2, 1],
    ]);
  });

  it("is another one for recordings of another speed", async () => {
    const path = fileOf("speeds.csv", [0, 60]);
    theatre = new Theatre({ one: path });
    const other = new Theatre({ two: path }, { settings: { speed: 5 } });
    expect(theatre.controls[0]?.status().speed).toBe(1);
    expect(other.controls[0]?.status().speed).toBe(5);
  });

  it("plays from a moment to another one, and says so at the end", async () => {
    const settings = { from: "2024-08-08T10:00:10Z", to: "2024-08-08T10:01:00Z" };
    await open({ d: fileOf("span.csv", [0, 9, 10, 59, 60, 70]) }, settings);
    await theatre.playOut();
    expect(theatre.runners[0]?.figures.verdicts.taken).toBe(2);
    expect(theatre.ended).toEqual(["d finished"]);
    expect(theatre.controls[0]?.status()).toMatchObject({ state: "ended", firstUs: at(10) });
  });

  it("goes back where all has been played, and not on the shifted clock", async () => {
    await open({ d: fileOf("back.csv", [0, 30, 90]) });
    await theatre.playOut();
    expect(await theatre.act({ kind: "pause" })).toMatchObject({ state: "ended" });
    const status = await theatre.act({ kind: "seek", toUs: at(40) });
    expect(status).toMatchObject({ state: "paused", marketUs: at(40) });
    await theatre.playOut();
    expect(theatre.ended).toEqual(["d finished", "d finished"]);
    await theatre.stop();

    await open({ d: fileOf("shifted.csv", [0, 30, 90]) }, { clock: "shifted" });
    const { firstUs = 0, marketUs = 0 } = await theatre.act({ kind: "step", step: "trade" });
    expect([firstUs % (60 * second), marketUs - firstUs]).toEqual([0, 30 * second]);
    const back = await theatre.controls[0]!.act({ kind: "seek", toUs: firstUs });
    expect(back).toContain("use clock: recorded");
  });
});

describe(`a seek (seed ${seed})`, () => {
  it("leads to the state of playing to there, from wherever it begins", async () => {
    const random = new Random(seed, "seek");
    let compared = 0;
    for (let run = 0; run < 6; run += 1) {
      const seconds = Array.from({ length: 60 }, () => random.below(400) + random.below(4) / 4);
      const files = {
        one: fileOf(
          "one.csv",
          seconds.toSorted((left, right) => left - right),
        ),
        two: fileOf("two.csv", [3, ...seconds.slice(20, 40).toSorted((l, r) => l - r)]),
      };
      await open(files);
      await theatre.playOut();
      const played = theatre.told;
      await theatre.stop();

      await open(files);
      await theatre.act({ kind: "pause" });
      let toUs = 0;
      for (let jump = 0; jump < 3; jump += 1) {
        toUs = at(random.below(390));
        const { marketUs } = await theatre.act({ kind: "seek", toUs });
        toUs = Math.max(toUs, marketUs ?? 0);
      }
      theatre.told.length = 0;
      await theatre.playOut();

      for (const dataset of ["one", "two"]) {
        const own = theatre.told.filter((each) => each.dataset === dataset);
        // The end of what playing has told: all of it that comes after the moment.
        const all = played.filter((each) => each.dataset === dataset);
        const rest = all.slice(all.length - own.length);
        expect(own.map(textOf), `run ${run}, ${dataset}`).toEqual(rest.map(textOf));
        const before = all[all.length - own.length - 1]?.bar;
        expect((before?.lastUs ?? 0) <= toUs || own.length === 0).toBe(true);
        compared += own.length;
      }
      await theatre.stop();
    }
    expect(compared).toBeGreaterThan(0);
  });

  it("tells nothing of what lies between", async () => {
    await open({ d: fileOf("between.csv", [0, 10, 130, 190, 250]) });
    await theatre.act({ kind: "pause" });
    const before = theatre.told.length;
    await theatre.act({ kind: "seek", toUs: at(200) });
    expect(theatre.told).toHaveLength(before);
    await theatre.act({ kind: "step", step: "second" });
    expect(theatre.told.at(-1)?.bar).toMatchObject({ startUs: at(180), tradeCount: 1 });
  });
});
