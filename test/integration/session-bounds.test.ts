/** How many clocks of their own there may be, and when one ends by itself; without sockets, by a clock that the test moves. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { replay } from "../../server/src/feeds/replay/kind.ts";
import type { Hub } from "../../server/src/hub/hub.ts";
import { Catalog } from "../../server/src/marketdata/catalog.ts";
import { LiveClockSessions } from "../../server/src/streams/clock-sessions.ts";
import { VirtualClock } from "../../server/src/testing/virtual-clock.ts";
import { playing } from "../support/theatre.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-session-bounds-"));
const path = join(folder, "day.csv");
writeFileSync(path, "id,time,price,quantity\n1,1700000000,10,1\n2,1700000600,11,2\n");
afterAll(() => rmSync(folder, { recursive: true }));

const quiet = () => undefined;
const dataset = { code: "d", name: "d", publisher: "d" };
const nobody = { hasAudience: () => false, publish: quiet } as unknown as Hub;

let clock: VirtualClock;
let sessions: LiveClockSessions;
let close: () => Promise<void>;
beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1) * 1_000);
  const catalog = new Catalog();
  catalog.addDataset(dataset);
  const opened = replay.open({ ...playing, files: [path], ticker: "A/B" }, "d");
  if (typeof opened === "string" || !("feed" in opened)) throw new Error("a replay is a feed");
  sessions = new LiveClockSessions({
    bounds: { perKeyMax: 2, max: 3, idleMs: 60_000 },
    recordings: [{ dataset, branch: () => opened.branch!() }],
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    ...{ catalog, clock, hub: nobody, latenessUs: 0, unchangedBars: true },
  });
  close = async () => {
    await sessions.close();
    await opened.replay?.close();
  };
});
afterEach(() => close());

/** Lets wall time go by. */
function pass(seconds: number): void {
  clock.advanceBy(seconds * 1_000_000);
  sessions.pass(clock.nowUs());
}

function joined(owner: string, name: string) {
  const session = sessions.join(owner, name);
  if (typeof session === "string") throw new Error(session);
  return session;
}

describe("sessions", () => {
  it("are bounded for each key and for all, and one that is there is always joined", () => {
    for (const [owner, name] of ["a x", "a y", "b x"].map((text) => text.split(" "))) {
      expect(joined(owner!, name!)).toBe(joined(owner!, name!));
    }
    expect(sessions.join("a", "z")).toBe("too-many-sessions");
    expect(sessions.join("b", "y")).toBe("too-many-sessions-in-all");
    expect(joined("a", "x")).not.toBe(joined("b", "x"));
    expect(sessions.of("a").map(({ name }) => name)).toEqual(["x", "y"]);
    expect(sessions.counts).toMatchObject({
      begun: 3,
      refused: { "too-many-sessions": 1, "too-many-sessions-in-all": 1 },
    });
    expect(sessions.load()).toEqual([{ dataset: "d", playing: 3, trades: 0 }]);
  });

  it("count what they have played, also when they are gone", async () => {
    const session = joined("a", "x");
    await until(() => expect(session.marketUs).toBeDefined());
    await session.control.act({ kind: "seek", toUs: 1_700_000_700 * 1e6 });
    await session.control.act({ kind: "step", step: "bar" });
    expect(sessions.load()).toEqual([{ dataset: "d", playing: 0, trades: 2 }]);
    session.end();
    expect(sessions.load()).toEqual([{ dataset: "d", playing: 0, trades: 2 }]);
  });

  it.each(["", "a b", "../x", "ä", "a".repeat(65)])("are not called %j", (name) => {
    expect(sessions.join("a", name)).toBe("bad-session-name");
  });

  it("end when nobody has been connected or asked for a while, and make room", async () => {
    joined("a", "asked");
    const leave = joined("a", "connected").enter(quiet);
    pass(59);
    expect(sessions.find("a", "asked")).toBeDefined();
    pass(59);
    expect(sessions.count).toBe(2);
    pass(1);
    expect(sessions.of("a").map(({ name }) => name)).toEqual(["connected"]);
    pass(3_600);
    expect(sessions.count).toBe(1);
    leave();
    pass(60);
    expect(sessions.count).toBe(0);
    await sessions.close();
    expect(joined("a", "asked").control.status().state).toBe("waiting");
  });

  it("tell their connections when they end", () => {
    const told: string[] = [];
    const session = joined("a", "x");
    session.enter((code) => told.push(`${code} ${session.catalog.ended(code)}`));
    session.end();
    session.end();
    expect(told).toEqual(["d finished"]);
  });
});
