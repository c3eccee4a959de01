import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addKey } from "../support/operator.ts";
import { describeInBrowser } from "./support/stage.ts";
import { tradersOf } from "./support/trader.ts";
import { sizes } from "./support/visit.ts";

const pages = ["/", "/data", "/console"] as const;

/** The time before a reload is gone after it. */
const notReloaded = async (page: Page) =>
  page.evaluate(() => (globalThis as unknown as Record<string, unknown>)["isSamePage"] === true);

// A demo as everybody starts it: it trades all the time, which takes the more of the machine the longer it is looked at.
describeInBrowser("the page of a demo", {}, (stage) => {
  it.each(pages)("is shown at %s in both themes without serious findings of axe", async (path) => {
    const visit = await stage.visit(path);
    await visit.live();
    if (path === "/") await visit.page.locator(".ladder-row.bid").first().waitFor();
    expect(await visit.faultsInBothThemes()).toEqual([]);
    for (const tab of path === "/data" ? ["Bars", "Trades"] : []) {
      await visit.page.getByRole("tab", { name: tab }).click();
      await visit.page.getByRole("table", { name: tab }).waitFor();
      expect(await visit.faultsInBothThemes("[role=tabpanel]"), tab).toEqual([]);
    }
    if (path !== "/") return;
    await visit.page.keyboard.press("?");
    await visit.page.getByRole("dialog", { name: "Keys" }).waitFor();
    expect(await visit.faultsInBothThemes("dialog[open]"), "keys").toEqual([]);
  });
});

const quiet = { "exchange.participants.enabled": false };

describeInBrowser("the page", { settings: quiet }, (stage) => {
  beforeAll(async () => {
    const { own, other } = await tradersOf(stage);
    for (let step = 1; step <= 12; step += 1) {
      const rest = { type: "limit", market: "BTC_USDT", quantity: `0.0${step}` } as const;
      await own.place({ ...rest, direction: "buy", price: `${99_900 - step}` });
      await other.place({ ...rest, direction: "sell", price: `${100_100 + step}` });
    }
    const order = { type: "market", market: "BTC_USDT", quantity: "0.001" } as const;
    await own.place({ ...order, direction: "buy" });
    await other.place({ ...order, direction: "sell" });
  });

  it.each(pages)("fits %s into 375 pixels", async (path) => {
    const visit = await stage.visit(path, { size: sizes.phone, hasTouch: true });
    await visit.live();
    const wide = await visit.page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(375);
    expect(await visit.accessibilityFaults()).toEqual([]);
  });

  it("is found by keys alone: to the content, all keys on a sheet, and back", async () => {
    const { page } = await stage.visit("/");
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    await page.locator(".top-bar").waitFor();
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("To the content");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Market");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/data");
    await page.goBack();
    await page.locator(".page-links a[aria-current]", { hasText: "Market" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
  });

  it("says so where its code cannot be loaded, and is loaded anew when asked", async () => {
    const visit = await stage.visit("/", { hasOwnWindow: true });
    visit.forgive(/Failed to load resource/);
    await visit.context.route(/\/main[^/]*\.js$/, (route) => route.abort());
    const page = await visit.tab();
    const told = page.getByRole("alert");
    await told.getByText("The page could not be loaded").waitFor();
    await visit.context.unrouteAll();
    await told.getByRole("button", { name: "Try again" }).click();
    await visit.live(page);
  });

  it("remembers how it is liked, and nothing else", async () => {
    const { page, context } = await stage.visit("/", { theme: "dark" });
    await page.locator(".top-bar").waitFor();
    const surface = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await surface();
    await page.getByRole("button", { name: "Theme and colours" }).click();
    await page.getByRole("menuitemradio", { name: "Light" }).click();
    await expect.poll(surface).not.toBe(dark);
    const edge = page.getByRole("separator", { name: "Width of the ticket" });
    const before = Number(await edge.getAttribute("aria-valuenow"));
    await edge.focus();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => edge.getAttribute("aria-valuenow")).toBe(String(before + 16));
    await page.reload();
    await expect.poll(surface).not.toBe(dark);
    expect(await edge.getAttribute("aria-valuenow")).toBe(String(before + 16));
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    // Besides, what its clock in recordings is called.
    expect(Object.keys(JSON.parse(kept) as object)).toEqual([
      "openbourse.preferences",
      "openbourse.travel",
    ]);
    expect(await context.cookies()).toEqual([]);
  });

  it("says that the server is going away, and is live again without a reload when it is back, in every tab", async () => {
    const visit = await stage.visit("/");
    visit.forgive(/WebSocket connection|Failed to load resource|ERR_CONNECTION_REFUSED/);
    const tabs = [visit.page, await visit.tab("/?market=ETH_USDT")];
    for (const page of tabs) {
      await visit.live(page);
      await page.evaluate(() => {
        (globalThis as unknown as Record<string, unknown>)["isSamePage"] = true;
      });
    }
    await stage.stopServer();
    for (const page of tabs)
      await page
        .locator(".link-badge", { hasText: /^(server going away|reconnecting) (\d+ s|now)$/ })
        .waitFor();
    await stage.startServer();
    for (const page of tabs) {
      await visit.live(page);
      expect(await notReloaded(page)).toBe(true);
    }
  });

  it("shows in each tab the market that its address names", async () => {
    const visit = await stage.visit("/?market=BTC_USDT");
    const other = await visit.tab("/?market=ETH_USDT");
    await visit.page.locator(".top-bar", { hasText: "BTC/USDT" }).waitFor();
    await other.locator(".top-bar", { hasText: "ETH/USDT" }).waitFor();
  });
});

const recording = join(tmpdir(), `openbourse-e2e-${process.pid}.csv`);
afterAll(() => rmSync(recording));
const startMs = Date.UTC(2024, 0, 2, 3, 4, 0);
const rows = Array.from({ length: 600 }, (_, second) => `${startMs + second * 1_000},42000.5,0.01`);
writeFileSync(recording, `time,price,quantity\n${rows.join("\n")}\n`);
const replay = {
  code: "tape",
  name: "A recorded hour",
  feed: {
    kind: "replay",
    files: [recording],
    format: "csv",
    ticker: "BTC/USDT",
    columns: { time: "time", price: "price", quantity: "quantity" },
    timeUnit: "ms",
  },
};

describeInBrowser(
  "the page of a server that is no demo",
  { settings: { "demo.key": false, "demo.users": false, ...quiet, datasets: [replay] } },
  (stage) => {
    it("asks strangers to sign in, gives them nothing, and offers no demo user", async () => {
      const visit = await stage.visit("/");
      await visit.page.locator(".link-badge[data-state=sign-in]").waitFor();
      await visit.page.getByRole("button", { name: "Sign in" }).first().waitFor();
      expect(await visit.page.getByRole("button", { name: /demo/i }).count()).toBe(0);
      const refused = await fetch(`${stage.http}/terminal/pass?protocol=cryptomus`, {
        method: "POST",
      });
      expect(refused.status).toBe(403);
      for (const name of ["Markets", "Chart", "Order book", "Trades", "Order"])
        await visit.page
          .getByRole("region", { name, exact: true })
          .getByText("Sign in to see the markets: strangers are not served here.")
          .first()
          .waitFor();
      expect(await visit.accessibilityFaults()).toEqual([]);
    });

    it("takes an API key for its data, keeps it nowhere but in memory, and forgets it when told", async () => {
      const visit = await stage.visit("/data");
      visit.forgive(/responded with a status of 4\d\d/);
      const { page } = visit;
      const field = page.locator("#data-key");
      await field.fill("wrong");
      await page.getByRole("button", { name: "Show the data" }).click();
      await page
        .locator("#data-key-refusal")
        .getByText(/API key/)
        .waitFor();
      expect(await field.getAttribute("aria-invalid")).toBe("true");
      expect(await visit.accessibilityFaults()).toEqual([]);

      const { key } = addKey(stage.data, "default");
      await field.fill(key);
      await field.press("Enter");
      await page.getByRole("row", { name: /^BTC\/USDT/ }).waitFor();
      const kept = await page.evaluate(() =>
        JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
      );
      expect(kept + page.url()).not.toContain(key);
      // The market page shows data of datasets with the same key, and the badge how its connection is.
      await page.getByRole("link", { name: "Market" }).click();
      await page.locator(".chart-canvas:not([data-candles='0'])").waitFor();
      await page.waitForURL(/market=tape/);
      await visit.live();
      await page.goBack();
      await page.getByRole("link", { name: "Data" }).click();
      await page.getByRole("button", { name: "Forget the key" }).click();
      await field.waitFor();
      await page.getByRole("link", { name: "Market" }).click();
      await page.getByText("Sign in to see the markets").first().waitFor();
    });

    it.each(pages)(
      "says on %s that a recording is played, and what time it is in it",
      async (path) => {
        const { page } = await stage.visit(path);
        const banner = page.locator(".replay-banner");
        await banner.filter({ hasText: "Replay of A recorded hour:" }).waitFor();
        const shown = await banner.locator("time").getAttribute("datetime");
        expect(shown).toMatch(/^2024-01-02T03:/);
      },
    );
  },
);
