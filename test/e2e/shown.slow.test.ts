/** A market with a day behind it: its figures of 24 hours, its line in the watch list, its depth and its indicators. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SteppedClock } from "../support/stepped-clock.ts";
import { until } from "../support/until.ts";
import { describeInBrowser } from "./support/stage.ts";
import { type Traders, tradersOf } from "./support/trader.ts";

const market = "BTC_USDT";
const address = `/?market=${market}`;
const folder = mkdtempSync(join(tmpdir(), "openbourse-shown-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A recording with as many minutes as the longest indicators take. */
const minutes = 300;
const file = join(folder, "trades.csv");
const rows = Array.from(
  { length: minutes },
  (_, minute) => `${1_700_000_000 + minute * 60},${(100 + Math.sin(minute / 9)).toFixed(2)},1`,
);
writeFileSync(file, `time,price,quantity\n${rows.join("\n")}\n`);
const long = {
  code: "long",
  feed: {
    ...{ kind: "replay", files: [file], format: "csv", ticker: "A/B", speed: "max", timeUnit: "s" },
    columns: { time: "time", price: "price", quantity: "quantity" },
  },
};
const settings = { "exchange.participants.enabled": false, datasets: [long] };
/** Trades of the day, and the seconds between two. */
const trades = 64;
const stepS = 1_200;

const clock = new SteppedClock();
// Begins so long ago that it is now when all is traded.
clock.step(-trades * stepS);

/** Points of a canvas on which anything is drawn, as a part of all. */
const drawnPart = (page: Page) =>
  page.locator(".depth-chart canvas").evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? {
      data: [],
    };
    let drawn = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) drawn += 1;
    return drawn / (data.length / 4);
  });

describeInBrowser("a market with a day behind it", { settings, clock }, (stage) => {
  let traders: Traders;

  beforeAll(async () => {
    traders = await tradersOf(stage);
    for (let count = 0; count < trades; count += 1) {
      // From 100,000 up to 100,630, with a peak of 102,000 on the way.
      const price = count === 40 ? "102000" : String(100_000 + count * 10);
      const order = { type: "limit", market, price, quantity: "0.01" } as const;
      await traders.own.place({ ...order, direction: "sell" });
      await traders.other.place({ ...order, direction: "buy" });
      clock.pass(stepS);
    }
    for (const [step, quantity] of [
      [100, "0.1"],
      [200, "0.3"],
    ] as const) {
      const order = { type: "limit", market, quantity } as const;
      await traders.own.place({ ...order, direction: "buy", price: `${100_630 - step}` });
      await traders.other.place({ ...order, direction: "sell", price: `${100_630 + step}` });
    }
  });

  it("has figures of 24 hours in the bar, and lines in the watch list where there was trade", async () => {
    const { page } = await stage.visit(address);
    const figure = (title: string) =>
      page.locator(".day-figures div", { hasText: title }).locator("dd").textContent();
    await until(async () => {
      expect(await figure("24 h high")).toMatch(/^102000(\.0+)?\s*USDT$/);
      expect(await figure("24 h low")).toMatch(/^100000(\.0+)?\s*USDT$/);
      expect(await figure("24 h volume")).toMatch(/^0\.64(0+)?\s*BTC$/);
      expect(await figure("Change in 24 hours")).toMatch(/^\+0\.63\s*%$/);
    });
    const line = page.locator(`[data-instrument="${market}"] .sparkline path`);
    await until(async () => {
      expect(await line.getAttribute("class")).toBe("up");
      expect((await line.getAttribute("d"))?.split("L").length).toBeGreaterThan(30);
    });
    expect(await page.locator("[data-instrument=ETH_USDT] .sparkline path").getAttribute("d")).toBe(
      "",
    );
  });

  it("is found in the watch list by what somebody types", async () => {
    const { page } = await stage.visit(address);
    const rows = page.locator(".watch-row");
    await until(async () => expect(await rows.count()).toBeGreaterThan(2));
    const all = await rows.count();
    const search = page.getByLabel("Search markets");
    await search.fill("eth");
    await until(async () => expect(await rows.count()).toBeLessThan(all));
    for (const text of await rows.allTextContents()) expect(text).toMatch(/ETH/);
    await search.fill("nothing of that kind");
    await page.getByText("Nothing is called that: try a currency, such as BTC.").waitFor();
    await search.press("Escape");
    await until(async () => expect(await rows.count()).toBe(all));
  });

  it("has a depth chart that tells what rests up to where somebody points, in either theme", async () => {
    const visit = await stage.visit(address);
    const { page } = visit;
    await page.getByRole("button", { name: "Depth" }).click();
    const canvas = page.locator(".depth-chart canvas");
    await canvas.waitFor();
    await until(async () => expect(await drawnPart(page)).toBeGreaterThan(0.1));
    const box = await canvas.boundingBox();
    if (box === null) throw new Error("there is no canvas");
    const readOut = page.locator(".depth-chart .read-out");
    for (const [part, text] of [
      [0.2, /^down to\s*100530(\.0+)?\s*USDT\s*rest\s*0\.1(0*)\s*BTC$/],
      [0.8, /^up to\s*100730(\.0+)?\s*USDT\s*rest\s*0\.1(0*)\s*BTC$/],
    ] as const) {
      await page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
      await until(async () => expect(await readOut.textContent()).toMatch(text));
    }
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await until(async () => expect(await drawnPart(page)).toBeGreaterThan(0.1));
    }
    expect(await visit.faultsInBothThemes()).toEqual([]);
  });

  it("has each of the server's indicators in its chart, with figures", async () => {
    const { page } = await stage.visit(address);
    await page.locator(".chart-canvas:not([data-candles='0'])").waitFor();
    await page.getByRole("button", { name: /all intervals/i }).click();
    await page.getByRole("menuitemradio", { name: "20m", exact: true }).click();
    await page.locator(".chart-canvas[data-interval='20m']").waitFor();
    const menu = page.getByRole("button", { name: /^Indicators/ });
    await menu.click();
    const names = await page.getByRole("menuitemradio").allTextContents();
    expect(names.length).toBeGreaterThanOrEqual(9);
    await page.keyboard.press("Escape");
    // So many intervals have not gone by.
    const isLong = (name: string) => name === "SMA 200" || name.startsWith("Ichimoku");
    const choose = async (name: string) => {
      // Without the pointer: where the entry was, the chart may be, and the figures are those of where somebody points.
      await menu.dispatchEvent("click");
      await page.getByRole("menuitemradio", { name, exact: true }).dispatchEvent("click");
      const figures = page.locator("[data-indicator]", { hasText: name });
      await until(async () =>
        expect((await figures.textContent())?.slice(name.length), name).toMatch(/\d/),
      );
      return await figures.textContent();
    };
    for (const name of names.filter((each) => !isLong(each))) await choose(name);

    await page.goto(`${stage.http}/?market=long:A/B`);
    await page.locator(`.chart-canvas[data-candles='${minutes}']`).waitFor();
    expect(await choose("SMA 200")).toMatch(/^SMA 200 (99|100)\.\d+$/);
    // All lines but the one that is drawn behind the candles, which ends before the newest one.
    expect(await choose("Ichimoku 9, 26, 52")).toMatch(/52( +(99|100|101)(\.\d+)?){4}/);
  });

  it("says on the data page how long ago a quiet ticker was traded last, and that a recording is over", async () => {
    const { page } = await stage.visit("/data");
    const row = (table: string, name: RegExp) =>
      page.getByRole("table", { name: table }).getByRole("row", { name });
    await row("Datasets", /^local/).click();
    const ago = /^last trade (19|2\d) min ago$/;
    await row("Tickers", /^BTC\/USDT/)
      .getByText(ago)
      .waitFor();
    await page
      .getByRole("region", { name: "BTC/USDT" })
      .getByRole("status")
      .getByText(ago)
      .waitFor();
    await row("Datasets", /^long/).click();
    await row("Tickers", /^A\/B/).getByText("over", { exact: true }).waitFor();
  });
});
