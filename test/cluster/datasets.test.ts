/** Datasets in a cluster: a feed node and one that stands by, two gateways, a recording of a real market as the source. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { NatsServer } from "../support/nats-server.ts";
import { recordedDataFolder, recordedDataMissing } from "../support/recorded-data.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { openStream, type StreamClient } from "../support/stream-client.ts";
import { until, untilTrue } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

const recorded = recordedDataFolder();
const file = join(recorded ?? "", "trades/binance-spot-btcusdt-2020-11-01T09.aggtrades.csv.gz");
/** Seconds of the recording in a second: a minute of it takes a second. */
const speed = 60;

type Json = Readonly<Record<string, unknown>>;

withNats("datasets in a cluster are", (program) => {
  const root = mkdtempSync(join(tmpdir(), "openbourse-datasets-"));
  const nats = new NatsServer(program);
  const nodes = new Map<string, ServerHere>();
  /** Between the first feed node and the broker. */
  let cable: FaultyProxy;
  let key = "";

  async function start(name: string, role: string, server = nats.address): Promise<ServerHere> {
    const data = join(root, name);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    writeFileSync(dataFolder(data).masterKeyFile, "5".repeat(64), { mode: 0o600 });
    const feed = { kind: "replay", files: [file], ticker: "BTC/USDT", speed };
    const here = await startServerHere({
      data,
      settings: {
        "cluster.role": role,
        "cluster.node": name,
        "cluster.servers": [server],
        "cluster.replicas": 1,
        "cluster.allowUnsynced": true,
        "cluster.takeoverAfterMs": 5_000,
        "terminal.enabled": false,
        "demo.key": role === "engine",
        datasets: [{ code: "spot", feed }],
      },
    });
    nodes.set(name, here);
    return here;
  }

  const node = (name: string) => nodes.get(name) as ServerHere;

  async function stop(name: string): Promise<void> {
    await node(name).server.stop();
    nodes.delete(name);
  }

  /** Bars with positions at a gateway. */
  async function bars(name: string): Promise<StreamClient> {
    // A gateway knows a key within two seconds of the engine that has made it.
    const address = `${node(name).ws}/v1?apikey=${key}&positions=1`;
    const stream = await until(() => openStream(address));
    const reply = JSON.parse(await stream.ask(request()));
    expect(reply).toMatchObject({ status: "success" });
    return stream;
  }

  const request = (more?: object) => ({
    ...{ event: "subscribe", dataset: "spot", tickers: ["BTC/USDT"] },
    ...{ channel: "bars", frequency: "1s", aggregation: "1m", ...more },
  });

  const placeOf = ({ seq, ord }: Json) => `${seq}/${ord}`;

  const barsOf = (stream: StreamClient) =>
    stream.received.filter(({ json }) => json["ch"] === "bars");

  /** What two have been told since both listen: the same texts at the same positions. */
  function expectSame(one: StreamClient, other: StreamClient, atLeast: number): void {
    const [texts, others] = [one, other].map(
      (stream) => new Map(barsOf(stream).map(({ text, json }) => [placeOf(json), text])),
    ) as [Map<string, string>, Map<string, string>];
    const common = [...texts.keys()].filter((place) => others.has(place));
    expect(common.length).toBeGreaterThanOrEqual(atLeast);
    // The first one that somebody is told says what came before it, which another may not know.
    const [, ...compared] = common;
    expect(compared.map((place) => texts.get(place))).toEqual(
      compared.map((place) => others.get(place)),
    );
    // Between the first and the last of them nothing is at one gateway alone.
    const between = (of: Map<string, string>) => {
      const places = [...of.keys()];
      return places.slice(
        places.indexOf(common[0] as string),
        places.indexOf(common.at(-1) as string) + 1,
      );
    };
    expect(between(texts)).toEqual(between(others));
  }

  /** Whether a node runs the feed, as its log says. */
  const runs = (name: string) =>
    node(name).log.filter(({ phrase }) => phrase.startsWith("this node runs the feed")).length;

  describe.skipIf(recorded === undefined)(
    `a dataset of a cluster (or ${recordedDataMissing})`,
    () => {
      beforeAll(async () => {
        await nats.start();
        cable = await FaultyProxy.open(Number(nats.address.split(":")[1]));
        const engine = await start("engine", "engine");
        key = engine.server.demoKey ?? "";
        await start("feed-1", "feed", new URL(cable.url).host);
        await Promise.all([
          start("feed-2", "feed"),
          start("left", "gateway"),
          start("right", "gateway"),
        ]);
      });
      afterAll(async () => {
        await Promise.all([...nodes.values()].map(({ server }) => server.stop()));
        await cable.close();
        await nats.remove();
        rmSync(root, { recursive: true, force: true });
      });

      it("is fed by one node, and both gateways tell the same bars at the same positions", async () => {
        const [left, right] = [await bars("left"), await bars("right")];
        await until(() => expectSame(left, right, 60));
        expect(runs("feed-1") + runs("feed-2")).toBe(1);
        await left.close();
        await right.close();
      });

      it("goes on at another gateway", async () => {
        const right = await bars("right");
        const left = await bars("left");
        await until(() => expect(barsOf(left).length).toBeGreaterThan(3));
        left.socket.terminate();
        const { json } = barsOf(left).at(-1) as { json: Json };
        const { seq, ord } = json;
        const epoch = (json["epoch"] ??
          left.received.find((message) => message.json["epoch"] !== undefined)?.json[
            "epoch"
          ]) as string;
        const again = await openStream(`${node("right").ws}/v1?apikey=${key}&positions=1`);
        const reply = JSON.parse(await again.ask(request({ since: { epoch, seq, ord } })));
        expect(reply).toMatchObject({ status: "success", recovered: true });
        await until(() => expect(barsOf(again).length).toBeGreaterThan(3));
        expect(barsOf(again)[0]?.json["prev"]).toMatchObject({ seq, ord });
        for (const stream of [right, again]) await stream.close();
      });

      it("is taken over when its node is cut off; nothing is lost or doubled, and a gateway that was restarted tells the same", async () => {
        const left = await bars("left");
        await until(() => expect(barsOf(left).length).toBeGreaterThan(3));
        cable.isDown = true;
        cable.cut();
        await untilTrue(() => runs("feed-2") === 1);
        const told = barsOf(left).length;
        await until(() => expect(barsOf(left).length).toBeGreaterThan(told + 60));
        cable.isDown = false;
        await untilTrue(() =>
          node("feed-1").log.some(({ phrase }) => phrase.startsWith("another node runs the feed")),
        );
        await stop("right");
        await start("right", "gateway");
        const right = await bars("right");
        await until(() => expectSame(left, right, 120));
        const minutes = await until(() => {
          const closed = barsOf(left).filter(({ json }) => json["closed"] === true);
          const byStart = new Map(closed.map(({ json }) => [Number(json["t"]), json]));
          expect(byStart.size).toBeGreaterThan(5);
          return byStart;
        });
        const volumes = recordedVolumes();
        for (const [minute, bar] of minutes) {
          expect(Number(bar["v"])).toBeCloseTo(volumes.get(minute) ?? 0, 6);
        }
        await left.close();
        await right.close();
      });

      it("has its past at every feed node, and gateways ask for it", async () => {
        const expected = recordedVolumes();
        const first = Math.min(...expected.keys());
        const asked = "dataset=spot&ticker=BTC/USDT&interval=1m";
        const ask = (more: string) =>
          fetch(`${node("left").http}/v1.2/time_series?${asked}${more}&apikey=${key}`);
        await stop("feed-2");
        const reply = await ask(`&start_at=${first}&end_at=${first + 300}&order=asc`);
        expect(reply.status).toBe(200);
        const { data } = (await reply.json()) as { data: readonly { t: number; v: unknown }[] };
        expect(data.length).toBeGreaterThan(3);
        for (const { t, v } of data) expect(Number(v)).toBeCloseTo(expected.get(t) ?? 0, 6);
        await stop("feed-1");
        expect((await ask("")).status).toBe(503);
      });
    },
  );
});

/** Volume of each minute of the recording, by its start in seconds. */
function recordedVolumes(): ReadonlyMap<number, number> {
  const volumes = new Map<number, number>();
  const [, ...rows] = gunzipSync(readFileSync(file)).toString().trim().split("\n");
  for (const row of rows) {
    const [, , quantity, , , time] = row.split(",");
    const minute = Math.floor(Number(time) / 60_000) * 60;
    volumes.set(minute, (volumes.get(minute) ?? 0) + Number(quantity));
  }
  return volumes;
}
