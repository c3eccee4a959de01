/** The public half of the market page: what it shows is what the server says, however it comes about. */
import type { Page, WebSocketRoute } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { CryptomusStream, normalized, pastCandles } from "../../client/src/index.ts";
import { until, untilTrue } from "../support/until.ts";
import { describeInBrowser } from "./support/stage.ts";
import { signInDemo, type Traders, tradersOf } from "./support/trader.ts";
import { sizes } from "./support/visit.ts";

const market = "BTC_USDT";
const address = `/?market=${market}`;
const quiet = { "exchange.participants.enabled": false };

type Side = "bid" | "ask";

/** The rows of the ladder of a side, the best price first. */
async function rowsOf(page: Page, side: Side): Promise<readonly (readonly string[])[]> {
  const rows = await page
    .locator(`.ladder-row.${side}`)
    .evaluateAll((all) =>
      (all as HTMLElement[]).map(({ dataset }) => [
        dataset["price"] ?? "",
        dataset["quantity"] ?? "",
      ]),
    );
  return side === "ask" ? rows.toReversed() : rows;
}

const plain = (rows: readonly (readonly string[])[]) =>
  rows.map(([price = "", quantity = ""]) => [normalized(price), normalized(quantity)]);

/** What the newest candle, or the one that is pointed at, is said to be. */
function readOut(page: Page) {
  return page.locator(".chart-body .read-out").evaluate((element) => ({
    startMs: Number((element as HTMLElement).dataset["start"]),
    figures: [..."OHLCV"].map(
      (letter) =>
        element.querySelector(`[data-figure=${letter}] .num`)?.textContent.replace(/[^\d.]/g, "") ??
        "",
    ),
  }));
}

const frame = (page: Page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(undefined))));

/** Width of a place of the chart, of the axis beside it, and how many places are free between both, about. */
const [placePx, axisPx, freePlaces] = [7, 70, 8];

/**
 * Points at each of the newest `places` of the chart, from the left as far as the candle of `endMs`, and notes what is said of
 * it.
 */
async function candlesOf(
  page: Page,
  places: number,
  endMs?: number,
): Promise<ReadonlyMap<number, string>> {
  const box = await page.locator(".chart-canvas").boundingBox();
  if (box === null) throw new Error("there is no chart");
  const found = new Map<number, string>();
  const isOver = () => endMs !== undefined && found.has(endMs);
  const right = box.width - axisPx;
  for (let x = right - (places + freePlaces) * placePx; x < right && !isOver(); x += 3) {
    await page.mouse.move(box.x + x, box.y + box.height / 3);
    await frame(page);
    const { startMs, figures } = await readOut(page);
    if (figures[0] !== "") found.set(startMs, figures.join(" "));
  }
  await page.mouse.move(0, 0);
  return new Map([...found].sort(([a], [b]) => a - b));
}

describeInBrowser("the market page", { settings: quiet }, (stage) => {
  let traders: Traders;

  beforeAll(async () => {
    traders = await tradersOf(stage);
    for (let step = 1; step <= 45; step += 1) {
      const rest = { type: "limit", market, quantity: `0.00${step}` } as const;
      const [down, up] = [100_000 - step * 7.31, 100_000 + step * 13.07];
      await traders.own.place({ ...rest, direction: "buy", price: String(Math.round(down)) });
      await traders.other.place({ ...rest, direction: "sell", price: String(Math.round(up)) });
    }
  });

  /** Trades at a price in the middle of the book. */
  async function trade(price: string, quantity = "0.001"): Promise<void> {
    const order = { type: "limit", market, price, quantity } as const;
    await traders.own.place({ ...order, direction: "sell" });
    await traders.other.place({ ...order, direction: "buy" });
  }

  it("has a ladder that equals REST at every scale", async () => {
    const { page } = await stage.visit(address);
    const scales = await traders.own.depthScales(market);
    for (const { index } of scales) {
      await page.getByLabel("Price step of the book").selectOption(String(index));
      await page.locator(`.ladder[data-scale="${index}"][data-state=live]`).waitFor();
      const book = await traders.own.orderBook(market, index);
      for (const [side, levels] of [
        ["bid", book.bids],
        ["ask", book.asks],
      ] as const) {
        await until(async () => {
          const rows = await rowsOf(page, side);
          expect(rows.length).toBeGreaterThan(0);
          expect(plain(rows)).toEqual(plain(levels.slice(0, rows.length)));
          if (rows.length < levels.length) expect(rows.length).toBeGreaterThan(5);
        });
      }
    }
  });

  it("asks again for a book that cannot be true, that of one market alone, and shows it", async () => {
    const visit = await stage.visit("/data", { hasOwnWindow: true });
    const asked: string[] = [];
    let route: WebSocketRoute | undefined;
    await visit.page.routeWebSocket(/\/ws/, (socket) => {
      route = socket;
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        if (String(message).includes("depth_subscribe")) asked.push(String(message));
        server.send(message);
      });
    });
    await visit.page.goto(stage.http + address);
    await visit.page.locator(".ladder[data-state=live]").waitFor();
    const before = asked.length;
    const data = {
      ...{ symbol: market, timestamp: Math.floor(Date.now() / 1_000), full_reload: false },
      ...{ scale_index: 0, bids: [["999999", "1"]], asks: [] },
    };
    route?.send(JSON.stringify({ id: 0, method: "depth_update", data }));
    await visit.page.locator(".ladder[data-state=live][data-resyncs='1']").waitFor();
    expect(asked.slice(before).map((text) => JSON.parse(text).params)).toEqual([[`${market}:0`]]);
    const [best] = await rowsOf(visit.page, "bid");
    expect(best?.[0]).toBe((await traders.own.orderBook(market)).bids[0]?.[0]);
  });

  it("has candles that equal the history after going from interval to interval, and draws a revision", async () => {
    const visit = await stage.visit("/data", { hasOwnWindow: true });
    let route: WebSocketRoute | undefined;
    await visit.page.routeWebSocket(/\/ws/, (socket) => {
      route = socket;
      socket.connectToServer();
    });
    await visit.page.goto(stage.http + address);
    const { page } = visit;
    const stream = new CryptomusStream({ url: stage.http, token: () => traders.own.token() });
    const past = (intervalS: number) =>
      pastCandles(stream, { market, intervalS, fromMs: 0, toMs: Date.now() + 60_000 });
    // One second after another.
    for (const price of ["100001", "100002.5", "100003.25"]) {
      await trade(price);
      const tradedS = Math.floor(Date.now() / 1_000);
      await untilTrue(() => Math.floor(Date.now() / 1_000) > tradedS);
    }
    await until(async () => expect((await past(1)).length).toBeGreaterThanOrEqual(3));
    for (const [key, name, intervalS] of [
      ["]", "2m", 120],
      ["[", "1m", 60],
      ["[", "30s", 30],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator(`.chart-canvas[data-interval="${name}"]`).waitFor();
      const newest = (await past(intervalS)).at(-1);
      await until(async () => expect((await readOut(page)).startMs).toBe(newest?.startMs));
    }
    await page.getByRole("button", { name: /all intervals/ }).click();
    await page.getByRole("menuitemradio", { name: "1s", exact: true }).click();
    const all = await past(1);
    const canvas = page.locator(".chart-canvas[data-interval='1s']");
    await until(async () =>
      expect(await canvas.getAttribute("data-candles")).toBe(String(all.length)),
    );
    const told = all.map(({ startMs, open, high, low, close, volume }) => [
      startMs,
      [open, high, low, close, volume].join(" "),
    ]);
    const spanMs = (all.at(-1)?.startMs ?? 0) - (all[0]?.startMs ?? 0);
    const places = spanMs / 1_000 + 1;
    expect([...(await candlesOf(page, places))]).toEqual(told);

    const [revised] = all;
    if (revised === undefined) throw new Error("there is no candle");
    const { startMs, open, low } = revised;
    const candle = [startMs / 1_000, open, "100009.5", "100010", low, "7.5", "1", market];
    route?.send(JSON.stringify({ id: 0, method: "candles_update", data: [candle] }));
    await until(async () =>
      expect((await candlesOf(page, places, startMs)).get(startMs)).toBe(
        `${open} 100010 ${low} 100009.5 7.5`,
      ),
    );
    stream.close();
  });

  it("lists each trade once, the newest first, with every digit", async () => {
    await trade("100004.75", "0.002");
    const { page } = await stage.visit(address);
    await page.locator(".trades-row").first().waitFor();
    await trade("100005.5", "0.003");
    await page.locator(".trades-row[data-price='100005.5']").waitFor();
    const listed = await page
      .locator(".trades-row")
      .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset["price"] ?? ""));
    const rest = await traders.own.trades(market);
    expect(listed).toEqual(rest.map(({ price }) => normalized(price)).slice(0, listed.length));
  });

  it("is used by keys alone", async () => {
    const { page } = await stage.visit(address);
    await page.locator(".watch-row").first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("ethusdt");
    await page.keyboard.press("Enter");
    await page.waitForURL(/market=ETH_USDT/);
    await page.keyboard.press("1");
    await page.waitForURL(/market=BTC_USDT/);
    await page.keyboard.press("]");
    await page.locator(".chart-canvas[data-interval='2m']").waitFor();
    await page.keyboard.press("[");
    await page.locator(".chart-canvas[data-interval='1m']").waitFor();
  });

  it("takes a clicked price of the ladder into the ticket", async () => {
    const { page } = await stage.visit(address);
    await signInDemo(page);
    const row = page.locator(".ladder-row.bid").nth(2);
    const price = await row.getAttribute("data-price");
    await row.getByRole("button").click();
    await until(async () =>
      expect(await page.getByLabel("Price", { exact: true }).inputValue()).toBe(price),
    );
  });

  it("says what a market without trades or offers lacks", async () => {
    const { page } = await stage.visit("/?market=ETH_USDT");
    await page.getByText("Nothing was traded of ETH/USDT yet.").waitFor();
    await page.getByText("Nobody offers anything").waitFor();
    await page.getByText("Nothing was traded yet").waitFor();
    // A chart has no room, and is not drawn, before it has a candle.
    expect(await page.locator(".chart-canvas").isVisible()).toBe(false);
  });

  it("shows a dataset's ticker with its bars, indicators and figures, and without what it has not", async () => {
    const { page } = await stage.visit("/?market=huobi:BTC/USDT");
    await until(async () =>
      expect(
        Number(await page.locator(".chart-canvas").getAttribute("data-candles")),
      ).toBeGreaterThan(0),
    );
    await page.getByText("there is no order book of it").waitFor();
    await page.getByRole("button", { name: "Indicators" }).click();
    await page.getByRole("menuitemradio", { name: "On-balance volume" }).click();
    await page.locator("[data-indicator=obv]").getByText(/\d/).first().waitFor();
    await page.locator(".day-figures").getByText("24 h high").waitFor();
  });

  it("has tabs at 375 pixels, and keeps nothing of what they hide", async () => {
    await trade("100006.25");
    const visit = await stage.visit(address, { size: sizes.phone, hasTouch: true });
    const { page } = visit;
    await page.locator(".ladder-row.bid").first().waitFor();
    const boxOf = (name: string) => page.getByRole("button", { name, exact: true }).boundingBox();
    const [more, indicators] = [await boxOf("All intervals"), await boxOf("Indicators")];
    expect(indicators?.x).toBeGreaterThan((more?.x ?? 0) + (more?.width ?? 0));
    await page.getByRole("tab", { name: "Trades" }).click();
    await page.locator(".trades-row").first().waitFor();
    expect(await page.locator(".ladder").count()).toBe(0);
    await page.getByRole("button", { name: /BTC\/USDT/ }).click();
    await page
      .getByRole("button", { name: /ETH\/USDT/ })
      .first()
      .click();
    await page.waitForURL(/market=ETH_USDT/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      375,
    );
    expect(await visit.accessibilityFaults()).toEqual([]);
  });
});
