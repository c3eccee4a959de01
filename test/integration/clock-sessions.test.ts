/** Clocks of their own: students who move about in one recording, each for themselves, and what they are bounded by. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-clock-sessions-"));
const startMs = Date.UTC(2024, 7, 8, 10);
const rows = Array.from({ length: 3_000 }, (_, id) => {
  const ms = startMs + id * 400;
  return `${id},${ms},${100 + (id % 50)}.${id % 10},${1 + (id % 3)}\n`;
});
const path = join(folder, "day.csv");
let house: ServerHere;

beforeAll(async () => {
  writeFileSync(path, `id,time,price,quantity\n${rows.join("")}`);
  const feed = { kind: "replay", files: [path], ticker: "BTC/USDT" };
  house = await startServerHere({
    data: join(folder, "data"),
    settings: {
      "exchange.enabled": false,
      "streams.sessions.perKeyMax": 12,
      datasets: [
        { code: "day", feed },
        { code: "live", feed: { kind: "simulator" } },
      ],
    },
  });
});
afterAll(async () => {
  await house.server.stop();
  rmSync(folder, { recursive: true });
});

const iso = (seconds: number) => new Date(startMs + seconds * 1_000).toISOString();

async function call(method: "GET" | "POST", what: string, body?: object) {
  const separator = what.includes("?") ? "&" : "?";
  const url = `${house.http}${what}${separator}apikey=${house.server.demoKey}`;
  const reply = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  return { status: reply.status, body: (await reply.json()) as Record<string, never> };
}

const act = async (session: string, action: string, body?: object) =>
  (await call("POST", `/openbourse/v1/replay/${action}?session=${session}`, body)).body;

/** A client of a session, and the bars that it is sent. */
function student(session: string) {
  const socket = new WebSocket(`${house.ws}/v1?apikey=${house.server.demoKey}&session=${session}`);
  const frames: string[] = [];
  socket.onmessage = ({ data }) => frames.push(String(data));
  const opened = new Promise((resolve) => {
    socket.onopen = resolve;
  });
  return {
    frames,
    bars: () => frames.filter((text) => text.includes('"ch":"bars"')),
    async subscribe(dataset = "day", ticker = "BTC/USDT") {
      await opened;
      socket.send(
        JSON.stringify({
          ...{ event: "subscribe", dataset, tickers: [ticker] },
          ...{ channel: "bars", frequency: "1s", aggregation: "1m" },
        }),
      );
      await until(() => expect(frames.length).toBeGreaterThan(0));
    },
    close: () => socket.close(),
  };
}

describe("sessions with clocks of their own", () => {
  it("travel independently, and leave the clock of all where it is", async () => {
    const names = Array.from({ length: 10 }, (_, at) => `student-${at}`);
    // Moved in the moment in which they begin, while their recordings are being opened.
    await Promise.all(names.map((name) => act(name, "pause")));
    const places = await Promise.all(
      names.map((name, at) => act(name, "seek", { to: iso(60 * (at + 1)) })),
    );
    expect(places.map(({ time }) => time)).toEqual(names.map((_, at) => iso(60 * (at + 1))));
    expect(await act("student-3", "step")).toMatchObject({ state: "paused", time: iso(240.4) });
    expect(await act("student-4", "step", { step: "bar" })).toMatchObject({ time: iso(360) });
    expect(await act("student-9", "seek", { to: startMs / 1_000 + 7 })).toMatchObject({
      ...{ session: "student-9", state: "paused", datasets: ["day"], first: iso(0) },
      at: startMs / 1_000 + 7,
    });
    const { body } = await call("GET", "/openbourse/v1/replay/sessions");
    expect(body["data"]).toHaveLength(10);
    for (const name of names) await act(name, "end");
    expect((await call("GET", "/openbourse/v1/replay/sessions")).body["data"]).toEqual([]);
  });

  it("are joined by whoever names them: all are sent the same bytes, and nobody else is", async () => {
    await act("shared", "pause");
    const [one, two, other] = [student("shared"), student("shared"), student("other")];
    for (const each of [one, two, other]) await each.subscribe();
    await act("shared", "seek", { to: iso(300) });
    for (let step = 0; step < 5; step += 1) await act("shared", "step", { step: "second" });
    await until(() => expect(one.bars().length).toBeGreaterThanOrEqual(5));
    await until(() => expect(two.bars()).toEqual(one.bars()));
    expect(one.bars().at(-1)).toContain(`"t":${startMs / 1_000 + 300}`);
    for (const bar of other.bars()) expect(bar).toContain(`"t":${startMs / 1_000}`);
    for (const each of [one, two, other]) each.close();
    for (const name of ["shared", "other"]) await act(name, "end");
  });

  it("see recordings alone, and are told of their end", async () => {
    await act("end", "pause");
    const client = student("end");
    await client.subscribe("live", "BTC/USDT");
    expect(client.frames[0]).toContain("There is no dataset live here. Use one of day.");
    await client.subscribe();
    await act("end", "seek", { to: iso(3_000) });
    await act("end", "step", { step: "bar" });
    await until(() =>
      expect(client.frames.join()).toContain("The recording of dataset day is over"),
    );
    expect(await act("end", "seek", { to: iso(30) })).toMatchObject({
      state: "paused",
      time: iso(30),
    });
    client.close();
    await act("end", "end");
  });

  it("know nothing of the future: bars, trades and prices end where their clock is", async () => {
    await act("past", "pause");
    await act("past", "seek", { to: iso(150.4) });
    const of = "dataset=day&ticker=BTC/USDT&session=past";
    await until(async () => {
      const series = await call("GET", `/latest/time_series?${of}&interval=1m`);
      const bars = series.body["data"] as unknown as { t: number; v: number }[];
      expect(bars.map(({ t }) => t)).toEqual([60, 0].map((s) => startMs / 1_000 + s));
    });
    const hour = await call("GET", `/latest/time_series?${of}&interval=1h`);
    const [{ v }] = hour.body["data"] as unknown as [{ v: number }];
    // Two minutes of 150 trades each with quantities 1, 2, 3.
    expect(v).toBe(600);
    const trades = await call("GET", `/latest/trades?${of}&page_size=2`);
    expect((trades.body["data"] as unknown as { t: number }[])[0]?.t).toBeLessThanOrEqual(
      startMs * 1e6 + 150.4e9,
    );
    const timeline = await call("GET", `/openbourse/v1/replay/timeline?${of}`);
    expect(timeline.body).toMatchObject({
      from: iso(0),
      to: iso(1_199.6),
      whole: true,
      seconds: 60,
    });
    expect(timeline.body["data"]).toHaveLength(20);
    await act("past", "end");
    expect((await call("GET", `/latest/time_series?${of}&interval=1m`)).status).toBe(404);
  });

  it.each([
    [
      "play?session=a%20b",
      undefined,
      400,
      "Use 1 to 64 letters, digits, dots, hyphens and underscores",
    ],
    ["play", undefined, 400, "The session parameter is missing or invalid"],
    ["speed?session=a", { speed: 0 }, 400, "A speed is a number above 0, at most 10000"],
    ["speed?session=a", { speed: "max" }, 400, "A speed is a number above 0, at most 10000"],
    ["step?session=a", { step: "year" }, 400, "A step is a trade, a second or a bar"],
    ["seek?session=a", {}, 400, "Name the moment"],
    ["seek?session=a", { to: "yesterday" }, 400, "Name the moment"],
    ["end?session=none", undefined, 404, "There is no session none of this key"],
  ] as const)("say of %s %j what would be right", async (what, body, status, words) => {
    const answer = await call("POST", `/openbourse/v1/replay/${what}`, body);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toContain(words);
  });

  it("are so many of a key, and refused with a reason beyond that", async () => {
    const names = Array.from({ length: 12 }, (_, at) => `many-${at}`);
    for (const name of names) expect(await act(name, "pause")).toMatchObject({ session: name });
    const refused = await call("POST", "/openbourse/v1/replay/play?session=one-more");
    expect(refused.status).toBe(429);
    expect(JSON.stringify(refused.body)).toContain("as many sessions as it may have at once");
    for (const name of names) await act(name, "end");
  });

  it("are nobody's without a key", async () => {
    const reply = await fetch(`${house.http}/openbourse/v1/replay/state?session=a`);
    expect(reply.status).toBe(401);
  });
});
