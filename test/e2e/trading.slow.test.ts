/** The private half of the market page, as somebody who trades sees it. */
import type { Page } from "playwright-core";
import { afterEach, beforeAll, expect, it } from "vitest";
import { normalized, subtract } from "../../client/src/index.ts";
import { setMarketState } from "../support/operator.ts";
import { describeInBrowser } from "./support/stage.ts";
import { cancelAll, fill, send, signInDemo, type Traders, tradersOf } from "./support/trader.ts";
import { sizes } from "./support/visit.ts";

const market = "BTC_USDT";
const address = `/?market=${market}`;
const quiet = { "exchange.participants.enabled": false, datasets: [] };
/** What a browser says of a server that is away. */
const away = [/ERR_CONNECTION/, /WebSocket connection/, /Failed to load resource/];
/** What it says of an answer that is a refusal. */
const refused = /responded with a status of 4\d\d/;

const rowsOf = (page: Page) => page.getByRole("table").locator("tbody tr");
/** Rows of orders that the server has taken: one that is still being sent is placed later than the test ends. */
const takenOf = (page: Page) => page.getByRole("table").locator("tbody tr:not(.is-pending)");
const heard = (page: Page, text: string | RegExp) =>
  page.locator("[aria-live=polite]").getByText(text).waitFor({ state: "attached" });

/** What is asked gets the focus once it has been painted: a key that comes before is not meant for it. */
const focused = (page: Page, text: RegExp) =>
  page.locator("button:focus").filter({ hasText: text }).waitFor();

/** Looks for the line of an order with the pointer, from the top of the chart; where it was found. */
async function lineOnChart(page: Page): Promise<readonly [x: number, y: number]> {
  let at: readonly [number, number] | undefined;
  const over = page.locator(".is-over-order");
  await expect
    .poll(async () => {
      const box = await page.locator(".chart-canvas").boundingBox();
      if (box === null) return false;
      for (let y = box.y + 4; y < box.y + box.height && at === undefined; y += 6) {
        await page.mouse.move(box.x + 80, y);
        if ((await over.count()) > 0) at = [box.x + 80, y];
      }
      return at !== undefined;
    })
    .toBe(true);
  return at ?? [0, 0];
}

/** Keeps in `rowCounts` how many rows of orders there were, each change of it. */
function countRows(): void {
  const counts: number[] = [];
  Object.assign(globalThis, { rowCounts: counts });
  const look = () => {
    const count = document.querySelectorAll("tbody tr").length;
    if (counts.at(-1) !== count) counts.push(count);
  };
  look();
  const changes = { childList: true, subtree: true };
  new MutationObserver(look).observe(document.body, changes);
}

describeInBrowser("somebody who trades", { settings: quiet }, (stage) => {
  let traders: Traders;

  beforeAll(async () => {
    traders = await tradersOf(stage);
  });
  afterEach(async () => {
    await setMarketState(stage.data, market, "resume");
    await cancelAll(traders);
  });

  const offer = (price: string, quantity: string) =>
    traders.other.place({ type: "limit", market, direction: "sell", price, quantity });

  async function signedIn() {
    const visit = await stage.visit(address);
    await signInDemo(visit.page);
    return visit;
  }

  it("places an order, and sees it open, filled, in the history, among the fills and in the balances", async () => {
    const { page } = await signedIn();
    await fill(page, { Price: "90000", Amount: "0.02" });
    await page.getByText("Cost").waitFor();
    await send(page);
    await rowsOf(page).getByText("buy").waitFor();
    expect(await rowsOf(page).count()).toBe(1);
    await heard(page, "Taken: buy 0.02 BTC at 90000 USDT.");

    await traders.other.place({ type: "market", market, direction: "sell", quantity: "0.02" });
    await heard(page, "Bought 0.02 BTC at 90000 USDT.");
    await page.getByText("No open orders.").waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await rowsOf(page).first().getByText("filled", { exact: true }).waitFor();
    await page.getByRole("tab", { name: "Fills" }).click();
    await rowsOf(page).first().getByText("maker").waitFor();
    await page.getByRole("tab", { name: "Balances" }).click();
    const [own] = await traders.own.balances("BTC");
    const row = rowsOf(page).filter({ hasText: "BTC" });
    await row
      .getByText(own?.available ?? "")
      .first()
      .waitFor();
  });

  it("is told what a market order comes to, and that is what it comes to", async () => {
    const { page } = await signedIn();
    await offer("100000", "0.01");
    await offer("101000", "0.05");
    await page.getByRole("button", { name: "Market", exact: true }).click();
    await page.getByRole("button", { name: "by value" }).click();
    await fill(page, { Value: "2010" });
    const outcome = page.getByLabel("What will happen");
    await outcome.getByText("Average price").waitFor();
    const said = (await outcome.textContent()) ?? "";
    const bought = /You receive([\d.]+)/.exec(said)?.[1];
    const [before] = await traders.own.balances("BTC");
    await send(page);
    await heard(page, /^Taken: buy BTC for 2010 USDT/);
    // Both fills together, or the second one alone where they were told at two moments.
    await heard(page, /^Bought (0\.02 BTC at 100500|0\.01 BTC at 101000) USDT/);
    const [after] = await traders.own.balances("BTC");
    expect(subtract(after?.available ?? "", before?.available ?? "")).toBe(
      normalized(bought ?? ""),
    );
  });

  it("reads a refusal in the server's words beside the field that caused it", async () => {
    const visit = await signedIn();
    visit.forgive(refused);
    const { page } = visit;
    await fill(page, { Price: "90000", Amount: "5" });
    await page.getByText("more than you have available").waitFor();
    await send(page);
    const amount = page.getByLabel("Amount", { exact: true });
    await expect.poll(() => amount.getAttribute("aria-invalid")).toBe("true");
    const note = page.locator(`[id="${await amount.getAttribute("aria-describedby")}"]`);
    expect(await note.textContent()).toBe("Insufficient funds.");
    await heard(page, "Refused: Insufficient funds.");
    await expect
      .poll(() => amount.evaluate((element) => element === document.activeElement))
      .toBe(true);
    expect(await rowsOf(page).count()).toBe(0);
  });

  it("never sends an order twice, whatever is lost on the way", async () => {
    const visit = await signedIn();
    visit.forgive(...away, /ERR_FAILED/, refused);
    const { page } = visit;
    await page.route("**/v2/user-api/exchange/orders", async (route) => {
      // The server has taken the first one, and each answer is lost.
      await route.fetch();
      await route.abort();
    });
    await fill(page, { Price: "90000", Amount: "0.01" });
    await send(page);
    await rowsOf(page).getByText("buy").waitFor();
    await heard(page, "Taken: buy 0.01 BTC at 90000 USDT.");
    expect(await rowsOf(page).count()).toBe(1);
    expect(await traders.own.openOrders()).toHaveLength(1);
  });

  it("draws an order hollow until the server has said something of it", async () => {
    const { page } = await signedIn();
    let answer = Promise.withResolvers<void>();
    await page.route(/\/v2\/user-api\/exchange\/orders(\/market)?$/, async (route) => {
      await answer.promise;
      await route.continue();
    });
    await fill(page, { Price: "90000", Amount: "0.01" });
    await send(page);
    await page.locator("tr.is-pending").getByText("sending…").waitFor();
    await page.getByRole("button", { name: /^Sending/ }).waitFor();
    answer.resolve();
    await page.locator("tr.is-pending").waitFor({ state: "detached" });
    await rowsOf(page)
      .getByRole("button", { name: /^Cancel buy/ })
      .waitFor();

    // How much a value buys is not known yet.
    const offer = { direction: "sell", price: "100000", quantity: "0.01" } as const;
    await traders.other.place({ type: "limit", market, ...offer });
    answer = Promise.withResolvers();
    await page.getByRole("button", { name: "Market", exact: true }).click();
    await page.getByRole("button", { name: "by value" }).click();
    await fill(page, { Value: "500" });
    await send(page);
    await page.locator("tr.is-pending").getByRole("cell", { name: "500 USDT" }).waitFor();
    answer.resolve();
    await page.locator("tr.is-pending").waitFor({ state: "detached" });
  });

  it("has an order in its list from its sending on, at each moment and once, whichever comes first, the answer or the event", async () => {
    const { page } = await stage.visit("/data", { hasOwnWindow: true });
    const held: (() => void)[] = [];
    let holds = false;
    await page.routeWebSocket(/\/ws/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        const pass = () => socket.send(message);
        if (holds && String(message).includes("order_update")) held.push(pass);
        else pass();
      });
    });
    await page.goto(stage.http + address);
    await signInDemo(page);
    await page.evaluate(countRows);
    await fill(page, { Price: "90000", Amount: "0.01" });
    await send(page);
    await takenOf(page).getByText("buy").waitFor();

    holds = true;
    await fill(page, { Price: "90001", Amount: "0.01" });
    await send(page);
    await page.locator("tr.is-pending").getByText("taken").waitFor();
    await expect.poll(() => held.length).toBeGreaterThan(0);
    holds = false;
    for (const pass of held) pass();
    await takenOf(page).getByText("90001").waitFor();
    expect(await page.evaluate("rowCounts")).toEqual([0, 1, 2]);
  });

  it("does all of it by keyboard, and a key that is held down sends nothing", async () => {
    const { page } = await signedIn();
    await page.keyboard.press("b");
    await page.locator("input[name=price]:focus").waitFor();
    await page.keyboard.type("90000");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Tab");
    await page.keyboard.type("0.01");
    await page.keyboard.down("Enter");
    await page.getByRole("button", { name: "Send buy order" }).waitFor();
    // Down a second time without having been up: the keyboard repeats it.
    await page.keyboard.down("Enter");
    await page.keyboard.up("Enter");
    await page.getByRole("button", { name: "Send buy order" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Review buy order" }).waitFor();
    await page.locator("input[name=quantity]:focus").waitFor();
    await page.keyboard.press("Enter");
    await focused(page, /^Send buy order/);
    await page.keyboard.press("Enter");
    await takenOf(page).first().waitFor();
    const open = await traders.own.openOrders();
    expect(open).toHaveLength(1);
    expect(open[0]?.price).toMatch(/^89999\.91/);

    await page
      .getByLabel("Amount", { exact: true })
      .evaluate((element) => (element as HTMLElement).blur());
    await page.keyboard.press("c");
    await heard(page, /Press c again/);
    await page.keyboard.press("c");
    await page.getByText("No open orders.").waitFor();
    expect(await traders.own.openOrders()).toEqual([]);
  });

  it("cancels all orders of a market after one question", async () => {
    const { page } = await signedIn();
    for (const price of ["80000", "81000", "82000"])
      await traders.own.place({ type: "limit", market, direction: "buy", price, quantity: "0.01" });
    await traders.own.place({
      ...{ type: "limit", market: "ETH_USDT", direction: "buy", price: "1000", quantity: "0.1" },
    });
    await expect.poll(() => rowsOf(page).count()).toBe(4);
    await page.keyboard.press("Shift+C");
    await page.getByText("Cancel all 3 open orders of BTC/USDT?").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Shift+C");
    await focused(page, /^Cancel them/);
    await page.keyboard.press("Enter");
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    expect((await traders.own.openOrders()).map((order) => order.market)).toEqual(["ETH_USDT"]);
  });

  it("moves an order on the chart: cancelled and placed anew, after a question", async () => {
    // The candle of these trades is what the chart shows, with the order in the middle of it.
    for (const price of ["100000", "99000"]) {
      await offer(price, "0.01");
      await traders.own.place({ type: "market", market, direction: "buy", quantity: "0.01" });
    }
    const { id } = await traders.own.place({
      ...{ type: "limit", market, direction: "buy", price: "99500", quantity: "0.03" },
    });
    await traders.other.place({ type: "market", market, direction: "sell", quantity: "0.02" });
    const { page } = await signedIn();
    await rowsOf(page).first().waitFor();
    const canvas = page.locator(".chart-canvas");
    await canvas.locator("canvas").first().waitFor();
    const [x, y] = await lineOnChart(page);
    await page.mouse.down();
    await page.mouse.move(x, y - 20, { steps: 4 });
    await page.mouse.up();
    const question = page.getByRole("alertdialog");
    const asked = (await question.textContent()) ?? "";
    const price = /Move to ([\d.]+):/.exec(asked)?.[1] ?? "";
    expect((await traders.own.openOrders()).map((order) => order.id)).toEqual([id]);
    await question.getByRole("button", { name: /^Move it/ }).press("Enter");
    expect(asked).toContain("buy 0.01 of 0.03 BTC at 99500 USDT?");
    await heard(page, `Moved to ${price}: buy 0.01 of 0.03 BTC at 99500 USDT.`);
    const open = await traders.own.openOrders();
    expect(open.map(({ quantity }) => normalized(quantity))).toEqual(["0.01"]);
    expect(open.map((order) => normalized(order.price ?? ""))).toEqual([price]);
    expect(open[0]?.id).not.toBe(id);
  });

  it("finds the ticket covered while the market is halted, and free again afterwards", async () => {
    const visit = await signedIn();
    visit.forgive(refused);
    const { page } = visit;
    const { id } = await traders.own.place({
      ...{ type: "limit", market, direction: "buy", price: "80000", quantity: "0.01" },
    });
    await fill(page, { Price: "90000", Amount: "0.01" });
    await setMarketState(stage.data, market, "halt");
    await send(page);
    await page
      .getByRole("alert")
      .getByText(`Market ${market} does not take orders at present.`)
      .waitFor();
    await page.getByRole("button", { name: /^Cancel buy/ }).click();
    await page.getByText("No open orders.").waitFor();
    expect(await traders.own.openOrders({ orderId: id })).toEqual([]);
    await setMarketState(stage.data, market, "resume");
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("button", { name: "Review buy order" }).click();
    await page.getByRole("button", { name: /^Send/ }).click();
    await takenOf(page).first().waitFor();
  });

  it("has the ticket as a sheet from below on a phone", async () => {
    const visit = await stage.visit(address, { size: sizes.phone, hasTouch: true });
    const { page } = visit;
    await page.getByRole("button", { name: "Demo user", exact: true }).click();
    await page.getByRole("button", { name: /^Signed in as/ }).waitFor();
    await page.getByRole("button", { name: "Sell", exact: true }).click();
    const sheet = page.getByRole("dialog", { name: "Order" });
    await sheet.getByLabel("Price", { exact: true }).fill("120000");
    await sheet.getByLabel("Amount", { exact: true }).fill("0.01");
    expect(await visit.accessibilityFaults()).toEqual([]);
    await visit.picture("ticket-phone");
    await sheet.getByRole("button", { name: "Review sell order" }).click();
    await sheet.getByRole("button", { name: "Send sell order" }).click();
    await expect.poll(async () => (await traders.own.openOrders()).length).toBe(1);
  });

  it("sees the same orders in two tabs", async () => {
    const visit = await signedIn();
    const second = await visit.tab(address);
    await signInDemo(second);
    await fill(visit.page, { Price: "85000", Amount: "0.01" });
    await send(visit.page);
    await rowsOf(second).first().waitFor();
    await second.getByRole("button", { name: /^Cancel buy/ }).click();
    await visit.page.getByText("No open orders.").waitFor();
  });

  it("is forgotten by a reload, and leaves nothing in storage or address", async () => {
    const visit = await signedIn();
    const { page } = visit;
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    );
    const cookies = await visit.context.cookies();
    for (const { userId, apiKey } of traders.users)
      for (const secret of [userId, apiKey]) {
        expect(kept).not.toContain(secret);
        expect(page.url()).not.toContain(secret);
      }
    expect(cookies).toEqual([]);
    await page.reload();
    await page.getByText("Orders, fills and balances are shown to who is signed in.").waitFor();
  });

  it("signs in with own credentials, and is told in the server's words when they are wrong", async () => {
    const visit = await stage.visit(address);
    visit.forgive(refused);
    const { page } = visit;
    await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
    const dialog = page.getByRole("dialog", { name: "Sign in" });
    const [user] = traders.users;
    await dialog.getByLabel("User id").fill(user?.userId ?? "");
    await dialog.getByLabel("API key").fill("x".repeat(64));
    await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
    await dialog.getByText("Invalid Sign.").waitFor();
    expect(await visit.accessibilityFaults({ part: "dialog[open]" })).toEqual([]);
    await dialog.getByLabel("API key").fill(user?.apiKey ?? "");
    await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("tab", { name: "Open orders" }).waitFor();
    await page.getByRole("button", { name: /^Signed in as/ }).click();
    await page.getByRole("menuitem", { name: /^Sign out/ }).click();
    await page.getByText("Orders, fills and balances are shown to who is signed in.").waitFor();
  });

  it("comes back with the right orders after the server was away, and sees old ones as old until then", async () => {
    const visit = await signedIn();
    const { page } = visit;
    visit.forgive(...away);
    const kept = await traders.own.place({
      ...{ type: "limit", market, direction: "buy", price: "80000", quantity: "0.01" },
    });
    const gone = await traders.own.place({
      ...{ type: "limit", market, direction: "buy", price: "81000", quantity: "0.01" },
    });
    await expect.poll(() => rowsOf(page).count()).toBe(2);
    await stage.stopServer();
    await page.getByText("old: no news from the server").first().waitFor();
    expect(await rowsOf(page).count()).toBe(2);
    await stage.startServer();
    await traders.own.cancel(gone.id);
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await page.getByText("old: no news from the server").first().waitFor({ state: "detached" });
    await rowsOf(page).getByRole("button", { name: /80000/ }).click();
    await page.getByText("No open orders.").waitFor();
    expect(await traders.own.openOrders({ orderId: kept.id })).toEqual([]);
  });
});

describeInBrowser(
  "a server that is no demo",
  { settings: { ...quiet, "demo.users": false } },
  (stage) => {
    it("offers no demo user", async () => {
      const { page } = await stage.visit();
      await page.getByRole("button", { name: "Sign in", exact: true }).first().waitFor();
      await page.getByText("Orders, fills and balances are shown to who is signed in.").waitFor();
      expect(await page.getByRole("button", { name: /demo user/i }).count()).toBe(0);
    });
  },
);
