/** Streams that go on from the exchange's history: long after memory has forgotten, and after a restart. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CryptomusClient, type CryptomusUser } from "../support/cryptomus-client.ts";
import {
  addTraders,
  tradedMarket as market,
  startExchangeHere,
  tradeAfter,
} from "../support/exchange-traffic.ts";
import { PositionedClient, type Wanted } from "../support/positioned-client.ts";
import type { ServerHere } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import { until } from "../support/until.ts";

const wanted: Wanted = { trade: [market], order: [market], deal: [market], balance: ["all"] };
/** Messages are forgotten as soon as may be. */
const forgetful = { "streams.resumeSeconds": 1, "streams.resumeBytesMax": 4_096 };

let folder: string;
let clock: SteppedClock;
let here: ServerHere;
let users: readonly [CryptomusUser, CryptomusUser];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-positions-past-"));
  clock = new SteppedClock();
  here = await startExchangeHere(folder, clock, 0, forgetful);
  users = await addTraders(folder);
});
afterAll(async () => {
  await here.server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const comer = () => new PositionedClient(new CryptomusClient(here, users[0]), wanted);

/** Lets two seconds pass, until a client has been told that nothing is missing. */
async function quiet(client: PositionedClient): Promise<void> {
  client.read();
  const before = client.counts.positions;
  clock.pass(2);
  await until(() => {
    client.read();
    expect(client.counts.positions).toBeGreaterThan(before);
  });
}

/** Trades many times, further than memory keeps. */
async function tradeLong(): Promise<void> {
  const pauses = Array.from({ length: 60 }, (_, at) => (at % 20 === 0 ? 2 : 0.01));
  await tradeAfter(here, users, { clock, pauses });
}

/**
 * What was told on each stream, with its place but without the names of what came before; trades one by
 * one, in whatever messages they came.
 */
function toldOf({ told }: PositionedClient): Record<string, unknown[]> {
  const streams = [...told].map(([key, texts]) => {
    const messages = texts.map((text) => ({ ...JSON.parse(text), prev: undefined }));
    const isTrades = key.startsWith("trade_update");
    return [key, isTrades ? messages.flatMap(({ data }) => data.trades) : messages] as const;
  });
  return Object.fromEntries(streams.toSorted());
}

describe("a client that comes back long after it was cut off", () => {
  it("is given all trades, and its orders, deals and balances, as they were told to one who stayed", async () => {
    const [stays, comes] = [comer(), comer()];
    await Promise.all([stays.come(here), comes.come(here)]);
    await quiet(comes);
    comes.cut();
    await tradeLong();
    await comes.come(here);
    await Promise.all([quiet(stays), quiet(comes)]);

    expect([stays.faults, comes.faults]).toEqual([[], []]);
    expect(comes.counts).toMatchObject({ recovered: 4, lost: 0 });
    expect(toldOf(comes)).toEqual(toldOf(stays));
    expect(Object.keys(toldOf(stays))).toHaveLength(5);
    await Promise.all([stays.stream?.close(), comes.stream?.close()]);
  });

  it("is given them by a server that was started meanwhile, and then what is new", async () => {
    const [stays, comes] = [comer(), comer()];
    await Promise.all([stays.come(here), comes.come(here)]);
    await quiet(comes);
    comes.cut();
    await tradeLong();
    await quiet(stays);
    stays.cut();
    await here.server.stop();
    here = await startExchangeHere(folder, clock, Number(new URL(here.http).port), forgetful);
    await comes.come(here);
    await until(() => {
      comes.read();
      expect(toldOf(comes)).toEqual(toldOf(stays));
    });

    await stays.come(here);
    await Promise.all([quiet(stays), quiet(comes)]);
    await tradeLong();
    await Promise.all([quiet(stays), quiet(comes)]);

    expect([stays.faults, comes.faults]).toEqual([[], []]);
    expect([stays.counts.lost, comes.counts.lost]).toEqual([0, 0]);
    expect(toldOf(comes)).toEqual(toldOf(stays));
    await Promise.all([stays.stream?.close(), comes.stream?.close()]);
  });
});
