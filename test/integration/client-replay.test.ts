/** The client's half of travelling in a recording, against a real server: a session's clock, and the bars that follow it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bar, FinazonRest, FinazonStream } from "../../client/src/index.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-client-replay-"));
const startMs = Date.UTC(2024, 7, 8, 10);
const at = (seconds: number) => startMs + seconds * 1_000;
let house: ServerHere;
let rest: FinazonRest;

beforeAll(async () => {
  const path = join(folder, "day.csv");
  const rows = Array.from({ length: 600 }, (_, id) => `${id},${at(id)},${100 + (id % 60)},0.1\n`);
  writeFileSync(path, `id,time,price,quantity\n${rows.join("")}`);
  const feed = { kind: "replay", files: [path], ticker: "BTC/USDT" };
  house = await startServerHere({
    data: join(folder, "data"),
    settings: { "exchange.enabled": false, datasets: [{ code: "day", feed }] },
  });
  rest = new FinazonRest({ url: house.http, key: house.server.demoKey! });
});
afterAll(async () => {
  await house.server.stop();
  rmSync(folder, { recursive: true });
});

function barsOf(session: string) {
  const stream = new FinazonStream({ url: house.ws, key: house.server.demoKey!, session });
  const seen: Bar[] = [];
  const feed = stream.bars({ dataset: "day", tickers: ["BTC/USDT"] });
  const ended = new Promise<void>((resolve) => {
    feed.listen(
      (bar) => seen.push(bar),
      () => resolve(),
    );
  });
  return { seen, ended, close: () => stream.close() };
}

describe("a session of the client", () => {
  it("moves its clock, and a stream that names it is sent bars by that clock", async () => {
    const session = rest.replay("mine");
    expect(await session.pause()).toMatchObject({ session: "mine", state: "paused", speed: 1 });
    await until(async () => expect((await session.state()).clockMs).toBe(startMs));
    const stream = barsOf("mine");
    await until(async () => {
      await session.step("second");
      expect(stream.seen).not.toEqual([]);
    });
    expect(await session.seek(at(90))).toMatchObject({ clockMs: at(90), firstMs: startMs });
    expect(await session.step("second")).toMatchObject({ clockMs: at(91) });
    await until(() =>
      expect(stream.seen.at(-1)).toMatchObject({ startMs: at(60), close: "130", volume: "3.1" }),
    );
    expect(await session.step("bar")).toMatchObject({ clockMs: at(120) });
    expect(await session.seek(at(30))).toMatchObject({ clockMs: at(30) });
    expect(await session.setSpeed(1_000)).toMatchObject({ speed: 1_000, state: "paused" });
    await session.play();
    await stream.ended;
    expect((await session.state()).state).toBe("ended");
    expect(stream.seen.at(-1)).toMatchObject({ startMs: at(540), volume: "6" });

    const line = await session.timeline("day", "BTC/USDT");
    expect(line).toMatchObject({ fromMs: startMs, toMs: at(599), isWhole: true, barMs: 60_000 });
    expect(line.bars.map(({ volume }) => volume)).toEqual(Array(10).fill("6"));
    await session.end();
    await expect(session.state()).rejects.toMatchObject({ fault: { kind: "refused" } });
    stream.close();
  });

  it("is one of several that do not notice each other", async () => {
    const [early, late] = [rest.replay("early"), rest.replay("late")];
    await Promise.all([early.pause(), late.pause()]);
    await Promise.all([early.seek(at(10)), late.seek(at(500))]);
    expect((await early.state()).clockMs).toBe(at(10));
    expect((await late.state()).clockMs).toBe(at(500));
    await Promise.all([early.end(), late.end()]);
  });

  it("says what is wrong with its name or its moment", async () => {
    await expect(rest.replay("no name").pause()).rejects.toMatchObject({
      fault: { message: expect.stringContaining("Use 1 to 64 letters") },
    });
    await expect(rest.replay("mine").seek(Number.NaN)).rejects.toMatchObject({
      fault: { message: expect.stringContaining("Name the moment") },
    });
  });
});
