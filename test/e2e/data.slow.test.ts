/** The data page over two recordings: one that is over and stored, and one that plays. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { describeInBrowser } from "./support/stage.ts";
import { sizes } from "./support/visit.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-data-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

// 2023-11-14 22:13:20 and the minute after it, nothing on the 15th, and one trade on the 16th.
const dayS = 86_400;
const firstS = 1_700_000_000;
const trades = [
  [firstS, "100.10", "1"],
  [firstS + 61, "101", "0.25"],
  [firstS + 2 * dayS, "99.5", "3"],
] as const;
const file = join(folder, "trades.csv");
writeFileSync(file, `time,price,quantity\n${trades.map((row) => row.join(",")).join("\n")}\n`);

const recording = (speed: "max" | number) => ({
  ...{ kind: "replay", files: [file], format: "csv", ticker: "A/B", speed, timeUnit: "s" },
  columns: { time: "time", price: "price", quantity: "quantity" },
});
const settings = {
  datasets: [
    { code: "past", name: "A <i>past</i> & more", feed: recording("max") },
    { code: "plays", name: "It plays", feed: recording(1) },
  ],
  "exchange.enabled": false,
};

describeInBrowser("the data page", { settings }, (stage) => {
  async function open() {
    await expect.poll(() => stage.server.health("feed past")).toBe("finished");
    const visit = await stage.visit("/data");
    await visit.page.getByRole("row", { name: /^A\/B/ }).waitFor();
    return visit;
  }

  async function exported(page: Page, what: string, format: string): Promise<string> {
    await page.getByRole("tab", { name: "Export" }).click();
    await page.getByLabel("What").selectOption(what);
    await page.getByLabel("Format").selectOption(format);
    await page.getByLabel("From (UTC)").fill("2023-11-14T22:13:20");
    await page.getByLabel("To (UTC)").fill("2023-11-15T00:00:00");
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    const download = await saving;
    // The file is made in the page: no address holds a key.
    expect(download.url()).toMatch(/^blob:/);
    return readFileSync(await download.path(), "utf8");
  }

  it("shows datasets with their states, and the clock of a recording that plays", async () => {
    const { page } = await open();
    const rows = page.getByRole("table", { name: "Datasets" }).locator("tbody tr");
    await expect
      .poll(() => rows.allInnerTexts())
      .toEqual([
        // Whatever stands in a name is text.
        expect.stringMatching(/^past\s+A <i>past<\/i> & more\s+replay\s+over$/),
        expect.stringMatching(/^plays\s+It plays\s+replay\s+replay$/),
      ]);
    await rows.nth(1).click();
    await page.getByText("clock of the recording").waitFor();
    await page.getByRole("note").getByText("Replay of It plays").waitFor();
  });

  it("lets one travel in a recording by a clock of one's own", async () => {
    const visit = await open();
    const { page } = visit;
    await page.getByRole("tab", { name: "Time travel" }).click();
    await page.getByRole("button", { name: "Begin to travel" }).click();
    const clock = page.getByLabel("Your clock");
    await page.getByText("paused").first().waitFor();
    await page.getByRole("button", { name: "Next trade" }).click();
    await expect
      .poll(() => clock.locator("time").getAttribute("title"))
      .toBe("2023-11-14 22:14:21.000 UTC");
    await page.getByRole("button", { name: "Next bar" }).click();
    await expect
      .poll(() => clock.locator("time").getAttribute("title"))
      .toBe("2023-11-14 22:15:00.000 UTC");
    await page.getByRole("note").getByText("Your own clock").waitFor();
    const line = page.getByRole("slider", { name: "Moment of the recording" });
    await line.press("Home");
    await expect
      .poll(() => clock.locator("time").getAttribute("title"))
      .toBe("2023-11-14 22:13:20.000 UTC");
    await page.getByRole("tab", { name: "Time travel" }).press(".");
    await expect
      .poll(() => clock.locator("time").getAttribute("title"))
      .toBe("2023-11-14 22:14:21.000 UTC");
    // What was traded is sent with the second that it belongs to.
    await page.getByRole("button", { name: "Next second" }).click();
    await page.getByLabel("Running bar").getByText("101").first().waitFor();
    await page.getByLabel("Speed").selectOption("60");
    await page.getByRole("button", { name: "Play" }).click();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    expect(await visit.faultsInBothThemes()).toEqual([]);
    await page.getByRole("button", { name: "End" }).click();
  });

  it("shows day by day what is stored", async () => {
    const { page } = await open();
    const month = page.getByRole("region", { name: "2023-11" });
    const firstDays = async () => (await month.locator("li.day").allInnerTexts()).slice(0, 3);
    await expect
      .poll(async () => (await firstDays()).map((text) => text.trim()))
      .toEqual([
        "2023-11-14: data of a part of the day, volume 1.25",
        "2023-11-15: no trades",
        "2023-11-16: data of a part of the day, volume 3",
      ]);
  });

  it("shows bars and trades with the digits that were sent", async () => {
    const { page } = await open();
    await page.getByRole("tab", { name: "Bars" }).click();
    const bars = page.getByRole("table", { name: "Bars" }).locator("tbody tr");
    await expect.poll(() => bars.count()).toBe(3);
    await page.getByRole("tab", { name: "Trades" }).click();
    const rows = page.getByRole("table", { name: "Trades" }).locator("tbody tr");
    await expect.poll(() => rows.count()).toBe(3);
    expect(await rows.first().innerText()).toMatch(/99\.5\s+3$/);
  });

  it("hands over bars and trades of a time as a file", async () => {
    const { page } = await open();
    expect(await exported(page, "bars", "csv")).toBe(
      "time,open,high,low,close,volume\n" +
        "2023-11-14T22:13:00.000Z,100.1,100.1,100.1,100.1,1\n" +
        "2023-11-14T22:14:00.000Z,101,101,101,101,0.25\n",
    );
    expect(await exported(page, "trades", "ndjson")).toBe(
      '{"time":"2023-11-14T22:13:20.000Z","price":100.1,"quantity":1}\n' +
        '{"time":"2023-11-14T22:14:21.000Z","price":101,"quantity":0.25}\n',
    );
    expect(page.url()).toBe(`${stage.http}/data`);
  });

  it("shows bars in its chart where there is no exchange, and nothing of orders or of signing in", async () => {
    const visit = await stage.visit("/?market=past:A/B");
    const { page } = visit;
    await page.locator(".chart-canvas:not([data-candles='0'])").waitFor();
    await visit.live();
    await page.locator(".top-bar", { hasText: "A/B" }).waitFor();
    for (const name of ["Order book", "Trades", "Order", "Orders"])
      expect(await page.getByRole("region", { name, exact: true }).count(), name).toBe(0);
    for (const other of ["/", "/data", "/console"]) {
      await page.goto(stage.http + other);
      await visit.live();
      expect(await page.getByText(/sign in/i).count(), other).toBe(0);
    }
    await page.setViewportSize(sizes.phone);
    await page.goto(stage.http);
    await page.locator(".chart-canvas:not([data-candles='0'])").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      375,
    );
    expect(await visit.accessibilityFaults()).toEqual([]);
  });

  it("is used by keys alone, and has no serious findings of axe in either theme", async () => {
    const visit = await open();
    const { page } = visit;
    await page.getByRole("row", { name: /^past/ }).focus();
    await page.keyboard.press("ArrowDown");
    await page.getByText("clock of the recording").waitFor();
    expect(await visit.faultsInBothThemes()).toEqual([]);
    await page.getByRole("tab", { name: "Calendar" }).focus();
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("button", { name: "Download" }).waitFor();
    expect(await visit.faultsInBothThemes("[role=tabpanel]")).toEqual([]);
  });
});
