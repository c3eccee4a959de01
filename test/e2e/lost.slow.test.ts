/** What the market page says while nothing comes from the server: how old everything is, and never that it is new. */
import type { Locator, Page, WebSocket } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { setMarketState } from "../support/operator.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import { until } from "../support/until.ts";
import { markedPoints } from "./support/chart.ts";
import { describeInBrowser } from "./support/stage.ts";
import { signInDemo, type Traders, tradersOf } from "./support/trader.ts";
import { sizes } from "./support/visit.ts";

const market = "BTC_USDT";
const address = `/?market=${market}`;
const dataset = { code: "sim", feed: { kind: "simulator" }, history: { store: true } };
const settings = { "exchange.participants.enabled": false, datasets: [dataset] };
/** Seconds that the server is away by its own clock, which is right afterwards. */
const awayS = 240;
const clock = new SteppedClock();
clock.step(-awayS);
/** What a browser says of a server that is away. */
const away = [/WebSocket connection/, /Failed to load resource/];

/** Where a clock is put in place of the machine's: code that ran meanwhile would see the year 1970 for a moment. */
const withoutCode = "/healthz";

const old = /^\d+ s old: no news from the server$/;
/** Parts of the page that go on showing what came before. */
const parts = ["Markets", "Chart", "Order book", "Trades", "Order", "Order history"] as const;

/** What a part says of its age. */
const ageOf = (page: Page, part: string): Locator =>
  page
    .getByRole("region", { name: part, exact: true })
    .locator(".panel-note", { hasText: old })
    .first();
const ages = (page: Page) => page.locator(".panel-note", { hasText: old });

const remember = (page: Page) =>
  page.evaluate(() => {
    (globalThis as unknown as Record<string, unknown>)["isSamePage"] = true;
  });
const isSame = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as Record<string, unknown>)["isSamePage"] === true);

describeInBrowser("the market page, when it loses its server,", { settings, clock }, (stage) => {
  let traders: Traders;
  let proxy: FaultyProxy;

  beforeAll(async () => {
    traders = await tradersOf(stage);
    proxy = await FaultyProxy.open(stage.server.server.port);
    for (let step = 1; step <= 12; step += 1) {
      const rest = { type: "limit", market, quantity: `0.0${step}` } as const;
      await traders.own.place({ ...rest, direction: "buy", price: `${99_900 - step}` });
      await traders.other.place({ ...rest, direction: "sell", price: `${100_100 + step}` });
    }
    await trade("100001");
  });
  afterEach(() => {
    proxy.isDown = false;
    proxy.isSilent = false;
    proxy.onFrame = () => "pass";
  });
  afterAll(() => proxy.close());

  /** Trades at a price in the middle of the book. */
  async function trade(price: string): Promise<void> {
    const order = { type: "limit", market, price, quantity: "0.001" } as const;
    await traders.own.place({ ...order, direction: "sell" });
    await traders.other.place({ ...order, direction: "buy" });
  }

  const bestBid = async () => (await traders.own.orderBook(market)).bids[0]?.[0];
  const shownBid = (page: Page) =>
    page.locator(".ladder-row.bid").first().getAttribute("data-price");
  /** Everything of the market is there. */
  async function shown(page: Page): Promise<void> {
    await page.locator(".ladder[data-state=live] .ladder-row.bid").first().waitFor();
    await page.locator(".trades-row").first().waitFor();
    await page.locator(".chart-canvas:not([data-candles='0'])").waitFor();
  }

  it("says of each part how old it is, keeps what is shown, and comes back without a reload", async () => {
    const visit = await stage.visit(address, { origin: proxy.url, size: sizes.high });
    visit.forgive(...away);
    const { page } = visit;
    await signInDemo(page);
    await shown(page);
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByRole("table", { name: "Order history" }).waitFor();
    await remember(page);
    const rows = await page.locator(".ladder-row").count();

    proxy.isDown = true;
    proxy.cut();
    for (const part of parts) await ageOf(page, part).waitFor();
    await page.locator(".link-badge", { hasText: /^reconnecting (\d+ s|now)$/ }).waitFor();
    await page.locator(".day-figures.is-old").waitFor();
    expect(await page.locator(".ladder-row").count()).toBe(rows);
    expect(await visit.accessibilityFaults()).toEqual([]);
    const age = async () =>
      Number.parseInt((await ageOf(page, "Order book").textContent()) ?? "", 10);
    const before = await age();
    await until(async () => expect(await age()).toBeGreaterThan(before));
    for (const tab of ["Open orders", "Balances"]) {
      await page.getByRole("tab", { name: tab }).click();
      await ageOf(page, tab).waitFor();
    }
    await page.getByRole("button", { name: "Depth" }).click();
    await ageOf(page, "Depth").waitFor();
    await page.getByRole("button", { name: "Depth" }).click();

    await trade("100007.5");
    proxy.isDown = false;
    await page.locator(".trades-row[data-price='100007.5']").waitFor();
    await visit.live();
    await until(async () => expect(await ages(page).count()).toBe(0));
    expect(await page.locator(".day-figures.is-old").count()).toBe(0);
    await until(async () => expect(await shownBid(page)).toBe(await bestBid()));
    expect(await isSame(page)).toBe(true);
  });

  it("notices a server that says nothing although the connection stands", async () => {
    const visit = await stage.visit(withoutCode, { origin: proxy.url });
    visit.forgive(...away);
    const { page } = visit;
    await page.clock.install();
    await page.goto(proxy.url + address);
    await shown(page);
    proxy.isSilent = true;
    // It is asked whether it is there, and has some seconds to answer.
    await page.clock.fastForward(6_000);
    await page.clock.fastForward(6_000);
    await page.locator(".link-badge[data-state=stale]").waitFor();
    for (const part of ["Markets", "Chart", "Order book", "Trades", "Order"])
      await ageOf(page, part).waitFor();
    proxy.isSilent = false;
    await page.clock.fastForward(5_000);
    await visit.live();
    await until(async () => expect(await ages(page).count()).toBe(0));
  });

  it("asks again for what it never got an answer to", async () => {
    const visit = await stage.visit(withoutCode, { origin: proxy.url });
    const { page } = visit;
    await page.clock.install();
    const lost: string[] = [];
    await page.route(/\/terminal\/pass\?protocol=finazon/, (route) => {
      if (lost.length > 0) return route.continue();
      lost.push(route.request().url());
      return undefined;
    });
    await page.goto(`${proxy.url}/?market=sim:BTC/USDT`);
    await until(() => expect(lost).toHaveLength(1));
    await page.clock.fastForward(10_000);
    await page.locator(".chart-canvas:not([data-candles='0'])").waitFor();
  });

  it("stays connected in a tab that nobody sees, whose timers hardly fire, and shows what came meanwhile", async () => {
    const visit = await stage.visit(withoutCode, { origin: proxy.url });
    const { page } = visit;
    await page.clock.install();
    const sockets: WebSocket[] = [];
    let pongs = 0;
    page.on("websocket", (socket) => {
      sockets.push(socket);
      socket.on("framereceived", ({ payload }) => {
        if (String(payload).includes('"pong"')) pongs += 1;
      });
    });
    await page.goto(proxy.url + address);
    await shown(page);
    const see = (isSeen: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, !isSeen);
    const worker = page.waitForEvent("worker");
    await see(false);
    await worker;
    const opened = sockets.length;
    for (let minute = 0; minute < 3; minute += 1) {
      const before = pongs;
      // What is due fires once, and much too late.
      await page.clock.fastForward(60_000);
      await until(() => expect(pongs).toBeGreaterThan(before));
    }
    await trade("100003");
    await see(true);
    await until(() => expect(page.workers()).toEqual([]));
    await page.locator(".trades-row[data-price='100003']").waitFor();
    await visit.live();
    expect(sockets.length).toBe(opened);
    expect(await ages(page).count()).toBe(0);
  });

  it("asks again for the one stream of which a message was lost on the way", async () => {
    const visit = await stage.visit("/data", { origin: proxy.url });
    const { page } = visit;
    const sent: string[] = [];
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => sent.push(String(payload))),
    );
    await page.goto(proxy.url + address);
    await shown(page);
    const asked = () => sent.filter((text) => text.includes("_subscribe")).map(methodOf);
    await until(() => expect(asked()).toContain("trade_subscribe"));
    const before = asked().length;
    let isDropped = false;
    proxy.onFrame = (text) => {
      if (isDropped || !text.includes('"depth_update"')) return "pass";
      isDropped = true;
      return "drop";
    };
    const order = { type: "limit", market, direction: "buy", quantity: "0.01" } as const;
    await traders.own.place({ ...order, price: "99901" });
    await until(() => expect(isDropped).toBe(true));
    await traders.own.place({ ...order, price: "99902" });
    await until(async () => expect(await shownBid(page)).toBe(await bestBid()));
    await page.locator(".ladder-row.bid[data-price='99901']").waitFor();
    expect(asked().slice(before)).toEqual(["depth_subscribe"]);
  });

  it("comes back after a stop of the server, and marks on a dataset's chart for which time it has nothing", async () => {
    const visit = await stage.visit(address);
    visit.forgive(...away);
    const bars = await visit.tab("/?market=sim:BTC/USDT");
    await shown(visit.page);
    await bars.locator(".chart-canvas:not([data-candles='0'])").waitFor();
    for (const page of [visit.page, bars]) await remember(page);
    const data = await visit.tab("/data");
    await data.getByRole("row", { name: /^sim/ }).click();
    const state = data.getByRole("region", { name: "BTC/USDT" }).getByRole("status");
    // The server's clock is behind that of the browser. What was before the first trade of all is no gap.
    await until(async () => expect(await state.textContent()).toMatch(/^last trade \d min ago$/));
    const newBars: string[] = [];
    data.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        if (String(payload).includes('"ch":"bars"')) newBars.push(String(payload));
      }),
    );
    const marked = await markedPoints(bars);

    await stage.stopServer();
    await visit.page
      .locator(".link-badge", { hasText: /^(server going away|reconnecting)/ })
      .waitFor();
    await ageOf(visit.page, "Order book").waitFor();
    await ageOf(bars, "Chart").waitFor();
    clock.pass(awayS);
    await stage.startServer();
    for (const page of [visit.page, bars]) {
      await visit.live(page);
      await until(async () => expect(await ages(page).count()).toBe(0));
      expect(await isSame(page)).toBe(true);
    }
    // Three minutes at least, each some pixels wide and as high as the chart.
    await until(async () => expect(await markedPoints(bars)).toBeGreaterThan(marked + 3_000));
    // The keys that visitors had are gone with the server that gave them.
    await until(() => expect(newBars).not.toEqual([]));
    await data.close();
    await bars.getByRole("link", { name: "Data" }).click();
    const row = (table: string, name: RegExp) =>
      bars.getByRole("table", { name: table }).getByRole("row", { name });
    await row("Datasets", /^sim/).click();
    await row("Tickers", /^BTC\/USDT/)
      .getByText("gap in the last hour")
      .waitFor();
  });

  it("covers the ticket of a halted market from the first look on, and nothing else of it", async () => {
    await setMarketState(stage.data, market, "halt");
    const { page } = await stage.visit(address);
    await page.getByRole("alert").getByText("does not take orders at present").waitFor();
    await page.locator(".market-heading").getByText("halted", { exact: true }).waitFor();
    await shown(page);
    await setMarketState(stage.data, market, "resume");
    await page.getByRole("button", { name: "Look again" }).click();
    await page.locator(".ticket-cover").waitFor({ state: "detached" });
    await page.locator(".tag.is-halted").waitFor({ state: "detached" });
  });
});

function methodOf(text: string): string {
  return (JSON.parse(text) as { readonly method: string }).method;
}
