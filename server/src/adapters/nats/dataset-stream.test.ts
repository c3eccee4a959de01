import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { untilTrue } from "../../../../test/support/until.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import { answered, appended, datasetStreamContract } from "../../ports/dataset-stream.contract.ts";
import { NatsDatasetStream } from "./dataset-stream.ts";
import { NatsLink } from "./link.ts";

const epoch = "0123456789abcdef0123456789abcdef";
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

withNats("datasets at NATS are", (program) => {
  const server = new NatsServer(program);
  let links: readonly NatsLink[] = [];
  let streams = 0;
  beforeAll(async () => {
    await server.start();
    const open = () => NatsLink.open({ servers: [server.address] });
    links = [await open(), await open()];
  });
  afterAll(async () => {
    for (const link of links) await link.close();
    await server.remove();
  });

  async function open(of: number, options: { bytesMax?: number; newEpoch?: string } = {}) {
    const name = `house-${streams}_datasets`;
    const [link] = links.slice(of);
    if (link === undefined) throw new Error("there are two links");
    const stream = await NatsDatasetStream.open(link, {
      ...{ name, replicas: 1, newEpoch: epoch, bytesMax: 16 * 1_024 * 1_024 },
      ...options,
    });
    if (stream === undefined) throw new Error("it is made where there is none");
    return stream;
  }

  datasetStreamContract("NATS JetStream", async () => {
    streams += 1;
    return [await open(0), await open(1)];
  });

  describe("a stream of datasets at NATS JetStream", () => {
    it("is not made by who only reads it", async () => {
      const [link] = links;
      const options = { name: "nobody_datasets", replicas: 1 };
      expect(link && (await NatsDatasetStream.open(link, options))).toBeUndefined();
    });

    it("is followed without a hole and without a repeat over the death of its server", async () => {
      streams += 1;
      const [here, there] = [await open(0), await open(1)];
      const stop = new AbortController();
      const seen: string[] = [];
      const following = (async () => {
        for await (const message of there.follow("trades", 1, stop.signal)) {
          seen.push(text(message.bytes));
        }
      })();
      let last = 0;
      const add = async (words: string) => {
        last = await appended(here, "trades", words, last);
      };
      for (const words of ["1", "2", "3"]) await add(words);
      await untilTrue(() => seen.length === 3);
      await server.kill();
      await server.start();
      for (const words of ["4", "5"]) await add(words);
      await untilTrue(() => seen.length === 5);
      expect(seen).toEqual(["1", "2", "3", "4", "5"]);
      stop.abort();
      await following;
    });

    it("forgets its oldest messages for want of room, and goes on behind them", async () => {
      streams += 1;
      const here = await open(0, { bytesMax: 300_000 });
      let last = 0;
      for (let at = 0; at < 5; at += 1) {
        last = await appended(here, "trades", new Uint8Array(100_000).fill(at), last);
      }
      const oldest = await answered(() => here.next("trades", 1));
      expect(oldest?.at).toBeGreaterThan(1);
    });
  });
});
