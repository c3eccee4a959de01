/** What a wall clock that is set does to a running server, and to one that starts (ADR 0024). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { StartError } from "../../server/src/ports/start-error.ts";
import { askStream, CryptomusClient } from "../support/cryptomus-client.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import { openStream, type StreamClient } from "../support/stream-client.ts";

const dayS = 86_400;

/** A folder of one test. */
function folderOf({ onTestFinished }: Pick<TestContext, "onTestFinished">): string {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-clock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function bars(dataset: string, ticker: string) {
  const stream = { channel: "bars", frequency: "1s", aggregation: "1m" };
  return { event: "subscribe", dataset, tickers: [ticker], ...stream };
}

/** The start of the minute of the next bar of a dataset. */
async function nextBar(client: StreamClient, dataset: string): Promise<number> {
  const { json } = await client.until(({ json }) => json["d"] === dataset, client.received.length);
  return Number(json["t"]);
}

interface Crowd {
  readonly here: ServerHere;
  readonly trader: CryptomusClient;
  readonly stream: StreamClient;
  readonly watcher: StreamClient;
}

/** A server with somebody on each protocol. */
async function serve(data: string, clock: SteppedClock): Promise<Crowd & AsyncDisposable> {
  const here = await startServerHere({ data, clock });
  const { demoUsers, demoKey } = here.server;
  const [user] = demoUsers;
  if (user === undefined) throw new Error("there is no demo user");
  const trader = new CryptomusClient(here, user);
  const stream = await trader.open();
  const watcher = await openStream(`${here.ws}/v1?apikey=${demoKey}`);
  watcher.send(bars("huobi", "BTC/USDT"));
  watcher.send(bars("local", "BTC/USDT"));
  return {
    ...{ here, trader, stream, watcher },
    [Symbol.asyncDispose]: () => here.server.stop(),
  };
}

/** Places an order far from the market and tells when it was made, in seconds since 1970. */
async function orderTimeS(trader: CryptomusClient): Promise<number> {
  const order = { market: "BTC_USDT", direction: "buy", price: "1000", quantity: "0.01" };
  const { status, body } = await trader.limitOrder(order);
  if (status !== 200 && status !== 201) throw new Error(JSON.stringify(body));
  const made = (await trader.activeOrders()).find(({ id }) => id === body.order_id);
  return (
    Date.parse(`${(made as unknown as { createdAt: string }).createdAt.replace(" ", "T")}Z`) / 1e3
  );
}

describe.concurrent("a wall clock that is set forward by a day", () => {
  it("closes no stream, is told, and is taken whole once it has held", async (test) => {
    const clock = new SteppedClock();
    await using crowd = await serve(folderOf(test), clock);
    const { here, trader, stream, watcher } = crowd;
    const before = await nextBar(watcher, "huobi");

    clock.step(dayS);
    expect(await nextBar(watcher, "huobi")).toBeLessThan(before + dayS / 2);
    expect(await nextBar(watcher, "local")).toBeLessThan(before + dayS / 2);
    clock.pass(6);
    for (const dataset of ["huobi", "local"]) {
      const later = ({ json }: { json: Record<string, unknown> }) =>
        json["d"] === dataset && Number(json["t"]) >= before + dayS;
      await watcher.until(later);
    }

    expect((await askStream(stream, "ping", [])).json["error"]).toBeNull();
    expect(await orderTimeS(trader)).toBeGreaterThanOrEqual(before + dayS);
    expect(await here.health("clock")).toBe("steady");
    expect(await here.figure('openbourse_clock_steps_total{direction="forward"}')).toBe(1);
    expect(here.log.filter(({ phrase }) => phrase.includes("clock")).length).toBe(2);
  });
});

describe.concurrent("a wall clock that is set back by 40 s", () => {
  it("silences no bars, closes no stream, and leaves the orders in their order", async (test) => {
    const clock = new SteppedClock();
    await using crowd = await serve(folderOf(test), clock);
    const { here, trader, stream, watcher } = crowd;
    await nextBar(watcher, "huobi");
    const before = await orderTimeS(trader);

    clock.step(-40);
    for (const dataset of ["huobi", "local", "huobi", "local"]) await nextBar(watcher, dataset);

    expect((await askStream(stream, "ping", [])).json["error"]).toBeNull();
    expect(await orderTimeS(trader)).toBeGreaterThanOrEqual(before);
    expect(await here.health("clock")).toBe("behind");
    expect(await here.figure('openbourse_clock_steps_total{direction="backward"}')).toBe(1);
    expect(await here.figure("openbourse_clock_lead_seconds")).toBeLessThan(-30);
    clock.pass(80);
    await nextBar(watcher, "huobi");
    expect(await here.health("clock")).toBe("steady");
  });
});

describe.concurrent("a start", () => {
  it("with a clock far behind the log is refused with the remedy, which works", async (test) => {
    const folder = folderOf(test);
    const clock = new SteppedClock();
    const settings = { datasets: [] };
    const first = await startServerHere({ data: folder, clock, settings });
    await first.server.stop();
    clock.step(-dayS);

    const refused = startServerHere({ data: folder, clock, settings });
    await expect(refused).rejects.toThrow(StartError);
    await expect(refused).rejects.toThrow(/clock is 86\d{3} s behind the exchange's log/);
    const message = await refused.then(() => "", String);
    const remedy = /exchange\.clockBehindMaxMs: (\d+)/.exec(message)?.[1];

    const again = await startServerHere({
      data: folder,
      clock,
      settings: { ...settings, "exchange.clockBehindMaxMs": Number(remedy) },
    });
    expect(await again.health("clock")).toBe("behind");
    await again.server.stop();
  });
});
