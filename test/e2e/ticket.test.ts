/** The ticket says what an order comes to before it is sent, and that is what it comes to. */
import type { Page } from "playwright-core";
import { afterEach, beforeAll, expect, it } from "vitest";
import { add, compare, multiply, normalized, subtract } from "../../client/src/index.ts";
import { until } from "../support/until.ts";
import { describeInBrowser } from "./support/stage.ts";
import {
  available,
  cancelAll,
  fill,
  send,
  signInDemo,
  type Traders,
  tradersOf,
} from "./support/trader.ts";

const market = "BTC_USDT";
const address = `/?market=${market}`;
const settings = { "exchange.participants.enabled": false, datasets: [] };
/** What a browser says of an answer that is a refusal. */
const refused = /responded with a status of 4\d\d/;
/** Rows of a page of the history. */
const pageRows = 50;
/** Tabs of what is one's own, and their tables. */
const tables = [
  ["History", "Order history"],
  ["Fills", "Fills"],
  ["Balances", "Balances"],
  ["Open orders", "Open orders"],
] as const;

/** A figure of what will happen. */
async function said(page: Page, title: string): Promise<string> {
  const line = page.getByLabel("What will happen").locator("div", { hasText: title }).locator("dd");
  const [figure = ""] = /[\d.]+/.exec((await line.textContent()) ?? "") ?? [];
  return figure;
}

describeInBrowser("the ticket", { settings }, (stage) => {
  let traders: Traders;

  beforeAll(async () => {
    traders = await tradersOf(stage);
  });
  afterEach(() => cancelAll(traders));

  const availableOf = async (currency: string) =>
    (await traders.own.balances(currency))[0]?.available ?? "0";
  const offer = (price: string, quantity: string) =>
    traders.other.place({ type: "limit", market, direction: "sell", price, quantity });

  async function signedIn(options = {}) {
    const visit = await stage.visit(address, options);
    await signInDemo(visit.page);
    return visit;
  }

  it("takes a part of what is available at the press of a button, and all of it is not too much", async () => {
    const { page } = await stage.visit(address);
    // The answer that says what is available is held back.
    const answer = Promise.withResolvers<void>();
    await page.route(/\/account\/balance/, async (route) => {
      await answer.promise;
      await route.continue();
    });
    await page.getByRole("button", { name: "Demo user", exact: true }).click();
    await page.getByRole("tab", { name: "Open orders" }).waitFor();
    const part = (percent: number) =>
      page
        .getByRole("group", { name: "Part of what is available" })
        .getByRole("button", { name: new RegExp(`^${percent}\\s*%$`) })
        .click();
    const amount = () => page.getByLabel("Amount", { exact: true }).inputValue();
    await part(25);
    await page.getByText("What is available is not known yet.").waitFor();
    expect(await amount()).toBe("");
    await page.getByRole("button", { name: "Cancel all" }).click();
    await page.getByText("It is not known now which orders are open").first().waitFor();
    answer.resolve();
    await available(page).waitFor();
    await part(25);
    await page.getByText("Give a price first.").waitFor();
    await fill(page, { Price: "50000" });
    const money = await availableOf("USDT");
    for (const percent of [25, 50, 75, 100]) {
      await part(percent);
      const worth = multiply(await amount(), "50000");
      const share = multiply(money, `${percent / 100}`);
      expect(compare(worth, share), `${percent} %`).toBeLessThanOrEqual(0);
      // Less by a step of the amount at most, which is worth 0.5.
      expect(compare(add(worth, "0.5"), share), `${percent} %`).toBe(1);
    }
    await send(page);
    await page.getByRole("button", { name: /^Cancel buy/ }).waitFor();
    await page.getByRole("button", { name: /^Cancel buy/ }).click();
    await page.getByText("No open orders.").waitFor();

    await page.getByRole("button", { name: "Sell", exact: true }).click();
    await fill(page, { Price: "150000" });
    await part(100);
    expect(normalized(await amount())).toBe(normalized(await availableOf("BTC")));
  });

  it("tells cost and fee of a market order by amount, and that is what is paid", async () => {
    await offer("100000", "0.05");
    const { page } = await signedIn();
    await page.getByRole("button", { name: "Market", exact: true }).click();
    await fill(page, { Amount: "0.02" });
    await until(async () => expect(await said(page, "Cost")).toBe("2000"));
    const [fee, receives] = [await said(page, "Fee"), await said(page, "You receive")];
    expect(compare(fee, "0")).toBe(1);
    expect(normalized(add(fee, receives))).toBe("0.02");
    const before = [await availableOf("USDT"), await availableOf("BTC")] as const;
    await send(page);
    await until(async () =>
      expect(normalized(subtract(before[0], await availableOf("USDT")))).toBe("2000"),
    );
    expect(normalized(subtract(await availableOf("BTC"), before[1]))).toBe(receives);
  });

  it("places an order that ends at a stop price, and reads there why another one is refused", async () => {
    await offer("120000", "0.01");
    const visit = await signedIn();
    visit.forgive(refused);
    const { page } = visit;
    await page.getByLabel("Cancel at a stop price").check();
    await fill(page, { Price: "90000", Amount: "0.01" });
    const stop = page.getByLabel(/^Stop price, above/);
    await stop.fill("80000");
    await send(page);
    await until(async () => expect(await stop.getAttribute("aria-invalid")).toBe("true"));
    expect(await traders.own.openOrders()).toEqual([]);
    await stop.fill("119000");
    await page.getByRole("button", { name: /^Review/ }).click();
    await page.getByText("cancelled when the market reaches 119000").waitFor();
    await page.getByRole("button", { name: /^Send/ }).click();
    await page.getByRole("button", { name: /^Cancel buy/ }).waitFor();
    const [open] = await traders.own.openOrders();
    expect(normalized(open?.stopLossPrice ?? "")).toBe("119000");
    await traders.own.place({ type: "market", market, direction: "buy", quantity: "0.001" });
    await page.getByText("No open orders.").waitFor();
  });

  // Before the history has many rows: axe looks at each cell.
  it("has no serious findings of axe with all that is one's own, in either theme", async () => {
    await offer("100000", "0.05");
    await traders.own.place({ type: "market", market, direction: "buy", quantity: "0.001" });
    await traders.own.place({
      ...{ type: "limit", market, direction: "buy", price: "80000", quantity: "0.01" },
    });
    const visit = await signedIn();
    const { page } = visit;
    for (const [index, [tab, name]] of tables.entries()) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByRole("table", { name }).locator("tbody tr").first().waitFor();
      const part = index === 0 ? undefined : "[role=tabpanel]";
      expect(await visit.faultsInBothThemes(part), tab).toEqual([]);
    }
    await fill(page, { Price: "90000", Amount: "0.01" });
    await page.getByRole("button", { name: /^Review/ }).click();
    const ticket = "section[aria-label=Order]";
    expect(await visit.faultsInBothThemes(ticket), "review").toEqual([]);
    await page.getByRole("button", { name: "Indicators" }).click();
    expect(await visit.faultsInBothThemes("[role=menu]"), "menu").toEqual([]);
  });

  it("has behind it the history, page after page", async () => {
    for (let count = 0; count < pageRows + 5; count += 1) {
      const order = { type: "limit", market, direction: "buy", quantity: "0.01" } as const;
      const { id } = await traders.own.place({ ...order, price: `${70_000 + count}` });
      await traders.own.cancel(id);
    }
    const visit = await signedIn();
    const { page } = visit;
    const rows = page.getByRole("table", { name: "Order history" }).locator("tbody tr");
    await page.getByRole("tab", { name: "History" }).click();
    await until(async () => expect(await rows.count()).toBe(pageRows));
    expect(await visit.faultsInBothThemes(".more")).toEqual([]);
    await page.getByRole("button", { name: "Older ones" }).click();
    const all = await traders.own.closedOrders({ limit: 100 });
    expect(all.length).toBeGreaterThan(pageRows);
    await until(async () => expect(await rows.count()).toBe(all.length));
    await rows.getByText("70000", { exact: false }).first().waitFor();
  });
});
