/**
 * `openbourse record --sent` and `--venue`, beside a server: every message to every client is in the files, byte for
 * byte, and every frame of a venue as it came.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { recordedFiles } from "../../server/src/recordings/rotating-files.ts";
import { runHere } from "../support/command-here.ts";
import { recordedLines, textsOf } from "../support/recorded-lines.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { openStream } from "../support/stream-client.ts";
import { until } from "../support/until.ts";
import { madeUpHtx } from "../support/venues/htx.ts";
import { VenuePlayer } from "../support/venues/player.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-record-server-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const tickers = ["BTC/USDT", "ETH/USDT"];
const tape = join(folder, "tape.csv");
writeFileSync(
  tape,
  `timestamp,symbol,id,price,amount,side\n${Array.from({ length: 300 }, (_, n) => {
    const ms = Date.UTC(2024, 7, 8, 12) + n * 700;
    return `${ms},${tickers[n % 2]},${n},${100 + (n % 7)}.5,${1 + (n % 5)},buy`;
  }).join("\n")}\n`,
);

/** Records in this process until the server ends. */
async function recording(house: ServerHere, data: string, args: readonly string[]) {
  const result = runHere(["record", ...args, "--data", data, "--once"]);
  await until(() =>
    expect(house.log.some(({ fields }) => fields["operation"] === "open-tap")).toBe(true),
  );
  return { result };
}

/** Plays the tape from its beginning to its end to one client, and records what is sent meanwhile. */
async function playedAndRecorded(name: string) {
  const data = join(folder, name);
  const feed = { kind: "replay", files: [tape], speed: "max", start: "first-subscription" };
  const house = await startServerHere({
    data,
    settings: { "exchange.enabled": false, datasets: [{ code: "tape", feed }] },
  });
  const output = join(folder, `${name}-sent`);
  const recorded = await recording(house, data, ["--sent", "--output", output]);
  const client = await openStream(`${house.ws}/v1?apikey=${house.server.demoKey}`);
  const topic = { dataset: "tape", channel: "bars", frequency: "1s", aggregation: "1m" };
  client.send({ event: "subscribe", tickers, ...topic });
  await until(() => expect(house.server.feeds[0]?.state).toBe("finished"));
  client.send({ event: "heartbeat" });
  await client.until(({ json }) => json["event"] === "heartbeat");
  const received = client.received.map(({ text }) => text);
  await house.server.stop();
  const { code, stderr } = await recorded.result;
  return { received, lines: await recordedLines({ folder: output, name: "sent" }), code, stderr };
}

describe("everything that the server sends", () => {
  it("is in the files byte for byte, and the same when a recording is played again", async () => {
    const first = await playedAndRecorded("first");
    expect(first.received.length).toBeGreaterThan(100);
    expect(first.lines.map(({ t }) => t).filter((t) => t !== "sent")).toEqual([
      ...["connect", "close", "end"],
    ]);
    expect(textsOf(first.lines, 1)).toEqual(first.received);
    expect([first.code, first.stderr]).toEqual([
      1,
      expect.stringContaining(`${first.lines.length} lines; the server has ended`),
    ]);

    const again = await playedAndRecorded("again");
    expect(textsOf(again.lines, 1)).toEqual(textsOf(first.lines, 1));
  });

  it("is told once for all who are sent the same, of connections of before too, and is not for everybody to read", async () => {
    const data = join(folder, "sim");
    const names = [...tickers, "SOL/USDT"];
    const market = {
      ...{ startPrice: "50000", tickSize: "0.01", lotSize: "0.001" },
      ...{ medianQuantity: "1", tradesPerSecond: 50 },
    };
    const feed = { kind: "simulator", tickers: names.map((ticker) => ({ ticker, ...market })) };
    const house = await startServerHere({
      data,
      settings: {
        ...{ "exchange.enabled": false, "server.compression": true },
        datasets: [{ code: "sim", feed }],
      },
    });
    const url = `${house.ws}/v1?apikey=${house.server.demoKey}`;
    const clients = [await openStream(url), await openStream(url)];
    const output = join(folder, "sim-sent");
    const recorded = await recording(house, data, ["--sent", "--output", output]);
    const topic = { dataset: "sim", channel: "bars", frequency: "1s", aggregation: "1m" };
    for (const client of clients) {
      client.send({ event: "subscribe", tickers: names, ...topic });
    }
    for (const client of clients) {
      await until(() => expect(client.received.length).toBeGreaterThan(3));
    }
    await house.server.stop();
    await recorded.result;

    const lines = await recordedLines({ folder: output, name: "sent" });
    expect(lines.slice(0, 2)).toMatchObject([
      { t: "open", c: 1, dialect: "finazon" },
      { t: "open", c: 2, dialect: "finazon" },
    ]);
    for (const [at, client] of clients.entries()) {
      await client.closed;
      expect(textsOf(lines, at + 1)).toEqual(client.received.map(({ text }) => text));
    }
    expect(lines.some(({ to = [] }) => to.length === 2)).toBe(true);
    const [file = ""] = await recordedFiles({ folder: output, name: "sent" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(lines)).not.toContain(house.server.demoKey);
  });
});

describe("the frames of a venue", () => {
  it("are in the files as they came, with what it was sent and where a connection ended", async () => {
    const venue = madeUpHtx(tickers, 40);
    const player = await VenuePlayer.open(venue);
    ends.push(() => player.close());
    const data = join(folder, "venue");
    const feed = { kind: "ccxt", exchange: "htx", tickers, settings: player.settings };
    const house = await startServerHere({
      data,
      settings: { "exchange.enabled": false, datasets: [{ code: "htx", feed }] },
    });
    ends.push(() => house.server.stop());
    const output = join(folder, "raw");
    const recorded = await recording(house, data, ["--venue", "htx", "--output", output]);
    await until(() => expect(player.topics.size).toBe(2));
    for (const frame of venue.frames.slice(0, 10)) player.tell(frame);
    const taken = () => house.server.feeds[0]?.figures.counts.trades;
    await until(() => expect(taken()).toBe(10));
    player.drop();
    await until(() => expect(player.connections).toBe(2));
    await until(() => expect(player.topics.size).toBe(2));
    for (const frame of venue.frames.slice(10, 20)) player.tell(frame);
    await until(() => expect(taken()).toBe(20));
    await house.server.stop();
    await recorded.result;

    const lines = await recordedLines({ folder: output, name: "htx-venue" });
    const ids = lines
      .filter(({ t }) => t === "recv")
      .map(({ b64 = "" }) => String(gunzipSync(Buffer.from(b64, "base64"))))
      .flatMap((text) => /"tradeId":(\d+)/.exec(text)?.[1] ?? []);
    expect(ids).toEqual(player.traded.map(({ id }) => id));
    const numbers = new Set(lines.flatMap(({ t, c }) => (t === "recv" ? [c] : [])));
    expect(numbers.size).toBe(2);
    const sent = lines.filter(({ t }) => t === "send").map(({ data: text = "" }) => text);
    expect(sent.some((text) => text.includes("market.btcusdt.trade.detail"))).toBe(true);
    expect(lines.filter(({ t }) => t === "close").length).toBeGreaterThanOrEqual(1);
  });
});

describe("a connection that ends", () => {
  const url = (server: WebSocketServer) =>
    `ws://127.0.0.1:${(server.address() as AddressInfo).port}/stream?apikey=secret`;

  it("is made again, and the time between is a gap; so is that between two recorders", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    ends.push(async () => server.close());
    const heard: string[] = [];
    server.on("connection", (socket) => {
      socket.on("message", (data) => heard.push(String(data)));
      socket.send(`hello ${server.clients.size}`);
    });
    const output = join(folder, "again-and-again");
    const args = ["record", "--url", url(server), "--send", "hi", "--output", output];
    const recordOnce = async (act: () => Promise<void>) => {
      const before = heard.length;
      const running = runHere(args);
      await until(() => expect(heard.length).toBe(before + 1));
      await act();
      process.emit("SIGTERM");
      return running;
    };
    const first = await recordOnce(async () => {
      for (const socket of server.clients) socket.close(1012, "restart");
      await until(() => expect(heard.length).toBe(2));
    });
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining("connected again") });
    const second = await recordOnce(async () => undefined);
    expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining("going on after") });

    const lines = await recordedLines({ folder: output, name: "stream" });
    const life = ["connect", "send", "recv", "close"];
    expect(lines.map(({ t }) => t)).toEqual([...life, "gap", ...life, "gap", ...life]);
    const gaps = lines.filter(({ t }) => t === "gap");
    expect(gaps.map(({ why }) => why)).toEqual([
      "the connection was closed: 1012 restart",
      "nobody recorded",
    ]);
    expect(gaps[0]?.from).toBe(lines[3]?.ts);
    expect(gaps[0]?.ts).toBeGreaterThan(lines[3]?.ts ?? 0);
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  it("is that of a server: the next one on its folder is recorded, behind a gap", async () => {
    const data = join(folder, "restarted");
    const feed = { kind: "replay", files: [tape] };
    const settings = { "exchange.enabled": false, datasets: [{ code: "tape", feed }] };
    const output = join(folder, "restarted-sent");
    const running = runHere(["record", "--sent", "--data", data, "--output", output]);
    for (let life = 0; life < 2; life += 1) {
      const house = await startServerHere({ data, settings });
      await until(() =>
        expect(house.log.some(({ fields }) => fields["operation"] === "open-tap")).toBe(true),
      );
      const client = await openStream(`${house.ws}/v1?apikey=${house.server.demoKey}`);
      await client.ask({ event: "heartbeat" });
      await house.server.stop();
    }
    process.emit("SIGTERM");
    expect(await running).toMatchObject({ code: 0 });

    const lines = await recordedLines({ folder: output, name: "sent" });
    const life = ["connect", "sent", "close", "end"];
    expect(lines.map(({ t }) => t)).toEqual([...life, "gap", ...life]);
    expect(lines[4]).toMatchObject({ from: lines[3]?.ts, why: "the server has ended" });
  });
});

describe("what cannot be recorded", () => {
  it("is named, with what can", async () => {
    const data = join(folder, "none");
    const feed = { kind: "replay", files: [tape] };
    const house = await startServerHere({
      data,
      settings: { "exchange.enabled": false, datasets: [{ code: "tape", feed }] },
    });
    ends.push(() => house.server.stop());
    const args = ["record", "--venue", "tape", "--data", data, "--output", join(folder, "nothing")];
    expect(await runHere(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "dataset tape has no venue whose frames could be recorded; no dataset of this server has",
      ),
    });
  });

  it("of a server that is not there is said at once", async () => {
    const data = join(folder, "nobody");
    const args = [
      "record",
      "--sent",
      "--data",
      data,
      "--output",
      join(folder, "nothing"),
      "--once",
    ];
    expect(await runHere(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no server runs at"),
    });
  });
});
