/** The console page and the pages below `/docs`, as somebody with a browser sees them. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { describeInBrowser } from "./support/stage.ts";
import { tradersOf } from "./support/trader.ts";

const settings = { "exchange.participants.enabled": false };

/** The frames that are shown, oldest first. */
function frameTexts(page: Page): Promise<readonly string[]> {
  return page
    .locator(".frames tbody tr td:last-child")
    .allInnerTexts()
    .then((all) => all.toReversed());
}

async function waitForFrame(page: Page, text: string): Promise<void> {
  await page.locator(".frames tbody tr", { hasText: text }).first().waitFor();
}

describeInBrowser("the console", { settings }, (stage) => {
  /** A market with a trade, which the exchange's examples are about. */
  async function tradeOnce(): Promise<void> {
    const { own, other } = await tradersOf(stage);
    const order = { type: "limit", market: "BTC_USDT", price: "100000", quantity: "0.01" } as const;
    await own.place({ ...order, direction: "sell" });
    await other.place({ ...order, direction: "buy" });
  }

  async function open(protocol: string): Promise<Page> {
    const { page } = await stage.visit("/console");
    await page.getByLabel("Protocol").selectOption(protocol);
    return page;
  }

  async function openBars(): Promise<Page> {
    const page = await open("finazon");
    await page.getByLabel("Who connects").selectOption("key");
    await page.getByLabel("Key or token").fill(stage.server.server.demoKey ?? "");
    return page;
  }

  it("connects and shows the answer to an example of bars by one click", async () => {
    const page = await openBars();
    await page
      .getByRole("button", { name: /^subscribe to bars/ })
      .first()
      .click();
    await waitForFrame(page, '"code":"SUCCESS_SUBSCRIPTION"');
    const texts = await frameTexts(page);
    expect(texts.slice(0, 3)).toEqual([
      "connecting to /v1 (Finazon)",
      "connected",
      '{"event":"subscribe","dataset":"huobi","tickers":["BTC/USDT"],"channel":"bars","frequency":"1s","aggregation":"1m","request_id":1}',
    ]);
    // Neither the address nor what the browser keeps holds the key.
    const key = stage.server.server.demoKey ?? "";
    expect(page.url()).not.toContain(key);
    expect(
      await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage })),
    ).not.toContain(key);
  });

  it.each([
    ["finazon", "key"],
    ["cryptomus", "demo-0"],
  ] as const)(
    "sends every documented example of %s by one click, and each is answered",
    async (protocol, way) => {
      if (protocol === "cryptomus") await tradeOnce();
      const page = protocol === "finazon" ? await openBars() : await open(protocol);
      await page.getByLabel("Who connects").selectOption(way);
      const examples = page.locator("button.console-example");
      await examples.first().waitFor();
      // The first channel is open from the beginning.
      for (const closed of (await page.locator(".console-examples summary").all()).slice(1))
        await closed.click();
      const texts = await examples.locator("code").allInnerTexts();
      expect(texts.length).toBeGreaterThan(protocol === "finazon" ? 4 : 20);
      expect(await examples.filter({ hasText: "unsubscribe to" }).count()).toBe(0);
      const answers = page.locator(".frames .frame-in code");
      const clear = page.locator("button", { hasText: /^Clear$/ });
      for (const [index, text] of texts.entries()) {
        // Without the pointer, which has to find its way to each button: that takes longer than all else.
        await clear.dispatchEvent("click");
        await examples.nth(index).click();
        const answer = answers.filter({ hasText: /"(request_)?id":1[,}]/ }).first();
        expect(await answer.innerText(), text).toMatch(/"error":null|"status":"success"/);
      }
    },
  );

  it("lets a visitor without credentials look, and says what is for users alone", async () => {
    const page = await open("finazon");
    expect(await page.getByLabel("Who connects").inputValue()).toBe("visitor");
    await page
      .getByRole("button", { name: /^subscribe to bars/ })
      .first()
      .click();
    await waitForFrame(page, '"code":"SUCCESS_SUBSCRIPTION"');
    await page.getByLabel("Protocol").selectOption("cryptomus");
    expect(await page.getByLabel("Who connects").inputValue()).toBe("visitor");
    await page.getByRole("button", { name: /^ping/ }).click();
    await waitForFrame(page, '"method":"pong"');
    await page.getByRole("button", { name: "Clear" }).click();
    await page
      .getByLabel("Message", { exact: true })
      .fill('{"id":7,"method":"order_subscribe","params":["all"]}');
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await waitForFrame(page, '"method":"order_subscribe","data":null,"error":{"code":');
  });

  it("connects a demo user and shows the answers of the exchange", async () => {
    const page = await open("cryptomus");
    await page.getByLabel("Who connects").selectOption("demo-0");
    await page.getByRole("button", { name: /^ping/ }).click();
    await waitForFrame(page, '"method":"pong"');
    const row = page.locator(".frames tbody tr", { hasText: '"pong"' }).first();
    const text = '{"id":1,"method":"pong","data":null,"error":null}';
    expect(await row.locator("td").nth(2).innerText()).toBe(String(text.length));
    await row.getByRole("button").click();
    await row.locator("pre").waitFor();
    expect(await row.locator("pre").innerText()).toContain('  "method": "pong",\n');
  });

  it("filters and pauses, and says how many frames came meanwhile", async () => {
    const page = await openBars();
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await waitForFrame(page, "connected");
    const message = page.getByLabel("Message", { exact: true });
    const say = async (text: string) => {
      await message.fill(text);
      await message.press("Control+Enter");
    };
    await say('{"event":"heartbeat","request_id":"first"}');
    await waitForFrame(page, '"status":"success","request_id":"first"');
    await page.getByRole("button", { name: "Pause" }).click();
    await say('{"event":"heartbeat","request_id":"second"}');
    await page.getByRole("button", { name: "Resume (2 new)" }).waitFor();
    expect((await frameTexts(page)).join()).not.toContain("second");
    await page.getByRole("button", { name: "Resume" }).click();
    await waitForFrame(page, '"status":"success","request_id":"second"');
    await page.getByLabel("Filter frames").fill("SUCCESS second");
    await expect
      .poll(() => frameTexts(page))
      .toEqual(['{"event":"heartbeat","status":"success","request_id":"second"}']);
    await page.getByLabel("Filter frames").fill("");
    await page.getByLabel("received").uncheck();
    await expect.poll(async () => (await frameTexts(page)).join()).not.toContain("success");
  });

  it("says in plain words that a key is refused", async () => {
    const visit = await stage.visit("/console");
    const { page } = visit;
    await page.getByLabel("Protocol").selectOption("cryptomus");
    await page.getByLabel("Who connects").selectOption("user");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await waitForFrame(page, "not connected: Type in the user's id and API key.");
  });

  it("is copied as a program without the key, and with it only when that is asked for", async () => {
    const page = await openBars();
    const key = stage.server.server.demoKey ?? "";
    await page.getByLabel("Message", { exact: true }).fill('{"event":"heartbeat"}');
    await page.getByRole("button", { name: "Copy as a program" }).click();
    const program = page.getByLabel("Program", { exact: true });
    for (const name of ["Node", "Python", "curl, websocat"]) {
      await page.getByRole("tab", { name }).click();
      await expect.poll(() => program.inputValue()).toContain("heartbeat");
      expect(await program.inputValue()).not.toContain(key);
    }
    await page.getByLabel(/^Write my key into it/).check();
    await expect.poll(() => program.inputValue()).toContain(key);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("button", { name: "Copied", exact: true }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      await program.inputValue(),
    );
    await page.getByRole("tab", { name: "ccxt" }).click();
    await page.getByText("ccxt has nothing like these messages.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByLabel("Protocol").selectOption("cryptomus");
    const depth = '{"id":1,"method":"depth_subscribe","params":["BTC_USDT:0"]}';
    await page.getByLabel("Message", { exact: true }).fill(depth);
    await page.getByRole("button", { name: "Copy as a program" }).click();
    await expect.poll(() => program.inputValue()).toContain('fetchOrderBook("BTC/USDT")');
  });

  it("is used by keys alone", async () => {
    const page = await openBars();
    await page.getByLabel("Key or token").press("Enter");
    await waitForFrame(page, "connected");
    await page
      .getByRole("button", { name: /^subscribe to bars/ })
      .first()
      .focus();
    await page.keyboard.press("Enter");
    await waitForFrame(page, '"code":"SUCCESS_SUBSCRIPTION"');
  });

  it("has no serious findings of axe in either theme, with frames and with the dialog", async () => {
    const visit = await stage.visit("/console");
    const { page } = visit;
    await page.getByLabel("Protocol").selectOption("cryptomus");
    await page.getByLabel("Who connects").selectOption("demo-0");
    await page.getByRole("button", { name: /^ping/ }).click();
    await waitForFrame(page, '"method":"pong"');
    expect(await visit.faultsInBothThemes()).toEqual([]);
    await page.getByRole("button", { name: "Copy as a program" }).click();
    await page.getByLabel("Program", { exact: true }).waitFor();
    expect(await visit.faultsInBothThemes("dialog[open]")).toEqual([]);
  });
});

describeInBrowser("the pages below /docs", { settings }, (stage) => {
  it.each(["/docs", "/docs/errors"])(
    "are drawn at %s in both themes without a complaint of the browser or of axe",
    async (path) => {
      const visit = await stage.visit(path);
      await visit.page.locator("h1").first().waitFor();
      // One of many that look alike: axe takes its time over all of them, also those that are not shown.
      if (path === "/docs") {
        await visit.page.locator("#search").fill("depth_subscribe");
        await visit.page.locator("#cryptomus\\.depth > summary").click();
        await expect.poll(() => visit.page.locator("main .item:visible").count()).toBe(1);
        await visit.page.evaluate(
          "document.querySelectorAll('main .item').forEach((item) => { if (!item.checkVisibility()) item.remove(); })",
        );
      }
      expect(await visit.faultsInBothThemes()).toEqual([]);
    },
  );

  it("are searched, opened by address, and try an operation", async () => {
    const { page } = await stage.visit("/docs#get_v1_exchange_market_price");
    await page.keyboard.press("/");
    await page.keyboard.type("depth_subscribe");
    await expect.poll(() => page.locator("main .item:visible").count()).toBe(1);
    await page.locator("#cryptomus\\.depth > summary").click();
    await page.getByText('"params":["BTC_USDT:0"]').first().waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#search").fill("");
    const health = page.locator("#get_healthz");
    await health.locator("summary").click();
    await health.getByRole("button", { name: "Send" }).click();
    await expect.poll(() => health.getByRole("status").innerText()).toBe('200 OK\n{"status":"ok"}');
  });

  it("remember the theme that the terminal shows", async () => {
    const { page } = await stage.visit("/docs", { theme: "light" });
    // A role would be looked up in all of a page that has much of it.
    await page.locator("#theme[aria-label='Switch between light and dark']").click();
    await page.goto(`${stage.http}/console`);
    await page.getByLabel("Protocol").waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
  });

  it("fit into 375 pixels", async () => {
    const visit = await stage.visit("/docs", { size: { width: 375, height: 812 } });
    await visit.page.locator("h1").first().waitFor();
    expect(
      await visit.page.evaluate(() => document.documentElement.scrollWidth),
    ).toBeLessThanOrEqual(375);
  });
});
