/** The chart of a dataset of whose time not everything is known: nobody is to take that for a time without trades. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { addKey } from "../support/operator.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import { until } from "../support/until.ts";
import { markedPoints } from "./support/chart.ts";
import { describeInBrowser } from "./support/stage.ts";

// What producers push is known, and nothing besides unless they say so.
const settings = {
  datasets: [{ code: "desk", feed: { kind: "push" } }],
  "exchange.enabled": false,
};
const silentS = 240;
const clock = new SteppedClock();
// The browser's clock is right when all time has passed.
clock.step(-2 * silentS);

describeInBrowser("the chart of a dataset", { settings, clock }, (stage) => {
  let nextId = 1;
  async function push(ticker: string): Promise<void> {
    const { key } = addKey(stage.data, "desk", ["desk"]);
    nextId += 1;
    const row = { ticker, id: nextId, price: "5", quantity: "1", time: clock.nowUs() };
    const reply = await fetch(`${stage.server.http}/openbourse/v1/ingest/desk`, {
      method: "POST",
      headers: { authorization: `apikey ${key}` },
      body: JSON.stringify(row),
    });
    expect(await reply.json()).toMatchObject({ trades: 1 });
  }

  async function chartOf(ticker: string): Promise<Page> {
    const { page } = await stage.visit(`/?market=desk:${ticker}`);
    await page.locator(".chart-canvas[data-candles='1']").waitFor();
    return page;
  }

  /** Three minutes at least, each some pixels wide and as high as the chart. */
  const isMarked = (page: Page, before: number) =>
    until(async () => expect(await markedPoints(page)).toBeGreaterThan(before + 3_000));

  it("marks it when the first bar behind it comes, where it was told before that", async () => {
    await push("A/USDT");
    clock.pass(silentS);
    const page = await chartOf("A/USDT");
    const before = await markedPoints(page);
    await push("A/USDT");
    await isMarked(page, before);
  });

  it("marks it where it came about while somebody looked on, over a connection that stood", async () => {
    await push("B/USDT");
    const page = await chartOf("B/USDT");
    const before = await markedPoints(page);
    clock.pass(silentS);
    await push("B/USDT");
    await isMarked(page, before);
  });
});
