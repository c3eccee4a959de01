/** What one session does is nobody else's outage: clients of the present and of other sessions are served meanwhile. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { openStream, type StreamClient } from "../support/stream-client.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-session-load-"));
const startS = Date.UTC(2024, 7, 8, 10) / 1_000;
const hourS = 3_600;
const tradesPerS = 10;
let house: ServerHere;

beforeAll(async () => {
  const path = join(folder, "day.csv");
  const rows = Array.from({ length: hourS * tradesPerS }, (_, id) => {
    return `${id},${startS * 1_000 + id * (1_000 / tradesPerS)},${100 + (id % 50)},1\n`;
  });
  writeFileSync(path, `id,time,price,quantity\n${rows.join("")}`);
  const feed = { kind: "replay", files: [path], ticker: "BTC/USDT" };
  const datasets = [
    { code: "day", feed },
    { code: "live", feed: { kind: "simulator" } },
  ];
  house = await startServerHere({
    data: join(folder, "data"),
    settings: {
      ...{ "exchange.enabled": false, datasets, "limits.connectionsMax": 100 },
      "streams.sessions.perKeyMax": 11,
    },
  });
});
afterAll(async () => {
  await house.server.stop();
  rmSync(folder, { recursive: true });
});

async function act(session: string, action: string, body: object = {}) {
  const reply = await fetch(
    `${house.http}/openbourse/v1/replay/${action}?session=${session}&apikey=${house.server.demoKey}`,
    { method: "POST", body: JSON.stringify(body) },
  );
  return { status: reply.status, body: (await reply.json()) as { at: number } };
}

async function client(dataset: string, session?: string): Promise<StreamClient> {
  const own = session === undefined ? "" : `&session=${session}`;
  const stream = await openStream(`${house.ws}/v1?apikey=${house.server.demoKey}${own}`);
  const bars = { channel: "bars", frequency: "1s", aggregation: "1m" };
  await stream.ask({ event: "subscribe", dataset, tickers: ["BTC/USDT"], ...bars });
  return stream;
}

const isBar = ({ json }: { readonly json: object }) => "o" in json;

/** Works until it is told to stop; resolves with how often. */
async function again(work: (turn: number) => Promise<void>, isOver: () => boolean) {
  let turns = 0;
  for (; !isOver(); turns += 1) await work(turns);
  return turns;
}

describe("sessions that move about without end", () => {
  it("keep neither the present nor another session from its clients", async () => {
    const [live, calm] = [await client("live"), await client("day", "calm")];
    await act("calm", "pause");
    let isOver = false;
    const racers = Array.from({ length: 4 }, (_, at) => `racer-${at}`);
    const jumpers = Array.from({ length: 6 }, (_, at) => `jumper-${at}`);
    for (const name of [...racers, ...jumpers]) await client("day", name);
    const work = [
      // A thousand and ten thousand times as fast as recorded, from the start again and again.
      ...racers.map((name, at) =>
        again(
          async () => {
            await act(name, "seek", { to: startS });
            await act(name, "speed", { speed: at % 2 === 0 ? 10_000 : 1_000 });
            await act(name, "play");
          },
          () => isOver,
        ),
      ),
      ...jumpers.map((name, at) =>
        again(
          async (turn) => {
            const to = startS + ((turn * 1_741 + at * 407) % hourS);
            expect((await act(name, "seek", { to })).status).toBe(200);
          },
          () => isOver,
        ),
      ),
    ];
    expect((await act("one-more", "play")).status).toBe(429);

    for (let step = 1; step <= 8; step += 1) {
      const from = calm.received.length;
      const moved = await act("calm", "step", { step: "bar" });
      expect(moved.body.at).toBe(startS + step * 60);
      await calm.until(isBar, from);
    }
    for (let bar = 0; bar < 2; bar += 1) await live.until(isBar, live.received.length);
    isOver = true;
    for (const turns of await Promise.all(work)) expect(turns).toBeGreaterThan(0);

    expect(await house.figure('openbourse_replay_sessions{dataset="day"}')).toBeGreaterThan(8);
    expect(await house.figure("openbourse_replay_sessions_begun_total")).toBe(11);
    const refused = 'openbourse_replay_sessions_refused_total{reason="too-many-sessions"}';
    expect(await house.figure(refused)).toBe(1);
    const played = await house.figure('openbourse_replay_session_trades_total{dataset="day"}');
    expect(played).toBeGreaterThan(8 * 60 * tradesPerS);
  });
});
