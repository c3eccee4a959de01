/** A venue that is followed by a feed node of a cluster: the node is killed, and another one goes on where it was. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ClusterNodeProcess } from "../support/cluster-node.ts";
import { NatsServer } from "../support/nats-server.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { openStream, type StreamClient } from "../support/stream-client.ts";
import { until, untilTrue } from "../support/until.ts";
import { madeUpHtx } from "../support/venues/htx.ts";
import { VenuePlayer } from "../support/venues/player.ts";
import { withNats } from "../support/with-nats.ts";

const ticker = "BTC/USDT";

withNats("the takeover of a venue's feed is", (program) => {
  const root = mkdtempSync(join(tmpdir(), "openbourse-live-feed-"));
  const nats = new NatsServer(program);
  const here: ServerHere[] = [];
  let player: VenuePlayer;
  let first: ClusterNodeProcess;
  let second: ServerHere;
  let bars: StreamClient;

  async function start(name: string, role: string, cluster: object): Promise<ServerHere> {
    const made = Object.entries(cluster).map(([key, value]) => [`cluster.${key}`, value]);
    const node = await startServerHere({
      data: join(root, name),
      settings: {
        ...{ "cluster.role": role, "cluster.node": name, "cluster.name": "test" },
        ...Object.fromEntries(made),
        ...{ "terminal.enabled": false, "demo.key": role === "engine", datasets: datasets() },
      },
    });
    here.push(node);
    return node;
  }

  const datasets = () => {
    const { settings } = player;
    const feed = { kind: "ccxt", exchange: "htx", tickers: [ticker], staleSeconds: 5, settings };
    return [{ code: "htx", feed }];
  };

  beforeAll(async () => {
    await nats.start();
    player = await VenuePlayer.open(madeUpHtx([ticker], 40));
    const cluster = { servers: [nats.address], replicas: 1, allowUnsynced: true };
    const { server } = await start("engine", "engine", cluster);
    const settings = { datasets: datasets() };
    first = new ClusterNodeProcess({
      folder: root,
      name: "first",
      role: "feed",
      cluster,
      settings,
    });
    await first.start();
    const others = [start("second", "feed", cluster), start("gate", "gateway", cluster)] as const;
    const [standby, gateway] = await Promise.all(others);
    second = standby;
    // A gateway knows a key within two seconds of the engine that has made it.
    const address = `${gateway.ws}/v1?apikey=${server.demoKey}&positions=1`;
    bars = await until(() => openStream(address));
    const request = { event: "subscribe", dataset: "htx", tickers: [ticker], channel: "bars" };
    await until(async () => {
      const reply = await bars.ask({ ...request, frequency: "1s", aggregation: "1m" });
      expect(JSON.parse(reply)).toMatchObject({ status: "success" });
    });
    await untilTrue(() => player.topics.size === 1);
  });
  afterAll(async () => {
    await bars?.close();
    await first?.kill();
    await Promise.all(here.map(({ server }) => server.stop()));
    await player.close();
    await nats.remove();
    rmSync(root, { recursive: true, force: true });
  });

  /** What has come in bars, each as it was told last. */
  function volumeTold(): number {
    const newest = new Map<unknown, number>();
    for (const { json } of bars.received) {
      if (json["ch"] === "bars") newest.set(json["t"], Number(json["v"]));
    }
    return [...newest.values()].reduce((sum, volume) => sum + volume, 0);
  }

  const volumeTraded = () => player.traded.reduce((sum, { quantity }) => sum + Number(quantity), 0);

  const play = (from: number, to: number) =>
    player.play({ fromMs: from * 100, toMs: to * 100, speed: 10 });

  const allTold = () => until(() => expect(volumeTold()).toBeCloseTo(volumeTraded(), 6));

  it("leaves no hole in the bars of a gateway: what was traded meanwhile is fetched", async () => {
    await play(0, 10);
    await allTold();
    await first.kill();
    await untilTrue(() => player.topics.size === 0);
    await play(10, 20);
    await untilTrue(() =>
      second.log.some(({ phrase }) => phrase.startsWith("this node runs the feed")),
    );
    await untilTrue(() => player.topics.size === 1);
    await play(20, 40);
    expect(player.traded).toHaveLength(40);
    await allTold();
  });
});
