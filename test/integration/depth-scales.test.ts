/** A server that is told to serve depth at fewer scales: everything that names scales says the same. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askStream, CryptomusClient, type CryptomusUser } from "../support/cryptomus-client.ts";
import {
  addTraders,
  tradedMarket as market,
  startExchangeHere,
} from "../support/exchange-traffic.ts";
import type { ServerHere } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import type { Received, StreamClient } from "../support/stream-client.ts";

/** The scale of a depth; undefined for other messages. */
function scaleOf({ json }: Received): number | undefined {
  if (json["method"] !== "depth_update") return undefined;
  return (json["data"] as { scale_index: number }).scale_index;
}

describe("with two depth scales", () => {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-scales-"));
  let here: ServerHere;
  let user: CryptomusUser;
  let client: StreamClient;
  beforeAll(async () => {
    const clock = new SteppedClock();
    here = await startExchangeHere(folder, clock, 0, { "streams.depthScales": 2 });
    [user] = await addTraders(folder);
    const trader = new CryptomusClient(here, user);
    const watching = await trader.open();
    await askStream(watching, "depth_subscribe", [`${market}:0`]);
    await trader.limitOrder({ market, price: "101", quantity: "3", direction: "buy" });
    // What a tick tells of the order is told before the test listens.
    await watching.until((message) => scaleOf(message) === 0 && message.text.includes('"101'));
    await watching.close();
    client = await trader.open();
  });
  afterAll(async () => {
    await client.close();
    await here.server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("REST lists two, and groups by no other", async () => {
    const listed = await fetch(`${here.http}/api/v2/symbol-scales?symbol=${market}`);
    expect(await listed.json()).toMatchObject({
      data: [
        { scale: "1", index: 0 },
        { scale: "10", index: 1 },
      ],
    });
    const book = (level: number) =>
      fetch(`${here.http}/v1/exchange/market/order-book/${market}?level=${level}`);
    expect((await book(1)).status).toBe(200);
    const refused = await book(2);
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain("This value should be between 0 and 1.");
  });

  it("the stream answers requests at two, and a subscription to all means both", async () => {
    const known = await askStream(client, "depth_request", [market, 10, 1]);
    expect(known.json["error"]).toBeNull();
    const unknown = await askStream(client, "depth_request", [market, 10, 2]);
    expect(unknown.json["error"]).not.toBeNull();
    const refused = await askStream(client, "depth_subscribe", [`${market}:2`]);
    expect(refused.json["error"]).toMatchObject({
      message: expect.stringContaining("scale index"),
    });
    await askStream(client, "depth_subscribe", ["all"]);
    await client.until((message) => scaleOf(message) === 1);
    await askStream(client, "ping", []);
    const scales = client.received.map(scaleOf).filter((scale) => scale !== undefined);
    expect(scales).toEqual([0, 1]);
  });
});
